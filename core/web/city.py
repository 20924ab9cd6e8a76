"""The page of a city: its places in the indices, its groups, its figures and its flows."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from cityflux.core.reading.catalog import find_city
from cityflux.core.reading.figures import flows_of_city, latest_figures
from cityflux.core.reading.indices import Chosen, indices
from cityflux.core.reading.standing import groups_of_city, place_of_city
from cityflux.core.web.asked import Asked, NotHere
from cityflux.core.web.page import Page
from cityflux.core.web.queries import chosen, some_index
from cityflux.core.words.names import pick

#: Figures on one page, and flows.
PAGE, FLOWS = 50, 20


class Place(NamedTuple):
    """Where a city stands in an index, in its last period."""

    shown: Chosen
    row: sqlite3.Row


def city_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of a city.

    Raises:
        NotHere: there is no such city, index or period.
    """
    city = find_city(connection, asked.place("id"))
    if city is None:
        raise NotHere(asked.place("id"))
    shown = some_index(connection, asked)
    figures = latest_figures(connection, city.id)
    pages = max(1, -(-len(figures) // PAGE))
    page = min(asked.number("page"), pages)
    return Page(
        "city.html",
        pick(asked.language, city.name_zh, city.name_en, city.id),
        {
            "city": city,
            "places": _places(connection, city.id),
            "shown": shown,
            "indices": indices(connection),
            "groups": groups_of_city(connection, shown, city.id) if shown else [],
            "figures": figures[PAGE * (page - 1) : PAGE * page],
            "total": len(figures),
            "page": page,
            "pages": pages,
            "flows": flows_of_city(connection, city.id, FLOWS),
        },
    )


def _places(connection: sqlite3.Connection, city_id: str) -> list[Place]:
    places = []
    for index in indices(connection):
        shown = chosen(connection, Asked(), index.id)
        row = place_of_city(connection, shown, city_id)
        if row is not None:
            places.append(Place(shown, row))
    return places
