"""The figures that the last run of an index filled or moved."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from cityflux.core.reading import answers

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["imputed", "treated"]

_ADJUSTMENTS = """
SELECT a.node_id AS node, a.city_id AS city, a.period, a.kind, a.method, a.before, a.after
FROM adjustments a
JOIN nodes n ON n.index_id = a.index_id AND n.node_id = a.node_id
WHERE a.index_id = :index {only}
ORDER BY n.sort_order, a.period, a.city_id, a.kind
"""
# How many imputed figures stand below each node, in its whole subtree.
_IMPUTED = """
WITH RECURSIVE above (leaf, node, parent) AS (
    SELECT node_id, node_id, parent_id FROM nodes
    WHERE index_id = :index AND indicator_id IS NOT NULL
    UNION ALL
    SELECT a.leaf, n.node_id, n.parent_id
    FROM above a JOIN nodes n ON n.index_id = :index AND n.node_id = a.parent
)
SELECT a.node, d.city_id, d.period, count(*)
FROM adjustments d JOIN above a ON a.leaf = d.node_id
WHERE d.index_id = :index AND d.kind = 'imputed' GROUP BY a.node, d.city_id, d.period
"""


class Adjustment(NamedTuple):
    """One figure that was imputed or treated; before is None where it was missing."""

    node: str
    city: str
    period: str
    kind: Kind
    method: str
    before: float | None
    after: float | None


def adjustments(
    connection: sqlite3.Connection, index: str, kind: Kind | None = None
) -> list[Adjustment]:
    """What the last run of an index touched, in the order of the tree; of one kind, or of both."""
    query = _ADJUSTMENTS.format(only="" if kind is None else "AND a.kind = :kind")
    return [
        Adjustment(*row) for row in answers.rows(connection, query, {"index": index, "kind": kind})
    ]


def adjustments_of_cell(
    connection: sqlite3.Connection, index: str, node: str, city: str, period: str
) -> list[Adjustment]:
    """What the last run of an index did to one figure."""
    query = _ADJUSTMENTS.format(
        only="AND a.node_id = :node AND a.city_id = :city AND a.period = :period"
    )
    asked = {"index": index, "node": node, "city": city, "period": period}
    return [Adjustment(*row) for row in answers.rows(connection, query, asked)]


def adjustment_frame(connection: sqlite3.Connection, index: str) -> pl.DataFrame:
    """The same as a frame: a column per field of `Adjustment`."""
    return answers.frame(connection, _ADJUSTMENTS.format(only=""), {"index": index})


def imputed_below(connection: sqlite3.Connection, index: str) -> Counter[tuple[str, str, str]]:
    """How many imputed figures each score rests on, by node, city and period."""
    found = answers.rows(connection, _IMPUTED, {"index": index})
    return Counter({(node, city, period): count for node, city, period, count in found})
