"""The page of an indicator: the series of all cities, sources, revisions and conflicts."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import NamedTuple

from cityflux.core.reading.answers import Rows
from cityflux.core.reading.breaks import break_rows
from cityflux.core.reading.catalog import city_names, find_indicator, indices_with, sources
from cityflux.core.reading.figures import disputed_figures, series_of
from cityflux.core.reading.provenance import revisions
from cityflux.core.web.asked import Asked
from cityflux.core.web.charts import SERIES
from cityflux.core.web.page import Page
from cityflux.core.web.queries import here
from cityflux.core.words.growth import told
from cityflux.core.words.language import Language
from cityflux.core.words.names import pick

#: Cities on one page, periods side by side, and revisions or conflicts at most.
PAGE, PERIODS, LISTED = 50, 12, 20


class Line(NamedTuple):
    """The figures of one city by period."""

    city: sqlite3.Row
    cells: dict[str, sqlite3.Row]


def indicator_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of an indicator.

    Raises:
        NotHere: there is no such indicator.
    """
    key = asked.place("id")
    indicator = here(find_indicator(connection, key), key)
    series = series_of(connection, key)
    lines = lines_of(series)
    pages = max(1, -(-len(lines) // PAGE))
    page = min(asked.number("page"), pages)
    return Page(
        "indicator.html",
        pick(asked.language, indicator.name_zh, indicator.name_en, key),
        {
            "indicator": indicator,
            "places": indices_with(connection, key),
            "periods": sorted({row["period"] for row in series})[-PERIODS:],
            "lines": lines[PAGE * (page - 1) : PAGE * page],
            "total": len(lines),
            "drawn": SERIES,
            "page": page,
            "pages": pages,
            "sources": sources(connection, key),
            "breaks": breaks_told(connection, asked, break_rows(connection, key)),
            "revisions": revisions(connection, key, limit=LISTED),
            "conflicts": disputed_figures(connection, indicator=key, limit=LISTED),
            "listed": LISTED,
        },
    )


def breaks_told(
    connection: sqlite3.Connection, asked: Asked, breaks: list[dict[str, str]]
) -> list[str]:
    """A sentence for each break, with who says so."""
    names = city_names(connection, asked.language) if breaks else {}
    return told(Language(asked.language), breaks, lambda city: names.get(city, city))


def lines_of(series: Rows) -> list[Line]:
    """One line per city, the city with the largest latest figure first."""
    cities: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in series:
        cities[row["city"]].append(row)
    ordered = sorted(cities.values(), key=lambda rows: (rows[-1]["period"], rows[-1]["value"]))
    return [Line(rows[-1], {row["period"]: row for row in rows}) for rows in reversed(ordered)]
