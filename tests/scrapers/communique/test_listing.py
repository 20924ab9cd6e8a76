from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Missing, Unexpected
from cityflux.scrapers.communique import Site, fetch
from cityflux.scrapers.communique.listing import continuation, find, parts

HOST = "http://tjj.example.org/tjgb"


def listing(body: str, address: str = f"{HOST}/index.html") -> Document:
    return Document(address, f"<html><body>{body}</body></html>".encode(), "text/html")


class Shelf:
    """A client that knows a few pages and remembers what was asked of it."""

    def __init__(self, *documents: Document) -> None:
        self.documents = {document.address: document for document in documents}
        self.asked: list[str] = []

    def get(self, address: str) -> Document:
        self.asked.append(address)
        if address not in self.documents:
            raise Missing(f"{address}: 404", address=address, status=404)
        return self.documents[address]


NAME = "江城市国民经济和社会发展统计公报"
SHANGHAI = f"""
<ul><li> <p> <a target="_blank" href="/tjgb/20220314/e0dc.html" title="2021年{NAME}">
  2021年江城市国民经济和社会发展统...</a> <span>2022-03-15</span></p></li>
<li><p><a href="/tjgb/20220314/aaaa.html" title="2021年统计公报解读">2021年统计公报解读</a></p></li>
<li><p><a href="/tjgb/20210317/234a.html" title="2020年{NAME}">x</a></p></li></ul>
"""
BEIJING = """
<div class="list">
<a href="./202203/t20220301_2618806.html">江城市2021年国民经济和社会发展统计公报</a>
<a href="./202602/t20160215_7637325.html">
江城市2015年暨“十二五”时期国民经济和社会发展统计公报</a>
<a href="./202110/t1.html">江城市第七次全国人口普查公报</a></div>
<script>createPageHTML(3, 0, "index", "html");</script>
"""
SHENZHEN = """
<ul class="news"><li><a href="http://tjj.sz.example.org/tjgb/content/post_9763042.html">
江城市2021年国民经济和社会发展统计公报</a></li>
<li><a href="http://tjj.sz.example.org/tjgb/content/post_3085063.html">
江城市统计局 二〇一二年国民经济和社会发展统计公报</a></li></ul>
<a href="index.html">首页</a><a href="index_2.html">下一页</a>
"""
GUANGZHOU = f"""
<ul><li><a href="https://www.gz.example.org/content/post_8540.html">
2021年江城市江南区国民经济和社会发展统计公报</a></li>
<li><a href="https://www.gz.example.org/content/post_8541.html">一图读懂2021年{NAME}</a></li>
<li><a href="https://www.gz.example.org/content/post_8542.html">２０２１年{NAME}</a></li></ul>
"""
NEWS = f"""
<div><a href="content_9214808.htm">关于2021年{NAME}的情况说明</a>
<a href="content_9214807.htm">2021年{NAME}</a><a href="javascript:void(0)">更多</a></div>
"""


@pytest.mark.parametrize(
    ("html", "year", "address"),
    [
        (SHANGHAI, 2021, "http://tjj.example.org/tjgb/20220314/e0dc.html"),
        (SHANGHAI, 2020, "http://tjj.example.org/tjgb/20210317/234a.html"),
        (SHANGHAI, 2019, None),
        (BEIJING, 2021, f"{HOST}/202203/t20220301_2618806.html"),
        (BEIJING, 2015, f"{HOST}/202602/t20160215_7637325.html"),
        (SHENZHEN, 2021, "http://tjj.sz.example.org/tjgb/content/post_9763042.html"),
        (SHENZHEN, 2012, "http://tjj.sz.example.org/tjgb/content/post_3085063.html"),
        (GUANGZHOU, 2021, "https://www.gz.example.org/content/post_8542.html"),
        (NEWS, 2021, f"{HOST}/content_9214807.htm"),
    ],
)
def test_the_communique_of_a_year_on_each_kind_of_list(
    html: str, year: int, address: str | None
) -> None:
    assert find(listing(html), Site(), year) == address


def test_the_plugin_may_narrow_the_links_and_the_title() -> None:
    site = Site(item="ul.news a", title="江城市.*{year}年.*公报$")
    assert find(listing(f"<p>{NEWS}</p>{SHENZHEN}"), site, 2021) is not None
    assert find(listing(SHENZHEN), Site(item="ul.news a", title="{year}年度公报"), 2021) is None


@pytest.mark.parametrize("html", ["", "<a href='/login'>登录</a>", "<a href='a.html'>通知公告</a>"])
def test_a_page_that_lists_no_communique_is_refused(html: str) -> None:
    with pytest.raises(Unexpected, match="expected a list of communiqués, got"):
        find(listing(html), Site(), 2021)


def test_where_a_list_goes_on() -> None:
    assert continuation(listing(SHENZHEN)) == f"{HOST}/index_2.html"
    assert continuation(listing(BEIJING)) == f"{HOST}/index_1.html"
    last = BEIJING.replace("createPageHTML(3, 0,", "createPageHTML(3, 2,")
    assert continuation(listing(last)) is None
    assert continuation(listing(SHANGHAI)) is None
    assert continuation(listing("<a href='#'>下一页</a>")) is None


def test_fetch_follows_the_list_and_marks_the_year() -> None:
    second = listing(SHANGHAI, f"{HOST}/index_2.html")
    article = listing("<p>正文</p>", "http://tjj.example.org/tjgb/20210317/234a.html")
    shelf = Shelf(listing(SHENZHEN), second, article)
    (document,) = fetch(shelf, Site(listings=(f"{HOST}/index.html",)), 2020)
    assert (document.address, document.period) == (article.address, "2020")
    assert shelf.asked == [f"{HOST}/index.html", f"{HOST}/index_2.html", article.address]


def test_fetch_does_not_run_in_circles() -> None:
    circle = listing(SHENZHEN.replace("index_2", "index_3"), f"{HOST}/index_2.html")
    back = listing(SHENZHEN, f"{HOST}/index_3.html")
    shelf = Shelf(listing(SHENZHEN), circle, back)
    assert fetch(shelf, Site(listings=(f"{HOST}/index.html",)), 1999) == []
    assert len(shelf.asked) == 3


def test_a_communique_that_is_not_out_yet_is_an_empty_list() -> None:
    assert fetch(Shelf(listing(SHANGHAI)), Site(listings=(f"{HOST}/index.html",)), 2022) == []
    assert fetch(Shelf(), Site(), 2022) == []


def test_a_known_address_needs_no_list() -> None:
    article = listing("<p>正文</p>", f"{HOST}/old/0014-96139.html")
    shelf = Shelf(article)
    (document,) = fetch(shelf, Site(known={2001: article.address}), 2001)
    assert document.period == "2001"
    assert shelf.asked == [article.address]


def test_the_parts_of_a_split_communique_come_along_in_order() -> None:
    first = listing(
        '<a href="content_77_3.htm">3</a><a href="content_77_2.htm">2</a>'
        '<a href="content_78.htm">下一篇</a><a href="content_77_2.htm">下一页</a>',
        f"{HOST}/content_77.htm",
    )
    assert parts(first) == [f"{HOST}/content_77_2.htm", f"{HOST}/content_77_3.htm"]
    others = [listing("<p>续</p>", address) for address in parts(first)]
    documents = fetch(Shelf(first, *others), Site(known={2021: first.address}), 2021)
    assert [document.address for document in documents] == [first.address, *parts(first)]


def test_a_long_number_in_an_address_is_no_part() -> None:
    article = listing('<a href="t20260326_4566470.html">2</a>', f"{HOST}/t20260326_4566469.html")
    assert parts(article) == []


def test_every_communique_of_a_real_list_is_found(shared: Path) -> None:
    text = (shared / "samples" / "shanghai_publications.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    items = "".join(
        f'<li><p><a href="{row["address"]}" title="{row["title"]}">{row["title"]}</a></p></li>'
        for row in rows
    )
    document = listing(f"<ul>{items}</ul>")
    for row in rows:
        if row["title"].endswith("年上海市国民经济和社会发展统计公报"):
            assert find(document, Site(), int(row["title"][:4])) == row["address"]


def test_links_that_are_never_closed_have_short_titles() -> None:
    open_links = "<a href='x.html'>2020年国民经济和社会发展统计公报" * 300
    page = Document("https://office.test/list/", f"<ul>{open_links}</ul>".encode())
    assert find(page, Site(), 2020) == "https://office.test/list/x.html"
