"""The last run of an index, and whether it knows all that is known now."""

from __future__ import annotations

import sqlite3

from cityflux.storage.changes import position


def last_run(connection: sqlite3.Connection, index_id: str) -> tuple[str, int] | None:
    """The definition hash and the data position of the last run of an index, if there is one."""
    row = connection.execute(
        "SELECT definition_hash, position FROM runs WHERE index_id = ? ORDER BY id DESC LIMIT 1",
        (index_id,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def is_current(connection: sqlite3.Connection, index_id: str, definition_hash: str) -> bool:
    """Whether the last run of an index knew all changes and this very definition."""
    return last_run(connection, index_id) == (definition_hash, position(connection))


def last_run_id(connection: sqlite3.Connection, index_id: str) -> int | None:
    """The last run of an index, if there is one."""
    row = connection.execute("SELECT max(id) FROM runs WHERE index_id = ?", (index_id,)).fetchone()
    return None if row[0] is None else int(row[0])
