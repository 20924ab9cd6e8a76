from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.scrapers.communique.numbers import SCALES, convert, normalise, quantities, split_unit

FULL_WIDTH = str.maketrans("0123456789.%,", "０１２３４５６７８９．％，")


def read(text: str) -> list[tuple[float, str]]:
    return [(quantity.value, quantity.unit) for quantity in quantities(normalise(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("货运量１ ２２８．３亿吨", [(1228.3, "亿吨")]),
        ("集装箱吞吐量4,203.5万TEU", [(4203.5, "万TEU")]),
        ("完成38，700.58亿元", [(38700.58, "亿元")]),
        ("完成64.5万个标准箱", [(64.5, "万标准箱")]),
        ("增长百分之二十六点八", [(26.8, "%")]),
        ("实现一千八百八十二点八亿元", [(1882.8, "亿元")]),
        ("生产总值[2]49843.1亿元", [(49843.1, "亿元")]),
        ("生产总值①100.5亿元，人口（注3）20万人", [(100.5, "亿元"), (20, "万人")]),
        ("常住人口注1 2183.2万人", [(2183.2, "万人")]),
        ("人均生产总值123247元/人", [(123247, "元/人")]),
        ("人均GDP68001元", [(68001, "元")]),
        ("拥有200余家企业、1000多万人", [(200, "家"), (1000, "万人")]),
        ("比重提高0.2个百分点", [(0.2, "个百分点")]),
        ("折合人员全时当量29.1万人年", [(29.1, "万人年")]),
        ("周转量1641.2亿人公里", [(1641.2, "亿人公里")]),
        ("增长-5.2%，2.4倍", [(-5.2, "%"), (2.4, "倍")]),
        ("投资40亿元人民币", [(40, "亿元")]),
    ],
)
def test_quantities_of_the_genre(text: str, expected: list[tuple[float, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "三次产业构成为0.2︰14.5︰85.3",
        "图1 2016-2020年生产总值",
        "世界500强、4A级景区、5G网络、第7次普查、G20峰会、B2B平台",
        "2020年12月31日",
        "两大机场、三个中心、一家企业",
    ],
)
def test_numbers_that_count_nothing(text: str) -> None:
    assert read(text) == []


def test_the_unit_of_a_list_is_kept_apart_from_its_bare_numbers() -> None:
    assert read("分别为13471.9、253.6和8085.9万人次") == [
        (13471.9, ""),
        (253.6, ""),
        (8085.9, "万人次"),
    ]


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (18.4, "万元", "元", 184000.0),
        (1.2, "万亿元", "亿元", 12000.0),
        (2.4, "亿人次", "万人次", 24000.0),
        (179317, "件", "万件", 17.9317),
        (4215, "万美元", "亿美元", 0.4215),
        (4203, "万TEU", "万国际标准箱", 4203),
        (68103.0, "万人", "万人次", 68103.0),
        (67.9, "亿美元", "亿元", None),
        (26, "万人", "万人年", None),
        (5.0, "亿吨公里", "万吨", None),
    ],
)
def test_conversion(value: float, unit: str, to: str, expected: float | None) -> None:
    assert convert(value, unit, to) == (None if expected is None else pytest.approx(expected))


def test_unknown_units_stay_whole() -> None:
    assert split_unit("光年") == (1.0, "光年")


amounts = st.decimals(min_value=0, max_value=10**7, places=2, allow_nan=False)
units = st.sampled_from(["元", "人次", "吨", "件", "户", "平方米", "TEU"])


@given(amounts, st.sampled_from(sorted(SCALES)), units)
def test_printed_numbers_are_read_back(amount: object, scale: str, base: str) -> None:
    printed = f"{amount:,.2f}{scale}{base}"
    for text in (printed, printed.replace(",", " "), printed.translate(FULL_WIDTH)):
        (quantity,) = quantities(normalise(f"全年完成{text}。"))
        assert quantity.value == float(str(amount))
        assert quantity.unit == scale + base
        assert quantity.decimals == 2


@given(st.floats(0.01, 1e9), st.sampled_from(sorted(SCALES)), st.sampled_from(sorted(SCALES)))
def test_conversion_there_and_back(value: float, scale: str, other: str) -> None:
    there = convert(value, f"{scale}元", f"{other}元")
    assert there is not None
    assert convert(there, f"{other}元", f"{scale}元") == pytest.approx(value, rel=1e-12)


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert quantities(normalise(once)) == quantities(once)
