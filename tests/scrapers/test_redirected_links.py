"""Links are relative to where a page was found, not to what was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cityflux.core.model.document import Document
from cityflux.scrapers import yearbook
from cityflux.scrapers.communique import listing
from tests.scrapers.conftest import MakeClient
from tests.servers import Answer, LoopbackServer

TABLE = "<table><tr><td>a</td><td>2021</td></tr><tr><td>b</td><td>4</td></tr></table>"
CONTENTS = '<a href="3-2.htm">3-2 常住人口</a>'
FRAMES = '<frameset><frame src="menu.htm"></frameset>'


@pytest.mark.parametrize(
    ("to", "pages"),
    [
        ("/book/", {"/book/": CONTENTS}),
        ("/new/2022/index.htm", {"/new/2022/index.htm": CONTENTS}),
        ("/book/", {"/book/": FRAMES, "/book/menu.htm": CONTENTS}),
        ("/new/", {"/new/": f'<base href="2022/">{CONTENTS}'}),
    ],
)
def test_a_yearbook_behind_a_redirect(
    to: str, pages: dict[str, str], server: LoopbackServer, make_client: MakeClient
) -> None:
    folder = "/new/2022" if to.startswith("/new") else "/book"
    server.answer("/book", Answer(status=301, headers={"Location": to}))
    for path, text in {**pages, f"{folder}/3-2.htm": TABLE}.items():
        server.answer(path, f"<html><meta charset=utf-8>{text}</html>")
    (document,) = yearbook.fetch(make_client(), server.address("/book"), ["常住人口"])
    assert document.address == server.address(f"{folder}/3-2.htm")


def test_a_list_of_communiques_behind_a_redirect() -> None:
    page = (
        '<meta charset=utf-8><a href="t_2.htm">下一页</a>'
        '<script>createPageHTML(3, 0, "i", "htm")</script>'
    )
    document = Document(
        "http://127.0.0.1/tjgb", page.encode(), final_address="http://127.0.0.1/a/b/"
    )
    assert listing.continuation(document) == "http://127.0.0.1/a/b/t_2.htm"
    silent = replace(document, content=page.partition("</a>")[2].encode())
    assert listing.continuation(silent) == "http://127.0.0.1/a/b/i_1.htm"


def test_the_parts_of_a_communique_behind_a_redirect() -> None:
    page = b'<a href="t1_2.htm">2</a>'
    document = Document("http://127.0.0.1/x", page, final_address="http://127.0.0.1/a/t1.htm")
    assert listing.parts(document) == ["http://127.0.0.1/a/t1_2.htm"]
