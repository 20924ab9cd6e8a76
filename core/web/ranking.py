"""The page of an index: ranking, tree, years, and two cities side by side."""

from __future__ import annotations

import sqlite3

from cityflux.core.web.asked import Asked, NotHere
from cityflux.core.web.charts import BARS, SERIES, TILES
from cityflux.core.web.page import Page
from cityflux.core.web.queries import Chosen, Rows, chosen, count_ranked, last_run, ranking, tree
from cityflux.core.words.language import pick

#: Cities on one page of the ranking.
PAGE = 50

_CITIES = """
SELECT c.id, c.name_zh, c.name_en FROM scores s JOIN cities c ON c.id = s.city_id
WHERE s.index_id = ? AND s.node_id = ? AND s.period = ? ORDER BY s.rank IS NULL, s.rank, c.id
"""


def index_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of an index.

    Raises:
        NotHere: there is no such index, period or city.
    """
    shown = chosen(connection, asked, asked.place("id"))
    total = count_ranked(connection, shown)
    pages = max(1, -(-total // PAGE))
    page = min(asked.number("page"), pages)
    cities = _cities(connection, shown)
    city, other = _compared(asked, cities)
    return Page(
        "ranking.html",
        pick(asked.language, shown.index["name_zh"], shown.index["name_en"], shown.index["id"]),
        {
            "shown": shown,
            "rows": ranking(connection, shown, limit=PAGE, offset=PAGE * (page - 1)),
            "total": total,
            "bars": BARS,
            "tiles": TILES,
            "series": SERIES,
            "page": page,
            "pages": pages,
            "run": last_run(connection, shown.index["id"]),
            "cities": cities,
            "city": city,
            "other": other,
            "tree": tree(connection, shown, _id(city), _id(other)),
        },
    )


def _cities(connection: sqlite3.Connection, shown: Chosen) -> Rows:
    return connection.execute(_CITIES, (shown.index["id"], shown.root, shown.period)).fetchall()


def _id(city: sqlite3.Row | None) -> str | None:
    return None if city is None else str(city["id"])


def _compared(asked: Asked, cities: Rows) -> tuple[sqlite3.Row | None, sqlite3.Row | None]:
    """The city whose numbers the tree shows, the first one unless asked for, and the other."""
    known = {row["id"]: row for row in cities}
    for name in ("city", "versus"):
        if (wanted := asked.text(name)) and wanted not in known:
            raise NotHere(wanted)
    city = known.get(asked.text("city") or "", cities[0] if cities else None)
    return city, known.get(asked.text("versus") or "")
