"""The page of a city: its places in the indices, its groups, its figures and its flows."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.web.queries import Chosen, Rows, chosen, found, indices, one, some_index
from cityflux.core.words.language import pick

#: Figures on one page, and flows.
PAGE, FLOWS = 50, 20

_PLACE = """
SELECT score, rank, coverage, (SELECT count(*) FROM scores a WHERE a.index_id = s.index_id
    AND a.node_id = s.node_id AND a.period = s.period AND a.rank IS NOT NULL) AS of
FROM scores s WHERE index_id = ? AND node_id = ? AND city_id = ? AND period = ?
"""
# Beside each group score: the best one there, and the mean of all cities. CROSS JOIN: of the
# scores only those of the groups are read.
_GROUPS = """
WITH inner_nodes AS (
    SELECT node_id, name_zh, name_en, level, sort_order FROM nodes
    WHERE index_id = :index AND parent_id IS NOT NULL AND indicator_id IS NULL
),
spread AS MATERIALIZED (
    SELECT n.node_id, avg(s.score) AS mean, max(s.score) AS best
    FROM inner_nodes n CROSS JOIN scores s ON s.index_id = :index AND s.node_id = n.node_id
    WHERE s.period = :period GROUP BY n.node_id
)
SELECT n.*, s.score, s.rank, s.coverage, s.score - w.best AS gap_to_best,
    s.score - w.mean AS gap_to_mean
FROM inner_nodes n
JOIN scores s ON s.index_id = :index AND s.node_id = n.node_id AND s.city_id = :city
    AND s.period = :period
LEFT JOIN spread w ON w.node_id = n.node_id
ORDER BY n.sort_order
"""
# With max() SQLite takes the other columns from the row of the maximum. CROSS JOIN has it look up
# the city under each indicator, where it would read the figures of all cities.
_LATEST = """
SELECT i.id AS indicator_id, i.name_zh, i.name_en, i.unit, max(o.period) AS period, o.value,
    o.status, o.source_id, s.publisher, count(*) AS periods
FROM indicators i
CROSS JOIN current_observations o ON o.indicator_id = i.id
JOIN sources s ON s.id = o.source_id
WHERE o.city_id = ? GROUP BY i.id ORDER BY i.id
"""
_FLOWS = """
SELECT f.kind, f.origin_id, f.destination_id, f.period, f.value, f.unit, f.source_id,
    o.name_zh AS origin_zh, o.name_en AS origin_en, d.name_zh AS destination_zh,
    d.name_en AS destination_en
FROM flows f
JOIN cities o ON o.id = f.origin_id
JOIN cities d ON d.id = f.destination_id
WHERE ? IN (f.origin_id, f.destination_id)
ORDER BY f.period DESC, f.value DESC LIMIT ?
"""


class Place(NamedTuple):
    """Where a city stands in an index, in its last period."""

    shown: Chosen
    row: sqlite3.Row


def city_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of a city.

    Raises:
        NotHere: there is no such city, index or period.
    """
    city = found(connection, "cities", asked.place("id"))
    shown = some_index(connection, asked)
    figures = connection.execute(_LATEST, (city["id"],)).fetchall()
    pages = max(1, -(-len(figures) // PAGE))
    page = min(asked.number("page"), pages)
    return Page(
        "city.html",
        pick(asked.language, city["name_zh"], city["name_en"], city["id"]),
        {
            "city": city,
            "places": _places(connection, city["id"]),
            "shown": shown,
            "indices": indices(connection),
            "groups": _groups(connection, shown, city["id"]) if shown else [],
            "figures": figures[PAGE * (page - 1) : PAGE * page],
            "total": len(figures),
            "page": page,
            "pages": pages,
            "flows": connection.execute(_FLOWS, (city["id"], FLOWS)).fetchall(),
        },
    )


def _places(connection: sqlite3.Connection, city_id: str) -> list[Place]:
    places = []
    for index in indices(connection):
        shown = chosen(connection, Asked(), index["id"])
        row = one(connection, _PLACE, index["id"], shown.root, city_id, shown.period)
        if row is not None:
            places.append(Place(shown, row))
    return places


def _groups(connection: sqlite3.Connection, shown: Chosen, city_id: str) -> Rows:
    asked = {"index": shown.index["id"], "period": shown.period, "city": city_id}
    return connection.execute(_GROUPS, asked).fetchall()
