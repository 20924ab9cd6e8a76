from __future__ import annotations

import pytest

from cityflux.scrapers.tables.labels import (
    is_continuation,
    key,
    matching,
    same_unit,
    similar,
    split_languages,
    split_marks,
    split_unit,
    unit_row,
)


@pytest.mark.parametrize(
    ("label", "name", "unit"),
    [
        ("地区生产总值（当年价格）(亿元)", "地区生产总值（当年价格）", "亿元"),
        ("客运量 （万人次）", "客运量", "万人次"),
        ("旅客周转量    (万人公里)", "旅客周转量", "万人公里"),
        ("集装箱吞吐量(万国际标准箱)", "集装箱吞吐量", "万国际标准箱"),
        ("能源消费总量(万吨标准煤)", "能源消费总量", "万吨标准煤"),
        ("商品房平均销售价格(元/平方米)", "商品房平均销售价格", "元/平方米"),
        ("土地面积 (km²)", "土地面积", "km²"),
        ("2023年比2022年增长%", "2023年比2022年增长", "%"),
        ("增长（％）", "增长", "%"),
        ("Passenger Traffic (10 000 persons)", "Passenger Traffic", "10 000 persons"),
        ("Imports(USD 100 million)", "Imports", "USD 100 million"),
        ("Total (100 million yuan)", "Total", "100 million yuan"),
        ("GDP", "GDP", ""),
        ("国内生产总值指数(上年同期=100)", "国内生产总值指数(上年同期=100)", ""),
        ("年末总人口（户籍）", "年末总人口（户籍）", ""),
        ("分地区客运量(2008)", "分地区客运量(2008)", ""),
    ],
)
def test_a_unit_comes_off_and_other_brackets_stay(label: str, name: str, unit: str) -> None:
    assert split_unit(label) == (name, unit)


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("单位：万人", "万人"),
        ("单 位：万吨", "万吨"),
        ("计量单位：万人次", "万人次"),
        ("单位:万人 (10 000 persons)", "万人"),
        ("Unit:10 000 persons", "10 000 persons"),
        ("(10 000 persons)", "10 000 persons"),
        ("（亿元）", "亿元"),
        ("(2008)", ""),
        ("万人", ""),
        ("客运量(万人)", ""),
    ],
)
def test_a_line_that_states_the_unit_of_a_table(line: str, unit: str) -> None:
    assert unit_row(line) == unit


def test_units_are_the_same_whatever_their_width_and_brackets() -> None:
    assert same_unit("（万ＴＥＵ）", "万 teu")
    assert not same_unit("万元", "亿元")


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        (
            "客运量 (万人次) Passenger Traffic (10000 person-times)",
            "客运量 (万人次)",
            "Passenger Traffic (10000 person-times)",
        ),
        ("A股成交额 Turnover of A Shares", "A股成交额", "Turnover of A Shares"),
        ("货物吞吐量(万TEU) Cargo (10 000 TEU)", "货物吞吐量(万TEU)", "Cargo (10 000 TEU)"),
        ("增长% Growth Rate (%)", "增长%", "Growth Rate (%)"),
        ("Railways 铁路", "铁路", "Railways"),
        ("铁 路", "铁 路", ""),
        ("GDP增长", "GDP增长", ""),
        ("一般预算收入 A", "一般预算收入 A", ""),
        ("Railways", "", "Railways"),
    ],
)
def test_two_languages_in_one_cell(text: str, chinese: str, english: str) -> None:
    assert split_languages(text) == (chinese, english)


@pytest.mark.parametrize(
    ("label", "text", "marks"),
    [
        ("Not Classified a)", "Not Classified", ("a)",)),
        ("by Region a) b)", "by Region", ("a)", "b)")),
        ("1234①", "1234", ("①",)),
        ("1234²", "1234", ("²",)),
        ("3.5*", "3.5", ("*",)),
        ("常住人口[1]", "常住人口", ("[1]",)),
        ("ＧＤＰ（注1）", "ＧＤＰ", ("(注1)",)),
        ("面积 km²", "面积 km²", ()),
        ("Bus (a)", "Bus (a)", ()),
        ("指数(1978=100)", "指数(1978=100)", ()),
        ("12345", "12345", ()),
    ],
)
def test_footnote_marks_come_off(label: str, text: str, marks: tuple[str, ...]) -> None:
    assert split_marks(label) == (text, marks)


@pytest.mark.parametrize(
    ("title", "continued"),
    [
        *(("续表", True), ("续 表", True), ("15-12 续表2", True), ("客运量（续）", True)),
        *(("（续 1）", True), ("15-12 continued", True), ("续", True)),
        *(("办理手续表", False), ("客运量", False), ("持续增长", False)),
    ],
)
def test_titles_of_continuations(title: str, continued: bool) -> None:
    assert is_continuation(title) is continued


def test_a_path_is_found_by_its_end() -> None:
    paths = ["客运量", "客运量 > 铁 路", "货运量 > 铁路", "2023年比 > 2022年 > 增长", ""]
    assert matching(paths, "客运量") == ["客运量"]
    assert matching(paths, "铁路") == ["客运量 > 铁 路", "货运量 > 铁路"]
    assert matching(paths, "客运量>铁路") == ["客运量 > 铁 路"]
    assert matching(paths, "2023年比2022年增长") == ["2023年比 > 2022年 > 增长"]
    assert matching(paths, "公路") == []


def test_comparable_labels_and_the_nearest_ones() -> None:
    assert key("铁　路") == key("铁路") == "铁路"
    assert key("Joint-venture  Railways") == "joint-venture railways"
    assert similar("港名", ["名次", "港口名称", "3月"]).startswith("'港口名称'")
    assert similar("x", []) == "none"
