"""Periods in ISO 8601 at their own precision: a year, a quarter, a month, a day or a span.

What makes up a period is said here, by `part_of`, and in SQL by `storage.periods`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from cityflux.core.model.errors import PeriodError

#: One of each form, for messages.
EXAMPLES = "2020, 2020-Q3, 2020-07, 2020-07-14 or 2011/2020"

Precision = Literal["year", "quarter", "month", "day", "span"]

_FORMS: tuple[tuple[Precision, re.Pattern[str]], ...] = (
    ("year", re.compile(r"([0-9]{4})")),
    ("quarter", re.compile(r"([0-9]{4})-Q([1-4])")),
    ("month", re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")),
    ("day", re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: ``2020``, ``2020-Q3``, ``2020-07``, ``2020-07-14`` or ``2011/2020``.

    Attributes:
        text: the period as written, which is also its key in the database.
        precision: what kind of period it is.
        start: the first day.
        end: the last day.
    """

    text: str
    precision: Precision
    start: date
    end: date

    @staticmethod
    def parse(text: str) -> Period:
        """Read a period.

        Raises:
            PeriodError: when the text is none of the five forms, or a span runs backwards.
        """
        return _parse(text)

    @property
    def year(self) -> int:
        """The year in which the period starts."""
        return self.start.year

    def __str__(self) -> str:
        return self.text


#: How many of a kind there are in a year, the coarsest kind first.
_PER_YEAR: dict[Precision, int] = {"year": 1, "quarter": 4, "month": 12, "day": 365}
_FINENESS = {precision: place for place, precision in enumerate(_PER_YEAR, 1)}


class Part(NamedTuple):
    """What a stored period is to an asked one.

    Attributes:
        fineness: 0 for the asked period itself; of a single period inside it 1 for a year, 2 for
            a quarter, 3 for a month, 4 for a day.
        full: how many like it make up the whole.
    """

    fineness: int
    full: int


def part_of(stored: str, asked: str) -> Part | None:
    """Whether a stored period can help to make up an asked one.

    A figure of exactly the asked period stands alone. Otherwise the single periods inside it make
    it up, and of these the coarsest kind alone: years before quarters before months before days.
    So of the periods that are stored for a cell those of the least `Part.fineness` count, and the
    coverage is their number over `Part.full`, 1 at most. A span is never a part of another.

    Args:
        stored: the period of a figure.
        asked: the period of a cell.

    Returns:
        None where the stored period is no part of the asked one.

    Raises:
        PeriodError: one of them is no period.
    """
    if stored == asked:
        return Part(0, 1)
    part, whole = Period.parse(stored), Period.parse(asked)
    if part.precision == "span" or part.start < whole.start or part.end > whole.end:
        return None
    years = ((whole.end - whole.start).days + 1) / 365.25
    full = max(1, round(years * _PER_YEAR[part.precision]))
    return Part(_FINENESS[part.precision], full)


def is_period(text: str | None) -> bool:
    """Whether a text is a period."""
    try:
        Period.parse(text or "")
    except PeriodError:
        return False
    return True


@lru_cache(maxsize=4096)  # a refresh reads the same few periods again and again
def _parse(text: str) -> Period:
    first, slash, last = text.partition("/")
    if not slash:
        return _simple(text)
    span = Period(text, "span", _simple(first).start, _simple(last).end)
    if span.start > span.end:
        raise PeriodError(f"period {text!r} ends before it starts; write the earlier one first")
    return span


def _simple(text: str) -> Period:
    for precision, form in _FORMS:
        if match := form.fullmatch(text):
            try:
                start, end = _bounds(precision, [int(part) for part in match.groups()])
            except ValueError:
                break  # the 31st of a shorter month, or a year that no calendar has
            return Period(text, precision, start, end)
    raise PeriodError(f"period {text[:40]!r} does not parse; write {EXAMPLES}")


def _bounds(precision: Precision, parts: list[int]) -> tuple[date, date]:
    year = parts[0]
    if not date.min.year <= year < date.max.year:
        raise ValueError(year)
    if precision == "day":
        day = date(*parts)
        return day, day
    first, months = {
        "year": (1, 12),
        "quarter": (parts[-1] * 3 - 2, 3),
        "month": (parts[-1], 1),
    }[precision]
    return date(year, first, 1), _last_day(year, first + months - 1)


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - date.resolution
