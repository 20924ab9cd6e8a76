"""Units as statistics print them: a number word such as 万 or 亿 in front of what is counted.

``亿元`` is 亿 (10⁸) and 元. Two units convert into each other when they count the same thing:
``万件`` and ``件``, ``万TEU`` and ``国际标准箱``. 人 (people) and 人次 (trips) do not, and neither
do two currencies, for which somebody would have to choose an exchange rate.
"""

from __future__ import annotations

import unicodedata
from fractions import Fraction

from cityflux.core.model.errors import UnitError

#: What a unit counts, and how many of the smallest named unit one of it is.
_BASES: dict[str, dict[str, int | Fraction]] = {
    "yuan": {"元": 1, "人民币": 1, "cny": 1, "rmb": 1, "yuan": 1},
    "US dollars": {"美元": 1, "usd": 1, "us$": 1},
    "Hong Kong dollars": {"港元": 1, "hkd": 1},
    "euros": {"欧元": 1, "eur": 1},
    "people": {"人": 1, "person": 1, "persons": 1, "people": 1},
    "trips": {"人次": 1, "passenger": 1, "passengers": 1},
    "person-years": {"人年": 1},
    "households or accounts": {"户": 1},
    "companies or shops": {"家": 1},
    "schools": {"所": 1},
    "pieces": {"个": 1},
    "cases": {"件": 1},
    "copies": {"份(册)": 1, "份": 1, "册": 1},
    "containers": {"标准箱": 1, "国际标准箱": 1, "标箱": 1, "teu": 1},
    "mass": {"千克": 1, "公斤": 1, "kg": 1, "吨": 1000, "t": 1000},
    "length": {"米": 1, "m": 1, "公里": 1000, "km": 1000},
    "area": {
        "平方米": 1,
        "m2": 1,
        "亩": Fraction(2000, 3),
        "公顷": 10_000,
        "ha": 10_000,
        "平方公里": 1_000_000,
        "km2": 1_000_000,
    },
    "time": {"小时": 1, "h": 1, "天": 24, "日": 24},
    "a share": {"‰": Fraction(1, 1000), "%": Fraction(1, 100)},
    "percentage points": {"百分点": 1, "个百分点": 1},
    "points of an index": {"指数": 1, "index": 1},
    "a score": {"分": 1, "score": 1},
    "a rank": {"名": 1, "rank": 1},
    "degrees": {"°": 1, "度": 1},
}
_UNITS = {
    name: (dimension, Fraction(size))
    for dimension, names in _BASES.items()
    for name, size in names.items()
}
_CURRENCIES = {"yuan", "US dollars", "Hong Kong dollars", "euros"}
#: Longest first, so that 万亿 is not read as 万 and something that starts with 亿.
_PREFIXES: dict[str, int] = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "十万": 10**5,
    "百万": 10**6,
    "千万": 10**7,
    "十亿": 10**9,
    "百亿": 10**10,
    "千亿": 10**11,
    "万亿": 10**12,
    "十": 10,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "亿": 10**8,
}


def convert(value: float, unit: str, to: str) -> float:
    """Turn a value from one unit into another.

    Args:
        value: the number as published.
        unit: the unit of publication, such as ``件``.
        to: the unit that is wanted, such as ``万件``.

    Raises:
        UnitError: when a unit is unknown, or the two do not count the same thing.
    """
    what, size = _read(unit)
    wanted, target = _read(to)
    if what != wanted:
        raise UnitError(_mismatch(unit, what, to, wanted))
    ratio = size / target  # a fraction, so that 1 亿元 is 10000 万元 and not 9999.999…
    return value * ratio.numerator / ratio.denominator


def dimension(unit: str) -> str:
    """Say what a unit counts, in words: ``people`` for ``万人``.

    Raises:
        UnitError: when the unit is unknown.
    """
    return _read(unit)[0]


def _read(unit: str) -> tuple[str, Fraction]:
    """What a unit counts, and how many of the smallest unit of that kind one of it is."""
    text = unicodedata.normalize("NFKC", unit).casefold().replace(" ", "")
    if text in _UNITS:
        return _UNITS[text]
    for prefix, factor in _PREFIXES.items():
        base = text.removeprefix(prefix)
        if base != text and base in _UNITS:
            what, size = _UNITS[base]
            return what, size * factor
    raise UnitError(
        f"unit {unit!r} is not known; write one such as 亿元, 万人次, 万吨, 万TEU, 平方米 or %"
    )


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
