"""What the figures of a span rest on where the series breaks inside it: a note, not a number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import polars as pl

from cityflux.core.engine.measures.continuity import NO_BREAKS
from cityflux.core.engine.measures.refusal import few
from cityflux.core.engine.measures.timeline import decimal_years
from cityflux.core.model.period import Period
from cityflux.storage.breaks import FIELDS, breaks_of


def read_breaks(connection: sqlite3.Connection, indicators: Sequence[str]) -> pl.DataFrame:
    """Read the breaks of indicators, those of what they are computed from among them.

    Args:
        connection: to a cityflux database.
        indicators: their ids.

    Returns:
        The columns `storage.breaks.FIELDS`; ``city`` is null where a break holds for all.
    """
    schema = dict.fromkeys(FIELDS, pl.String)
    return pl.DataFrame(breaks_of(connection, indicators), schema=schema, orient="row")


def crossings(parts: pl.DataFrame | None, breaks: pl.DataFrame) -> pl.DataFrame:
    """Find the cells whose figures lie on both sides of a break.

    Args:
        parts: the figures that make up cells: ``indicator``, ``city``, ``period``, and ``target``,
            the period of the cell; None where nobody knows them.
        breaks: as `read_breaks` gives them.

    Returns:
        A row per cell and break: ``indicator``, ``city``, ``target``, the other columns of
        ``breaks``, and ``whose``, their city.
    """
    if parts is None:
        parts = NO_BREAKS.with_columns(target="period")
    some = parts.filter(pl.col("indicator").is_in(breaks["indicator"].unique().implode()))
    parted = pl.col("period").str.split("/")  # a span may be printed as one figure
    # Moments first and groups then: in an aggregation they would be asked for group by group.
    moments = some.with_columns(first=_years(parted.list.first()), last=_years(parted.list.last()))
    ends = moments.group_by("indicator", "city", "target").agg(
        pl.col("first").min(), pl.col("last").max()
    )
    known = breaks.rename({"city": "whose"}).with_columns(begins=_years(pl.col("period")))
    own = pl.col("whose").is_null() | (pl.col("whose") == pl.col("city"))
    inside = (pl.col("first") < pl.col("begins")) & (pl.col("begins") <= pl.col("last"))
    found = ends.join(known, on="indicator").filter(own & inside)
    return found.drop("first", "last", "begins").sort("period", "indicator", "city")


def across_breaks(
    parts: pl.DataFrame | None, breaks: Iterable[tuple[str, ...]], reduce: str
) -> list[str]:
    """Write a line for each break that figures of spans cross.

    In plain Python: there are few such figures, and an index is computed in as many milliseconds as
    `crossings` takes.

    Args:
        parts: as for `crossings`.
        breaks: rows of `storage.breaks.breaks_of`.
        reduce: how the parts of a span become one figure; the last one crosses nothing, unless
            it was printed for a span itself.
    """
    known: dict[str, list[tuple[str, ...]]] = {}
    for row in breaks:
        known.setdefault(row[0], []).append(row)
    if parts is None or not known:
        return []
    cells: dict[tuple[str, str, str], list[str]] = {}
    columns = [parts[name].to_list() for name in ("indicator", "city", "target", "period")]
    for indicator, city, target, period in zip(*columns, strict=True):
        if indicator not in known:
            continue
        if reduce != "last" or "/" in period:
            cells.setdefault((indicator, city, target), []).append(period)
    crossed: dict[tuple[str, ...], tuple[set[str], set[str]]] = {}
    for (indicator, city, target), periods in cells.items():
        starts = [Period.parse(each).start for text in periods for each in text.split("/")]
        first, last = min(starts), max(starts)
        for _, whose, at, _, reason, publisher, _ in known[indicator]:
            if whose in (None, city) and first < Period.parse(at).start <= last:
                names, cities = crossed.setdefault((at, target, reason, publisher), (set(), set()))
                names.add(indicator)
                cities.add(city)
    return [
        f"{target}: the {reduce} crosses the break of {at} ({reason}; {publisher}) "
        f"in {few(sorted(names))} for {few(sorted(cities))}"
        for (at, target, reason, publisher), (names, cities) in sorted(crossed.items())
    ]


def _years(period: pl.Expr) -> pl.Expr:
    return period.map_batches(decimal_years, return_dtype=pl.Float64)
