from __future__ import annotations

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.communique.page import read
from cityflux.scrapers.communique.tables import Table
from cityflux.scrapers.communique.titles import territory_of, year_of
from tests.scrapers.communique.texts import FILLER, TITLE, figures

ADDRESS = "https://stats.example.org/tjgb/1.html"


def page(body: str, head: str = f"<title>{TITLE}</title>") -> Document:
    html = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return Document(ADDRESS, html.encode(), "text/html")


def words(document: Document, body: str = "") -> str:
    blocks = read(document, body).blocks
    return "\n".join(block for block in blocks if isinstance(block, str))


def test_scripts_menus_and_neighbours_are_left_out() -> None:
    document = page(
        "<nav>首页 统计数据</nav><script>var a = '访问量889123万人次，';</script>"
        f"<div id=main><h1>{TITLE}</h1><div class=text><p>{FILLER}</p>"
        "<p>年末常住人口<sup>[4]</sup>1268.4万人。</p></div></div>"
        "<div><a>上年地区生产总值1亿元</a></div><footer>版权所有，备案号</footer>"
    )
    text = words(document)
    assert "年末常住人口1268.4万人。" in text
    for outside in ("访问量", "首页", "上年地区生产总值", "版权"):
        assert outside not in text


def test_the_selector_chooses_and_a_wrong_one_does_no_harm() -> None:
    document = page(f"<div class=a><p>{FILLER}</p></div><div class=b><p>{FILLER}乙。</p></div>")
    assert words(document, "div.b").endswith("乙。")
    assert "乙。" in words(document, "div.gone")


def test_text_that_breaks_by_br_and_spans() -> None:
    document = page(
        f"<div>{FILLER}<br><br><b>一、综合</b><br>"
        "　　全年<span>货运量</span>2.1<i>亿吨</i>。<br></div>"
    )
    assert words(document).splitlines()[-1] == "全年货运量2.1亿吨。"


def test_a_table_that_only_arranges_the_page_is_no_table() -> None:
    document = page(
        f"<table><tr><td><img></td></tr><tr><td id=zoom><p>{FILLER}</p><table><tr><td>指标</td>"
        "<td>2021年</td></tr><tr><td>货运量(万吨)</td><td>21000</td></tr></table></td></tr></table>"
    )
    tables = [block for block in read(document).blocks if isinstance(block, Table)]
    assert [table.rows for table in tables] == [(("指标", "2021年"), ("货运量(万吨)", "21000"))]


def test_gbk_bytes_that_say_nothing_of_their_charset() -> None:
    html = f"<html><body><h1>{TITLE}</h1><p>{FILLER}</p><p>全年货运量２．１亿吨。</p></body></html>"
    (found,) = figures(Document(ADDRESS, html.encode("gb18030"), "text/html"))
    assert (found.value, found.unit) == (2.1, "亿吨")


def test_text_broken_at_a_fixed_width_is_closed_up() -> None:
    text = f"{FILLER}铁路发送旅客人数稳步增加，公路客货运输平稳运行，水路运输稳中有升。"
    lines = [text[i : i + 30] for i in range(0, len(text), 30)]
    document = Document("file:x.txt", "\n".join([TITLE, *lines]).encode())
    assert text in words(document)


@pytest.mark.parametrize(
    ("html", "got"),
    [
        (
            "<form>用户名 <input type=password> 登录</form><p>请输入密码后继续访问</p>",
            "a login page",
        ),
        ("<p>访问过于频繁，请完成安全验证</p>", "a login page"),
        ("<p>页面正在加载</p>", "a page with 6 characters of text"),
        ("", "a page with 0 characters of text"),
        (f"<p>{FILLER}</p><p>全市生產總值一萬億元</p>", "traditional characters"),
        (f"<p>{FILLER}</p><p>廣州市統(tǒng)計(jì)局發(fā)布</p>", "damaged by a converter"),
    ],
)
def test_what_is_no_communique_is_refused(html: str, got: str) -> None:
    with pytest.raises(Unexpected, match=got) as raised:
        read(page(html, head=""))
    assert str(raised.value).startswith(f"{ADDRESS}: expected the text of a communiqué")


def test_the_title_comes_from_where_the_site_puts_it() -> None:
    body = f"<p>{FILLER}</p>"
    meta = f'<meta name="ArticleTitle" content="{TITLE}"><title>统计局</title>'
    assert read(page(body, meta)).subject.title == TITLE
    assert read(page(body, f"<title>{TITLE}-统计公报-统计局网站</title>")).subject.title == TITLE
    assert read(page(f"<h2>{TITLE}[1]</h2>{body}", "<title>门户</title>")).subject.title == TITLE
    assert read(page(f"<p>{TITLE}</p>{body}", "")).subject.title == TITLE


@pytest.mark.parametrize(
    ("title", "year", "place"),
    [
        ("2020年上海市国民经济和社会发展统计公报", 2020, "上海"),
        ("深圳市2012年国民经济和社会发展统计公报", 2012, "深圳"),
        ("北京市2015年暨“十二五”时期国民经济和社会发展统计公报", 2015, "北京"),
        ("《二〇〇八年杭州市国民经济和社会发展统计公报》", 2008, "杭州"),
        ("重磅！广州２０２４年国民经济和社会发展统计公报发布", 2024, "广州"),
        ("关于杭州市2010年国民经济和社会发展的统计公报", 2010, "杭州"),
        ("上海发布2023年国民经济和社会发展统计公报", 2023, "上海"),
        ("国民经济和社会发展统计公报", None, ""),
    ],
)
def test_year_and_place_of_a_title(title: str, year: int | None, place: str) -> None:
    assert (year_of(title), territory_of(title).name) == (year, place)
