"""The map: the cities of an index where they lie, and what flows between them."""

from __future__ import annotations

import sqlite3

from cityflux.core.reading.figures import flow_kinds, largest_flows
from cityflux.core.reading.indices import indices
from cityflux.core.reading.standing import ranking
from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.web.queries import some_index
from cityflux.core.words.catalogue import text

#: Flows that are drawn and listed, the largest first, and cities that are listed.
FLOWS, CITIES = 50, 50


def map_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the map.

    Raises:
        NotHere: there is no such index or period.
    """
    shown = some_index(connection, asked)
    rows = ranking(connection, shown) if shown else []
    kinds = flow_kinds(connection)
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
            "kinds": kinds,
            "kind": kind,
            "flows": largest_flows(connection, kind, FLOWS),
        },
    )
