"""Units as statistics print them: a number word such as 万 or 亿 in front of what is counted.

``亿元`` is 亿 (10⁸) and 元, ``元/平方米`` is 元 for each 平方米. Two units convert into each other
when they count the same thing: ``万件`` and ``件``, ``万TEU`` and ``国际标准箱``. 人 (people) and
人次 (trips) do not, and neither do two currencies, for which somebody would have to choose an
exchange rate. What reads units in prose or in the head of a table knows them from here.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from cityflux.core.model.errors import UnitError
from cityflux.core.model.numerals import NUMBER_WORDS

#: What a unit counts, and how many of the smallest named unit one of it is.
_BASES: dict[str, dict[str, int | Fraction]] = {
    "yuan": {"元": 1, "人民币": 1, "cny": 1, "rmb": 1, "yuan": 1},
    "US dollars": {"美元": 1, "usd": 1, "us$": 1},
    "Hong Kong dollars": {"港元": 1, "hkd": 1},
    "euros": {"欧元": 1, "eur": 1},
    "yen": {"日元": 1, "jpy": 1},
    "pounds sterling": {"英镑": 1, "gbp": 1},
    "people": {"人": 1, "person": 1, "persons": 1, "people": 1},
    "trips": {"人次": 1, "passenger": 1, "passengers": 1},
    "person-years": {"人年": 1},
    "households or accounts": {"户": 1},
    "companies or shops": {"家": 1},
    "schools": {"所": 1},
    "pieces": {"个": 1},
    "cases": {"件": 1},
    "copies": {"份(册)": 1, "份": 1, "册": 1},
    "containers": {
        "标准箱": 1,
        "国际标准箱": 1,
        "标准集装箱": 1,
        "国际标准集装箱": 1,
        "标箱": 1,
        "teu": 1,
    },
    "mass": {
        "微克": Fraction(1, 10**9),
        "毫克": Fraction(1, 10**6),
        "克": Fraction(1, 1000),
        "千克": 1,
        "公斤": 1,
        "kg": 1,
        "吨": 1000,
        "t": 1000,
        **dict.fromkeys(("tonne", "tonnes", "ton", "tons"), 1000),
    },
    "tonnes of standard coal": {"吨标准煤": 1},
    "length": {"米": 1, "m": 1, "公里": 1000, "km": 1000, "海里": 1852},
    "area": {
        "平方米": 1,
        "m2": 1,
        "亩": Fraction(2000, 3),
        "公顷": 10_000,
        "ha": 10_000,
        "平方公里": 1_000_000,
        "平方千米": 1_000_000,
        "km2": 1_000_000,
    },
    "volume": {"升": Fraction(1, 1000), "立方米": 1, "m3": 1},
    "tonne-kilometres": {"吨公里": 1},
    "passenger-kilometres": {"人公里": 1},
    "time": {"分钟": Fraction(1, 60), "小时": 1, "h": 1, "天": 24, "日": 24},
    "power": {"瓦": 1, "千瓦": 1000},
    "energy": {"千瓦时": 1, "千瓦小时": 1},
    "a share": {"‰": Fraction(1, 1000), "%": Fraction(1, 100), "倍": 1},
    "percentage points": {"百分点": 1, "个百分点": 1},
    "points of an index": {"指数": 1, "index": 1},
    "a score": {"分": 1, "score": 1},
    "a rank": {"名": 1, "rank": 1},
    "degrees": {"°": 1, "度": 1},
}
#: Each counts a kind of thing of its own.
_COUNTED = re.findall(
    r"\S+",
    """
    项 处 位 座 部 间 套 台 辆 架 架次 艘 艘次 航次 列 班 条 种 篇 幅 集 张 场 场次 次 起 宗 届 门
    床位 箱 箱次 只 头 支 株 尾 块 颗 对 组 股 手 笔 岁 年 月 人天 车公里 标准煤 马力 分贝 gb tb
    """,
)
_UNITS = {
    name: (what, Fraction(size)) for what, names in _BASES.items() for name, size in names.items()
} | {name: (f"things in {name}", Fraction(1)) for name in _COUNTED}
_CURRENCIES = {"yuan", "US dollars", "Hong Kong dollars", "euros", "yen", "pounds sterling"}
#: What stands before a unit, longest first: 万亿 is no 万 before something that starts with 亿.
PREFIXES: dict[str, int] = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    **NUMBER_WORDS,
}

_LONGEST = 80
#: The names of all units, without number words.
NAMES = tuple(_UNITS)


class Unit(NamedTuple):
    """What a unit counts, and how many of the smallest unit of that kind one of it is."""

    what: str
    size: Fraction

    def turn(self, value: float, to: Unit) -> float:
        """A value of this unit in another one, taking both to count the same thing."""
        many, of = (self.size / to.size).as_integer_ratio()
        return value * many / of


def convert(value: float, unit: str, to: str) -> float:
    """Turn a value from one unit into another.

    Args:
        value: the number as published.
        unit: the unit of publication, such as ``件``.
        to: the unit that is wanted, such as ``万件``.

    Raises:
        UnitError: when a unit is unknown, or the two do not count the same thing.
    """
    many, of = ratio(unit, to)
    return value * many / of


@lru_cache(maxsize=1024)  # a refresh converts tens of thousands of figures of few units
def ratio(unit: str, to: str) -> tuple[int, int]:
    """What a value is multiplied with, and divided by, as `convert` does.

    Raises:
        UnitError: as `convert`.
    """
    one, other = read(unit), read(to)
    if one.what != other.what:
        raise UnitError(_mismatch(unit, one.what, to, other.what))
    return (one.size / other.size).as_integer_ratio()  # 1 亿元 is 10000 万元, and not 9999.999…


def dimension(unit: str) -> str:
    """Say what a unit counts, in words: ``people`` for ``万人``.

    Raises:
        UnitError: when the unit is unknown.
    """
    return read(unit).what


def is_known(unit: str) -> bool:
    """Whether a text is a unit that `convert` can read."""
    try:
        read(unit)
    except UnitError:
        return False
    return True


@lru_cache(maxsize=1024)
def read(unit: str) -> Unit:
    """Read a unit.

    Raises:
        UnitError: when the unit is unknown.
    """
    if len(unit) > _LONGEST:
        raise UnitError(f"unit {unit[:40]!r}… is too long; write one such as 亿元 or 元/平方米")
    counted, *over = unicodedata.normalize("NFKC", unit).casefold().replace(" ", "").split("/")
    found = _simple(counted)
    for each in over:
        below = _simple(each)
        found = found and below and Unit(f"{found.what} by {below.what}", found.size / below.size)
    if found is None:
        raise UnitError(
            f"unit {unit!r} is not known; write one such as 亿元, 万人次, 万吨, 万TEU, 平方米 or %"
        )
    return found


def _simple(text: str) -> Unit | None:
    if text in _UNITS:
        return Unit(*_UNITS[text])
    for prefix, factor in PREFIXES.items():
        base = text.removeprefix(prefix)
        if base != text and base in _UNITS:
            what, size = _UNITS[base]
            return Unit(what, size * factor)
    return None


def _mismatch(unit: str, what: str, to: str, wanted: str) -> str:
    if {what, wanted} <= _CURRENCIES:
        return (
            f"cannot turn {unit} into {to}: an exchange rate is needed; "
            f"keep the figures as a series of their own in {unit}"
        )
    return (
        f"cannot turn {unit} into {to}: the one counts {what}, the other {wanted}; "
        "check the unit of the figure"
    )
