"""Of what class the sources are behind the figures of an index."""

from __future__ import annotations

import sqlite3

# Those of its indicators, cities and years.
_BY_CLASS = """
WITH root AS (SELECT city_id, period FROM scores WHERE index_id = :index AND node_id = :index),
years AS (SELECT min(substr(period, 1, 4)) AS first, max(substr(period, -4)) AS last FROM root)
SELECT s.class, count(*) FROM current_observations o
JOIN sources s ON s.id = o.source_id JOIN years
WHERE o.indicator_id IN (SELECT indicator_id FROM nodes WHERE index_id = :index)
    AND o.city_id IN (SELECT city_id FROM root)
    AND substr(o.period, 1, 4) >= first AND substr(o.period, -4) <= last
GROUP BY s.class ORDER BY count(*) DESC, s.class
"""


def figures_by_class(connection: sqlite3.Connection, index_id: str) -> dict[str, int]:
    """How many current figures of an index come from sources of each class, most first.

    Args:
        connection: any connection.
        index_id: an index that was computed; its figures are those of its indicators, cities and
            years, also where a figure of the whole span stands before them.

    Returns:
        By class, as `cityflux.core.model.nouns.Source.kind` says it; the empty text for sources of
        which nobody said it.
    """
    return dict(connection.execute(_BY_CLASS, {"index": index_id}).fetchall())
