"""Rows that fit their table no more: set aside whole, with the reason, so that none is lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

Row = tuple[object, ...]


def set_aside(
    connection: sqlite3.Connection, table: str, columns: Iterable[str], row: Row, reason: str
) -> None:
    """Write a row down in ``quarantine``, within the caller's transaction."""
    body = dict(zip(columns, map(_plain, row), strict=True))
    connection.execute(
        "INSERT INTO quarantine (table_name, reason, body) VALUES (?, ?, ?)",
        (table, reason, json.dumps(body, ensure_ascii=False)),
    )


def _plain(value: object) -> object:
    """A value of SQLite as JSON can say it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value in (float("inf"), -float("inf")):
        return str(value)
    return value


def build_anew(connection: sqlite3.Connection, table: str, sql: str) -> list[str]:
    """Make a table anew and take its rows over, within the caller's transaction.

    Its own indices and triggers stay. No trigger of it sees the rows move.

    Args:
        connection: for writing.
        table: the table.
        sql: how it is made.

    Returns:
        A line for each row that does not fit, which is set aside.
    """
    belongings = connection.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') "
        "AND sql IS NOT NULL",
        (table,),
    ).fetchall()
    before = f"{table}_before"
    # Otherwise SQLite would have the views and the triggers of others go with the old table.
    connection.execute("PRAGMA legacy_alter_table = ON")
    try:
        connection.execute(f'ALTER TABLE "{table}" RENAME TO "{before}"')
    finally:
        connection.execute("PRAGMA legacy_alter_table = OFF")
    connection.execute(sql)
    there = [name for _, name, *_ in connection.execute(f'PRAGMA table_info("{before}")')]
    wanted = [name for _, name, *_ in connection.execute(f'PRAGMA table_info("{table}")')]
    shared = [name for name in wanted if name in there]
    lines = _take_over(connection, table, before, shared, there)
    connection.execute(f'DROP TABLE "{before}"')
    for (statement,) in belongings:
        connection.execute(statement)
    return lines


def _take_over(
    connection: sqlite3.Connection, table: str, before: str, shared: list[str], there: list[str]
) -> list[str]:
    names = ", ".join(f'"{name}"' for name in shared)
    try:
        connection.execute("SAVEPOINT whole")
        connection.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM "{before}"')
    except sqlite3.IntegrityError:  # now row by row
        connection.execute("ROLLBACK TO whole")
    else:
        connection.execute("RELEASE whole")
        return []
    connection.execute("RELEASE whole")
    lines = []
    places = ", ".join("?" * len(shared))
    chosen = [there.index(name) for name in shared]
    for row in connection.execute(f'SELECT * FROM "{before}"').fetchall():
        try:
            connection.execute(
                f'INSERT INTO "{table}" ({names}) VALUES ({places})', [row[n] for n in chosen]
            )
        except sqlite3.IntegrityError as error:
            reason = str(error)
            set_aside(connection, table, there, row, reason)
            lines.append(f"{table}: {described(row)}: {reason}")
    return lines


def described(row: Row) -> str:
    """The first columns of a row, which are its key, for messages."""
    return " ".join(map(_shown, row[:6]))


def _shown(value: object) -> str:
    """A value in one line, whatever a hand wrote there."""
    return value if isinstance(value, str) and value and value.isprintable() else repr(value)
