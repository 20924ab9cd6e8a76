"""Numbers and units as communiqués print them: ``１ ２２８．３亿吨``, ``百分之五``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from html import unescape

from cityflux.core.model import units
from cityflux.core.model.numerals import NUMBER_WORDS, in_digits
from cityflux.core.model.units import Unit
from cityflux.scrapers.communique.segments import stops

# Years and days are dates, a single letter is a name (5G, 10M), and 由3升至5 is no volume.
_NOT_IN_PROSE = set("年月日升hmt")
_NAMES = sorted({*units.NAMES} - _NOT_IN_PROSE, key=len, reverse=True)
_UNIT = "|".join(
    rf"(?i:{name})(?!\w)" if re.fullmatch(r"\w+", name, re.A) else re.escape(name)
    for name in _NAMES
)
# 百分点 and 千克 are units, and no hundreds or thousands of others.
_WORDS = "|".join(name for name in _NAMES if name[0] in NUMBER_WORDS)
_SCALE = f"(?!{_WORDS})(?:{'|'.join(NUMBER_WORDS)})"

_WIDE = {0xFF01 + i: 0x21 + i for i in range(94)}
_PUNCTUATION = {ord(char): char for char in "，；！？"}
_TRANSLATION = {
    **_WIDE,
    **_PUNCTUATION,
    **dict.fromkeys(map(ord, "︰∶："), ":"),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2009\u202f\u3000\t"), " "),
    **dict.fromkeys(map(ord, "−－﹣"), "-"),
    **dict.fromkeys(map(ord, "〔［【"), "["),
    **dict.fromkeys(map(ord, "〕］】"), "]"),
    **{ord("㎡"): "m2", ord("㎢"): "km2"},
    **dict.fromkeys(map(ord, "\u200b\ufeff\u00ad"), None),
}
_FOOTNOTE = re.compile(
    r"[\u2460-\u2473\u203b]|(?<!m)[\u00b9\u00b2\u00b3\u2070-\u2079]"  # ①, ※, superscripts
    r"|\[\^?\s*(?:注\s*)?\d{1,2}\]"  # [2], [注2]
    r"|\(\s{0,9}注?\s{0,9}\d{1,2}\s{0,9}\)"  # (2), (注2)
    r"|[(\[]\s{0,9}注\s{0,9}\d{0,2}\s{0,9}[)\]]"  # (注)
    r"|注\d{1,2}(?=\s|[为达(])"
)
_GROUPED = re.compile(r"(?<![\d.])\d{1,3}(?:([ ,，'])\d{3})(?:\1\d{3})*(?![\d])")
_SPACED_POINT = re.compile(r"(?<=\d) ?\. ?(?=\d)")

_CHINESE = re.compile(
    r"[零〇一二两三四五六七八九十百千]{1,20}(?:点[零〇一二三四五六七八九]{1,20})?"
)
_CHINESE_PERCENT = re.compile(rf"百分之({_CHINESE.pattern})")
_CHINESE_AMOUNT = re.compile(
    rf"(?<![第零〇一二两三四五六七八九十百千])({_CHINESE.pattern})(?=(?:{_SCALE})?(?:{_UNIT}))"
)

# Not the number in 第7次, B2B or G20, but the one in GDP8321亿元.
_NUMBER = r"(?<![\d.第])(?<![^A-Za-z][A-Za-z])(?<!^[A-Za-z])(?:(?<![\d年月日%])-)?\d+(?:\.\d+)?"
QUANTITY = re.compile(
    rf"(?P<number>{_NUMBER})(?:余|多)?(?P<scale>{_SCALE})?(?:余|多)?"
    rf"(?:个(?=标|国际|TEU))?(?P<base>(?:{_UNIT})(?:/(?:{_SCALE})?(?:{_UNIT}))?)?"
    r"(?:人民币)?"
)
# A number that counts nothing here: a year, a rank, a level, a generation of networks, a list mark.
_NOT_A_QUANTITY = re.compile(r"年|月|日|强|级|号|时|期|届|[A-Za-z]|\.\d|[-~—–至]\d|:\d")
_BEHIND = {"以上": ">", "左右": "~", "上下": "~", "以内": "<", "以下": "<"}

#: No number has more digits.
LONGEST = 30


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, as printed.

    Attributes:
        value: the number, before the scale of its unit.
        unit: scale and base unit: ``万人次``, ``亿元``, ``%``; ``""`` where none is printed.
        decimals: how many digits stand behind the point.
        bound: ``>`` for 1200余亿元 and 5%以上, ``<`` for 以内, ``~`` for 左右, else ``""``.
        start: where it begins in the text that was searched.
        end: where it ends.
    """

    value: float
    unit: str
    decimals: int = 0
    start: int = 0
    end: int = 0
    bound: str = ""


def normalise(text: str) -> str:
    """Bring printed text into one form, so that a number is digits, a point and a unit.

    Entities that a page left over (``&nbsp;``) are resolved; full-width letters and digits become
    ASCII, all ratio marks ``:``, dashes before numbers ``-``; footnote marks go; digits grouped by
    spaces or commas close up; spaces go; numbers written in Chinese numerals become digits.
    """
    return _closed(_tidied(text)) if text else ""


def paragraph(text: str) -> str:
    """As `normalise`, with the full stops that a running text leaves out put back (see `stops`)."""
    return _closed(stops(re.sub(r"\s+", " ", _tidied(text)))) if text else ""


def _tidied(text: str) -> str:
    text = _FOOTNOTE.sub("", unescape(text).translate(_TRANSLATION))
    text = _GROUPED.sub(lambda m: re.sub(r"[ ,，']", "", m.group()), text)
    text = _SPACED_POINT.sub(".", text).replace("²", "2").replace("³", "3")  # m², km²
    return text.replace(",", "，").replace(";", "；")


def _closed(text: str) -> str:
    text = re.sub(r"\s+", "", text)
    text = _CHINESE_PERCENT.sub(lambda m: f"{in_digits(m.group(1))}%", text)
    return _CHINESE_AMOUNT.sub(_amount, text)


def quantities(text: str) -> list[Quantity]:
    """The quantities of a normalised text, in order; years, ranks and ratios are none."""
    found = []
    for match in QUANTITY.finditer(text):
        if not match["scale"] and not match["base"] and _NOT_A_QUANTITY.match(text, match.end()):
            continue
        if text[match.start() - 1 : match.start()] == ":" and not match["base"]:
            continue  # part of a ratio such as 0.2:14.5:85.3
        unit = (match["scale"] or "") + (match["base"] or "")
        decimals = len(match["number"].partition(".")[2])
        if len(match["number"]) > LONGEST:
            continue
        number = float(match["number"]) + 0.0  # digits and a point by now; no negative zero
        bound = _bound(match.group(), text[match.end() : match.end() + 2])
        found.append(Quantity(number, unit, decimals, match.start(), match.end(), bound))
    return found


def _bound(printed: str, behind: str) -> str:
    if "余" in printed or "多" in printed or behind.startswith(("余", "多")):
        return ">"
    return _BEHIND.get(behind, "")


def meaning(unit: str) -> Unit:
    """What a printed unit counts, and its size.

    A bare number word such as 万 counts ``""``, and a unit that is not known counts itself.
    """
    if unit in NUMBER_WORDS or not unit:
        return Unit("", Fraction(NUMBER_WORDS.get(unit, 1)))
    return units.read(unit) if units.is_known(unit) else Unit(unit, Fraction(1))


def _amount(match: re.Match[str]) -> str:
    numeral = match.group(1)
    # 两大机场, 三个, 一家 count nothing that a rule wants; only long numerals are figures.
    return in_digits(numeral) if "点" in numeral or len(numeral) > 2 else numeral
