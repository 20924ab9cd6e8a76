"""The front page: the indices, how fresh they are, and what is wrong."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import NamedTuple

from cityflux.core.reading.answers import Rows
from cityflux.core.reading.indices import Chosen, indices
from cityflux.core.reading.runs import Run, last_run
from cityflux.core.reading.standing import count_ranked, ranking
from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.web.queries import chosen, one
from cityflux.core.words.catalogue import text

#: How many cities of an index, and how many alarms of a kind, stand on the front page.
LEADING, SHOWN = 5, 10

_FAILED = """
SELECT f.id, y.indicator_id, y.source_id, f.started, y.error, i.name_zh, i.name_en
FROM fetch_yields y JOIN fetches f ON f.id = y.fetch_id
LEFT JOIN indicators i ON i.id = y.indicator_id
WHERE y.outcome = 'failed' AND f.id = (SELECT max(fetch_id) FROM fetch_yields z
    WHERE z.indicator_id = y.indicator_id AND z.source_id = y.source_id)
ORDER BY f.id DESC, y.indicator_id
"""
_LATE = "SELECT * FROM stale_indicators"
_CONCERNS_LATE = """
SELECT (SELECT coalesce(max(seq), 0) FROM changes), date('now'),
    (SELECT group_concat(id || ' ' || name_zh || ' ' || name_en || ' ' || frequency, ';')
        FROM indicators)
"""
_SUSPECT = """
SELECT o.indicator_id, o.city_id, o.period, o.value, o.note, i.unit, i.name_zh, i.name_en,
    c.name_zh AS city_zh, c.name_en AS city_en
FROM observations o
JOIN indicators i ON i.id = o.indicator_id
JOIN cities c ON c.id = o.city_id
WHERE o.status = 'suspect' ORDER BY o.indicator_id, o.city_id, o.period, o.source_id
"""
_OVERDUE = """
SELECT source_id, next_run, last_success, error FROM jobs
WHERE next_run < strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AND running_since IS NULL
ORDER BY next_run
"""
# What the daemon says of itself: a copy that failed, an index that it cannot compute.
_OWN = """
SELECT what, since, message FROM alarms
WHERE what NOT IN (SELECT id FROM sources) ORDER BY since, what
"""


class Summary(NamedTuple):
    """An index on the front page."""

    shown: Chosen
    leading: Rows
    cities: int
    run: Run | None


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
            "summaries": [_summary(connection, index.id) for index in indices(connection)],
            "alarms": _alarms(connection),
            "state": _state(connection),
            "most": SHOWN,
        },
    )


def _alarms(connection: sqlite3.Connection) -> Alarms:
    known = one(connection, _CONCERNS_LATE)
    assert known is not None
    failed, suspect, overdue, own = (
        connection.execute(query).fetchall() for query in (_FAILED, _SUSPECT, _OVERDUE, _OWN)
    )
    return Alarms(failed, _late(connection, *known), suspect, overdue, own)


@lru_cache(maxsize=8)
def _late(connection: sqlite3.Connection, position: int, day: str, indicators: str) -> Rows:
    """The late indicators; asked for again when a figure, an indicator or the day changed.

    That reads every figure, and a server has a few connections that it keeps.
    """
    return connection.execute(_LATE).fetchall()


def _summary(connection: sqlite3.Connection, index_id: str) -> Summary:
    shown = chosen(connection, Asked(), index_id)
    return Summary(
        shown,
        ranking(connection, shown, limit=LEADING),
        count_ranked(connection, shown),
        last_run(connection, index_id),
    )


def _state(connection: sqlite3.Connection) -> dict[str, object]:
    """How fresh the figures are, and whether a daemon keeps them so."""
    fetched = one(
        connection, "SELECT ended FROM fetches WHERE ended IS NOT NULL ORDER BY id DESC LIMIT 1"
    )
    change = one(connection, "SELECT seq, changed_at FROM changes ORDER BY seq DESC LIMIT 1")
    return {
        "fetched": fetched and fetched["ended"],
        "changed": change and change["changed_at"],
        "changes": change["seq"] if change else 0,
        "daemon": one(connection, "SELECT beat, stopped, problem FROM daemon"),
    }
