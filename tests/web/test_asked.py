"""Languages and addresses as the pages read and write them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.web.asked import Asked, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh-Hant;q=0.7", "zh"),
        ("en-GB,zh", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("zh;q=0, en;q=0.1", "en"),
        ("zh;q=many", "en"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_puts_first(header: str, language: str) -> None:
    assert preferred(header) == language


@given(st.text(min_size=1), st.text(min_size=1))
def test_an_address_holds_any_name(name: str, value: str) -> None:
    address = urlsplit(Asked(base="/flows/").link("index", name, city=value))
    assert address.path.startswith("/flows/-/index/")
    assert address.path.count("/") == 4
    assert parse_qsl(address.query, keep_blank_values=True) == [("city", value)]
