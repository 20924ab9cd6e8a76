"""Looking for damage in a database: what `cityflux doctor` asks of it. Nothing is changed."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from cityflux.storage.complaints import BUSY_TIMEOUT
from cityflux.storage.flow_tables import FLOW_TRIGGERS
from cityflux.storage.periods import is_period
from cityflux.storage.quarantine import described
from cityflux.storage.triggers import CHANGE_TRIGGERS, MOVE

#: What the check of SQLite says of rows, rather than of pages.
_UNFIT = re.compile(r"(?:CHECK constraint failed|\S+ value) in (\w+)")
_TRIGGER = re.compile(r"CREATE TRIGGER (\w+)")
#: What it says of indices that a new making mends.
_STALE = re.compile(r"row \d+ missing from index|wrong # of entries in index")
_FIGURES = {
    "observations": (
        "indicator_id, city_id, period, source_id, value, status",
        "OR status NOT IN ('ok', 'provisional', 'bound', 'suspect')",
    ),
    "flows": ("kind, origin_id, destination_id, period, source_id, value", ""),
}
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
    """What SQLite finds wrong with the pages and indices of the file; not what stands in rows."""
    return [line for line in check(connection) if not _UNFIT.match(line)]


def first_damage(connection: sqlite3.Connection) -> str:
    """The first thing that is wrong with the pages, without a look at what indices say."""
    rows = connection.execute("PRAGMA quick_check(100)")
    return next((line for (line,) in rows if line != "ok" and not _UNFIT.match(line)), "")


def unfit_rows(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The tables with rows that fit them no more, each with what SQLite says."""
    found = [(match[1], line) for line in check(connection) if (match := _UNFIT.match(line))]
    return [*dict.fromkeys(found)]


def check(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong, in pages, indices and rows, at most a thousand lines."""
    return [line for (line,) in connection.execute("PRAGMA integrity_check(1000)") if line != "ok"]


def broken_references(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How many rows of a table refer to a row of another one that is not there."""
    counts: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        counts[table, parent] = counts.get((table, parent), 0) + 1
    return counts


def no_figures(connection: sqlite3.Connection) -> list[str]:
    """The rows of figures and flows that are none, as a hand wrote them past all checks."""
    found = []
    for table, (keys, more) in _FIGURES.items():
        found += [
            f"{table}: {described(row)}"
            for row in connection.execute(
                f"SELECT {keys} FROM {table} WHERE NOT ({is_period('period')}) "
                f"OR typeof(value) NOT IN ('real', 'integer') OR abs(value) >= 9e999 {more}"
            )
        ]
    return found


def no_definitions(
    connection: sqlite3.Connection, is_one: Callable[[str], bool]
) -> list[tuple[str, str]]:
    """The stored definitions that are none: the table, and the index or the hash."""
    found = []
    for table, key in (("indices", "id"), ("definitions", "hash")):
        rows = connection.execute(f"SELECT {key}, definition FROM {table} ORDER BY {key}")
        found += [(table, str(name)) for name, text in rows if not is_one(str(text))]
    return found


def set_aside(connection: sqlite3.Connection) -> int:
    """How many rows stand in ``quarantine``."""
    return int(connection.execute("SELECT count(*) FROM quarantine").fetchone()[0])


def missing_triggers(connection: sqlite3.Connection) -> list[str]:
    """The triggers without which no change is seen, as far as they are gone."""
    wanted = _TRIGGER.findall("".join((*CHANGE_TRIGGERS, MOVE, *FLOW_TRIGGERS)))
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    there = {*chain.from_iterable(rows)}
    return [name for name in wanted if name not in there]


def is_mendable(lines: Iterable[str]) -> bool:
    """Whether only indices are damaged, which can be made again from their tables."""
    return all(_STALE.match(line) for line in lines)


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
