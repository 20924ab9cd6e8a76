"""The stored scores of an index: node by node, city by city, period by period."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.model.errors import NotEnoughData
from cityflux.core.reading import answers

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.definition.index import Definition

_SCORES = """
SELECT s.node_id AS node, n.parent_id AS parent, n.level, n.indicator_id AS indicator,
    n.name_zh, n.name_en, s.city_id AS city, c.name_zh AS city_zh, c.name_en AS city_en,
    s.period, s.score, s.rank, s.coverage, s.comparable_score, s.n, s.bracket
FROM scores s
JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id
JOIN cities c ON c.id = s.city_id
WHERE s.index_id = :index {}
ORDER BY n.sort_order, s.period, s.rank IS NULL, s.rank, s.city_id
"""
_OF_NODE = "AND s.node_id = :node"
# By the key of each score, for a period alone is none: of fifteen periods one is read.
_OF_PERIOD = """AND s.period = :period
    AND (s.node_id, s.city_id) IN (
        SELECT k.node_id, r.city_id FROM nodes k CROSS JOIN scores r
        WHERE k.index_id = :index AND r.index_id = :index AND r.node_id = :index
            AND r.period = :period)"""


class Score(NamedTuple):
    """One score with everything that a reader wants beside it.

    ``level`` is 0 at the root, ``indicator`` None above the leaves; ``score`` and ``rank`` are
    None where missing, and ``coverage`` is the share that is known, 0 to 1. ``rank`` is the place
    by ``comparable_score`` among the ``n`` cities that are compared; where ``bracket`` gives a
    reason, nothing is compared.
    """

    node: str
    parent: str | None
    level: int
    indicator: str | None
    name_zh: str
    name_en: str
    city: str
    city_zh: str
    city_en: str
    period: str
    score: float | None
    rank: int | None
    coverage: float
    comparable_score: float | None
    n: int
    bracket: str | None


def scores(
    connection: sqlite3.Connection, index: str, node: str | None = None, period: str | None = None
) -> list[Score]:
    """The stored scores of an index or of one of its nodes, of one period or of all.

    The root comes first, then the nodes in the order of the tree; of a node, the periods in
    theirs; of a period, the cities by rank.

    Raises:
        NotEnoughData: the index was not computed yet, or has no such node.
    """
    query = _SCORES.format(f"{_OF_NODE if node else ''} {_OF_PERIOD if period else ''}")
    asked = {"index": index, "node": node, "period": period}
    found = [*map(Score._make, answers.rows(connection, query, asked))]
    if not found:
        raise _not_computed(index)
    return found


def score_frame(
    connection: sqlite3.Connection, index: str, node: str | None = None
) -> pl.DataFrame:
    """The same as a frame: a row per node, city and period, a column per field of `Score`.

    Raises:
        NotEnoughData: the index was not computed yet, or has no such node.
    """
    query = _SCORES.format(_OF_NODE if node else "")
    found = answers.frame(connection, query, {"index": index, "node": node})
    if found.is_empty():
        raise _not_computed(index)
    return found


def score_table(connection: sqlite3.Connection, definition: Definition) -> pl.DataFrame:
    """The same with a column per node, as the engine made them.

    Returns:
        ``period``, ``city`` and a Float64 column per node of the tree: a row for every period and
        city of the definition, in its order; null where there is no score.

    Raises:
        NotEnoughData: the index was not computed yet.
    """
    import polars as pl

    cells = {
        (row.node, row.period, row.city): row.score for row in scores(connection, definition.id)
    }
    grid = [(period, city) for period in definition.periods.of for city in definition.cities]
    columns = {
        node.id: pl.Series([cells.get((node.id, *key)) for key in grid], dtype=pl.Float64)
        for node in definition.tree
    }
    keys = pl.DataFrame(grid, schema={"period": pl.String, "city": pl.String}, orient="row")
    return keys.with_columns(**columns)


def _not_computed(index: str) -> NotEnoughData:
    return NotEnoughData(f"{index} was not computed yet; do it with: cityflux compute {index}")
