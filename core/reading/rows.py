"""The stored scores of an index, as the commands print them."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from cityflux.core.model.errors import NotEnoughData


class Row(NamedTuple):
    """One score with everything that a reader wants beside it."""

    node: str
    name_zh: str
    level: int
    city: str
    city_zh: str
    period: str
    score: float | None
    rank: int | None
    coverage: float


_ROWS = """
SELECT s.node_id, n.name_zh, n.level, s.city_id, c.name_zh, s.period, s.score, s.rank, s.coverage
FROM scores s
JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id
JOIN cities c ON c.id = s.city_id
WHERE s.index_id = ?
ORDER BY n.sort_order, s.period, s.rank IS NULL, s.rank, s.city_id
"""


def stored_rows(connection: sqlite3.Connection, index_id: str) -> list[Row]:
    """The stored scores of an index, the root first, then in the order of the tree.

    Raises:
        NotEnoughData: the index was not computed yet.
    """
    rows = [Row(*row) for row in connection.execute(_ROWS, (index_id,))]
    if not rows:
        raise NotEnoughData(
            f"{index_id} was not computed yet; do it with: cityflux compute {index_id}"
        )
    return rows
