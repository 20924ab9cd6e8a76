"""What the database holds, as polars frames: one query each, nothing recomputed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from cityflux.core.engine.tree import effective_weights
from cityflux.core.model.errors import NotEnoughData

_TYPES: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("score", "coverage", "value", "weight", "written", "share"), pl.Float64),
    **dict.fromkeys(("latitude", "longitude", "before", "after"), pl.Float64),
    **dict.fromkeys(("rank", "level", "direction", "figures"), pl.Int64),
}

_SCORES = """
SELECT s.node_id AS node, n.parent_id AS parent, n.level, n.indicator_id AS indicator,
    n.name_zh, n.name_en, s.city_id AS city, c.name_zh AS city_zh, c.name_en AS city_en,
    s.period, s.score, s.rank, s.coverage
FROM scores s
JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id
JOIN cities c ON c.id = s.city_id
WHERE s.index_id = ?
ORDER BY n.sort_order, s.period, s.rank IS NULL, s.rank, s.city_id
"""
_NODES = """
SELECT n.node_id AS node, n.parent_id AS parent, n.level, n.indicator_id AS indicator,
    n.name_zh, n.name_en, i.unit, i.direction, i.definition, n.weight AS written,
    coalesce(w.weight, n.weight) AS weight, coalesce(w.method, '') AS method
FROM nodes n
LEFT JOIN weights w ON w.index_id = n.index_id AND w.node_id = n.node_id
LEFT JOIN indicators i ON i.id = n.indicator_id
WHERE n.index_id = ?
ORDER BY n.sort_order
"""
_OBSERVATIONS = """
SELECT o.indicator_id AS indicator, i.name_zh, i.name_en, o.city_id AS city,
    c.name_zh AS city_zh, c.name_en AS city_en, o.period, o.value, o.unit, o.status, o.note,
    o.source_id AS source
FROM current_observations o
JOIN indicators i ON i.id = o.indicator_id
JOIN cities c ON c.id = o.city_id
WHERE ({indicators}) AND ({cities}) AND (:first IS NULL OR o.period >= :first)
    AND (:last IS NULL OR o.period < :last || '~')
ORDER BY o.indicator_id, o.city_id, o.period
"""
_FLOWS = """
SELECT f.kind, i.name_zh, i.name_en, f.origin_id AS origin, f.destination_id AS destination,
    f.period, f.value, f.unit, f.source_id AS source
FROM flows f
LEFT JOIN indicators i ON i.id = f.kind
ORDER BY f.kind, f.period DESC, f.value DESC, f.origin_id, f.destination_id
"""


def query(
    connection: sqlite3.Connection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> pl.DataFrame:
    """Read the answer to a query; a column has one type even where every row is null."""
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    schema = {name: _TYPES.get(name, pl.String) for name in names}
    return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")


def indices(connection: sqlite3.Connection) -> pl.DataFrame:
    """All indices that were computed: ``index``, ``name_zh``, ``name_en`` and ``description``."""
    return query(
        connection,
        "SELECT id AS 'index', name_zh, name_en, description FROM indices ORDER BY id",
    )


def scores(connection: sqlite3.Connection, index_id: str) -> pl.DataFrame:
    """The stored scores of an index: one row per node, city and period, in the order of the tree.

    Returns:
        ``node``, ``parent``, ``level`` (0 at the root), ``indicator`` (null above the leaves),
        ``name_zh``, ``name_en``, ``city``, ``city_zh``, ``city_en``, ``period``, ``score`` and
        ``rank`` (null where missing) and ``coverage`` (0 to 1).

    Raises:
        NotEnoughData: the index was not computed yet, or there is none of this name.
    """
    found = query(connection, _SCORES, (index_id,))
    if found.is_empty():
        raise NotEnoughData(
            f"{index_id} was not computed yet; do it with: cityflux compute {index_id}"
        )
    return found


def nodes(connection: sqlite3.Connection, index_id: str) -> pl.DataFrame:
    """The tree of an index: one row per node, parents before their children.

    Returns:
        ``node``, ``parent``, ``level``, ``indicator``, ``name_zh``, ``name_en``, ``unit``,
        ``direction`` and ``definition`` (of a leaf), ``written`` and ``weight`` (as written and as
        last used, relative among siblings), ``method`` (that computed the weight, or empty) and
        ``share`` (of the node in the whole index, 0 to 1).
    """
    found = query(connection, _NODES, (index_id,))
    parents = dict(found.select("node", "parent").iter_rows())
    weights = dict(found.select("node", "weight").iter_rows())
    shares = effective_weights(parents, weights)
    return found.with_columns(
        share=pl.Series([shares[node] for node in found["node"]], dtype=pl.Float64)
    )


def observations(
    connection: sqlite3.Connection,
    indicators: Sequence[str] | None = None,
    cities: Sequence[str] | None = None,
    first: str | None = None,
    last: str | None = None,
) -> pl.DataFrame:
    """The figures in use: for each indicator, city and period that of the best source.

    Args:
        connection: any connection.
        indicators: only these.
        cities: only these.
        first: no period before this one, as texts compare: ``2015``.
        last: no period after this one; ``2020`` includes ``2020-12``.

    Returns:
        ``indicator``, ``name_zh``, ``name_en``, ``city``, ``city_zh``, ``city_en``, ``period``,
        ``value``, ``unit``, ``status``, ``note`` and ``source``.
    """
    parameters: dict[str, Any] = {"first": first, "last": last}
    conditions = {}
    for name, column, wanted in (
        ("indicators", "o.indicator_id", indicators),
        ("cities", "o.city_id", cities),
    ):
        marks = {f"{name}_{i}": value for i, value in enumerate(wanted or ())}
        parameters |= marks
        listed = ", ".join(f":{mark}" for mark in marks)
        conditions[name] = "1" if wanted is None else f"{column} IN ({listed})"
    return query(connection, _OBSERVATIONS.format(**conditions), parameters)


def cities(connection: sqlite3.Connection) -> pl.DataFrame:
    """All cities: ``city``, ``name_zh``, ``name_en``, ``country``, ``region`` and coordinates."""
    return query(
        connection,
        "SELECT id AS city, name_zh, name_en, country, region, latitude, longitude FROM cities "
        "ORDER BY id",
    )


def flows(connection: sqlite3.Connection) -> pl.DataFrame:
    """All flows between cities, by kind, the latest period and the largest first."""
    return query(connection, _FLOWS)
