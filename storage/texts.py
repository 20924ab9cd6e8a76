"""Texts that are none: bytes that are no UTF-8, as the stock sqlite3 stores whatever it is given.

Whoever reads them here gets a sign in place of each (`storage.connection.readable`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from cityflux.storage.blueprint import blueprint
from cityflux.storage.read_only import readable

#: How often mending a text may write another one, as a revision that a trigger keeps.
_GENERATIONS = 3


def garbled(connection: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """The tables and columns of ours in which texts are none, and in how many rows."""
    connection.create_function("is_garbled", 1, _is_garbled, deterministic=True)
    found = []
    for table, column in _columns(connection):
        count = f'SELECT count(*) FROM "{table}" WHERE {where_garbled(column)}'
        if rows := connection.execute(count).fetchone()[0]:
            found.append((table, column, int(rows)))
    return found


def mend_texts(connection: sqlite3.Connection) -> list[str]:
    """Put a sign in place of what is no UTF-8, within the caller's transaction.

    Returns:
        A line for each column. What a table does not take like that stays as it is.
    """
    connection.create_function("made_readable", 1, readable, deterministic=True)
    lines = []
    for _ in range(_GENERATIONS):
        for table, column, count in garbled(connection):
            connection.execute(
                f'UPDATE OR IGNORE "{table}" SET "{column}" = '
                f'made_readable(CAST("{column}" AS BLOB)) WHERE {where_garbled(column)}'
            )
            lines.append(f"{table}: {column} in {count} rows: bytes that are no UTF-8 replaced")
    return lines


def where_garbled(column: str) -> str:
    """Which rows have a text that is none in a column, for who has asked `garbled`."""
    return f'typeof("{column}") = \'text\' AND is_garbled(CAST("{column}" AS BLOB))'


def _columns(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for thing in blueprint().values():
        if thing.kind == "table":
            for _, name, kind, *_ in connection.execute(f'PRAGMA table_info("{thing.name}")'):
                if kind == "TEXT":
                    yield thing.name, name


def _is_garbled(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False
