"""Periods as statistics offices write them, turned into ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta


def iso_period(text: str) -> str:
    """Turn a period of an SDMX, JSON-stat or World Bank answer into ISO 8601.

    ``2020`` and ``2020-A1`` are years, ``2020-Q3`` and ``2020Q3`` quarters, ``2020-07`` and
    ``2020M07`` months, ``2020-07-14`` a day. Half-years (``2020-S1``) and weeks (``2020-W28``),
    for which ISO 8601 has no word or cityflux no column, become spans: ``2020-01/2020-06``.

    Raises:
        ValueError: when the text is none of these.
    """
    for form, spell in _FORMS:
        if match := form.fullmatch(text.strip()):
            return spell(*match.groups())
    raise ValueError(f"period {text!r} is not a year, half-year, quarter, month, week or day")


def _half(year: str, half: str) -> str:
    return f"{year}-01/{year}-06" if half == "1" else f"{year}-07/{year}-12"


def _week(year: str, week: str) -> str:
    monday = date.fromisocalendar(int(year), int(week), 1)
    return f"{monday}/{monday + timedelta(days=6)}"


def _day(year: str, month: str, day: str) -> str:
    return date(int(year), int(month), int(day)).isoformat()


_FORMS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile(r"(\d{4})(?:-?A1)?"), "{}".format),
    (re.compile(r"(\d{4})-?[SB]([12])"), _half),
    (re.compile(r"(\d{4})-?Q([1-4])"), "{}-Q{}".format),
    (re.compile(r"(\d{4})(?:-|-?M)(0[1-9]|1[0-2])"), "{}-{}".format),
    (re.compile(r"(\d{4})-?W(\d{2})"), _week),
    (re.compile(r"(\d{4})-?(\d{2})-?(\d{2})"), _day),
)
