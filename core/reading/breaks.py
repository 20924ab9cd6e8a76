"""Where series begin anew, and of which indicators no growth is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from cityflux.core.model.period import Period
from cityflux.core.reading import answers
from cityflux.storage.breaks import FIELDS, breaks_of

if TYPE_CHECKING:
    import polars as pl

_DIFFERENCES = "SELECT id FROM indicators WHERE scale = 'difference'"


def break_frame(connection: sqlite3.Connection, indicators: Sequence[str]) -> pl.DataFrame:
    """The breaks of indicators and of what they are computed from, as the engine reads them.

    ``indicator``, ``city`` (null: every city), ``period``, ``reason_zh``, ``reason_en``,
    ``publisher`` and ``reference``.
    """
    from cityflux.core.engine.breaks import read_breaks

    return read_breaks(connection, indicators)


def break_rows(connection: sqlite3.Connection, indicator: str) -> list[dict[str, str]]:
    """The same of one indicator, a row per break."""
    return [dict(zip(FIELDS, row, strict=True)) for row in breaks_of(connection, [indicator])]


def rows_across(
    connection: sqlite3.Connection, city: str, figures: answers.Rows
) -> list[dict[str, str]]:
    """The breaks that figures of a city lie on both sides of.

    Args:
        connection: any connection.
        city: the city.
        figures: with ``indicator_id`` and ``period``.
    """
    used: dict[str, list[Period]] = {}
    for row in figures:
        used.setdefault(row["indicator_id"], []).append(Period.parse(row["period"]))
    return [
        row
        for indicator, periods in used.items()
        for row in break_rows(connection, indicator)
        if row["city"] in (None, city)
        and min(each.start for each in periods)
        < Period.parse(row["period"]).start
        <= max(each.end for each in periods)
    ]


def differences(connection: sqlite3.Connection) -> frozenset[str]:
    """The indicators that are differences, or may be negative: they have no rate of growth."""
    return frozenset(chain.from_iterable(answers.rows(connection, _DIFFERENCES)))


def segments(connection: sqlite3.Connection, indicator: str) -> Callable[[str, str], int]:
    """Say how many breaks of an indicator lie before a figure, by its city and period."""
    found = {row[1:3] for row in breaks_of(connection, [indicator])}
    starts = [(city, Period.parse(period).start) for city, period in found]

    def before(city: str, period: str) -> int:
        at = Period.parse(period).start
        return len({start for whose, start in starts if whose in (None, city) and start <= at})

    return before


def inside(breaks: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """The breaks between the first and the last figure of any series.

    Args:
        breaks: as `break_frame` gives them.
        figures: ``indicator``, ``city`` and ``period``, a row per figure.

    Returns:
        The breaks, each once, by indicator, period and city.
    """
    import polars as pl

    from cityflux.core.engine.breaks import crossings

    if breaks.is_empty():
        return breaks
    single = figures.filter(~pl.col("period").str.contains("/"))
    found = crossings(single.with_columns(target=pl.lit("")), breaks)
    key = ["indicator", "period", "whose"]
    named = breaks.with_columns(whose="city")
    kept = named.join(found.select(key).unique(), on=key, how="semi", nulls_equal=True)
    return kept.drop("whose").sort("indicator", "period", "city")
