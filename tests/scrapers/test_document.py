"""What a document makes of its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityflux.core.model.document import Document, read_file
from cityflux.core.model.errors import Unexpected


def test_json_in_any_charset() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gbk"):
        body = '{"城市": "上海"}'.encode(encoding)
        assert Document("http://example.org", body).json() == {"城市": "上海"}


def test_login_page_instead_of_json_says_what_came() -> None:
    page = Document("http://example.org/api", b"<html>\nlog in</html>", "text/html")
    with pytest.raises(Unexpected, match=r"/api: expected JSON, got text/html .*'<html> log in"):
        page.json()


def test_links_are_relative_to_where_redirects_led() -> None:
    page = Document("http://example.org/a", b"", final_address="https://www.example.org/b/")
    assert page.link("c.html") == "https://www.example.org/b/c.html"
    assert Document("http://example.org/a/b", b"").link("../c") == "http://example.org/c"


def test_file_is_a_document(tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_bytes("城市".encode("gbk"))
    document = read_file(path)
    assert (document.text, document.address) == ("城市", path.as_uri())
    assert read_file(path, "bundled:figures.csv").address == "bundled:figures.csv"
    with pytest.raises(Unexpected, match=r"absent.csv: cannot be read"):
        read_file(tmp_path / "absent.csv")
