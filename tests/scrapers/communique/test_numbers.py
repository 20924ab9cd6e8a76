from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.numerals import NUMBER_WORDS
from cityflux.core.model.units import Unit
from cityflux.scrapers.communique.numbers import meaning, normalise, quantities

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
        ("装机1.2万千瓦、发电3千瓦时、用米5千克", [(1.2, "万千瓦"), (3, "千瓦时"), (5, "千克")]),
        ("下降0.2百分点", [(0.2, "百分点")]),
        ("面积12.5km²、3㎡", [(12.5, "km2"), (3, "m2")]),
        ("每千人拥有3000元/平方米、20个/万人", [(3000, "元/平方米"), (20, "个/万人")]),
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


def test_what_a_printed_unit_counts() -> None:
    assert meaning("光年") == Unit("光年", Fraction(1))
    assert meaning("万") == Unit("", Fraction(10**4))
    assert meaning("") == Unit("", Fraction(1))
    assert meaning("万公顷") == Unit("area", Fraction(10**8))


amounts = st.decimals(min_value=0, max_value=10**7, places=2, allow_nan=False)
units = st.sampled_from(["元", "人次", "吨", "件", "户", "平方米", "TEU"])


@given(amounts, st.sampled_from(["", *NUMBER_WORDS]), units)
def test_printed_numbers_are_read_back(amount: object, scale: str, base: str) -> None:
    printed = f"{amount:,.2f}{scale}{base}"
    for text in (printed, printed.replace(",", " "), printed.translate(FULL_WIDTH)):
        (quantity,) = quantities(normalise(f"全年完成{text}。"))
        assert quantity.value == float(str(amount))
        assert quantity.unit == scale + base
        assert quantity.decimals == 2


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert quantities(normalise(once)) == quantities(once)
