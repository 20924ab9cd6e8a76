"""Numbers, languages and addresses as the pages write them."""

from __future__ import annotations

import math
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.web.asked import Asked, preferred
from cityflux.core.web.text import figure, score, size
from cityflux.core.words.text import percent


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_figure_reads_back_as_what_it_was(value: float) -> None:
    shown = float(figure(value).replace(",", ""))
    assert math.isclose(shown, value, rel_tol=1e-5, abs_tol=5e-7)
    assert (shown == 0) == (value == 0)  # what is small is not nothing


@pytest.mark.parametrize(
    ("value", "shown"),
    [(27821.6, "27,821.6"), (3.0, "3"), (0.0, "0"), (1e-7, "1e-07"), (-0.5, "-0.5"), (None, "–")],
)
def test_a_figure_keeps_its_digits(value: float | None, shown: str) -> None:
    assert figure(value) == shown


def test_what_is_not_known_is_a_dash_and_few_is_not_none() -> None:
    assert (score(None), percent(None)) == ("–", "–")
    assert (percent(0.0), percent(0.004), percent(0.19), percent(1.0)) == (
        *("0%", "0.4%", "19%", "100%"),
    )
    assert (size(17), size(2048)) == ("17 B", "2.0 KiB")


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
