"""The front page: the indices, how fresh they are, and what is wrong."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import NamedTuple

from cityflux.core.reading import status
from cityflux.core.reading.answers import Rows
from cityflux.core.reading.figures import suspect_figures
from cityflux.core.reading.indices import Chosen, indices
from cityflux.core.reading.runs import Run, last_run
from cityflux.core.reading.standing import count_ranked, ranking
from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.web.queries import chosen
from cityflux.core.web.standing import Told, told
from cityflux.core.words.catalogue import text
from cityflux.storage.jobs import read_daemon

#: How many cities of an index, and how many alarms of a kind, stand on the front page.
LEADING, SHOWN = 5, 10


class Summary(NamedTuple):
    """An index on the front page."""

    shown: Chosen
    leading: Rows
    cities: int
    run: Run | None
    verdict: Told | None


class Alarms(NamedTuple):
    """What is wrong: of each kind, all that there is."""

    failed: Rows
    late: Rows
    suspect: Rows
    overdue: Rows
    own: Rows


def front_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the front page."""
    return Page(
        "front.html",
        text(asked.language, "web.product"),
        {
            "summaries": [_summary(connection, asked, index.id) for index in indices(connection)],
            "alarms": _alarms(connection),
            "state": _state(connection),
            "most": SHOWN,
        },
    )


def _alarms(connection: sqlite3.Connection) -> Alarms:
    return Alarms(
        status.failed_fetches(connection),
        _late(connection, *status.lateness(connection)),
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


def _summary(connection: sqlite3.Connection, asked: Asked, index_id: str) -> Summary:
    shown = chosen(connection, Asked(), index_id)
    run = last_run(connection, index_id)
    return Summary(
        shown,
        ranking(connection, shown, limit=LEADING),
        count_ranked(connection, shown),
        run,
        told(connection, asked, index_id, shown.period, run),
    )


def _state(connection: sqlite3.Connection) -> dict[str, object]:
    """How fresh the figures are, and whether a daemon keeps them so."""
    return {**status.freshness(connection)._asdict(), "daemon": read_daemon(connection)}
