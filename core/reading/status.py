"""How the database is doing: what is stored, how fresh it is, what failed and what is late."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from cityflux.core.reading import answers

_TABLES = ("indicators", "observations", "revisions", "fetches", "snapshots", "scores")
_SUSPECT = "SELECT count(*) FROM observations WHERE status = 'suspect'"
_FAILED = """
SELECT f.id, y.indicator_id, i.name_zh, i.name_en, y.source_id, f.started, y.error,
    CASE WHEN f.source_id = '' AND f.error <> '' THEN f.address ELSE y.source_id END AS place
FROM fetch_yields y JOIN fetches f ON f.id = y.fetch_id
LEFT JOIN indicators i ON i.id = y.indicator_id
WHERE y.outcome = 'failed' AND f.id = (SELECT max(fetch_id) FROM fetch_yields z
    WHERE z.indicator_id = y.indicator_id AND z.source_id = y.source_id)
ORDER BY f.id DESC, y.indicator_id
"""
_LATENESS = """
SELECT (SELECT coalesce(max(seq), 0) FROM changes), date('now'),
    (SELECT group_concat(id || ' ' || name_zh || ' ' || name_en || ' ' || frequency, ';')
        FROM indicators)
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
_FRESHNESS = """
SELECT (SELECT ended FROM fetches WHERE ended IS NOT NULL ORDER BY id DESC LIMIT 1) AS fetched,
    (SELECT changed_at FROM changes ORDER BY seq DESC LIMIT 1) AS changed,
    (SELECT coalesce(max(seq), 0) FROM changes) AS changes
"""


class Freshness(NamedTuple):
    """When something was fetched last, when a figure changed last, and how many changes so far."""

    fetched: str | None
    changed: str | None
    changes: int


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows the main tables have, and how many figures are suspect."""
    found = {
        table: answers.number(connection, f"SELECT count(*) FROM {table}") for table in _TABLES
    }
    return {**found, "suspect": answers.number(connection, _SUSPECT)}


def freshness(connection: sqlite3.Connection) -> Freshness:
    """How fresh the figures are."""
    row = answers.first(connection, _FRESHNESS)
    assert row is not None
    return Freshness(*row)


def failed_fetches(connection: sqlite3.Connection) -> answers.Rows:
    """The last fetch of each indicator and source where it failed, the latest first."""
    return answers.rows(connection, _FAILED)


def late_indicators(connection: sqlite3.Connection) -> answers.Rows:
    """The indicators later than their frequency allows, and those without any figure."""
    return answers.rows(connection, "SELECT * FROM stale_indicators")


def lateness(connection: sqlite3.Connection) -> tuple[int, str, str]:
    """What `late_indicators` depends on: where this is the same, so is that."""
    row = answers.first(connection, _LATENESS)
    assert row is not None
    return row[0], row[1], row[2]


def overdue_jobs(connection: sqlite3.Connection) -> answers.Rows:
    """The sources whose time has passed, and which nobody is fetching."""
    return answers.rows(connection, _OVERDUE)


def own_alarms(connection: sqlite3.Connection) -> answers.Rows:
    """What the daemon says of itself, and not of a source."""
    return answers.rows(connection, _OWN)
