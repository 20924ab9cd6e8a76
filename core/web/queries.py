"""What a request means by its words: an index and a period, or a page that is not here."""

from __future__ import annotations

import sqlite3

from cityflux.core.model.errors import IndexDefinitionError
from cityflux.core.reading.indices import Chosen, choose, indices
from cityflux.core.web.asked import Asked, NotHere


def one(connection: sqlite3.Connection, query: str, *values: object) -> sqlite3.Row | None:
    """The first row of an answer."""
    row: sqlite3.Row | None = connection.execute(query, values).fetchone()
    return row


def found(connection: sqlite3.Connection, table: str, identifier: str) -> sqlite3.Row:
    """The row of ``cities``, ``indicators``, ``indices`` or ``fetches`` with this id.

    Raises:
        NotHere: there is none.
    """
    row = one(connection, f"SELECT * FROM {table} WHERE id = ?", identifier)
    if row is None:
        raise NotHere(identifier)
    return row


def chosen(connection: sqlite3.Connection, asked: Asked, index_id: str) -> Chosen:
    """An index, and the period that was asked for or the last one ('' where there is none).

    Raises:
        NotHere: there is no such index, or it was not computed for that period.
    """
    period = asked.text("period")
    try:
        return choose(connection, index_id, period)
    except IndexDefinitionError:
        raise NotHere(", ".join(filter(None, (index_id, period)))) from None


def some_index(connection: sqlite3.Connection, asked: Asked) -> Chosen | None:
    """The index that was asked for, or the first one; None where there is none at all.

    Raises:
        NotHere: there is no such index or period.
    """
    wanted = asked.text("index")
    if wanted is None:
        known = indices(connection)
        if not known:
            return None
        wanted = known[0].id
    return chosen(connection, asked, wanted)
