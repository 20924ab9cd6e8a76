"""The catalogue: cities, sources, indicators, and the trees of the indices."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from cityflux.storage.database import upsert
from cityflux.storage.lineage import keep_lineage

Row = Mapping[str, Any]


def save_cities(connection: sqlite3.Connection, cities: Iterable[Row]) -> int:
    """Insert or update cities; returns how many rows changed."""
    return upsert(connection, "cities", cities, ["id"])


def save_sources(connection: sqlite3.Connection, sources: Iterable[Row]) -> int:
    """Insert or update sources; returns how many rows changed."""
    return upsert(connection, "sources", sources, ["id"])


def save_indicators(connection: sqlite3.Connection, indicators: Iterable[Row]) -> int:
    """Insert or update indicators; returns how many rows changed."""
    return upsert(connection, "indicators", indicators, ["id"])


def save_indicator_sources(connection: sqlite3.Connection, pairs: Iterable[tuple[str, str]]) -> int:
    """Say which sources an indicator can come from; returns how many rows changed."""
    rows = [{"indicator_id": indicator, "source_id": source} for indicator, source in pairs]
    return upsert(connection, "indicator_sources", rows, ["indicator_id", "source_id"])


def is_written(connection: sqlite3.Connection, mark: str) -> bool:
    """Whether the catalogue was written by this mark, and nobody has changed it since."""
    row = connection.execute("SELECT 1 FROM declared WHERE mark = ?", (mark,)).fetchone()
    return row is not None


def is_declared(connection: sqlite3.Connection) -> bool:
    """Whether nobody has changed the catalogue since it was written."""
    return connection.execute("SELECT 1 FROM declared").fetchone() is not None


def note_written(connection: sqlite3.Connection, mark: str) -> None:
    """Remember what the catalogue was written by; triggers forget it when it is changed."""
    connection.execute("DELETE FROM declared")
    connection.execute("INSERT INTO declared (mark) VALUES (?)", (mark,))


def save_index(connection: sqlite3.Connection, index: Row, nodes: Iterable[Row]) -> None:
    """Insert or update an index and its tree; nodes that left it go, with their scores.

    Every definition stays in ``definitions``, so that old runs can be computed again.
    """
    nodes = list(nodes)
    upsert(connection, "indices", [index], ["id"])
    kept_definition = {
        "hash": index["definition_hash"],
        "index_id": index["id"],
        "definition": index["definition"],
    }
    upsert(connection, "definitions", [kept_definition], ["hash"])
    columns = ", ".join(nodes[0])
    stored = connection.execute(
        f"SELECT {columns}, node_id FROM nodes WHERE index_id = ?", (index["id"],)
    ).fetchall()
    if {row[:-1] for row in stored} == {tuple(node.values()) for node in nodes}:
        return
    left = {row[-1] for row in stored}.difference(map(itemgetter("node_id"), nodes))
    gone = [(index["id"], node_id) for node_id in sorted(left)]
    connection.executemany("DELETE FROM scores WHERE index_id = ? AND node_id = ?", gone)
    connection.executemany("DELETE FROM nodes WHERE index_id = ? AND node_id = ?", gone)
    upsert(connection, "nodes", nodes, ["index_id", "node_id"])


def save_derivations(connection: sqlite3.Connection, indicator_id: str, rows: Iterable[Row]) -> int:
    """Replace the lineage of a derived indicator where it differs; returns how many rows did."""
    columns = ("city_id", "period", "input_indicator_id", "input_city_id", "input_period")
    wanted = {*map(itemgetter(*columns), rows)}
    return keep_lineage(connection, "derivations", indicator_id, columns, wanted)


def what_is_known(connection: sqlite3.Connection) -> tuple[list[str], list[str], list[str]]:
    """The indicators, cities and periods of which there are figures."""
    found = []
    for column in ("indicator_id", "city_id", "period"):
        query = f"SELECT DISTINCT {column} FROM observations ORDER BY 1"
        found.append([row[0] for row in connection.execute(query)])
    indicators, cities, periods = found
    return indicators, cities, periods


def frequencies(connection: sqlite3.Connection) -> dict[str, str]:
    """How often each indicator is published."""
    return dict(connection.execute("SELECT id, frequency FROM indicators").fetchall())


def units(connection: sqlite3.Connection) -> dict[str, str]:
    """The unit of each indicator."""
    return dict(connection.execute("SELECT id, unit FROM indicators").fetchall())


def known_ids(connection: sqlite3.Connection, table: str) -> set[str]:
    """The ids in ``cities``, ``sources``, ``indicators`` or ``indices``."""
    return {*chain.from_iterable(connection.execute(f"SELECT id FROM {table}"))}


def unknown_ids(connection: sqlite3.Connection, table: str, names: Sequence[str]) -> list[str]:
    """Which of some names are no ids there."""
    rows = connection.execute(
        "SELECT value FROM json_each(?) WHERE NOT EXISTS "
        f"(SELECT 1 FROM {table} WHERE id = value) ORDER BY key",
        (json.dumps([*names]),),
    )
    return [*chain.from_iterable(rows)]


def places(
    connection: sqlite3.Connection, cities: Sequence[str]
) -> list[tuple[str, str | None, str | None]]:
    """Some cities with their region and their country, None where unknown."""
    return connection.execute(
        "SELECT id, nullif(region, ''), nullif(country, '') FROM cities "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps([*cities]),),
    ).fetchall()


def retold(connection: sqlite3.Connection) -> set[str]:
    """The indicators of which no source is an office, or anybody but who retells one."""
    rows = connection.execute(
        "SELECT i.indicator_id FROM indicator_sources i JOIN sources s ON s.id = i.source_id "
        "GROUP BY i.indicator_id HAVING min(s.class IN ('second-hand', 'press'))"
    )
    return {indicator for (indicator,) in rows}


def directions(connection: sqlite3.Connection) -> dict[str, int]:
    """By indicator, whether more is better (1) or worse (-1)."""
    return dict(connection.execute("SELECT id, direction FROM indicators").fetchall())


def indicator_names(
    connection: sqlite3.Connection, indicators: Sequence[str] | None = None
) -> dict[str, tuple[str, str]]:
    """By indicator, its Chinese and its English name; of all without a list of some."""
    query, asked = "SELECT id, name_zh, name_en FROM indicators", []
    if indicators is not None:
        query += " WHERE id IN (SELECT value FROM json_each(?))"
        asked = [json.dumps([*indicators])]
    rows = connection.execute(query, asked)
    return {indicator: (name_zh, name_en) for indicator, name_zh, name_en in rows}


def city_names(connection: sqlite3.Connection) -> list[tuple[str, str, str, str]]:
    """Every city: its id, both its names and its administrative code."""
    return connection.execute("SELECT id, name_zh, name_en, admin_code FROM cities").fetchall()
