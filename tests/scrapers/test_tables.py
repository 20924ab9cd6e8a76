from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.scrapers.tables.html import Table, page_instead, read_tables


def page(html: str | bytes, status: int = 200) -> Document:
    body = html.encode() if isinstance(html, str) else html
    return Document("http://127.0.0.1/page", body, media_type="text/html", status=status)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_merged_cells_fill_the_grid_as_one_object() -> None:
    (table,) = read_tables(
        page(
            "<table><tr><td rowspan=2>地区<td colspan='2'>客运量</tr>"
            "<tr><td>铁路</td><td>公路</td></tr><tr><td>北京<td>1<td>2</table>"
        )
    )
    assert texts(table) == [
        ["地区", "客运量", "客运量"],
        ["地区", "铁路", "公路"],
        ["北京", "1", "2"],
    ]
    assert table.rows[0][1] is table.rows[0][2]
    assert table.rows[0][0] is table.rows[1][0]
    assert table.width == 3


def test_cells_that_are_never_closed_are_read_all_the_same() -> None:
    closed = "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th><td>d</td></tr></table>"
    open_ = "<table><tr><td>a<td>b<tr><th>c<td>d</table>"
    assert texts(read_tables(page(closed))[0]) == texts(read_tables(page(open_))[0])
    assert read_tables(page(open_))[0].rows[1][0].heading


def test_footnotes_indentation_and_line_breaks() -> None:
    (table,) = read_tables(
        page(
            "<p>15-12 客运量<p><table><tr><td>客运量<br>Passengers<sup>a)</sup><td>1 km<sup>2</sup>"
            "<tr><td>　&nbsp;铁路<td>2<sup><b>①</b></sup></table>"
            "<p><sup>a)</sup> 不含航空。</p><p>资料来源：x</p><table><tr><td>1<td>2</table>"
        )
    )[:1]
    first, second = table.rows
    assert (first[0].text, first[0].marks) == ("客运量 Passengers", ("a)",))
    assert first[1].text == "1 km²"
    assert (second[0].text, second[0].indent) == ("铁路", 3)
    assert (second[1].text, second[1].marks) == ("2", ("①",))
    assert table.caption == "15-12 客运量"
    assert table.after == ("a) 不含航空。", "资料来源：x")


def test_a_table_inside_a_layout_table_stands_alone() -> None:
    inner = "<table><caption>里</caption><tr><td>1<td>2</table>"
    tables = read_tables(page(f"<table><tr><td>menu<td>x{inner}</table>"))
    assert [texts(table) for table in tables] == [[["menu", "x"]], [["1", "2"]]]
    assert tables[1].caption == "里"
    assert [table.place for table in tables] == ["table 1", "table 2"]


def test_absurd_spans_do_no_harm() -> None:
    row = "<tr><td rowspan='65535' colspan='99999'>1<td colspan='50%'>2<td rowspan=0>3</tr>"
    (table,) = read_tables(page(f"<table>{row * 3}</table>"))
    assert len(table.rows) == 3
    assert table.rows[0][1000].text == "2"


@given(st.lists(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1), min_size=2))
def test_every_grid_is_a_full_rectangle(spans: list[list[tuple[int, int]]]) -> None:
    rows = "".join(
        "<tr>" + "".join(f"<td rowspan={r} colspan={c}>x</td>" for r, c in row) + "</tr>"
        for row in [[(1, 1), (1, 1)], *spans]
    )
    (table,) = read_tables(page(f"<table>{rows}</table>"))
    assert len(table.rows) == len(spans) + 1
    assert {len(row) for row in table.rows} == {table.width}
    cells = {id(cell) for row in table.rows for cell in row if cell.text}
    assert len(cells) == 2 + sum(len(row) for row in spans)


def test_xhtml_is_read_without_a_warning() -> None:
    for head in ("<?xml version='1.0'?><!DOCTYPE html><html>", "<?xml version='1.0'?><data>"):
        assert texts(read_tables(page(f"{head}<table><tr><td>1<td>2</table>"))[0]) == [["1", "2"]]


def test_gbk_pages_that_name_another_charset_are_read() -> None:
    html = "<meta charset='iso-8859-1'><table><tr><td>　上海<td>1</table>"
    (table,) = read_tables(page(html.encode("gb18030")))
    assert texts(table) == [["上海", "1"]]


@pytest.mark.parametrize("broken", ["¡¡ÉÏº£", "上\ufffd"])
def test_a_page_saved_in_a_wrong_charset_is_told(broken: str) -> None:
    html = f"<meta charset=utf-8><table><tr><td>a<td>b<tr><td>{broken}<td>1</table>"
    with pytest.raises(Unexpected, match=r"table 1, row 2: .* was decoded with a wrong charset"):
        read_tables(page(html))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"a": 1}', "got JSON"),
        (b"\xff\xd8\xff\xe0", "got an image"),
        (b"%PDF-1.4", "got a PDF file"),
        (b"PK\x03\x04", "got a spreadsheet"),
        (b"<html><title>404</title><body>gone", r"expected a table, found none .*'404'"),
        (b"http://127.0.0.1/next", "expected an HTML page, got text: 'http"),
        (b"<![foo<table>", "got broken markup"),
        (b"<table></table>", "expected a table, found none"),
    ],
)
def test_what_is_no_page_with_a_table_is_told(body: bytes, told: str) -> None:
    with pytest.raises(Unexpected, match=told):
        read_tables(page(body))


def test_a_login_page_with_status_200_is_a_refusal() -> None:
    html = "<title>统一登录</title><form><input type='PASSWORD'></form>"
    with pytest.raises(Refused, match=r"asks for a login \(the page is titled '统一登录'\)"):
        read_tables(page(html))
    with pytest.raises(Refused, match="answered 403"):
        read_tables(page("<table><tr><td>1<td>2</table>", status=403))


def test_a_page_where_data_was_due() -> None:
    error = page_instead(page("  <!doctype html><title>维护</title>"), "JSON")
    assert isinstance(error, Unexpected)
    assert "expected JSON, got an HTML page (the page is titled '维护')" in str(error)
    assert page_instead(page('{"a": "<b>"}'), "JSON") is None
