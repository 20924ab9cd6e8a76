"""A query and its answer, as rows or as a frame, through whatever connection it is asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

Rows = list[sqlite3.Row]
Asked = Sequence[Any] | Mapping[str, Any]

_NUMBERS = (
    "score",
    "comparable_score",
    "coverage",
    "value",
    "weight",
    "written",
    "share",
    "latitude",
    "longitude",
)
_FLOATS = (*_NUMBERS, "before", "after")
_INTEGERS = ("rank", "n", "level", "direction", "figures")


def rows(connection: sqlite3.Connection, query: str, asked: Asked = ()) -> Rows:
    """All rows of an answer, each with its columns by name."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(query, asked).fetchall()


def first(connection: sqlite3.Connection, query: str, asked: Asked = ()) -> sqlite3.Row | None:
    """The first row of an answer; None where there is none."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    row: sqlite3.Row | None = cursor.execute(query, asked).fetchone()
    return row


def number(connection: sqlite3.Connection, query: str, asked: Asked = ()) -> int:
    """The one number of an answer, such as a count."""
    row = first(connection, query, asked)
    assert row is not None
    return int(row[0])


def frame(connection: sqlite3.Connection, query: str, asked: Asked = ()) -> pl.DataFrame:
    """An answer as a frame; a column has one type even where every row is null."""
    import polars as pl

    types = {**dict.fromkeys(_FLOATS, pl.Float64), **dict.fromkeys(_INTEGERS, pl.Int64)}
    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute(query, asked)
    schema = {name: types.get(name, pl.String) for name, *_ in cursor.description}
    # Not strict: a text in a column of numbers, past all checks of the table, is null.
    return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row", strict=False)
