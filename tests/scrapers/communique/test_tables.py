from __future__ import annotations

import pytest

from cityflux.core.model.document import Document
from cityflux.scrapers.communique.tables import Table, from_lines
from tests.scrapers.communique.texts import FILLER, TITLE, figures, read

ROWS = [
    ["指 标", "单 位", "绝对值", "比上年增长(%)"],
    ["货物运输量", "万吨", "15487.03", "11.2"],
    ["铁路", "万吨", "477.16", "1.3"],
    ["旅客运输量", "万人次", "13544.80", "10.2"],
    ["# 铁路", "万人次", "9217.33", "24.1"],
    ["公路", "万人次", "1003.45", "-34.7"],
    ["旅客周转量", "亿人公里", "800.1", "9.0"],
    ["铁路", "亿人公里", "300.2", "8.0"],
]
EXPECTED = {
    "transport.freight_total": (15487.03, "万吨"),
    "transport.freight_total@growth": (11.2, "%"),
    "transport.passengers_total": (13544.80, "万人次"),
    "transport.passengers_total@growth": (10.2, "%"),
    "transport.rail_passengers": (9217.33, "万人次"),
    "transport.rail_passengers@growth": (24.1, "%"),
    "transport.road_passengers": (1003.45, "万人次"),
    "transport.road_passengers@growth": (-34.7, "%"),
}


def as_html(rows: list[list[str]], note: str = "") -> dict[str, tuple[float, str]]:
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    page = f"<html><body><h1>{TITLE}</h1><p>{FILLER}</p><p>{note}</p><table>{body}</table></body>"
    found = figures(Document("https://example.org/t.html", page.encode(), "text/html"))
    return {figure.rule_id: (figure.value, figure.unit) for figure in found}


@pytest.mark.parametrize(
    "lines",
    [
        ["\t".join(row) for row in ROWS],
        ["| " + " | ".join(row) + " |" for row in [ROWS[0], ["---"] * 4, *ROWS[1:]]],
        ["表8 各种运输方式客货运输量", *(cell for row in ROWS for cell in row)],
        ["   ".join(row) for row in ROWS],
    ],
    ids=["tabs", "markdown", "one cell per line", "columns of spaces"],
)
def test_one_table_in_four_printings(lines: list[str]) -> None:
    assert read(*lines) == EXPECTED


def test_the_same_table_in_html() -> None:
    assert as_html(ROWS) == EXPECTED


def test_units_in_names_heads_and_notes() -> None:
    in_names = [
        ["指标", "2021年", "增长%"],
        ["旅客运输量（万人次）", "13544.8", "10.2"],
        ["铁路", "9217", "24.1"],
    ]
    assert as_html(in_names)["transport.rail_passengers"] == (9217, "万人次")
    in_heads = [["指标", "绝对数（亿美元）", "比上年增长（%）"], ["出口总额", "209.8", "16.0"]]
    assert as_html(in_heads)["goods_commerce.goods_exports"] == (209.8, "亿美元")
    in_note = [["指标", "2021年", "增长%"], ["社会消费品零售总额", "5012.3", "与上年持平"]]
    found = as_html(in_note, "单位：亿元")
    assert found["goods_commerce.retail_sales"] == (5012.3, "亿元")
    assert found["goods_commerce.retail_sales@growth"] == (0.0, "%")


def test_the_column_of_the_year_is_taken() -> None:
    rows = [
        ["指标名称", "计量单位", "2020年", "2021年", "增长%"],
        ["港口集装箱吞吐量", "万标箱", "1619.7", "1846.9", "14.0"],
    ]
    assert as_html(rows)["goods_commerce.container_throughput"] == (1846.9, "万标箱")


def test_columns_may_be_measures() -> None:
    rows = [
        ["运输方式", "货运量（万吨）", "增长（%）", "客运量（万人次）", "增长（%）"],
        ["总计", "15487", "11.2", "13544.8", "10.2"],
        ["铁路", "477", "1.3", "9217", "24.1"],
    ]
    found = as_html(rows)
    assert found["transport.freight_total"] == (15487, "万吨")
    assert found["transport.passengers_total@growth"] == (10.2, "%")
    assert found["transport.rail_passengers"] == (9217, "万人次")


def test_cells_over_several_columns_and_rows() -> None:
    html = (
        f"<html><body><h1>{TITLE}</h1><p>{FILLER}</p><table>"
        "<tr><td rowspan=2>指标</td><td colspan=2>全年</td></tr>"
        "<tr><td>绝对值（亿元）</td><td>增长（%）</td></tr>"
        "<tr><td>社会消费品零售总额</td><td>5012.3</td><td>9.0</td></tr></table></body></html>"
    )
    found = {f.rule_id: f.value for f in figures(Document("https://example.org/", html.encode()))}
    assert found == {
        "goods_commerce.retail_sales": 5012.3,
        "goods_commerce.retail_sales@growth": 9.0,
    }


def test_a_table_of_districts_gives_nothing() -> None:
    rows = [
        ["地区", "本地生产总值（亿元）", "比上年增长（%）"],
        ["江南区", "2374.6", "9.1"],
        ["江北区", "2830.0", "11.5"],
    ]
    assert as_html(rows) == {}


def test_the_numbers_of_a_chart_are_no_table() -> None:
    lines = ["图1 2019-2021年地区生产总值", "2019年", "7100", "2020年", "7800", "2021年", "8321"]
    assert read(*lines) == {}


def test_a_cell_broken_over_lines_is_closed_up() -> None:
    lines = ["类 别", "绝对值", "比上年", "增长(%)", "旅客发送量", "(万人次)", "13544.8", "10.2"]
    lines += ["铁 路", "9217.3", "24.1", "公 路", "1003.4", "-34.7"]
    table = next(block for block in from_lines(lines) if isinstance(block, Table))
    assert table.rows[0] == ("类 别", "绝对值", "比上年增长(%)")
    assert table.rows[1] == ("旅客发送量(万人次)", "13544.8", "10.2")


def test_text_between_tables_stays_text() -> None:
    sentence = "全年接待旅游者一万人次，比上年略有增长。"
    assert from_lines([sentence, "一、综合"]) == [sentence, "一、综合"]


def test_the_row_of_totals_is_called_by_the_head_of_its_column() -> None:
    districts = [
        ["区域", "地区生产总值（亿元）", "增长（%）"],
        ["全市", "8321.5", "6.2"],
        ["江北区", "2500.1", "1.0"],
    ]
    gdp = "overall_economy.gdp"
    assert as_html(districts) == {gdp: (8321.5, "亿元"), f"{gdp}@growth": (6.2, "%")}


GDP = {"overall_economy.gdp": (8321.5, "亿元"), "overall_economy.gdp@growth": (6.2, "%")}


@pytest.mark.parametrize(
    "rows",
    [
        [
            ["年份", "2019年", "2020年", "2021年"],
            ["地区生产总值（亿元）", "7600.1", "7800.2", "8321.5"],
            ["比上年增长（%）", "6.5", "2.0", "6.2"],
        ],
        [
            ["年份", "地区生产总值（亿元）", "增长（%）"],
            ["2019", "7600.1", "6.5"],
            ["2020", "7800.2", "2.0"],
            ["2021", "8321.5", "6.2"],
        ],
        [
            ["指标", "绝对数", "增长（%）", "指标", "绝对数", "增长（%）"],
            ["工业增加值（亿元）", "2100", "7.0", "地区生产总值（亿元）", "8321.5", "6.2"],
        ],
        [["指标", "单位", "绝对数", "比上年"], ["地区生产总值", "亿元", "8321.5", "增长6.2%"]],
    ],
    ids=["rates below", "years in lines", "side by side", "rates in words"],
)
def test_other_shapes_of_tables(rows: list[list[str]]) -> None:
    assert as_html(rows) == GDP


def test_a_fall_in_words_in_a_cell() -> None:
    rows = [["指标", "绝对数（亿元）", "比上年增长%"], ["保费收入", "1078.0", "下降4.4"]]
    insurance = "capital.insurance_turnover"
    assert as_html(rows) == {insurance: (1078.0, "亿元"), f"{insurance}@growth": (-4.4, "%")}
