"""The page of an indicator: the series of all cities, sources, revisions and conflicts."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import NamedTuple

from cityflux.core.reading.answers import Rows
from cityflux.core.web.asked import Asked
from cityflux.core.web.charts import SERIES
from cityflux.core.web.page import Page
from cityflux.core.web.queries import found
from cityflux.core.words.language import pick

#: Cities on one page, periods side by side, and revisions or conflicts at most.
PAGE, PERIODS, LISTED = 50, 12, 20

_SERIES = """
SELECT o.city_id, c.name_zh, c.name_en, o.period, o.value, o.status
FROM current_observations o JOIN cities c ON c.id = o.city_id
WHERE o.indicator_id = ? ORDER BY o.city_id, o.period
"""
_SOURCES = """
SELECT s.*, (SELECT count(*) FROM observations o
        WHERE o.indicator_id = :indicator AND o.source_id = s.id) AS figures,
    y.fetch_id, y.outcome, f.started, y.error
FROM sources s
LEFT JOIN fetch_yields y ON y.indicator_id = :indicator AND y.source_id = s.id
    AND y.fetch_id = (SELECT max(fetch_id) FROM fetch_yields z
        WHERE z.indicator_id = :indicator AND z.source_id = s.id)
LEFT JOIN fetches f ON f.id = y.fetch_id
WHERE s.id IN (SELECT source_id FROM indicator_sources WHERE indicator_id = :indicator
    UNION SELECT source_id FROM observations WHERE indicator_id = :indicator)
ORDER BY s.priority, s.id
"""
_REVISIONS = """
SELECT r.city_id, c.name_zh, c.name_en, r.period, r.source_id, r.value AS before,
    r.superseded_at, o.value AS now
FROM revisions r
LEFT JOIN cities c ON c.id = r.city_id
LEFT JOIN observations o USING (indicator_id, city_id, period, source_id)
WHERE r.indicator_id = ? ORDER BY r.superseded_at DESC LIMIT ?
"""
_CONFLICTS = """
SELECT u.city_id, c.name_zh, c.name_en, u.period, u.value AS used, u.source_id AS used_source,
    o.value AS other, o.source_id AS other_source,
    abs(o.value - u.value) / max(abs(u.value), abs(o.value)) AS difference
FROM current_observations u
JOIN observations o ON o.indicator_id = u.indicator_id AND o.city_id = u.city_id
    AND o.period = u.period AND o.source_id <> u.source_id AND o.status <> 'suspect'
JOIN cities c ON c.id = u.city_id
WHERE u.indicator_id = ? AND o.value <> u.value
ORDER BY difference DESC, u.city_id, u.period LIMIT ?
"""
_PLACES = """
SELECT n.index_id, i.name_zh, i.name_en FROM nodes n JOIN indices i ON i.id = n.index_id
WHERE n.indicator_id = ? ORDER BY n.index_id
"""


class Line(NamedTuple):
    """The figures of one city by period."""

    city: sqlite3.Row
    cells: dict[str, sqlite3.Row]


def indicator_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of an indicator.

    Raises:
        NotHere: there is no such indicator.
    """
    indicator = found(connection, "indicators", asked.place("id"))
    key = indicator["id"]
    series = series_of(connection, key)
    lines = lines_of(series)
    pages = max(1, -(-len(lines) // PAGE))
    page = min(asked.number("page"), pages)
    return Page(
        "indicator.html",
        pick(asked.language, indicator["name_zh"], indicator["name_en"], key),
        {
            "indicator": indicator,
            "places": connection.execute(_PLACES, (key,)).fetchall(),
            "periods": sorted({row["period"] for row in series})[-PERIODS:],
            "lines": lines[PAGE * (page - 1) : PAGE * page],
            "total": len(lines),
            "drawn": SERIES,
            "page": page,
            "pages": pages,
            "sources": connection.execute(_SOURCES, {"indicator": key}).fetchall(),
            "revisions": connection.execute(_REVISIONS, (key, LISTED)).fetchall(),
            "conflicts": connection.execute(_CONFLICTS, (key, LISTED)).fetchall(),
            "listed": LISTED,
        },
    )


def series_of(connection: sqlite3.Connection, indicator_id: str) -> Rows:
    """The figures in use of an indicator, by city and period."""
    return connection.execute(_SERIES, (indicator_id,)).fetchall()


def lines_of(series: Rows) -> list[Line]:
    """One line per city, the city with the largest latest figure first."""
    cities: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in series:
        cities[row["city_id"]].append(row)
    ordered = sorted(cities.values(), key=lambda rows: (rows[-1]["period"], rows[-1]["value"]))
    return [Line(rows[-1], {row["period"]: row for row in rows}) for rows in reversed(ordered)]
