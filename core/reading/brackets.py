"""What of an index compares, node by node, and why the rest stands in brackets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.reading import answers
from cityflux.core.reading.indices import choose

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition

# CROSS JOIN: by the cities of the root each score is had by its key.
# The node compares where a city does; else the reason is that of the node, before that of a city.
_NODES = """
SELECT n.node_id AS node, n.parent_id AS parent, n.level, n.name_zh, n.name_en,
    n.indicator_id AS indicator, max(s.n) AS n, count(*) AS cities,
    CASE WHEN count(s.rank) = 0 THEN
        min(CASE WHEN instr(s.bracket, ';') > 0
            THEN substr(s.bracket, 1, instr(s.bracket, ';') - 1) ELSE s.bracket END) END AS bracket
FROM nodes n
CROSS JOIN scores r ON r.index_id = n.index_id AND r.node_id = :index AND r.period = :period
CROSS JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id
    AND s.city_id = r.city_id AND s.period = r.period
WHERE n.index_id = :index
GROUP BY n.node_id ORDER BY n.sort_order
"""


class Group(NamedTuple):
    """A node in a period: among how many cities it is compared, or why it is not.

    ``n`` is how many of the ``cities`` are compared, or have a score where none is; ``bracket`` is
    None where the node compares; of single cities the reasons stand with their scores.
    """

    node: str
    parent: str | None
    level: int
    name_zh: str
    name_en: str
    indicator: str | None
    n: int
    cities: int
    bracket: str | None


def standing_of_nodes(
    connection: sqlite3.Connection, index: str, period: str | None = None
) -> list[Group]:
    """Every node of an index in a period, the last one unless given, in the order of the tree.

    Raises:
        IndexDefinitionError: the index was not computed, or not for this period.
    """
    chosen = choose(connection, index, period)
    asked = {"index": index, "period": chosen.period}
    return [*map(Group._make, answers.rows(connection, _NODES, asked))]


def groups(connection: sqlite3.Connection, index: str, period: str | None = None) -> list[Group]:
    """The same for the groups: the nodes right above the indicators, or right under the root.

    Raises:
        IndexDefinitionError: as `standing_of_nodes`.
    """
    found = standing_of_nodes(connection, index, period)
    lowest = {node.parent for node in found if node.indicator}
    inner = [node for node in found if node.node in lowest and node.level]
    return inner or [node for node in found if node.level == 1]


def at_ceiling(
    definition: Definition, node: str, scores: Iterable[float | None]
) -> tuple[int, float] | None:
    """Whether a z-score of an indicator stands as far from zero as one can among so few cities.

    Args:
        definition: the index.
        node: the indicator, or another node, which has no z-score of its own.
        scores: those of all cities in one period.

    Returns:
        Among how many cities, and how far; None where none stands there.
    """
    from cityflux.core.engine.reservations import ceiling

    leaf = next((each for each in definition.leaves if each.id == node), None)
    chosen = leaf and (leaf.standardization or definition.standardization)
    known = [abs(score) for score in scores if score is not None]
    if not chosen or (chosen.method, chosen.within) != ("zscore", "period") or len(known) < 2:
        return None
    most = ceiling(len(known))
    return (len(known), most) if max(known) > most - 1e-9 else None
