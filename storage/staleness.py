"""Which indicators are later than their own frequency allows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from cityflux.storage.views import ALLOWED_DAYS, LATEST_DAY

_EPOCH = 2_440_587.5  # the Julian day of 1970-01-01


class Stale(NamedTuple):
    """An indicator whose last figure is too old.

    ``latest_day`` is the last day of the latest period of which any city has a sound figure;
    ``days_late`` counts from the day on which the next figure should have been there.
    """

    indicator_id: str
    name_zh: str
    name_en: str
    frequency: str
    latest_day: str
    allowed_days: int
    days_late: int


class Standing(NamedTuple):
    """What is stored of an indicator.

    ``latest`` is the Julian day of the last day of its latest sound period, None without one; the
    others count its figures by their status.
    """

    latest: float | None
    ok: int
    provisional: int
    suspect: int


def read_stale(connection: sqlite3.Connection) -> list[Stale]:
    """The stale indicators, the latest first; those without any figure are missing, not stale."""
    return read_late(connection)[0]


def read_late(connection: sqlite3.Connection) -> tuple[list[Stale], int]:
    """The stale indicators, the latest first, and how many have no sound figure at all."""
    stale, without = [], 0
    for name, zh, en, frequency, day, late in connection.execute(
        "SELECT indicator_id, name_zh, name_en, frequency, latest_day, days_late "
        "FROM stale_indicators"
    ):
        if day is None:
            without += 1
        else:
            stale.append(Stale(name, zh, en, frequency, day, ALLOWED_DAYS[frequency], late))
    return stale, without


def read_standings(
    connection: sqlite3.Connection, indicator_ids: Iterable[str] | None = None
) -> dict[str, Standing]:
    """What is stored of some indicators, or of all that have any figure."""
    wanted = (
        "" if indicator_ids is None else "WHERE indicator_id IN (SELECT value FROM json_each(?))"
    )
    rows = connection.execute(
        f"SELECT indicator_id, julianday({LATEST_DAY}), sum(status = 'ok'), "
        f"sum(status = 'provisional'), sum(status = 'suspect') FROM observations o {wanted} "
        "GROUP BY indicator_id",
        () if indicator_ids is None else (json.dumps([*indicator_ids]),),
    )
    return {name: Standing(*rest) for name, *rest in rows}


def days_late(frequency: str, latest: float | None, moment: datetime) -> int | None:
    """How many days an indicator is late, as the view says it; None where it is not stale.

    Args:
        frequency: of the indicator.
        latest: from `Standing`.
        moment: the present.
    """
    allowed = ALLOWED_DAYS.get(frequency)
    if latest is None or allowed is None:
        return None
    late = moment.timestamp() / 86_400 + _EPOCH - latest - allowed
    return int(late) if late > 0 else None
