"""Periods as statistics offices write them, in tables and in answers, turned into ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from cityflux.core.model.numerals import half_width

_YEAR = r"(?P<year>1[89]\d\d|2[01]\d\d)"
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}
_FORMS = tuple(
    re.compile(form, re.I | re.A)
    for form in (
        rf"{_YEAR}(?:\.0|年度?|年末|年底|年?全年|-?A1)?",
        rf"{_YEAR}-?[SB](?P<half>[12])",
        rf"{_YEAR}年?-?(?:第?(?P<quarter>[一二三四1-4])季度?|Q(?P<q>[1-4]))",
        rf"{_YEAR}(?:[-/年]|-?M)(?P<month>\d\d?)月?",
        rf"{_YEAR}(?P<month>\d\d)",
        rf"{_YEAR}-?W(?P<week>\d\d)",
        rf"{_YEAR}[-/年](?P<month>\d\d?)[-/月](?P<day>\d\d?)日?(?:[T ]?00:00:00)?",
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"{_YEAR}年?[-~/至到](?P<last>1[89]\d\d|2[01]\d\d)年?",
        rf"{_YEAR}年(?P<month>\d\d?)月?[-~至到](?P<last_month>\d\d?)月",
        rf"{_YEAR}年?(?P<part>上半年|下半年|前[一二三四]季度|前[1-4]季度|前\d\d?个月)",
    )
)
#: What stands behind a period of which the figures are not final, and what only says how it ends.
_FIRST = re.compile(
    r"(?P<period>.*\d[年月日度]?)\s*(?:"
    r"(?P<first>\s?[pe]|[(\[]\s*(?:初步.{0,4}|初步|初值|快报.{0,2}|预报|预计|估计|p|e|prov\.?|preliminary)\s*[)\]]"
    r"|初步(?:核算)?数?|快报数?|预计数?|估计数?)"
    r"|[rb]|[(\[]\s*(?:r|b|修订.{0,2}|调整.{0,2}|最终.{0,4})\s*[)\]]|修订数?"
    r"|[①-⑳]|\*{1,3}|[¹²³⁰⁴-⁹]+|\[\d{1,2}\])\s*",
    re.I,
)
#: A year and what may be its month or the next year: 2009-10.
_MONTH_OR_YEAR = re.compile(r"(1[89]\d\d|2[01]\d\d)[-/](\d\d)")


def period_of(text: str) -> str | None:
    """Read a period: ``2024年`` is 2024, ``2024年三季度`` and ``2024Q3`` are 2024-Q3.

    Half-years (``2020-S1``) and weeks (``2020-W28``), for which ISO 8601 has no word or cityflux
    no column, become spans. ``2020.10`` is none: a spreadsheet turns it into 2020.1, and nobody
    knows which month it was.

    Returns:
        ``2020``, ``2020-Q3``, ``2020-07``, ``2020-07-14`` or ``2011/2020``; None for other text.
    """
    plain = re.sub(r"[–—~]", "-", half_width(text)).strip()
    squeezed = re.sub(r"\s+(?!00:)", "", plain)
    for form in _FORMS:
        if match := form.fullmatch(squeezed):
            try:
                return _iso({name: part for name, part in match.groupdict().items() if part})
            except ValueError:  # the 13th month, the 54th week
                return None
    return None


class Marked(NamedTuple):
    """A period, and whether the mark behind it says that its figures are not final."""

    period: str
    provisional: bool = False


def marked_period(text: str) -> Marked | None:
    """As `period_of`, for a heading with a mark or without: ``2020p``, ``2019①``.

    Returns:
        None for other text.
    """
    if period := period_of(text):
        return Marked(period)
    match = _FIRST.fullmatch(half_width(text).strip())
    period = period_of(match["period"]) if match else None
    return Marked(period, bool(match and match["first"])) if period else None


def refuse_fiscal(texts: Iterable[str]) -> None:
    """Refuse periods such as 2009-10, 2010-11, 2011-12, which may be months and years of two years.

    Args:
        texts: all periods of a table.

    Raises:
        ValueError: when every one of two or more ends with the year after it.
    """
    found = {re.sub(r"\s", "", half_width(text)) for text in texts if text}
    pairs = [match for text in found if (match := _MONTH_OR_YEAR.fullmatch(text))]
    into_next = all((int(pair[1]) + 1) % 100 == int(pair[2]) for pair in pairs)
    if len(pairs) > 1 and len(pairs) == len(found) and into_next:
        first, *_, last = sorted(pair[0] for pair in pairs)
        raise ValueError(
            f"{first} to {last} may be months or years from one into the next; write months as "
            "2009年10月 and such years as 2009/2010"
        )


def iso_period(text: str) -> str:
    """As `period_of`, for an answer that must hold a period.

    Raises:
        ValueError: when the text is none.
    """
    if (period := period_of(text)) is None:
        raise ValueError(f"period {text!r} is not a year, half-year, quarter, month, week or day")
    return period


def _iso(parts: dict[str, str]) -> str | None:
    year = parts["year"]
    if half := parts.get("half"):
        return f"{year}-01/{year}-06" if half == "1" else f"{year}-07/{year}-12"
    if quarter := parts.get("quarter") or parts.get("q"):
        return f"{year}-Q{_QUARTERS.get(quarter) or quarter}"
    if week := parts.get("week"):
        monday = date.fromisocalendar(int(year), int(week), 1)
        return f"{monday}/{monday + timedelta(days=6)}"
    if last := parts.get("last"):
        return f"{year}/{last}" if last > year else None
    if part := parts.get("part"):
        return _stretch(year, part)
    numbers = [int(parts[name]) for name in ("month", "day") if name in parts]
    date(int(year), *[*numbers, 1, 1][:2])
    text = "-".join([year, *(f"{number:02d}" for number in numbers)])
    if end := parts.get("last_month"):
        valid = numbers[0] < int(end) <= 12
        return f"{text}/{year}-{int(end):02d}" if valid else None
    return text


def _stretch(year: str, words: str) -> str | None:
    """A part of a year in words, as a span of months: 上半年, 前三季度, 前5个月."""
    if words in ("上半年", "下半年"):
        return f"{year}-01/{year}-06" if words[0] == "上" else f"{year}-07/{year}-12"
    number = words.strip("前季度个月")
    last = (_QUARTERS.get(number) or int(number)) * (3 if "季度" in words else 1)
    return f"{year}-01/{year}-{last:02d}" if 1 < last <= 12 else None
