"""Files that were taken in: their sources, what they gave last time, and how to take them back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from itertools import chain
from typing import NamedTuple

from cityflux.storage.database import now
from cityflux.storage.flows import remove_fetched

#: What stands in ``sources.scraper`` of a source that is a file somebody took in.
SCRAPER = "import"
_IMPORTED = "(scraper = 'import' OR (scraper = '' AND address LIKE 'file:%'))"

Cell = tuple[str, str, str]


class Known(NamedTuple):
    """A source as it stands."""

    id: str
    publisher: str
    address: str
    licence: str
    priority: int
    imported: bool


class Rival(NamedTuple):
    """Two figures of one cell that differ, of the file and of another source."""

    indicator_id: str
    city_id: str
    period: str
    value: float
    source_id: str
    other: float
    comes_first: bool


class Import(NamedTuple):
    """One time that a file was taken in."""

    fetch_id: int
    source_id: str
    address: str
    started: str


def known_source(connection: sqlite3.Connection, source_id: str) -> Known | None:
    """A source, and whether it is a file that was taken in."""
    row = connection.execute(
        f"SELECT id, publisher, address, licence, priority, {_IMPORTED} FROM sources WHERE id = ?",
        (source_id,),
    ).fetchone()
    return None if row is None else Known(*row)


def first_priority(connection: sqlite3.Connection, least: int) -> int:
    """A priority before that of all files that were taken in, and ``least`` at the most."""
    (found,) = connection.execute(f"SELECT min(priority) FROM sources WHERE {_IMPORTED}").fetchone()
    return least if found is None else min(least, found - 1)


def curated(connection: sqlite3.Connection, source_ids: Collection[str]) -> list[str]:
    """Those of some sources that are no files which were taken in."""
    rows = connection.execute(
        f"SELECT id FROM sources WHERE NOT {_IMPORTED} AND id IN (SELECT value FROM json_each(?)) "
        "ORDER BY id",
        (json.dumps([*source_ids]),),
    )
    return [*chain.from_iterable(rows)]


def cells_of(connection: sqlite3.Connection, source_id: str) -> set[Cell]:
    """Indicator, city and period of all figures of a source."""
    return {
        *connection.execute(
            "SELECT o.indicator_id, o.city_id, o.period FROM indicator_sources i "
            "JOIN observations o ON o.indicator_id = i.indicator_id AND o.source_id = i.source_id "
            "WHERE i.source_id = ?",
            (source_id,),
        )
    }


def remove_cells(connection: sqlite3.Connection, source_id: str, cells: Collection[Cell]) -> None:
    """Take figures of a source out; their values stay in ``revisions``."""
    connection.executemany(
        "DELETE FROM observations WHERE indicator_id = ? AND city_id = ? AND period = ? "
        "AND source_id = ?",
        [(*cell, source_id) for cell in sorted(cells)],
    )


def rivals(
    connection: sqlite3.Connection, source_id: str, indicator_ids: Collection[str]
) -> list[Rival]:
    """Where other sources give another figure for a cell of this one."""
    rows = connection.execute(
        "SELECT o.indicator_id, o.city_id, o.period, o.value, r.source_id, r.value, "
        "(s.priority, s.id) < (t.priority, t.id) FROM observations o "
        "JOIN observations r ON r.indicator_id = o.indicator_id AND r.city_id = o.city_id "
        "AND r.period = o.period AND r.source_id <> o.source_id "
        "JOIN sources s ON s.id = o.source_id JOIN sources t ON t.id = r.source_id "
        "WHERE o.source_id = ? AND o.indicator_id IN (SELECT value FROM json_each(?)) "
        "AND abs(o.value - r.value) > 1e-9 * max(abs(o.value), abs(r.value)) "
        "AND r.status IN ('ok', 'provisional') AND o.status <> 'bound' "
        "ORDER BY 1, 2, 3, t.priority, t.id",
        (source_id, json.dumps([*indicator_ids])),
    )
    return [Rival(*row) for row in rows]


def last_import(
    connection: sqlite3.Connection, source_id: str | None = None, address: str | None = None
) -> Import | None:
    """The last time that a file was taken in: any, one of a source, or one of an address."""
    row = connection.execute(
        "SELECT id, source_id, address, started FROM fetches WHERE outcome = 'stored' "
        "AND address LIKE 'file:%' AND source_id = coalesce(?, source_id) "
        "AND address = coalesce(?, address) ORDER BY id DESC LIMIT 1",
        (source_id, address),
    ).fetchone()
    return None if row is None else Import(*row)


def take_back(connection: sqlite3.Connection, done: Import) -> tuple[int, int]:
    """Undo an import within the caller's transaction: each cell is what it was before.

    Returns:
        How many figures were taken out, and how many are what they were.
    """
    cells = connection.execute(
        "SELECT o.indicator_id, o.city_id, o.period, o.source_id FROM fetch_yields y "
        "JOIN observations o ON o.indicator_id = y.indicator_id AND o.source_id = y.source_id "
        "WHERE y.fetch_id = ? AND o.fetch_id = y.fetch_id",
        (done.fetch_id,),
    ).fetchall()
    pruned = connection.execute(
        "SELECT DISTINCT r.indicator_id, r.city_id, r.period, r.source_id FROM revisions r "
        "WHERE r.source_id = ? AND r.superseded_at >= ? AND r.fetch_id < ? AND NOT EXISTS ("
        "SELECT 1 FROM observations o WHERE o.indicator_id = r.indicator_id "
        "AND o.city_id = r.city_id AND o.period = r.period AND o.source_id = r.source_id)",
        (done.source_id, done.started, done.fetch_id),
    ).fetchall()
    out = back = 0
    for cell in cells + pruned:
        before = _before(connection, cell, done.fetch_id)
        _set_back(connection, cell, before)
        out, back = out + (before is None), back + (before is not None)
    for table, column in (("fetches", "id"), ("fetch_yields", "fetch_id")):
        connection.execute(
            f"UPDATE {table} SET outcome = 'empty', figures = 0, changed = 0, error = ? "
            f"WHERE {column} = ?",
            (f"taken back on {now()}", done.fetch_id),
        )
    out += remove_fetched(connection, done.fetch_id)
    _forget_if_empty(connection, done.source_id)
    return out, back


def _set_back(
    connection: sqlite3.Connection, cell: tuple[str, ...], before: tuple[object, ...] | None
) -> None:
    where = "WHERE indicator_id = ? AND city_id = ? AND period = ? AND source_id = ?"
    if before is None:
        connection.execute(f"DELETE FROM observations {where}", cell)
        return
    value, status, note, fetch_id = before
    done = connection.execute(
        f"UPDATE observations SET value = ?, status = ?, note = ?, fetch_id = ? {where}",
        (*before, *cell),
    )
    if not done.rowcount:  # the import had taken it out
        connection.execute(
            "INSERT INTO observations (indicator_id, city_id, period, source_id, value, status, "
            "note) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*cell, value, status, note),
        )
        connection.execute(f"UPDATE observations SET fetch_id = ? {where}", (fetch_id, *cell))


def _before(
    connection: sqlite3.Connection, cell: tuple[str, ...], fetch_id: int
) -> tuple[object, ...] | None:
    """Value, status, note and fetch of a cell before a fetch; None where it had none."""
    row: tuple[object, ...] | None = connection.execute(
        "SELECT r.value, r.status, r.note, r.fetch_id FROM revisions r "
        "LEFT JOIN fetches f ON f.id = r.fetch_id "
        "WHERE r.indicator_id = ? AND r.city_id = ? AND r.period = ? AND r.source_id = ? "
        "AND (r.fetch_id IS NULL OR (r.fetch_id < ? AND f.outcome = 'stored')) "
        "AND r.recorded_at < (SELECT ended FROM fetches WHERE id = ?) "
        "ORDER BY r.superseded_at DESC LIMIT 1",
        (*cell, fetch_id, fetch_id),
    ).fetchone()
    return row


def _forget_if_empty(connection: sqlite3.Connection, source_id: str) -> None:
    """Forget a file of which nothing is left."""
    known = known_source(connection, source_id)
    flows = connection.execute("SELECT 1 FROM flows WHERE source_id = ?", (source_id,)).fetchone()
    if known and known.imported and not flows and not cells_of(connection, source_id):
        connection.execute("DELETE FROM indicator_sources WHERE source_id = ?", (source_id,))
        connection.execute("DELETE FROM sources WHERE id = ?", (source_id,))
