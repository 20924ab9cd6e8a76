"""Mending a database: what is gone is made again, and rows that fit nowhere are set aside.

Whoever calls has a copy. Nothing is lost even without one: rows go to ``quarantine``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping

from cityflux.storage import examination
from cityflux.storage.blueprint import blueprint, differences, missing_steps
from cityflux.storage.database import now, without_pandas, write
from cityflux.storage.quarantine import build_anew, described, set_aside
from cityflux.storage.texts import garbled, mend_texts, where_garbled

#: How often rows may lose what they refer to because it was set aside itself.
_GENERATIONS = 20


def mend_structure(connection: sqlite3.Connection) -> list[str]:
    """Make tables, views, indices and triggers as they were made; foreign keys must be off.

    Returns:
        A line for each thing that was done.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    lines: list[str] = []
    with write(connection):
        lines += _mend_tables(connection)
        lines += mend_texts(connection)
        unfit = {table for table, _ in examination.unfit_rows(connection)}
        unfit |= {line.partition(":")[0] for line in examination.no_figures(connection)}
        for thing in blueprint().values():
            if thing.name in unfit:
                lines += build_anew(connection, thing.name, thing.sql)
        for thing, is_gone in differences(connection):
            if not is_gone:
                _drop(connection, thing.name)
            connection.execute(thing.sql)
            lines.append(f"{thing.kind} {thing.name}: made again")
        lines += _mend_search(connection)
        for step in missing_steps(connection):
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
                "VALUES ('cityflux', ?, ?)",
                (step, now()),
            )
            lines.append(f"step {step}: noted as taken")
        if lines:
            note_doubt(connection)
            connection.execute("DELETE FROM declared")  # the catalogue is to be written again
            connection.execute("DELETE FROM score_digests")  # no trigger may have told of a score
    connection.execute("REINDEX")
    return lines


def mend_definitions(
    connection: sqlite3.Connection, is_one: Callable[[str], bool], known: Mapping[str, str]
) -> list[str]:
    """Take stored definitions from where they can be read; what stands nowhere is set aside.

    Args:
        connection: for writing; foreign keys must be off.
        is_one: whether a text is a definition.
        known: the definitions of the index files, by index.

    Returns:
        A line for each.
    """
    lines = []
    with write(connection):
        for table, name in examination.no_definitions(connection, is_one):
            kept = connection.execute(
                "SELECT d.definition FROM definitions d JOIN indices i ON i.definition_hash = "
                "d.hash AND i.id = ?",
                (name,),
            ).fetchone()
            texts = [*(kept or ()), known.get(name, "")] if table == "indices" else []
            if text := next(filter(is_one, texts), None):
                connection.execute("UPDATE indices SET definition = ? WHERE id = ?", (text, name))
                lines.append(f"indices: {name}: its definition was none; taken from where it is")
            else:
                key = "id" if table == "indices" else "hash"
                lines += _move(connection, table, f"{key} = ?", (name,), "it is no definition")
        if lines:
            note_doubt(connection)
    return lines


def mend_rows(connection: sqlite3.Connection) -> list[str]:
    """Set aside documents whose bytes are others, and rows that refer to nothing.

    Returns:
        A line for each row.
    """
    lines = []
    with write(connection):
        for table, column, _ in garbled(connection):  # a table would not take it otherwise
            lines += _move(connection, table, where_garbled(column), (), f"{column} is no text")
        lines += mend_texts(connection)  # what triggers wrote down of them
        for sha256 in [*examination.damaged_snapshots(connection)]:
            lines += _move(connection, "snapshots", "sha256 = ?", (sha256,), "other bytes")
        for _ in range(_GENERATIONS):
            found = [*_without_parent(connection)]
            if not found:
                break
            lines += found
        if lines:
            note_doubt(connection)
    return lines


def note_doubt(connection: sqlite3.Connection) -> None:
    """Write down a change that is about everything, so that everything is computed again."""
    connection.execute("INSERT INTO changes (kind) VALUES ('repair')")


def _mend_tables(connection: sqlite3.Connection) -> list[str]:
    lines = []
    for thing, is_gone in differences(connection):
        if thing.kind != "table":
            continue
        if is_gone:
            connection.execute(thing.sql)
            lines.append(f"table {thing.name}: made again, empty")
        else:
            lines.append(f"table {thing.name}: built anew, as it had other columns or no checks")
            lines += build_anew(connection, thing.name, thing.sql)
    if "_sqlite_migrations" not in _names(connection):
        with without_pandas():
            from sqlite_utils import Database

            from cityflux.storage.migrations import migrations

        migrations.ensure_migrations_table(Database(connection))
    return lines


def _mend_search(connection: sqlite3.Connection) -> list[str]:
    """The search index, from what the indicators say."""
    lines = []
    if "indicators_fts" not in _names(connection):
        connection.execute(
            "CREATE VIRTUAL TABLE [indicators_fts] USING FTS5 ([terms], content=[indicators])"
        )
        lines.append("search index: made again")
    connection.execute("INSERT INTO indicators_fts (indicators_fts) VALUES ('rebuild')")
    return lines


def _without_parent(connection: sqlite3.Connection) -> Iterator[str]:
    """Set aside what refers to nothing; where the reference may be left out, only that goes."""
    broken = {(table, number) for table, _, _, number in connection.execute(_CHECK)}
    for table, number in sorted(broken):
        keys = [
            key
            for key in connection.execute(f'PRAGMA foreign_key_list("{table}")')
            if key[0] == number
        ]
        parent = keys[0][2]
        columns = [key[3] for key in keys]
        pairs = " AND ".join(f'p."{key[4] or "id"}" = "{table}"."{key[3]}"' for key in keys)
        there = " AND ".join(f'"{column}" IS NOT NULL' for column in columns)
        orphans = f'{there} AND NOT EXISTS (SELECT 1 FROM "{parent}" p WHERE {pairs})'
        if len(columns) == 1 and _may_be_null(connection, table, columns[0]):
            done = connection.execute(f'UPDATE "{table}" SET "{columns[0]}" = NULL WHERE {orphans}')
            yield f"{table}: {done.rowcount} rows no longer name {parent} that are not there"
        else:
            yield from _move(connection, table, orphans, (), f"it refers to no row of {parent}")


_CHECK = "PRAGMA foreign_key_check"


def _may_be_null(connection: sqlite3.Connection, table: str, column: str) -> bool:
    return any(
        name == column and not (not_null or key)
        for _, name, _, not_null, _, key in connection.execute(f'PRAGMA table_info("{table}")')
    )


def _move(
    connection: sqlite3.Connection, table: str, where: str, asked: tuple[str, ...], reason: str
) -> list[str]:
    cursor = connection.execute(f'SELECT * FROM "{table}" WHERE {where}', asked)
    columns, rows = [each[0] for each in cursor.description], cursor.fetchall()
    for row in rows:
        set_aside(connection, table, columns, row, reason)
    connection.execute(f'DELETE FROM "{table}" WHERE {where}', asked)
    return [f"{table}: {described(row)}: set aside, as {reason}" for row in rows]


def _names(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def _drop(connection: sqlite3.Connection, name: str) -> None:
    kind = connection.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    connection.execute(f'DROP {kind[0].upper()} "{name}"')
