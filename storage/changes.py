"""The log of changes: what changed, by whichever hand, in the order in which it did."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain
from typing import Any


def position(connection: sqlite3.Connection) -> int:
    """The sequence number of the last change; 0 where there was none."""
    (last,) = connection.execute("SELECT max(seq) FROM changes").fetchone()
    return int(last or 0)


def version(connection: sqlite3.Connection) -> tuple[int, int]:
    """Another one whenever anybody has written: by another connection, or by this one."""
    (others,) = connection.execute("PRAGMA data_version").fetchone()
    return others, connection.total_changes


def changed_indicators(connection: sqlite3.Connection, since: int) -> set[str] | None:
    """The indicators that changed after a position; None where a change is about all of them."""
    names = _names(connection, since)
    return None if None in names else {name for name in names if name}


def named_since(connection: sqlite3.Connection, since: int) -> set[str]:
    """The indicators that a change after a position names; one about all of them names none."""
    return {name for name in _names(connection, since) if name}


def _names(connection: sqlite3.Connection, since: int) -> set[str | None]:
    query = "SELECT DISTINCT indicator_id FROM changes WHERE seq > ?"
    return {*chain.from_iterable(connection.execute(query, (since,)))}


def count_since(connection: sqlite3.Connection, since: int) -> int:
    """How many changes after a position the log still has."""
    query = "SELECT count(*) FROM changes WHERE seq > ?"
    return int(connection.execute(query, (since,)).fetchone()[0])


def read_changes(
    connection: sqlite3.Connection, since: int, until: int, portion: int
) -> Iterator[list[dict[str, Any]]]:
    """The changes after a position up to another, in portions, so that nobody holds all of them."""
    cursor = connection.execute(
        "SELECT * FROM changes WHERE seq > ? AND seq <= ? ORDER BY seq", (since, until)
    )
    names = [column[0] for column in cursor.description]
    while rows := cursor.fetchmany(portion):
        yield [dict(zip(names, row, strict=True)) for row in rows]


def first_after(connection: sqlite3.Connection, position: int) -> str | None:
    """The moment of the first change after a position, by the clock of whoever made it."""
    (moment,) = connection.execute(
        "SELECT min(changed_at) FROM changes WHERE seq > ?", (position,)
    ).fetchone()
    return None if moment is None else str(moment).rstrip("+")
