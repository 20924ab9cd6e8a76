"""What a database of this version is made of, and what of it a given one lacks."""

from __future__ import annotations

import sqlite3
from functools import cache
from itertools import chain
from typing import NamedTuple

from cityflux.storage.database import without_pandas
from cityflux.storage.steps import STEPS


class Thing(NamedTuple):
    """A table, view, index or trigger, and how it is made."""

    kind: str
    name: str
    table: str
    sql: str


class Difference(NamedTuple):
    """A thing that is not there, or not as it was made."""

    thing: Thing
    is_gone: bool


#: What SQLite makes by itself for the search index, and sqlite-utils for the steps.
_NOT_OURS = "name NOT LIKE 'indicators!_fts%' ESCAPE '!' AND name NOT LIKE '!_%' ESCAPE '!'"
_THINGS = (
    f"SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND {_NOT_OURS}"
)


@cache
def blueprint() -> dict[str, Thing]:
    """All things by name, in the order of their making: that of the very steps."""
    with without_pandas():
        from sqlite_utils import Database

        from cityflux.storage.migrations import migrations

    db = Database(memory=True)
    migrations.apply(db)
    found = {thing.name: thing for thing in map(Thing._make, db.conn.execute(_THINGS))}
    db.close()
    return found


def differences(connection: sqlite3.Connection) -> list[Difference]:
    """What a database lacks, and what in it is made otherwise.

    A table with more columns than ours, as anybody may add some, is as it was made.
    """
    there = {thing.name: thing for thing in map(Thing._make, connection.execute(_THINGS))}
    return [
        Difference(thing, thing.name not in there)
        for thing in blueprint().values()
        if thing.name not in there or not _is_as_made(thing, there[thing.name])
    ]


def missing_steps(connection: sqlite3.Connection) -> list[str]:
    """The steps of which a database does not say that it has them behind it."""
    try:
        rows = connection.execute(
            "SELECT name FROM _sqlite_migrations WHERE migration_set = 'cityflux'"
        )
    except sqlite3.OperationalError:
        return [*STEPS]
    taken = {*chain.from_iterable(rows)}
    return [step for step in STEPS if step not in taken]


def _is_as_made(ours: Thing, theirs: Thing) -> bool:
    made, found = (_words(each.sql) for each in (ours, theirs))
    if ours.kind == "table" and theirs.kind == "table" and len(found) > len(made):
        pairs = enumerate(zip(made, found, strict=False))
        head = next((place for place, (a, b) in pairs if a != b), len(made))
        added = found[head : len(found) - len(made) + head].strip()
        return found.endswith(made[head:]) and "," in (added[0], added[-1])
    return ours.kind == theirs.kind and made == found


def _words(sql: str) -> str:
    return " ".join(sql.split())
