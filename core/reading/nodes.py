"""The tree of an index: its nodes with names, units and weights."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.model.errors import IndexDefinitionError
from cityflux.core.reading import answers
from cityflux.core.reading.catalog import Language, named

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.definition.index import Definition

_NODES = """
SELECT n.node_id AS node, n.parent_id AS parent, n.level, n.indicator_id AS indicator,
    n.name_zh, n.name_en, i.unit, i.direction, i.definition, n.weight AS written,
    coalesce(w.weight, n.weight) AS weight, w.method
FROM nodes n
LEFT JOIN weights w ON w.index_id = n.index_id AND w.node_id = n.node_id
LEFT JOIN indicators i ON i.id = n.indicator_id
WHERE n.index_id = ?
ORDER BY n.sort_order
"""


class Node(NamedTuple):
    """A node of an index.

    ``unit``, ``direction`` and ``definition`` are those of the indicator, None above the leaves.
    ``written`` and ``weight`` are relative among siblings, as written and as the last run used
    it; ``method`` computed it, or is empty, and None where no run used it, as at the root.
    """

    node: str
    parent: str | None
    level: int
    indicator: str | None
    name_zh: str
    name_en: str
    unit: str | None
    direction: int | None
    definition: str | None
    written: float
    weight: float
    method: str | None


def nodes(connection: sqlite3.Connection, index: str) -> list[Node]:
    """The nodes of an index, parents before their children."""
    return [Node(*row) for row in answers.rows(connection, _NODES, (index,))]


def ancestors(connection: sqlite3.Connection, index: str, node: str) -> list[Node]:
    """The nodes above a node, the root first."""
    known = {each.node: each for each in nodes(connection, index)}
    way: list[Node] = []
    while (parent := known[node].parent) is not None:
        way.insert(0, known[parent])
        node = parent
    return way


def node_frame(connection: sqlite3.Connection, index: str) -> pl.DataFrame:
    """The same as a frame: a column per field of `Node`, and ``share``, see `shares`.

    ``method`` is empty where none computed the weight.
    """
    import polars as pl

    found = answers.frame(connection, _NODES, (index,))
    share = shares([*map(Node._make, found.iter_rows())])
    return found.with_columns(
        pl.col("method").fill_null(""),
        share=pl.col("node").replace_strict(share, return_dtype=pl.Float64),
    )


def shares(tree: Sequence[Node]) -> dict[str, float]:
    """The share of every node in the whole index, 0 to 1."""
    from cityflux.core.engine.tree import effective_weights

    parents = {node.node: node.parent for node in tree}
    return effective_weights(parents, {node.node: node.weight for node in tree})


def used_weights(connection: sqlite3.Connection, definition: Definition) -> dict[str, float]:
    """The weight of every node among its siblings as the last run used it.

    Raises:
        IndexDefinitionError: a node has none, as its tree was changed since the last run.
    """
    stored = {node.node: node for node in nodes(connection, definition.id)}
    for node in definition.tree:
        if node.id not in stored or (node.parent and stored[node.id].method is None):
            raise IndexDefinitionError(
                f"{definition.id}: {node.id} has no stored weight; compute the index again with: "
                f"cityflux compute {definition.id}"
            )
    return {node.id: stored[node.id].weight for node in definition.tree}


def node_names(
    connection: sqlite3.Connection, index: str, language: Language | None = None
) -> dict[str, str]:
    """The name of every node of an index, by its id."""
    return {
        each.node: named(each.name_zh, each.name_en, each.node, language)
        for each in nodes(connection, index)
    }
