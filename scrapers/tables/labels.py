"""Labels of statistical tables: units, two languages in one cell, footnote marks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from cityflux.core.model.numerals import NUMBER_WORDS, half_width
from cityflux.core.model.units import NAMES, PREFIXES, is_known

# A comparison takes time by the square of their length.
_LONGEST, _MOST_LABELS = 100, 1_000

#: Between the steps of a path of items or headings: ``客运量 > 铁路``.
STEP = " > "

_CJK = r"\u3400-\u9fff"
_HAS_CJK = re.compile(f"[{_CJK}]")

# Several units in a row are one (人公里), some words qualify it (净载重吨), and 年度 is none.
_WORDS = {name for name in NAMES if _HAS_CJK.match(name)} - {"度"}
_WORD = "|".join(map(re.escape, sorted(_WORDS | {"标准", "国际", "净", "载重"})))
_SCALE = f"(?:{'|'.join(NUMBER_WORDS)})*"
_UNIT_ZH = re.compile(rf"{_SCALE}(?:{_WORD}){{1,4}}(?:[/·每]{_SCALE}(?:{_WORD}){{1,3}})*")
# English headings name more than converts.
_UNIT_EN = re.compile(
    r"(?:usd|us\$|rmb|cny)?\s*\d[\d ,]*\s*[a-z][a-z .$/-]*"
    rf"|(?:(?:{'|'.join(word for word in PREFIXES if word.isascii())})\s+)?"
    r"(?:person-times?|us dollars?|units?"
    r"|sq\.? ?km|sq\.? ?m|cu\.? ?m|hectares?|households?|times?|pieces?|items?|sets?"
    r"|(?:passenger|ton)-?(?:km|kilometers)|hours?|days?|year|years old|beds?|cases?|volumes?)"
    r"(?:/[a-z .]+)?",
    re.I,
)
_LAST_BRACKET = re.compile(r"(?s)(?P<label>.*?)\s*[(]\s*(?P<inside>[^()]*?)\s*[)]\s*$")
_UNIT_ROW = re.compile(r"(?:计\s*量\s*)?单\s*位\s*:\s*(?P<zh>.+)|units?\s*:\s*(?P<en>.+)", re.I)

_MARKS = re.compile(
    r"""(?P<label>.*?)\s*(?P<marks>(?:
          \[\d{1,2}\] | 〔\d{1,2}〕 | [①-⑳] | \*{1,3}
        | (?<![A-Za-z])[¹²³⁰⁴-⁹]+
        | (?<![\w(])(?:[a-z]|\d)\)
        | \(注\d*\) | (?<=\s)注\d*
    )\s*)+$""",
    re.VERBOSE | re.DOTALL,
)
#: A negative figure, whose last digit is no mark: ``(18.4)``.
_NEGATIVE = re.compile(r"\(\s*\d[\d,. ]*\)")
_ONE_MARK = re.compile(r"\[\d+\]|〔\d+〕|[①-⑳]|\*+|[¹²³⁰⁴-⁹]+|\w\)|\(注\d*\)|注\d*")

_CONTINUED = re.compile(
    r"(?<![手连继延持])续\s*表|^\W*续\W*\d*$|\(\s*续\s*\d*\s*\)|\bcontinued\b", re.I
)


def key(label: str) -> str:
    """The form in which labels are compared: ``铁 路`` is ``铁路``, ``（ＧＤＰ）`` is ``(gdp)``."""
    plain = half_width(label).lower().strip()
    return re.sub(r"\s+", "" if has_chinese(plain) else " ", plain)


def has_chinese(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return _HAS_CJK.search(text) is not None


def is_continuation(title: str) -> bool:
    """Whether a title says that a table goes on: ``续表``, ``15-12 续表2``, ``(continued)``."""
    return _CONTINUED.search(half_width(title)) is not None


def similar(wanted: str, present: Iterable[str], most: int = 5) -> str:
    """Name the labels nearest to the wanted one, or the first ones, for an error message."""
    labels = (label for label in present if label and len(label) <= _LONGEST)
    by_key = {key(label): label for label in islice(labels, _MOST_LABELS)}
    wanted = wanted[:_LONGEST]
    near = get_close_matches(key(wanted), by_key, n=most, cutoff=0.4)
    near += [found for found in by_key if found not in near and key(wanted)[:2] in found]
    names = [by_key[found] for found in (near or list(by_key))[:most]]
    return ", ".join(repr(name) for name in names) or "none"


def matching(paths: Iterable[str], wanted: str) -> list[str]:
    """The paths that are the wanted one, or else those that end with it.

    Labels are compared as in `key`; a heading broken over several rows counts as one.
    """
    ends = [key(step) for step in wanted.split(STEP.strip())]
    steps = {path: [key(step) for step in path.split(STEP.strip())] for path in paths if path}
    same = [path for path, names in steps.items() if "".join(names) == "".join(ends)]
    return same or [path for path, names in steps.items() if names[-len(ends) :] == ends]


def split_unit(label: str) -> tuple[str, str]:
    """Take the unit off a label.

    ``客运量（万人次）`` gives ``("客运量", "万人次")``. Brackets that hold no unit stay:
    ``（当年价格）``, ``(上年=100)``, ``(2008)``. A percent sign at the end is a unit too.

    Returns:
        The label without its unit, and the unit or ``""``.
    """
    written, plain = _both_widths(label)
    if match := _LAST_BRACKET.fullmatch(plain):
        if unit := unit_of(match["inside"]):
            return written[: match.end("label")].strip(), unit
    elif plain[-1:] in ("%", "‰"):
        return written[:-1].strip(), plain[-1]
    return written, ""


def unit_of(text: str) -> str:
    """The unit that a text consists of (``万人``, ``10 000 persons``), or ``""``."""
    plain = re.sub(r"\s+", " ", half_width(text)).strip()
    close = plain.replace(" ", "")
    if has_chinese(close) and (is_known(close) or _UNIT_ZH.fullmatch(close)):
        return close
    return plain if is_known(close) or _UNIT_EN.fullmatch(plain) else ""


def unit_row(text: str) -> str:
    """The unit of a table, as a line of its own states it: ``单位：万人``, ``(10 000 persons)``."""
    plain = re.sub(r"\s+", " ", half_width(text)).strip()
    if match := _UNIT_ROW.fullmatch(plain):
        chinese = match["zh"] or ""
        return re.split(r"[( ]", chinese.strip())[0] if chinese else match["en"].strip()
    inside = re.fullmatch(r"\((.*)\)", plain)
    return unit_of(inside[1]) if inside else ""


def same_unit(one: str, other: str) -> bool:
    """Whether two units are written alike, whatever their brackets, width and spaces."""
    return _bare_unit(one) == _bare_unit(other)


def split_languages(text: str) -> tuple[str, str]:
    """Part a bilingual label: ``客运量(万人次) Passenger Traffic`` into its two languages.

    Returns:
        Chinese and English; either may be ``""``.
    """
    written, plain = _both_widths(text)
    if not has_chinese(plain):
        return "", written
    if leading := re.match(rf"([A-Za-z][A-Za-z ,&'/-]{{4,}})\s+(?=[{_CJK}])", plain):
        return written[leading.end() :].strip(), leading[1].strip()
    end = [match.end() for match in _HAS_CJK.finditer(plain)][-1]
    if plain[:end].count("(") > plain[:end].count(")"):
        end = plain.find(")", end) + 1 or len(plain)
    closing = re.match(r"\s?[)\]%‰:、。,]+", plain[end:])
    end += closing.end() if closing else 0
    # 一般预算收入A and 第3 are Chinese to the end; English has words.
    if not re.search(r"[A-Za-z]{2}", plain[end:]):
        return written, ""
    return written[:end].strip(), written[end:].strip()


def split_marks(label: str) -> tuple[str, tuple[str, ...]]:
    """Take the footnote marks off the end of a label or a figure: ``1234 a)``, ``杭州①``, ``3.5*``.

    The square of a unit (``km²``) is no mark.
    """
    written, plain = _both_widths(label)
    match = _MARKS.fullmatch(plain)
    if match is None or _NEGATIVE.fullmatch(plain):
        return written, ()
    end = match.end("label")
    return written[:end].strip(), tuple(_ONE_MARK.findall(plain[end:]))


def _both_widths(text: str) -> tuple[str, str]:
    """The text as written and in half width, of equal length: what is found in one cuts both."""
    written = re.sub("[\u200b\u200e\u200f\u2060\ufeff]", "", text).strip()
    return written, half_width(written)


def _bare_unit(unit: str) -> str:
    return re.sub(r"[\s()]", "", half_width(unit)).lower()
