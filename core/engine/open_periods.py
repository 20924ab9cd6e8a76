"""The periods of an index that are open: a year is there once something of it compares."""

from __future__ import annotations

import sqlite3

from cityflux.core.engine.definition.index import Definition
from cityflux.storage.observations import cities_by_year


def at_hand(
    connection: sqlite3.Connection, definition: Definition, as_of: str | None = None
) -> Definition:
    """The definition with the periods that there are, where its periods are open.

    A year is there as soon as one of its indicators has figures of so many cities as the index
    compares (see `Comparability.cities_needed`); all else of it stays in brackets. A span is
    there as soon as its last year is.

    Args:
        connection: any connection.
        definition: an index.
        as_of: a moment; the years that were there then.

    Returns:
        The same definition where its periods are not open.
    """
    periods = definition.periods
    if periods.since is None:
        return definition
    counts = cities_by_year(
        connection, definition.figures, definition.cities, periods.spans or 1, as_of
    )
    least = definition.comparability.cities_needed(len(definition.cities))
    enough = {(name, year) for name, year, cities in counts if cities >= least}
    years = {
        year
        for leaf in definition.leaves
        for name, year in enough
        if name == leaf.id and (not leaf.denominator or (leaf.denominator.by, year) in enough)
    }
    return definition.over(periods.closed(years))
