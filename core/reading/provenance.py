"""What a number rests on: a score, a figure, a fetch, the kept bytes.

The figures that a score used are told by `core.reading.figures.figures_used`.
"""

from __future__ import annotations

import sqlite3

from cityflux.core.reading import answers

_SCORE = """
SELECT n.*, s.score, s.rank, s.coverage, s.comparable_score, s.n, s.bracket, s.run_id,
    r.ended, r.version, r.position, r.method, r.definition_hash
FROM nodes n
JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id
JOIN runs r ON r.id = s.run_id
WHERE n.index_id = ? AND n.node_id = ? AND s.city_id = ? AND s.period = ?
"""
# The one in use first: the smallest priority that nobody doubts.
_FIGURES = """
SELECT o.*, s.publisher, s.reference, s.vintage, s.licence, s.address, s.priority, s.access,
    f.outcome, f.started, f.snapshot
FROM observations o
JOIN sources s ON s.id = o.source_id
LEFT JOIN fetches f ON f.id = o.fetch_id
WHERE o.indicator_id = ? AND o.city_id = ? AND o.period = ?
ORDER BY o.status = 'suspect', o.status = 'bound', s.priority, s.id
"""
_INPUTS = """
SELECT d.input_indicator_id, d.input_city_id, d.input_period, i.name_zh, i.name_en,
    c.name_zh AS city_zh, c.name_en AS city_en, o.value, i.unit
FROM derivations d
JOIN indicators i ON i.id = d.input_indicator_id
LEFT JOIN cities c ON c.id = d.input_city_id
LEFT JOIN current_observations o ON o.indicator_id = d.input_indicator_id
    AND o.city_id = d.input_city_id AND o.period = d.input_period
WHERE d.indicator_id = ? AND d.city_id = ? AND d.period = ?
ORDER BY d.input_indicator_id, d.input_city_id, d.input_period
"""
_REVISIONS = """
SELECT r.city_id, c.name_zh AS city_zh, c.name_en AS city_en, r.period, r.source_id, r.value,
    r.status, r.note, r.recorded_at, r.superseded_at, r.fetch_id, o.value AS now
FROM revisions r
LEFT JOIN cities c ON c.id = r.city_id
LEFT JOIN observations o USING (indicator_id, city_id, period, source_id)
WHERE r.indicator_id = :indicator {only} ORDER BY r.superseded_at DESC LIMIT :limit
"""
_OF_CELL = "AND r.city_id = :city AND r.period = :period"
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
_WRONG = """
SELECT indicator_id, source_id, error FROM fetch_yields
WHERE fetch_id = ? AND error IS NOT NULL ORDER BY indicator_id, source_id LIMIT ?
"""
_SNAPSHOT = """
SELECT sha256, media_type, size, kept_at, coalesce((SELECT charset FROM fetch_documents
    WHERE snapshot = sha256 AND charset <> '' LIMIT 1), 'utf-8') AS charset
FROM snapshots WHERE sha256 = ?
"""
_BROUGHT_BY = """
SELECT f.id, f.indicator_id, f.source_id, f.started,
    coalesce((SELECT d.address FROM fetch_documents d
        WHERE d.fetch_id = f.id AND d.snapshot = :snapshot), f.address) AS address
FROM fetches f
WHERE f.snapshot = :snapshot
    OR f.id IN (SELECT fetch_id FROM fetch_documents WHERE snapshot = :snapshot)
ORDER BY f.id DESC LIMIT 20
"""


def score_of(
    connection: sqlite3.Connection, index: str, node: str, city: str, period: str
) -> sqlite3.Row | None:
    """A score with its node and the run that made it; None where there is none."""
    return answers.first(connection, _SCORE, (index, node, city, period))


def figures_of_cell(
    connection: sqlite3.Connection, indicator: str, city: str, period: str
) -> answers.Rows:
    """The figures of all sources for one cell, each with source and fetch, that in use first."""
    return answers.rows(connection, _FIGURES, (indicator, city, period))


def inputs_of_cell(
    connection: sqlite3.Connection, indicator: str, city: str, period: str
) -> answers.Rows:
    """The figures that a computed one was computed from."""
    return answers.rows(connection, _INPUTS, (indicator, city, period))


def revisions(
    connection: sqlite3.Connection,
    indicator: str,
    cell: tuple[str, str] | None = None,
    limit: int = -1,
) -> answers.Rows:
    """What the figures of an indicator were before, the last revision first.

    Args:
        connection: any connection.
        indicator: the indicator.
        cell: only those of this city and period.
        limit: so many at most.
    """
    city, period = cell or (None, None)
    asked = {"indicator": indicator, "city": city, "period": period, "limit": limit}
    return answers.rows(connection, _REVISIONS.format(only=_OF_CELL if cell else ""), asked)


def fetch_of(connection: sqlite3.Connection, number: str) -> sqlite3.Row | None:
    """A fetch by its number; None where there is none."""
    return answers.first(connection, "SELECT * FROM fetches WHERE id = ?", (number,))


def documents_of(connection: sqlite3.Connection, fetch: int) -> answers.Rows:
    """The documents that a fetch brought."""
    return answers.rows(connection, _DOCUMENTS, {"fetch": fetch})


def figures_brought(connection: sqlite3.Connection, fetch: int, limit: int) -> answers.Rows:
    """The figures that stand as a fetch brought them."""
    return answers.rows(connection, _BROUGHT, (fetch, limit))


def errors_of(connection: sqlite3.Connection, fetch: int, limit: int) -> answers.Rows:
    """What went wrong with single indicators of a page."""
    return answers.rows(connection, _WRONG, (fetch, limit))


def snapshot_of(connection: sqlite3.Connection, sha256: str) -> sqlite3.Row | None:
    """What is known of kept bytes, without them; None where there are none of this hash."""
    return answers.first(connection, _SNAPSHOT, (sha256,))


def fetches_of_snapshot(connection: sqlite3.Connection, sha256: str) -> answers.Rows:
    """The last fetches that brought these bytes."""
    return answers.rows(connection, _BROUGHT_BY, {"snapshot": sha256})
