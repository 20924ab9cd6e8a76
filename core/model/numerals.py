"""Numbers as people publish them, and the one place that reads them.

Full-width digits, thousands separators of all kinds, 万 and 亿, minus signs, percent signs,
negatives in parentheses, and the many ways to say that there is no figure.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Literal

#: The sign between whole and fraction: ``1,234.5`` or ``1.234,5``.
DecimalMark = Literal[".", ","]

# Unicode's own NFKC would also turn ① and ² into digits: a footnote mark would join the figure.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES = dict.fromkeys(
    map(ord, "\t\r\n\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000"), " "
)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\ufe63"), "-")
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc"), "'")

_LONGEST = 400  # the largest float has 309 digits
_NO_FIGURE = re.compile(r"[-.…⋯/\\]*")
_NO_FIGURE_WORDS = {
    *("na", "n/a", "n.a.", "#n/a", "nan", "null", "none", r"\n"),
    *("空", "无", "缺", "暂无", "暂缺", "缺失", "无数据", "暂无数据", "不详", "未公布"),
}
#: The powers of ten that stand behind a number or before a unit, longest word first.
NUMBER_WORDS: dict[str, int] = {
    "千万亿": 10**15,
    "百万亿": 10**14,
    "十万亿": 10**13,
    "万亿": 10**12,
    "千亿": 10**11,
    "百亿": 10**10,
    "十亿": 10**9,
    "千万": 10**7,
    "百万": 10**6,
    "十万": 10**5,
    "亿": 10**8,
    "万": 10**4,
    "千": 10**3,
    "百": 10**2,
    "十": 10,
}


def half_width(text: str) -> str:
    """Full-width forms as ASCII, every kind of space as a plain one, invisible marks gone."""
    return text.translate(_HALF_WIDTH).translate(_SPACES).translate(_INVISIBLE)


def parse_number(text: str, *, decimal: DecimalMark = ".", unit: str = "") -> float | None:
    """Read a published number.

    ``1,234.5``, ``１２３４``, ``1 234``, ``1'234``, ``−3.2``, ``(3.2)`` (negative), ``12.5%``
    (12.5: a percent sign is a unit), ``1.2万`` (12000) and ``3.4万亿`` are numbers. Nothing,
    dashes, dots, a slash and words such as ``N/A`` or ``暂无`` are missing figures. A yearbook's
    ``...`` means "less than half of the last digit"; it stays missing too, because 0 would be
    an invention.

    Args:
        text: one cell, without footnote marks and units.
        decimal: the decimal mark; the other one of the two then separates thousands.
        unit: the unit that is said elsewhere, as in a heading; a 万 or % in the cell must not
            speak against it.

    Returns:
        The number, or None where the text says that there is no figure.

    Raises:
        ValueError: when the text is neither; also for separators in odd places (``1,23``).
    """
    if len(text) > _LONGEST:
        raise ValueError(f"{text.strip()[:40]!r}… is too long for a number")
    plain = half_width(text).strip()
    figure = plain.translate(_DASHES).translate(_APOSTROPHES)
    if _NO_FIGURE.fullmatch(figure) or plain.lower() in _NO_FIGURE_WORDS:
        return None
    match = _GRAMMAR[decimal].fullmatch(figure)
    if match is None:
        raise ValueError(f"{text.strip()!r} is not a number")
    _check_unit(text, unit, match["scale"] or match["sign_of_share"] or "")
    digits = re.sub(r"[ ']", "", match["figure"]).replace("," if decimal == "." else ".", "")
    scale = NUMBER_WORDS[match["scale"]] if match["scale"] else 1
    value = float(Decimal(digits.replace(",", ".")) * scale)
    if not math.isfinite(value):
        raise ValueError(f"{text.strip()!r} is too large for a number")
    return -value if match["sign"] == "-" or match["open"] else value


def _check_unit(text: str, unit: str, said: str) -> None:
    """Refuse 0.3万 under 万人 and 12‰ under %: a reader cannot know which of the two counts."""
    plain = half_width(unit).strip()
    scaled = plain.startswith(tuple(NUMBER_WORDS))
    shares = {"%": ("%", "百分", "percent"), "‰": ("‰", "千分")}
    against = scaled if said in NUMBER_WORDS else not plain.lower().startswith(shares.get(said, ""))
    if plain and said and against:
        raise ValueError(
            f"{text.strip()!r} has a {said} of its own under the unit {unit}; write it in {unit}"
        )


def _grammar(decimal: DecimalMark) -> re.Pattern[str]:
    large = "|".join(word for word in NUMBER_WORDS if word[-1] in "万亿")
    thousands = "[,' ]" if decimal == "." else r"[.' ]"
    return re.compile(
        rf"""
        (?P<open>\()? \s* (?P<sign>[-+])? \s*
        (?P<figure>
            (?: \d{{1,3}} (?P<separator>{thousands}) \d{{3}} (?: (?P=separator) \d{{3}} )*
              | \d*
            )
            (?: (?<=\d) | (?={re.escape(decimal)}\d) )
            (?: {re.escape(decimal)} \d+ )?
            (?: [eE] [-+]? \d{{1,3}} )?
        )
        \s* (?P<scale> {large} )?
        \s* (?P<sign_of_share> [%‰] )? \s* (?(open)\))
        """,
        re.VERBOSE | re.ASCII,  # nobody publishes figures here in digits of other scripts
    )


def in_digits(numeral: str) -> str:
    """A number written in Chinese numerals, in digits: ``一千八百八十二点八`` is ``1882.8``.

    Args:
        numeral: nothing but numerals below 万, perhaps with 点 and decimals.
    """
    whole, _, fraction = numeral.partition("点")
    total = current = 0
    for sign in whole:
        if sign in _DIGITS:
            current = current * 10 + _DIGITS[sign] if current and sign != "零" else _DIGITS[sign]
        else:
            total += (current or 1) * NUMBER_WORDS[sign]
            current = 0
    decimals = "".join(str(_DIGITS[sign]) for sign in fraction)
    return f"{total + current}.{decimals}" if decimals else str(total + current)


_DIGITS = {sign: digit for digit, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_GRAMMAR = {mark: _grammar(mark) for mark in (".", ",")}
