"""Looking for damage in a database: what `cityflux doctor` asks of it. Nothing is changed."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cityflux.storage.database import BUSY_TIMEOUT
from cityflux.storage.schema import CHANGE_TRIGGERS, SEARCH_TRIGGERS

_NAME = re.compile(r"CREATE TRIGGER (\w+)")
_LATEST = """
SELECT max(moment) FROM (
    SELECT max(changed_at) AS moment FROM (SELECT changed_at FROM changes ORDER BY seq DESC LIMIT 1)
    UNION ALL SELECT max(started) FROM (SELECT started FROM fetches ORDER BY id DESC LIMIT 1)
    UNION ALL SELECT max(ended) FROM (SELECT ended FROM runs ORDER BY id DESC LIMIT 1)
    UNION ALL SELECT beat FROM daemon
)
"""


def journal_mode(connection: sqlite3.Connection) -> str:
    """How SQLite keeps what was written last: ``wal``, unless somebody changed it."""
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the pages and indices of the file, at most ten lines."""
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
    return [] if found == ["ok"] else found


def broken_references(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How many rows of a table refer to a row of another one that is not there."""
    counts: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        counts[table, parent] = counts.get((table, parent), 0) + 1
    return counts


def missing_triggers(connection: sqlite3.Connection) -> list[str]:
    """Triggers that are gone, as after a table was made anew; without them no change is seen."""
    wanted = [_NAME.findall(sql)[0] for sql in (*CHANGE_TRIGGERS, *SEARCH_TRIGGERS)]
    there = {
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
    }
    return [name for name in wanted if name not in there]


def damaged_snapshots(connection: sqlite3.Connection) -> Iterator[str]:
    """The hashes of the snapshots whose bytes are not those that they were."""
    for sha256, body in connection.execute("SELECT sha256, body FROM snapshots"):
        try:
            intact = hashlib.sha256(zlib.decompress(body)).hexdigest() == sha256
        except zlib.error:
            intact = False
        if not intact:
            yield sha256


def count_snapshots(connection: sqlite3.Connection) -> int:
    """How many documents are kept."""
    return int(connection.execute("SELECT count(*) FROM snapshots").fetchone()[0])


def search_is_whole(path: Path) -> bool:
    """Whether the search index agrees with the indicators, in both directions.

    The question of FTS5 has the form of an INSERT, so that it needs a file that may be written.

    Raises:
        sqlite3.Error: the file cannot be written, or another process writes all the time.
    """
    uri = f"{path.resolve().as_uri()}?mode=rw"
    with closing(
        sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "INSERT INTO indicators_fts (indicators_fts, rank) VALUES ('integrity-check', 1)"
            )
        except sqlite3.DatabaseError as error:
            if "malformed" in str(error):
                return False
            raise
        finally:
            connection.execute("ROLLBACK")
    return True


def latest_moment(connection: sqlite3.Connection) -> str | None:
    """The last moment that anything was written, by the clock of whoever wrote it."""
    (moment,) = connection.execute(_LATEST).fetchone()
    return None if moment is None else str(moment).rstrip("+")
