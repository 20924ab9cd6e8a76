"""The map: the cities of an index where they lie, and what flows between them."""

from __future__ import annotations

import sqlite3

from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.web.queries import Chosen, Rows, indices, some_index
from cityflux.core.words.catalogue import text

#: Flows that are drawn and listed, the largest first, and cities that are listed.
FLOWS, CITIES = 50, 50

_PLACES = """
SELECT s.city_id, c.name_zh, c.name_en, c.latitude, c.longitude, s.score, s.rank, s.coverage
FROM scores s JOIN cities c ON c.id = s.city_id
WHERE s.index_id = ? AND s.node_id = ? AND s.period = ?
ORDER BY s.rank IS NULL, s.rank, s.city_id
"""
# The largest first, and their names and places only then.
_FLOWS = """
WITH largest AS (
    SELECT * FROM flows
    WHERE kind = :kind AND period = (SELECT max(period) FROM flows WHERE kind = :kind)
    ORDER BY value DESC, origin_id, destination_id LIMIT :limit
)
SELECT f.kind, f.period, f.value, f.unit, f.origin_id, f.destination_id,
    o.name_zh AS origin_zh, o.name_en AS origin_en, o.latitude AS origin_latitude,
    o.longitude AS origin_longitude, d.name_zh AS destination_zh, d.name_en AS destination_en,
    d.latitude AS destination_latitude, d.longitude AS destination_longitude
FROM largest f
JOIN cities o ON o.id = f.origin_id
JOIN cities d ON d.id = f.destination_id
ORDER BY f.value DESC, f.origin_id, f.destination_id
"""


def places(connection: sqlite3.Connection, shown: Chosen) -> Rows:
    """The cities of an index by rank, each with its coordinates, which may be missing."""
    return connection.execute(_PLACES, (shown.index["id"], shown.root, shown.period)).fetchall()


def largest_flows(connection: sqlite3.Connection, kind: str | None) -> Rows:
    """The largest flows of a kind in its latest period."""
    return connection.execute(_FLOWS, {"kind": kind, "limit": FLOWS}).fetchall()


def map_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the map.

    Raises:
        NotHere: there is no such index or period.
    """
    shown = some_index(connection, asked)
    rows = places(connection, shown) if shown else []
    kinds = [row["kind"] for row in connection.execute("SELECT DISTINCT kind FROM flows")]
    kind = asked.text("flow") if asked.text("flow") in kinds else next(iter(kinds), None)
    return Page(
        "map.html",
        text(asked.language, "web.map"),
        {
            "shown": shown,
            "indices": indices(connection),
            "rows": rows[:CITIES],
            "total": len(rows),
            "placed": sum(row["latitude"] is not None for row in rows),
            "kinds": sorted(kinds),
            "kind": kind,
            "flows": largest_flows(connection, kind),
        },
    )
