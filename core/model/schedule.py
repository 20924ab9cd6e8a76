"""A schedule as a text: what it says, and whether it ever comes."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import timedelta

from cityflux.core.model.errors import ConfigError

NAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EVERY = re.compile(r"every(?: ([0-9]{1,12}))? (second|minute|hour|day|week)s?")
_RANGE = re.compile(r"(\*|[a-z0-9]{1,3})(?:-([a-z0-9]{1,3}))?(?:/([0-9]{1,3}))?")
#: Nobody waits longer for a figure.
_LONGEST = timedelta(days=3660)
_LEAP = 2000  # the year with the most days


@dataclass(frozen=True)
class Cron:
    """Five fields of cron: the moments at which it comes.

    Attributes:
        minute, hour, day, month: the numbers that each may be.
        weekday: 0 for Monday.
        either: whether the day or the weekday must fit, and not both: cron takes it so where both
            are given.
    """

    minute: tuple[int, ...]
    hour: tuple[int, ...]
    day: tuple[int, ...]
    month: tuple[int, ...]
    weekday: tuple[int, ...]
    either: bool


def read_schedule(schedule: str) -> str | timedelta | Cron | None:
    """Read a schedule.

    Args:
        schedule: ``@yearly``, ``@monthly``, ``@weekly``, ``@daily`` or ``@hourly``; ``every 6
            hours``; five fields of cron with names of weekdays; or empty.

    Returns:
        A name, an interval, the fields of cron, or None where it is empty: never.

    Raises:
        ConfigError: it is none of these, or never comes.
    """
    text = " ".join(schedule.lower().split())
    if not text or text in NAMES:
        return text or None
    if text.startswith("@"):
        raise ConfigError(
            f"schedule {schedule!r}: there are @yearly, @monthly, @weekly, @daily and @hourly"
        )
    if every := _EVERY.fullmatch(text):
        return _interval(schedule, int(every[1] or 1), every[2])
    if len(text.split(" ")) == 5:
        try:
            return _cron(text)
        except ValueError as error:
            raise ConfigError(f"schedule {schedule!r}: {error}") from error
    raise ConfigError(
        f"schedule {schedule!r} is none that is known; write @daily, every 6 hours or five cron "
        "fields"
    )


def _interval(schedule: str, count: int, unit: str) -> timedelta:
    one = timedelta(**{f"{unit}s": 1})
    if not 0 < count <= _LONGEST // one:
        raise ConfigError(f"schedule {schedule!r} never comes; write every 1 hour, or @yearly")
    return count * one


def _cron(text: str) -> Cron:
    minute, hour, day, month, weekday = text.split(" ")
    if re.search("[0-7]", weekday.partition("/")[0]):
        # In cron 0 is Sunday, elsewhere Monday.
        raise ValueError("name the weekdays: mon, tue … sun")
    cron = Cron(
        _field("minute", minute, range(60)),
        _field("hour", hour, range(24)),
        _field("day", day, range(1, 32)),
        _field("month", month, range(1, 13), _MONTHS),
        _field("weekday", weekday, range(7), DAYS),
        not day.startswith("*") and not weekday.startswith("*"),
    )
    if any(min(cron.day) <= monthrange(_LEAP, each)[1] for each in cron.month):
        return cron
    if cron.either:  # the weekday alone ever fits
        return replace(cron, day=tuple(range(1, 32)), either=False)
    raise ValueError(f"never comes: no such month has a day {min(cron.day)}")


def _field(name: str, text: str, all_of: range, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """The numbers that a field of cron means."""
    found: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(f"{name} {part!r} is none; write *, 5, 1-5, */10 or 1,15")
        first, last, step = match[1], match[2], int(match[3] or 1)
        low = all_of[0] if first == "*" else _number(name, first, all_of, names)
        high = all_of[-1] if first == "*" or (match[3] and not last) else low
        if last:
            high = _number(name, last, all_of, names)
        if not step or low > high or (first == "*" and last):
            raise ValueError(f"{name} {part!r} names nothing; write *, 5, 1-5, */10 or 1,15")
        found.update(range(low, high + 1, step))
    return tuple(sorted(found))


def _number(name: str, text: str, all_of: range, names: tuple[str, ...]) -> int:
    number = all_of[names.index(text)] if text in names else int(text) if text.isdigit() else -1
    if number not in all_of:
        listed = f", or {names[0]} to {names[-1]}" if names else ""
        raise ValueError(f"{name} {text!r} is none; there are {all_of[0]} to {all_of[-1]}{listed}")
    return number
