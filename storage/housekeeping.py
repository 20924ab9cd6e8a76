"""What may go, and what never does: old documents and old rows of the log of fetches.

The bytes of a document stay for ever where

- a stored figure or flow rests on the fetch that brought it, or
- it is the last answer of its address, or
- its fetch is the last one of an indicator and a source that was read well, or the last one to
  bring some address for them, so that they can be read again.

Everything else goes after a number of days. A revision keeps its value and its fetch when the bytes
are gone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from cityflux.storage.database import as_text, now, write

#: How much is deleted in one transaction, so that others can write in between.
_TOGETHER = 1000


class Policy(NamedTuple):
    """How long what nothing rests on is kept, in days."""

    keep_snapshots_days: int
    keep_fetches_days: int


class Tidied(NamedTuple):
    """What went: snapshots, their compressed bytes, and rows of ``fetches``."""

    snapshots: int
    bytes: int
    fetches: int


# Fetches whose documents stay.
_BASIS = """
CREATE TEMP TABLE basis AS
SELECT fetch_id AS id FROM observations WHERE fetch_id IS NOT NULL
UNION SELECT fetch_id FROM flows WHERE fetch_id IS NOT NULL
UNION SELECT max(fetch_id) FROM fetch_yields WHERE outcome IN ('stored', 'unchanged', 'empty')
    GROUP BY indicator_id, source_id, outcome
UNION SELECT max(f.id) FROM fetch_yields y JOIN fetches f ON f.id = y.fetch_id
    LEFT JOIN fetch_documents d ON d.fetch_id = f.id
    WHERE y.outcome = 'stored' OR y.figures > 0
    GROUP BY y.indicator_id, y.source_id, coalesce(d.address, f.address)
"""
# Besides them, fetches whose rows stay: of revisions, the last of each outcome, and the very last,
# so that no number is given twice.
_ROWS = """
INSERT INTO basis
SELECT fetch_id FROM revisions WHERE fetch_id IS NOT NULL
UNION SELECT max(fetch_id) FROM fetch_yields GROUP BY indicator_id, source_id, outcome
UNION SELECT max(id) FROM fetches
"""
_NEEDED = """
SELECT snapshot FROM answers
UNION SELECT snapshot FROM fetches
    WHERE snapshot IS NOT NULL AND (started >= :since OR id IN (SELECT id FROM basis))
UNION SELECT d.snapshot FROM fetch_documents d JOIN fetches f ON f.id = d.fetch_id
    WHERE f.started >= :since OR f.id IN (SELECT id FROM basis)
"""
_OLD_SNAPSHOTS = f"""
CREATE TEMP TABLE old AS
SELECT sha256 AS id, length(body) AS size FROM snapshots
WHERE kept_at < :since AND sha256 NOT IN ({_NEEDED}) LIMIT {_TOGETHER}
"""
_OLD_FETCHES = f"""
CREATE TEMP TABLE old AS
SELECT id, outcome FROM fetches
WHERE started < :since AND outcome <> 'running' AND id NOT IN (SELECT id FROM basis)
LIMIT {_TOGETHER}
"""


def run_housekeeping(
    connection: sqlite3.Connection,
    policy: Policy,
    moment: datetime | None = None,
    given_up: Callable[[], bool] = lambda: False,
) -> Tidied:
    """Delete what is old and not needed, and let SQLite look after its statistics and its log.

    The room that becomes free stays in the file and is used again.

    Args:
        connection: for writing, not within a transaction.
        policy: how long things are kept.
        moment: the present; that of the clock if left out.
        given_up: asked now and then whether the rest may stay for the next time.

    Raises:
        StorageError: another process held the database for too long.
    """
    snapshots = size = fetches = 0
    # The queries keep the references whole themselves. Left to SQLite each deleted fetch would be
    # looked for in all observations, which have no index for a question that is asked once a day.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        since = _days_ago(policy.keep_snapshots_days, moment)
        while not given_up() and (gone := _prune_snapshots(connection, since))[0]:
            snapshots, size = snapshots + gone[0], size + gone[1]
        since = _days_ago(policy.keep_fetches_days, moment)
        while not given_up() and (count := _thin_fetches(connection, since)):
            fetches += count
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
    if given_up():
        return Tidied(snapshots, size, fetches)
    connection.execute("PRAGMA optimize")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Tidied(snapshots, size, fetches)


def thinned_fetches(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows of ``fetches`` went so far, by outcome: a counter must not fall."""
    return dict(connection.execute("SELECT outcome, fetches FROM thinned_fetches"))


def _prune_snapshots(connection: sqlite3.Connection, since: str) -> tuple[int, int]:
    with write(connection):
        _begin(connection, _BASIS)
        connection.execute(_OLD_SNAPSHOTS, {"since": since})
        connection.execute("DELETE FROM fetch_documents WHERE snapshot IN (SELECT id FROM old)")
        connection.execute(
            "UPDATE fetches SET snapshot = NULL WHERE snapshot IN (SELECT id FROM old)"
        )
        connection.execute("DELETE FROM snapshots WHERE sha256 IN (SELECT id FROM old)")
        count, size = connection.execute("SELECT count(*), total(size) FROM old").fetchone()
    return count, int(size)


def _thin_fetches(connection: sqlite3.Connection, since: str) -> int:
    with write(connection):
        _begin(connection, _BASIS, _ROWS)
        connection.execute(_OLD_FETCHES, {"since": since})
        connection.execute("DELETE FROM fetch_documents WHERE fetch_id IN (SELECT id FROM old)")
        connection.execute("DELETE FROM fetch_yields WHERE fetch_id IN (SELECT id FROM old)")
        connection.execute("DELETE FROM fetches WHERE id IN (SELECT id FROM old)")
        connection.execute(
            "INSERT INTO thinned_fetches (outcome, fetches) "
            "SELECT outcome, count(*) FROM old WHERE true GROUP BY outcome "
            "ON CONFLICT DO UPDATE SET fetches = fetches + excluded.fetches"
        )
        (count,) = connection.execute("SELECT count(*) FROM old").fetchone()
    return int(count)


def _begin(connection: sqlite3.Connection, *scripts: str) -> None:
    for table in ("basis", "old"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    for script in scripts:
        connection.execute(script)


def _days_ago(days: int, moment: datetime | None) -> str:
    """A moment as the database writes it."""
    if moment is None:
        moment = datetime.fromisoformat(now())
    return as_text(moment - timedelta(days=days))
