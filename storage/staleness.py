"""Which indicators are later than their own frequency allows."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from storage.views import ALLOWED_DAYS


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


def read_stale(connection: sqlite3.Connection) -> list[Stale]:
    """The stale indicators, the latest first; those without any figure are missing, not stale."""
    rows = connection.execute(
        "SELECT indicator_id, name_zh, name_en, frequency, latest_day, days_late "
        "FROM stale_indicators WHERE latest_day IS NOT NULL"
    )
    return [
        Stale(name, zh, en, frequency, day, ALLOWED_DAYS[frequency], late)
        for name, zh, en, frequency, day, late in rows
    ]


def count_without_figure(connection: sqlite3.Connection) -> int:
    """How many indicators have no sound figure at all."""
    (count,) = connection.execute(
        "SELECT count(*) FROM stale_indicators WHERE latest_day IS NULL"
    ).fetchone()
    return int(count)
