"""What the last run of an index said of its figures and scores."""

from __future__ import annotations

import sqlite3

from cityflux.core.reading.answers import rows


def notes_of(connection: sqlite3.Connection, index: str) -> list[str]:
    """The notes of an index, a line each, in the order in which they were said."""
    query = "SELECT note FROM notes WHERE index_id = ? ORDER BY place"
    return [row["note"] for row in rows(connection, query, (index,))]
