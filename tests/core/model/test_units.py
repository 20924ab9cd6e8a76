from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.errors import UnitError
from cityflux.core.model.units import NAMES, convert, dimension


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (40280, "件", "万件", 4.028),
        (197000, "人年", "万人年", 19.7),
        (38955597.7, "万美元", "亿美元", 3895.55977),
        (34.6, "万亿元", "亿元", 346000),
        (3654, "万TEU", "万国际标准箱", 3654),
        (36.54, "million TEU", "万标箱", 3654),
        (2.46, "trillion yuan", "亿元", 24600),
        (6341, "平方公里", "平方米", 6341e6),
        (3, "亩", "平方米", 2000),
        (12, "千米", "公里", 12),
        (5, "‰", "%", 0.5),
        (7, "％", "%", 7),
        (1.5, "百万元", "CNY", 1.5e6),
        (2, "个百分点", "百分点", 2),
        (1.2, "万元/平方米", "元/平方米", 12_000),
        (36, "公里/小时", "米/分钟", 600),
        (3, "万千瓦时", "千瓦小时", 30_000),
        (2.4, "倍", "%", 240),
        (5, "克", "毫克", 5000),
        (2, "亿人公里", "万人公里", 20_000),
    ],
)
def test_published_units_convert(value: float, unit: str, to: str, expected: float) -> None:
    assert convert(value, unit, to) == pytest.approx(expected, rel=1e-12)


def test_a_unit_into_itself_changes_no_digit() -> None:
    assert convert(936.1, "亿元", "亿元") == 936.1


@given(
    st.floats(min_value=-1e12, max_value=1e12),
    st.sampled_from(["", "十", "百", "千", "万", "十万", "百万", "千万", "亿", "万亿"]),
    st.sampled_from(["", "万", "亿", "万亿"]),
)
def test_there_and_back_is_the_same_value(value: float, one: str, other: str) -> None:
    there = convert(value, f"{one}吨", f"{other}吨")
    assert convert(there, f"{other}吨", f"{one}吨") == pytest.approx(value, rel=1e-12, abs=1e-9)


@given(st.floats(min_value=-1e9, max_value=1e9), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_units_convert_both_ways_or_neither(value: float, one: str, other: str) -> None:
    if dimension(one) == dimension(other):
        there = convert(value, one, other)
        assert convert(there, other, one) == pytest.approx(value, rel=1e-12, abs=1e-300)
    else:
        for unit, to in ((one, other), (other, one)):
            with pytest.raises(UnitError, match=f"cannot turn {re.escape(unit)} into"):
                convert(value, unit, to)


@pytest.mark.parametrize("unit", ["元/", "/元", "元/光年", "元//人", "/"])
def test_a_quotient_of_something_unknown_is_unknown(unit: str) -> None:
    with pytest.raises(UnitError, match=f"unit '{unit}' is not known"):
        dimension(unit)


def test_two_currencies_need_an_exchange_rate() -> None:
    with pytest.raises(UnitError, match="cannot turn 亿美元 into 亿元: an exchange rate is needed"):
        convert(130, "亿美元", "亿元")


@pytest.mark.parametrize(
    ("unit", "to"), [("万人次", "万人"), ("家", "个"), ("%", "百分点"), ("人年", "人")]
)
def test_what_counts_something_else_does_not_convert(unit: str, to: str) -> None:
    with pytest.raises(UnitError, match=f"cannot turn {unit} into {to}: the one counts"):
        convert(1, unit, to)


@pytest.mark.parametrize("unit", ["", "万", "亿斤", "furlong", "亿亿元"])
def test_an_unknown_unit_is_named(unit: str) -> None:
    with pytest.raises(UnitError, match=f"unit '{unit}' is not known"):
        convert(1, unit, "元")


def test_dimension_says_what_is_counted() -> None:
    assert dimension("万人") == "people"
    assert dimension("万人次") == "trips"
