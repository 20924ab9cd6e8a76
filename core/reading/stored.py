"""The last run of an index as it stands in the database: scores and used weights."""

from __future__ import annotations

import sqlite3

import polars as pl

from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.panel import KEYS
from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData

_SCORES = "SELECT node_id, period, city_id, score FROM scores WHERE index_id = ?"
_WEIGHTS = "SELECT node_id, weight FROM weights WHERE index_id = ?"


def stored_scores(connection: sqlite3.Connection, definition: Definition) -> pl.DataFrame:
    """Give the stored scores of every node.

    Args:
        connection: any connection.
        definition: the index.

    Returns:
        ``period``, ``city`` and a Float64 column per node of the tree: a row for every period and
        city of the definition, in its order; null where there is no score.

    Raises:
        NotEnoughData: the index was not computed yet.
    """
    rows = connection.execute(_SCORES, (definition.id,)).fetchall()
    if not rows:
        raise NotEnoughData(
            f"{definition.id} was not computed yet; do it with: cityflux compute {definition.id}"
        )
    grid = pl.DataFrame({"period": definition.periods.of}).join(
        pl.DataFrame({"city": definition.cities}), how="cross"
    )
    cells = {(node, period, city): score for node, period, city, score in rows}
    return grid.with_columns(
        pl.Series(
            node.id,
            [cells.get((node.id, period, city)) for period, city in grid.select(KEYS).iter_rows()],
            dtype=pl.Float64,
        )
        for node in definition.tree
    )


def used_weights(connection: sqlite3.Connection, definition: Definition) -> dict[str, float]:
    """Give the weight of every node among its siblings as the last run used it; 1 for the root.

    Args:
        connection: any connection.
        definition: the index.

    Raises:
        IndexDefinitionError: a node has none, as its tree was changed since the last run.
    """
    stored = dict(connection.execute(_WEIGHTS, (definition.id,)).fetchall())
    for node in definition.tree:
        if node.parent and node.id not in stored:
            raise IndexDefinitionError(
                f"{definition.id}: {node.id} has no stored weight; compute the index again with: "
                f"cityflux compute {definition.id}"
            )
    return {node.id: stored.get(node.id, 1.0) for node in definition.tree}
