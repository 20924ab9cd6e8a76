"""The page of the state of things: what is wrong, and how fresh the figures are."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import NamedTuple

from cityflux.core.reading import status
from cityflux.core.reading.answers import Rows
from cityflux.core.reading.figures import suspect_figures
from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.words.catalogue import text
from cityflux.storage.jobs import read_daemon

#: How many alarms of a kind stand there.
SHOWN = 10


class Alarms(NamedTuple):
    """What is wrong: of each kind, all that there is; ``empty`` is what never had a figure."""

    failed: Rows
    late: Rows
    empty: Rows
    suspect: Rows
    overdue: Rows
    own: Rows


def status_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page."""
    return Page(
        "status.html",
        text(asked.language, "web.status"),
        {"alarms": _alarms(connection), "state": _state(connection), "most": SHOWN},
    )


def _alarms(connection: sqlite3.Connection) -> Alarms:
    late = _late(connection, *status.lateness(connection))
    return Alarms(
        status.failed_fetches(connection),
        [row for row in late if row["latest_day"] is not None],
        [row for row in late if row["latest_day"] is None],
        suspect_figures(connection),
        status.overdue_jobs(connection),
        status.own_alarms(connection),
    )


@lru_cache(maxsize=8)
def _late(connection: sqlite3.Connection, position: int, day: str, indicators: str) -> Rows:
    """The late indicators; asked for again when a figure, an indicator or the day changed.

    That reads every figure, and a server has a few connections that it keeps.
    """
    return status.late_indicators(connection)


def _state(connection: sqlite3.Connection) -> dict[str, object]:
    """How fresh the figures are, and whether a daemon keeps them so."""
    return {**status.freshness(connection)._asdict(), "daemon": read_daemon(connection)}
