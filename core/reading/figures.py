"""The figures: those in use, those that are doubted or disputed, and the flows between cities."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.model.period import is_period
from cityflux.core.reading import answers

if TYPE_CHECKING:
    import polars as pl

_IN_USE = """
SELECT o.indicator_id AS indicator, i.name_zh, i.name_en, o.city_id AS city,
    c.name_zh AS city_zh, c.name_en AS city_en, o.period, o.value, o.unit, o.status, o.note,
    o.source_id AS source
FROM current_observations o
JOIN indicators i ON i.id = o.indicator_id
JOIN cities c ON c.id = o.city_id
WHERE {only} AND (:first IS NULL OR o.period >= :first)
    AND (:last IS NULL OR o.period < :last || '~')
ORDER BY o.indicator_id, o.city_id, o.period
"""
_USED = """
SELECT p.role, p.indicator_id, i.name_zh, i.name_en, p.figure_period AS period, p.value, p.unit,
    p.status, p.source_id, p.publisher, p.reference, p.fetch_id
FROM provenance p JOIN indicators i ON i.id = p.indicator_id
WHERE p.index_id = ? AND p.node_id = ? AND p.city_id = ? AND p.period = ? AND p.role <> 'input'
ORDER BY p.role DESC, p.indicator_id, p.figure_period
"""
_SUSPECT = """
SELECT o.indicator_id, i.name_zh, i.name_en, o.city_id, c.name_zh AS city_zh,
    c.name_en AS city_en, o.period, o.value, i.unit, o.source_id, o.note, o.recorded_at
FROM observations o
JOIN indicators i ON i.id = o.indicator_id
JOIN cities c ON c.id = o.city_id
WHERE o.status = 'suspect' ORDER BY o.indicator_id, o.city_id, o.period, o.source_id
"""
# The figure that an index uses, and each other one of the same cell that is far from it.
_CONFLICTS = """
SELECT u.indicator_id, u.city_id, c.name_zh AS city_zh, c.name_en AS city_en, u.period,
    u.value AS used, u.source_id AS used_source, t.priority AS used_priority, o.value AS other,
    o.source_id AS other_source, s.priority AS other_priority, u.unit,
    abs(o.value - u.value) / max(abs(u.value), abs(o.value)) AS difference,
    CASE
        WHEN t.vintage <> s.vintage THEN
            iif(t.vintage = '', '…', t.vintage) || ' ≠ ' || iif(s.vintage = '', '…', s.vintage)
        WHEN u.status <> o.status THEN u.status || ' ≠ ' || o.status
        WHEN t.class <> s.class THEN t.class || ' ≠ ' || s.class
        ELSE ''
    END AS reason
FROM current_observations u
JOIN observations o ON o.indicator_id = u.indicator_id AND o.city_id = u.city_id
    AND o.period = u.period AND o.source_id <> u.source_id AND o.status <> 'suspect'
JOIN sources t ON t.id = u.source_id
JOIN sources s ON s.id = o.source_id
JOIN cities c ON c.id = u.city_id
WHERE abs(o.value - u.value) > :tolerance * max(abs(u.value), abs(o.value)) {only}
ORDER BY difference DESC, u.indicator_id, u.city_id, u.period, o.source_id LIMIT :limit
"""
_KNOWN = """
SELECT indicator_id, count(*), count(DISTINCT city_id), max(period)
FROM current_observations GROUP BY indicator_id
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
# The largest first, and their names and places only then.
_FLOWS = """
WITH chosen AS (
    SELECT * FROM flows f WHERE {only}
    ORDER BY {order}, f.value DESC, f.origin_id, f.destination_id LIMIT :limit
)
SELECT f.kind, i.name_zh, i.name_en, f.period, f.value, f.unit, f.origin_id AS origin,
    f.destination_id AS destination, f.source_id AS source,
    o.name_zh AS origin_zh, o.name_en AS origin_en, o.latitude AS origin_latitude,
    o.longitude AS origin_longitude, d.name_zh AS destination_zh, d.name_en AS destination_en,
    d.latitude AS destination_latitude, d.longitude AS destination_longitude
FROM chosen f
JOIN cities o ON o.id = f.origin_id
JOIN cities d ON d.id = f.destination_id
LEFT JOIN indicators i ON i.id = f.kind
ORDER BY {order}, f.value DESC, f.origin_id, f.destination_id
"""


class Known(NamedTuple):
    """What is known of an indicator."""

    figures: int = 0
    cities: int = 0
    latest: str | None = None


def figures_in_use(
    connection: sqlite3.Connection,
    indicators: Sequence[str] | None = None,
    cities: Sequence[str] | None = None,
    first: str | None = None,
    last: str | None = None,
) -> pl.DataFrame:
    """The figures in use: for each indicator, city and period that of the best source.

    Args:
        connection: any connection.
        indicators: only these.
        cities: only these.
        first: no period before this one, as texts compare: ``2015``.
        last: no period after this one; ``2020`` includes ``2020-12``.

    Returns:
        ``indicator``, ``name_zh``, ``name_en``, ``city``, ``city_zh``, ``city_en``, ``period``,
        ``value``, ``unit``, ``status``, ``note`` and ``source``; rows that are no figures are
        passed over.
    """
    import polars as pl

    only = ["1"]
    if indicators is not None:
        only.append("o.indicator_id IN (SELECT value FROM json_each(:indicators))")
    if cities is not None:
        only.append("o.city_id IN (SELECT value FROM json_each(:cities))")
    asked = {
        "indicators": json.dumps(list(indicators or ())),
        "cities": json.dumps(list(cities or ())),
        "first": first,
        "last": last,
    }
    found = answers.frame(connection, _IN_USE.format(only=" AND ".join(only)), asked)
    periods = [text for text in found["period"].unique() if is_period(text)]
    return found.filter(pl.col("period").is_in(periods), pl.col("value").is_finite())


def series_of(connection: sqlite3.Connection, indicator: str) -> answers.Rows:
    """The figures in use of an indicator by city and period, columns as `figures_in_use`."""
    asked = {"indicator": indicator, "first": None, "last": None}
    query = _IN_USE.format(only="o.indicator_id = :indicator")
    return answers.rows(connection, query, asked)


def figures_used(
    connection: sqlite3.Connection, index_id: str, node_id: str, city_id: str, period: str
) -> answers.Rows:
    """The figures of a city that a score used, and after them those that they are divided by.

    Args:
        connection: any connection.
        index_id: the index.
        node_id: a node of it.
        city_id: the city.
        period: of the score.
    """
    return answers.rows(connection, _USED, (index_id, node_id, city_id, period))


def latest_figures(connection: sqlite3.Connection, city: str) -> answers.Rows:
    """The latest figure in use of every indicator for a city, and how many periods it has."""
    return answers.rows(connection, _LATEST, (city,))


def known_figures(connection: sqlite3.Connection) -> dict[str, Known]:
    """How many figures of each indicator are in use, of how many cities, and the latest period."""
    return {name: Known(*rest) for name, *rest in answers.rows(connection, _KNOWN)}


def suspect_figures(connection: sqlite3.Connection) -> answers.Rows:
    """The figures that are doubted, each with the reason."""
    return answers.rows(connection, _SUSPECT)


def disputed_figures(
    connection: sqlite3.Connection,
    tolerance: float = 0.0,
    indicator: str | None = None,
    limit: int = -1,
) -> answers.Rows:
    """The figures in use beside those of other sources, the largest difference first.

    The column ``reason`` says wherein the two are known to differ: the vintage (first print, base,
    census), the status, or the class of the source; it is empty where nobody knows.

    Args:
        connection: any connection.
        tolerance: the share of the larger of two figures by which they may differ.
        indicator: only those of this one.
        limit: so many at most.
    """
    only = "" if indicator is None else "AND u.indicator_id = :indicator"
    asked = {"tolerance": tolerance, "indicator": indicator, "limit": limit}
    return answers.rows(connection, _CONFLICTS.format(only=only), asked)


_LATEST_FIRST = "f.kind, f.period DESC"


def flows(
    connection: sqlite3.Connection,
    kind: str | None = None,
    city: str | None = None,
    period: str | None = None,
) -> answers.Rows:
    """The flows between cities by kind, the latest period and the largest first."""
    conditions = {
        "f.kind = :kind": kind,
        ":city IN (f.origin_id, f.destination_id)": city,
        "f.period = :period": period,
    }
    only = " AND ".join(["1", *(text for text, value in conditions.items() if value is not None)])
    asked = {"kind": kind, "city": city, "period": period, "limit": -1}
    return answers.rows(connection, _FLOWS.format(only=only, order=_LATEST_FIRST), asked)


def flow_frame(connection: sqlite3.Connection) -> pl.DataFrame:
    """All flows as a frame, in the same order."""
    query = _FLOWS.format(only="1", order=_LATEST_FIRST)
    return answers.frame(connection, query, {"limit": -1})


def flows_of_city(connection: sqlite3.Connection, city: str, limit: int) -> answers.Rows:
    """The flows from and to a city: those of the latest period and the largest first."""
    query = _FLOWS.format(only=":city IN (f.origin_id, f.destination_id)", order="f.period DESC")
    return answers.rows(connection, query, {"city": city, "limit": limit})


def largest_flows(connection: sqlite3.Connection, kind: str | None, limit: int) -> answers.Rows:
    """The largest flows of a kind in its latest period."""
    latest = "f.kind = :kind AND f.period = (SELECT max(period) FROM flows WHERE kind = :kind)"
    query = _FLOWS.format(only=latest, order="f.period")
    return answers.rows(connection, query, {"kind": kind, "limit": limit})


def flow_kinds(connection: sqlite3.Connection) -> list[str]:
    """The kinds of flows that are stored."""
    return [
        row[0] for row in answers.rows(connection, "SELECT DISTINCT kind FROM flows ORDER BY 1")
    ]
