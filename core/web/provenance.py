"""From any number down to what it rests on: score, figure, fetch."""

from __future__ import annotations

import sqlite3

from cityflux.core.reading.figures import figures_used
from cityflux.core.reading.runs import last_run
from cityflux.core.web.asked import Asked, NotHere
from cityflux.core.web.page import Page
from cityflux.core.web.queries import found, one
from cityflux.core.words.catalogue import text
from cityflux.core.words.language import pick

#: Figures of a fetch that are listed.
LISTED = 100

_NODE = """
SELECT n.*, s.score, s.rank, s.coverage, s.run_id, r.ended, r.version, r.position, r.method,
    r.definition_hash
FROM nodes n
JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id
JOIN runs r ON r.id = s.run_id
WHERE n.index_id = ? AND n.node_id = ? AND s.city_id = ? AND s.period = ?
"""
_ABOVE = """
WITH RECURSIVE above AS (
    SELECT node_id, parent_id, name_zh, name_en, level FROM nodes
    WHERE index_id = :index AND node_id = :node
    UNION ALL
    SELECT n.node_id, n.parent_id, n.name_zh, n.name_en, n.level
    FROM nodes n JOIN above a ON n.node_id = a.parent_id WHERE n.index_id = :index
)
SELECT * FROM above WHERE node_id <> :node ORDER BY level
"""
_BELOW = """
SELECT n.node_id, n.name_zh, n.name_en, n.indicator_id, coalesce(w.weight, n.weight) AS weight,
    s.score, s.rank, s.coverage
FROM nodes n
LEFT JOIN weights w ON w.index_id = n.index_id AND w.node_id = n.node_id
LEFT JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id AND s.city_id = ?
    AND s.period = ?
WHERE n.index_id = ? AND n.parent_id = ? ORDER BY n.sort_order
"""
_ADJUSTED = """
SELECT kind, method, before, after FROM adjustments
WHERE index_id = ? AND node_id = ? AND city_id = ? AND period = ? ORDER BY kind
"""


def score_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Show what a score rests on: the nodes below it, or the figures of its indicator.

    Raises:
        NotHere: there is no such score.
    """
    index_id, node_id, city_id, period = map(asked.needed, ("index", "node", "city", "period"))
    node = one(connection, _NODE, index_id, node_id, city_id, period)
    if node is None:
        raise NotHere(f"{index_id}, {node_id}, {city_id}, {period}")
    place = (index_id, node_id, city_id, period)
    figures = figures_used(connection, *place) if node["indicator_id"] else []
    name = pick(asked.language, node["name_zh"], node["name_en"], node_id)
    return Page(
        "score.html",
        text(asked.language, "web.score_of", name=name),
        {
            "node": node,
            "index": found(connection, "indices", index_id),
            "city": found(connection, "cities", city_id),
            "period": period,
            "above": connection.execute(_ABOVE, {"index": index_id, "node": node_id}).fetchall(),
            "below": connection.execute(_BELOW, (city_id, period, index_id, node_id)).fetchall(),
            "figures": figures,
            "adjusted": connection.execute(_ADJUSTED, place).fetchall(),
            "run": last_run(connection, index_id),
        },
    )


# The one in use first: the smallest priority that nobody doubts.
_CELL = """
SELECT o.*, s.publisher, s.reference, s.vintage, s.licence, s.address, s.priority, s.access,
    f.outcome, f.started, f.snapshot
FROM observations o
JOIN sources s ON s.id = o.source_id
LEFT JOIN fetches f ON f.id = o.fetch_id
WHERE o.indicator_id = :indicator AND o.city_id = :city AND o.period = :period
ORDER BY o.status = 'suspect', s.priority, s.id
"""
_INPUTS = """
SELECT d.input_indicator_id, d.input_city_id, d.input_period, i.name_zh, i.name_en,
    c.name_zh AS city_zh, c.name_en AS city_en, o.value, i.unit
FROM derivations d
JOIN indicators i ON i.id = d.input_indicator_id
LEFT JOIN cities c ON c.id = d.input_city_id
LEFT JOIN current_observations o ON o.indicator_id = d.input_indicator_id
    AND o.city_id = d.input_city_id AND o.period = d.input_period
WHERE d.indicator_id = :indicator AND d.city_id = :city AND d.period = :period
ORDER BY d.input_indicator_id, d.input_city_id, d.input_period
"""
_FORMER = """
SELECT source_id, value, status, note, recorded_at, superseded_at, fetch_id FROM revisions
WHERE indicator_id = :indicator AND city_id = :city AND period = :period
ORDER BY superseded_at DESC
"""


def figure_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Show a figure: every source of it, what it was computed from, and what it was before.

    Raises:
        NotHere: there is no such figure.
    """
    indicator = found(connection, "indicators", asked.needed("indicator"))
    city = found(connection, "cities", asked.needed("city"))
    cell = {"indicator": indicator["id"], "city": city["id"], "period": asked.needed("period")}
    observations = connection.execute(_CELL, cell).fetchall()
    former = connection.execute(_FORMER, cell).fetchall()
    if not observations and not former:
        raise NotHere(", ".join(cell.values()))
    name = pick(asked.language, indicator["name_zh"], indicator["name_en"], indicator["id"])
    return Page(
        "figure.html",
        text(asked.language, "web.figure_of", name=name),
        {
            "indicator": indicator,
            "city": city,
            "period": cell["period"],
            "observations": observations,
            "inputs": connection.execute(_INPUTS, cell).fetchall(),
            "former": former,
        },
    )


# A fetch of one document keeps it in its own row.
_DOCUMENTS = """
SELECT d.position, d.address, coalesce(nullif(d.media_type, ''), s.media_type) AS media_type,
    d.snapshot, s.size
FROM fetch_documents d JOIN snapshots s ON s.sha256 = d.snapshot
WHERE d.fetch_id = :fetch
UNION ALL
SELECT 0, f.address, s.media_type, f.snapshot, s.size
FROM fetches f JOIN snapshots s ON s.sha256 = f.snapshot
WHERE f.id = :fetch AND NOT EXISTS (SELECT 1 FROM fetch_documents WHERE fetch_id = :fetch)
ORDER BY 1
"""
_BROUGHT = """
SELECT o.indicator_id, o.city_id, o.period, o.value, o.status, c.name_zh, c.name_en
FROM fetch_yields y
JOIN observations o ON o.indicator_id = y.indicator_id AND o.source_id = y.source_id
    AND o.fetch_id = y.fetch_id
JOIN cities c ON c.id = o.city_id
WHERE y.fetch_id = ? ORDER BY o.indicator_id, o.city_id, o.period LIMIT ?
"""
# What went wrong with some of the indicators of a page.
_WRONG = """
SELECT indicator_id, source_id, error FROM fetch_yields
WHERE fetch_id = ? AND error IS NOT NULL ORDER BY indicator_id, source_id LIMIT ?
"""


def fetch_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Show a fetch: how it went, the documents that it brought, and the figures from them.

    Raises:
        NotHere: there is no such fetch.
    """
    fetch = found(connection, "fetches", asked.place("id"))
    some = (fetch["id"], LISTED)
    return Page(
        "fetch.html",
        text(asked.language, "web.fetch_of", id=fetch["id"]),
        {
            "fetch": fetch,
            "indicator": one(
                connection, "SELECT * FROM indicators WHERE id = ?", fetch["indicator_id"]
            ),
            "source": one(connection, "SELECT * FROM sources WHERE id = ?", fetch["source_id"]),
            "documents": connection.execute(_DOCUMENTS, {"fetch": fetch["id"]}).fetchall(),
            "figures": connection.execute(_BROUGHT, some).fetchall(),
            "wrong": connection.execute(_WRONG, some).fetchall() if not fetch["error"] else [],
            "listed": LISTED,
        },
    )
