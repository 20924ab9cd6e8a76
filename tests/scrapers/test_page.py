from __future__ import annotations

from typing import Any

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells, Refused, Unexpected
from cityflux.scrapers import page
from tests.scrapers.examples import example, run_example
from tests.scrapers.loopback import Answer, PlainHttp, serve


def web(html: str | bytes) -> Document:
    body = html.encode() if isinstance(html, str) else html
    return Document("http://127.0.0.1/stores", body, media_type="text/html")


STORES = """
<html><title>门店</title><body>
<div id="stores" class="count big">共有门店 <b>１,２３４</b> 家<sup>①</sup></div>
<div class="sales">1.23万亿元</div><span class="empty"></span><i class="none">—</i>
<p class="share">12.5％</p><p class="twice">1</p><p class="twice">2</p>
</body></html>
"""
PORTS = """
<meta charset=gbk><p>2024年3月港口吞吐量</p><p>单位：万吨</p>
<table class="ports"><tr><th>名次<th>港名<th>3月<th>1-3月<th>增幅%
<tr><td>1<td>宁波舟山港①<td>100<td>300<td>2.5
<tr><td>2<td>上海港<td>60<td>1,180.5<td>-1.2
<tr><td>3<td>天津港<td>—<td>…<td>
<tr><td colspan=5>以上为快报数</table>
"""
CITIES = {"宁波舟山港": "ningbo", "上海港": "shanghai", "天津港": "tianjin"}


@pytest.mark.parametrize(
    ("selector", "unit", "text_format", "value"),
    [
        ("#stores b", "", "{}", 1234.0),
        ("#stores", "家", "共有门店 {} 家", 1234.0),
        ("#stores", "家", "共有门店 {}", 1234.0),
        (".sales", "亿元", "{}", 12300.0),
        (".sales", "元", "{}", 1.23e12),
        (".share", "%", "{}", 12.5),
        (".none", "家", "{}", None),
    ],
)
def test_a_number_in_its_unit(
    selector: str, unit: str, text_format: str, value: float | None
) -> None:
    got = page.number(web(STORES), selector=selector, unit=unit, format=text_format)
    assert got == value


@pytest.mark.parametrize(
    ("selector", "unit", "text_format", "told"),
    [
        ("#store", "家", "{}", r"http://127.0.0.1/stores: nothing fits '#store'; .*'div#stores'"),
        ("div.counts", "家", "{}", r"nothing fits 'div.counts'; the page has 'div.count'"),
        (".twice", "", "{}", r"expected one element for '.twice', got 2: '1', '2'"),
        (".empty", "家", "{}", r"'.empty' is empty; a script may fill it in"),
        ("#stores", "家", "门店数 {} 家", r"expected '门店数 {} 家' in '#stores', got '共有门店"),
        (
            "#stores b",
            "家",
            "{}",
            r"'#stores b': expected a figure in 家, got '1,234'",
        ),
        (".sales", "万元", "{}", r"expected a figure in 万元, got '1.23万亿元'"),
        ("#stores", "", "{}", r"is not a number"),
    ],
)
def test_a_number_that_is_not_there_or_not_that(
    selector: str, unit: str, text_format: str, told: str
) -> None:
    with pytest.raises(Unexpected, match=told):
        page.number(web(STORES), selector=selector, unit=unit, format=text_format)


def test_a_unit_that_changed_from_ten_thousands_to_hundred_millions() -> None:
    with pytest.raises(Unexpected, match=r"expected a figure in 万人, got '3.2亿人'"):
        page.number(web("<b>3.2亿人</b>"), selector="b", unit="万人")
    options: dict[str, Any]
    options = {"selector": ".ports", "city": "港名", "value": "1-3月", "period": "2024"}
    with pytest.raises(Unexpected, match=r"'.ports': expected 亿吨, got 万吨 \('1-3月'\)"):
        page.table(web(PORTS.encode("gbk")), unit="亿吨", **options)


def test_a_table_with_its_unit_above_it() -> None:
    ports = web(PORTS.encode("gbk"))
    got = page.table(
        ports,
        selector=".ports",
        city="港名",
        value="1-3月",
        period="2024",
        unit="万吨",
        cities=CITIES,
    )
    assert got.rows() == [("ningbo", "2024", 300.0), ("shanghai", "2024", 1180.5)]
    growth = page.table(ports, city="港名", value="增幅%", period="2024", unit="%")
    assert growth.rows() == [("宁波舟山港", "2024", 2.5), ("上海港", "2024", -1.2)]


def test_a_header_of_two_rows_and_units_in_the_cells() -> None:
    html = (
        "<div id=t><table><tr><td colspan=3>2024年门店一览"
        "<tr><td rowspan=2>城市<td colspan=2>门店数<tr><td>2023年<td>2024年"
        "<tr><td>上海<td>1,200家<td>1.3千家<tr><td>北京<td>900 家<td>—</table></div>"
    )
    options: dict[str, Any] = {"selector": "#t", "city": "城市", "period": "2023", "unit": "家"}
    got = page.table(web(html), value="门店数 > 2023年", **options)
    assert got.rows() == [("上海", "2023", 1200.0), ("北京", "2023", 900.0)]
    with pytest.raises(BadCells) as caught:
        page.table(web(html.replace("900 家", "900 间")), value="2023年", **options)
    assert caught.value.reasons == ["row 5, column '2023年': expected a figure in 家, got '900 间'"]
    with pytest.raises(Unexpected, match="2 columns '门店数'"):
        page.table(web(html), value="门店数", **options)


def test_periods_in_a_column_of_their_own() -> None:
    html = (
        "<table><tr><th>城市<th>年份<th>2024（万人）"
        "<tr><td>上海<td>2023年<td>1<tr><td>上海<td>2024<td>2</table>"
    )
    got = page.table(web(html), city="城市", value="2024", period="年份", unit="万人")
    assert got.rows() == [("上海", "2023", 1.0), ("上海", "2024", 2.0)]
    html = "<table><tr><th>城市<th>2024<tr><td>上海<td>2</table>"
    got = page.table(web(html), city="城市", value="2024", period="2024", unit="")
    assert got.rows() == [("上海", "2024", 2.0)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"selector": ".port"}, r"nothing fits '.port'; the page has 'table.ports'"),
        ({"city": "港口"}, r"'.ports': no columns '港口'; the table has '港名'"),
        ({"value": "吞吐量"}, r"no columns '吞吐量'; the table has '名次', '港名', '3月'"),
        ({"cities": {"广州港": "guangzhou"}}, r"no city '广州港'; similar: '宁波舟山港', '上海港'"),
        ({"unit": ""}, None),
    ],
)
def test_what_a_table_lacks_is_named(changes: dict[str, Any], told: str | None) -> None:
    options: dict[str, Any] = {
        **{"selector": ".ports", "city": "港名", "value": "1-3月", "period": "2024"},
        **{"unit": "万吨", "cities": None, **changes},
    }
    if told is None:
        assert page.table(web(PORTS.encode("gbk")), **options).height == 2
        return
    with pytest.raises(Unexpected, match=told):
        page.table(web(PORTS.encode("gbk")), **options)


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<table></table>", "'table': the table is empty"),
        ("<table><tr><th>城市<th>v</table>", "'table': the table is empty"),
        ("<table><tr><th>城市<th>v<tr><td>上海<td>—</table>", "not one figure among 1 rows"),
        ("<div><table><tr><td>1</table><table><tr><td>2</table></div>", "for 'table', got 2"),
        ("<p>x", "nothing fits 'table'; the page has none"),
        ('{"error": 1}', "expected an HTML page, got JSON"),
    ],
)
def test_empty_tables_and_pages_without_one(html: str, told: str) -> None:
    with pytest.raises(Unexpected, match=told):
        page.table(web(html), city="城市", value="v", period="2024", unit="")


def test_one_table_around_which_a_selector_fits() -> None:
    html = "<div><table><tr><td>1</table><table><tr><td>2</table></div>"
    with pytest.raises(Unexpected, match="expected one table in 'div', got 2"):
        page.table(web(html), selector="div", city="城市", value="v", period="2024", unit="")


def test_bad_cells_are_all_named() -> None:
    html = "<table><tr><th>城市<th>v<tr><td>上海<td>1o<tr><td>北京<td>2<tr><td>北京<td>3</table>"
    with pytest.raises(BadCells, match=r"http://127.0.0.1/stores: table: 2 cells") as caught:
        page.table(web(html), city="城市", value="v", period="2024", unit="")
    assert caught.value.reasons == [
        "row 2, column 'v': '1o' is not a number",
        "row 4, column 'v': a second figure for 北京 in 2024",
    ]


def test_a_login_page_with_status_200_is_a_refusal() -> None:
    login = web("<title>登录</title><form><input type=password></form>")
    with pytest.raises(Refused, match=r"nothing fits '#stores'; .* asks for a login"):
        page.number(login, selector="#stores", unit="家")
    with pytest.raises(Refused, match="asks for a login"):
        page.table(login, city="城市", value="v", period="2024", unit="")


def test_the_short_plugin_of_the_documentation() -> None:
    lines = [line for line in example("page.md").splitlines() if line.strip()]
    assert len([line for line in lines if not line.startswith("@")]) == 11
    names = run_example("page.md")
    assert isinstance(names["indicator"](), names["Indicator"])
    assert isinstance(names["source"](), names["Source"])
    head = "<table id=stores><tr><th>城市<th>门店（家）"
    rows = "<tr><td>上海<td>1,234<tr><td>北京<td>987<tr><td>拉萨<td>12</table>"

    class Here(PlainHttp):
        """Sends what is meant for the shop to the site on loopback."""

        def get(self, address: str, **more: Any) -> Document:
            return super().get(address.replace("https://shop.example.com", site.address), **more)

    with serve({"/stores": Answer(head + rows)}) as site:
        documents = names["fetch"](Here(), names["source"](), None)
    got = names["normalize"](documents)
    assert got.rows() == [("shanghai", "2024", 1234.0), ("beijing", "2024", 987.0)]


def test_what_a_browser_hides_is_not_read() -> None:
    body = (
        "<b id=v><span style='display: none'>8</span>52<i hidden>07</i></b><table>"
        "<tr><th>城市</th><th>值</th></tr><tr style='display:none'><td>甲</td><td>9</td></tr>"
        "<tr><td>乙</td><td>(6.5)</td></tr></table>"
    )
    document = Document("http://127.0.0.1/", f"<meta charset=utf-8>{body}".encode())
    assert page.number(document, selector="#v", unit="") == 52
    rows = page.table(document, city="城市", value="值", period="2021", unit="").rows()
    assert rows == [("乙", "2021", -6.5)]
