"""Whole tables of the database for other programs, each row with its source or its place."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_QUERIES = {
    "observations": """
SELECT o.*, s.publisher, s.reference, s.vintage, s.licence
FROM current_observations o JOIN sources s ON s.id = o.source_id
ORDER BY indicator_id, city_id, period""",
    "scores": """
SELECT s.*, n.name_zh, n.name_en, n.parent_id, n.weight
FROM scores s JOIN nodes n USING (index_id, node_id)
ORDER BY index_id, sort_order, period, rank""",
    "provenance": """
SELECT * FROM provenance WHERE node_id = index_id
ORDER BY index_id, city_id, leaf_id, figure_period""",
}
#: What can be exported.
EXPORTS = tuple(_QUERIES)


def export_frame(connection: sqlite3.Connection, what: str) -> pl.DataFrame:
    """The rows of one of `EXPORTS`."""
    import polars as pl

    cursor = connection.execute(_QUERIES[what])
    columns = [column[0] for column in cursor.description]
    return pl.DataFrame(cursor.fetchall(), schema=columns, orient="row", infer_schema_length=None)
