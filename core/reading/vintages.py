"""Provisional figures beside revised ones in one column: a reservation that goes with the score."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from cityflux.core.reading import answers
from cityflux.core.reading.indices import choose
from cityflux.storage.periods import fineness, near

# Of each leaf and city with a score whether any of its figures in the period is provisional.
_STATUS = f"""
SELECT n.node_id, n.name_zh, n.name_en, s.city_id, max(o.status = 'provisional') AS provisional
FROM nodes n
CROSS JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id AND s.period = :period
CROSS JOIN current_observations o ON o.indicator_id = n.indicator_id AND o.city_id = s.city_id
    AND {near("o.period", ":period")} AND {fineness("o.period", ":period")} IS NOT NULL
WHERE n.index_id = :index AND n.indicator_id IS NOT NULL AND s.score IS NOT NULL
    AND EXISTS (SELECT 1 FROM observations p
        WHERE p.indicator_id = n.indicator_id AND p.status = 'provisional')
GROUP BY n.node_id, s.city_id ORDER BY n.sort_order, s.city_id
"""


class Mixed(NamedTuple):
    """An indicator of which some cities have provisional figures, and the others do not."""

    node: str
    name_zh: str
    name_en: str
    provisional: tuple[str, ...]
    others: tuple[str, ...]


def mixed_vintages(
    connection: sqlite3.Connection, index: str, period: str | None = None
) -> list[Mixed]:
    """The indicators of an index whose figures are of mixed vintages, in the order of the tree.

    Args:
        connection: any connection.
        index: the index.
        period: one of its periods, the last one unless given.

    Raises:
        IndexDefinitionError: the index was not computed, or not for this period.
    """
    asked = {"index": index, "period": choose(connection, index, period).period}
    found: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for row in answers.rows(connection, _STATUS, asked):
        key = (row["node_id"], row["name_zh"], row["name_en"])
        found.setdefault(key, ([], []))[not row["provisional"]].append(row["city_id"])
    return [
        Mixed(*key, tuple(provisional), tuple(others))
        for key, (provisional, others) in found.items()
        if provisional and others
    ]
