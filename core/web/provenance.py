"""From any number down to what it rests on: score, figure, fetch."""

from __future__ import annotations

import sqlite3

from cityflux.core.reading.adjustments import adjustments_of_cell
from cityflux.core.reading.brackets import at_ceiling
from cityflux.core.reading.breaks import rows_across
from cityflux.core.reading.catalog import city_names, find_city, find_indicator, find_source
from cityflux.core.reading.figures import figures_used
from cityflux.core.reading.indices import definition_of, index_of
from cityflux.core.reading.nodes import ancestors
from cityflux.core.reading.provenance import (
    documents_of,
    errors_of,
    fetch_of,
    figures_brought,
    figures_of_cell,
    inputs_of_cell,
    revisions,
    score_of,
)
from cityflux.core.reading.runs import last_run
from cityflux.core.reading.scores import scores
from cityflux.core.reading.standing import children
from cityflux.core.reading.vintages import mixed_vintages
from cityflux.core.web.asked import Asked, NotHere
from cityflux.core.web.indicator import breaks_told
from cityflux.core.web.page import Page
from cityflux.core.web.queries import here
from cityflux.core.words.brackets import ceiling
from cityflux.core.words.catalogue import Code, text
from cityflux.core.words.names import pick

#: Figures of a fetch that are listed.
LISTED = 100


def score_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Show what a score rests on: the nodes below it, or the figures of its indicator.

    Raises:
        NotHere: there is no such score.
    """
    index_id, node_id, city_id, period = map(asked.needed, ("index", "node", "city", "period"))
    place = (index_id, node_id, city_id, period)
    node = here(score_of(connection, *place), *place)
    figures = figures_used(connection, *place) if node["indicator_id"] else []
    name = pick(asked.language, node["name_zh"], node["name_en"], node_id)
    return Page(
        "score.html",
        text(asked.language, "web.score_of", name=name),
        {
            "node": node,
            "index": index_of(connection, index_id),
            "city": find_city(connection, city_id),
            "period": period,
            "above": ancestors(connection, index_id, node_id),
            "below": children(connection, *place),
            "figures": figures,
            "notes": _notes(connection, asked.language, node, place) if figures else [],
            "breaks": breaks_told(connection, asked, rows_across(connection, city_id, figures)),
            "adjusted": adjustments_of_cell(connection, *place),
            "run": last_run(connection, index_id),
        },
    )


def _notes(
    connection: sqlite3.Connection, code: Code, node: sqlite3.Row, place: tuple[str, str, str, str]
) -> list[str]:
    """What a reader must know of the score of an indicator: its ceiling, and mixed vintages."""
    index_id, node_id, _, period = place
    every = [row.score for row in scores(connection, index_id, node_id, period)]
    found = at_ceiling(definition_of(connection, index_id), node_id, every)
    stands = found and node["score"] is not None and abs(node["score"]) > found[1] - 1e-9
    notes = [ceiling(code, *found)] if found and stands else []
    cities = city_names(connection, code)
    for each in mixed_vintages(connection, index_id, period):
        if each.node == node_id:
            names = text(code, "common.comma").join(map(cities.__getitem__, each.provisional))
            name = pick(code, each.name_zh, each.name_en, node_id)
            notes.append(text(code, "bracket.mixed", indicator=name, cities=names))
    return notes


def figure_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Show a figure: every source of it, what it was computed from, and what it was before.

    Raises:
        NotHere: there is no such figure.
    """
    cell = name, place, period = (*map(asked.needed, ("indicator", "city", "period")),)
    indicator = here(find_indicator(connection, name), name)
    city = here(find_city(connection, place), place)
    observations = figures_of_cell(connection, *cell)
    former = revisions(connection, name, (place, period))
    if not observations and not former:
        raise NotHere(", ".join(cell))
    title = pick(asked.language, indicator.name_zh, indicator.name_en, name)
    return Page(
        "figure.html",
        text(asked.language, "web.figure_of", name=title),
        {
            "indicator": indicator,
            "city": city,
            "period": period,
            "observations": observations,
            "inputs": inputs_of_cell(connection, *cell),
            "former": former,
        },
    )


def fetch_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Show a fetch: how it went, the documents that it brought, and the figures from them.

    Raises:
        NotHere: there is no such fetch.
    """
    fetch = here(fetch_of(connection, asked.place("id")), asked.place("id"))
    some = (fetch["id"], LISTED)
    return Page(
        "fetch.html",
        text(asked.language, "web.fetch_of", id=fetch["id"]),
        {
            "fetch": fetch,
            "indicator": find_indicator(connection, fetch["indicator_id"]),
            "source": find_source(connection, fetch["source_id"]),
            "documents": documents_of(connection, fetch["id"]),
            "figures": figures_brought(connection, *some),
            "wrong": [] if fetch["error"] else errors_of(connection, *some),
            "listed": LISTED,
        },
    )
