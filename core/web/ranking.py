"""The page of an index: ranking, tree, years, and two cities side by side."""

from __future__ import annotations

import sqlite3

from cityflux.core.reading.answers import Rows
from cityflux.core.reading.classes import figures_by_class
from cityflux.core.reading.runs import last_run
from cityflux.core.reading.standing import branches, ranking
from cityflux.core.web.asked import Asked, NotHere
from cityflux.core.web.charts import BARS, SERIES, TILES
from cityflux.core.web.page import Page
from cityflux.core.web.queries import chosen
from cityflux.core.web.standing import audited, in_brackets, told
from cityflux.core.words.classes import by_class
from cityflux.core.words.names import pick

#: Cities on one page of the ranking.
PAGE = 50


def index_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of an index.

    Raises:
        NotHere: there is no such index, period or city.
    """
    shown = chosen(connection, asked, asked.place("id"))
    cities = ranking(connection, shown)
    pages = max(1, -(-len(cities) // PAGE))
    page = min(asked.number("page"), pages)
    city, other = _compared(asked, cities)
    run = last_run(connection, shown.index.id)
    place = (shown.index.id, shown.period)
    return Page(
        "ranking.html",
        pick(asked.language, shown.index.name_zh, shown.index.name_en, shown.index.id),
        {
            "shown": shown,
            "rows": cities[PAGE * (page - 1) : PAGE * page],
            "total": len(cities),
            "bars": BARS,
            "tiles": TILES,
            "series": SERIES,
            "page": page,
            "pages": pages,
            "run": run,
            "verdict": told(connection, asked, *place, run),
            "audit": audited(connection, asked, *place),
            "classes": by_class(asked.language, figures_by_class(connection, shown.index.id)),
            "brackets": in_brackets(connection, *place) if shown.period else [],
            "ranked": any(row["rank"] is not None for row in cities),
            "cities": cities,
            "city": city,
            "other": other,
            "tree": branches(connection, shown, _id(city), _id(other)),
        },
    )


def _id(city: sqlite3.Row | None) -> str | None:
    return None if city is None else str(city["city_id"])


def _compared(asked: Asked, cities: Rows) -> tuple[sqlite3.Row | None, sqlite3.Row | None]:
    """The city whose numbers the tree shows, the first one unless asked for, and the other."""
    known = {row["city_id"]: row for row in cities}
    for name in ("city", "versus"):
        if (wanted := asked.text(name)) and wanted not in known:
            raise NotHere(wanted)
    city = known.get(asked.text("city") or "", cities[0] if cities else None)
    return city, known.get(asked.text("versus") or "")
