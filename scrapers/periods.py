"""Periods as statistics offices write them, in tables and in answers, turned into ISO 8601."""

from __future__ import annotations

import re
from datetime import date, timedelta

from cityflux.core.model.numerals import half_width

_YEAR = r"(?P<year>1[89]\d\d|2[01]\d\d)"
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}
_FORMS = tuple(
    re.compile(form, re.I | re.A)
    for form in (
        rf"{_YEAR}(?:\.0|年度?|年末|年底|-?A1)?",
        rf"{_YEAR}-?[SB](?P<half>[12])",
        rf"{_YEAR}年?-?(?:第?(?P<quarter>[一二三四1-4])季度?|Q(?P<q>[1-4]))",
        rf"{_YEAR}(?:[-/年]|-?M)(?P<month>\d\d?)月?",
        rf"{_YEAR}(?P<month>\d\d)",
        rf"{_YEAR}-?W(?P<week>\d\d)",
        rf"{_YEAR}[-/年](?P<month>\d\d?)[-/月](?P<day>\d\d?)日?(?:[T ]?00:00:00)?",
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"{_YEAR}年?[-~/至到](?P<last>1[89]\d\d|2[01]\d\d)年?",
        rf"{_YEAR}年(?P<month>\d\d?)[-~至到](?P<last_month>\d\d?)月",
    )
)


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
    numbers = [int(parts[name]) for name in ("month", "day") if name in parts]
    date(int(year), *[*numbers, 1, 1][:2])
    text = "-".join([year, *(f"{number:02d}" for number in numbers)])
    if end := parts.get("last_month"):
        valid = numbers[0] < int(end) <= 12
        return f"{text}/{year}-{int(end):02d}" if valid else None
    return text
