"""The figures that an index lacks, and how much each of them would bring."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.model.period import Period
from cityflux.core.reading import answers

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition

_KNOWN = """
SELECT DISTINCT indicator_id, city_id, substr(period, 1, 4) FROM current_observations
WHERE indicator_id IN (SELECT value FROM json_each(:indicators))
    AND city_id IN (SELECT value FROM json_each(:cities)) AND period NOT LIKE '%/%'
"""
_WIDTHS = """
SELECT city_id, period, rank_high - rank_low FROM audit_ranks
WHERE node_id = :index AND rank_low IS NOT NULL AND audit_id = :audit
"""
_MOVES = """
SELECT subject, period, avg(abs(value)) FROM sensitivities
WHERE kind = 'figure' AND audit_id = :audit GROUP BY subject, period
"""
#: The share of an interval that comes from the figures which are let in and from those missing.
_SHARES = """
SELECT period, min(1.0, max(0.0, total)) FROM sensitivities
WHERE kind = 'sobol' AND subject = 'figures' AND city_id = '' AND audit_id = :audit
"""
_AUDIT = "SELECT max(id) FROM audits WHERE index_id = ?"


class Gap(NamedTuple):
    """A figure that is missing.

    Attributes:
        indicator: of what.
        city: where.
        year: when.
        cells: how many cells of the index would compare for each figure that is brought: 1 where
            the indicator compares in that year already, and the more, the fewer cities lack for it.
        width: how many places of the interval of the city's rank hang on the figure; None where
            none is determined.
    """

    indicator: str
    city: str
    year: int
    cells: float
    width: float | None


def gaps(connection: sqlite3.Connection, definition: Definition) -> list[Gap]:
    """The missing figures of an index, those that bring most first.

    A year of a span is missing as a year. The width of the interval of a city's rank, as the last
    audit found it, is shared by what lacks there: as far as it comes from figures, in proportion to
    how much each indicator moves the index.

    Args:
        connection: any connection.
        definition: an index that was computed.
    """
    years = sorted({year for text in definition.periods.of for year in _years(text)})
    leaves, cities = [leaf.id for leaf in definition.leaves], definition.cities
    asked = {"indicators": json.dumps(leaves), "cities": json.dumps(cities)}
    known = {tuple(row) for row in answers.rows(connection, _KNOWN, asked)}
    least = definition.comparability.cities_needed(len(cities))
    found = []
    for leaf in leaves:
        for year in years:
            lacking = [city for city in cities if (leaf, city, str(year)) not in known]
            short = least - (len(cities) - len(lacking))
            cells = least / short if short > 0 else 1.0
            found += [Gap(leaf, city, year, cells, None) for city in lacking]
    shared = _shared(connection, definition, found)
    return sorted(shared, key=lambda gap: (-gap.cells, -(gap.width or 0.0), *gap[:3]))


def _years(period: str) -> range:
    whole = Period.parse(period)
    return range(whole.start.year, whole.end.year + 1)


def _shared(
    connection: sqlite3.Connection, definition: Definition, found: list[Gap]
) -> Iterator[Gap]:
    """The gaps with their share of the width of the interval."""
    asked = {
        "index": definition.id,
        "audit": answers.rows(connection, _AUDIT, (definition.id,))[0][0],
    }
    widths, moves = (
        {(name, period): size for name, period, size in answers.rows(connection, query, asked)}
        for query in (_WIDTHS, _MOVES)
    )
    shares = dict(tuple(row) for row in answers.rows(connection, _SHARES, asked))
    span = {year: text for text in definition.periods.of for year in _years(text)}
    sums: dict[tuple[str, str], float] = {}
    for gap in found:
        cell = gap.city, span[gap.year]
        sums[cell] = sums.get(cell, 0.0) + moves.get((gap.indicator, cell[1]), 0.0)
    for gap in found:
        period = span[gap.year]
        width, share = widths.get((gap.city, period)), shares.get(period)
        size, whole = moves.get((gap.indicator, period), 0.0), sums[gap.city, period]
        if width is None or share is None or not whole:
            yield gap
        else:
            yield gap._replace(width=width * share * size / whole)
