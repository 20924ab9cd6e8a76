"""From stored figures to a panel: one row per period and city, one column per indicator.

Which figures make up a cell is said by `core.model.period.part_of`. A figure of exactly the asked
period stands as it is; several are reduced to one, and the coverage is the share that is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cityflux.core.engine.definition.index import Periods
from cityflux.core.engine.measures.matrix import to_frame, to_matrix
from cityflux.core.model.period import Period, is_period, part_of
from cityflux.storage import catalog
from cityflux.storage.observations import Series, read_series, source_order

KEYS = ("period", "city")


@dataclass(frozen=True)
class Panel:
    """Figures, and how much of each is observed.

    Attributes:
        values: period, city, and a column per indicator in its own unit; null where missing.
        coverage: the same shape; the observed share of each figure, 0 to 1.
        places: city, region and country, null where unknown; None where nobody knows.
        passed_over: a line for each indicator with rows that are no figures.
        parts: the figures that make up the cells, as `making_up` gives them.
    """

    values: pl.DataFrame
    coverage: pl.DataFrame
    places: pl.DataFrame | None = None
    passed_over: tuple[str, ...] = ()
    parts: pl.DataFrame | None = None


def read_panel(
    connection: sqlite3.Connection,
    indicators: Sequence[str],
    cities: Sequence[str],
    periods: Periods,
    as_of: str | None = None,
    position: int | None = None,
) -> Panel:
    """Read the figures of some indicators for some cities and periods.

    Args:
        connection: to a cityflux database.
        indicators: the columns, in this order.
        cities: the rows of each period, in this order.
        periods: the periods, and how single ones become a span.
        as_of: a moment; the figures as they were known then.
        position: a number of the log of changes; the figures as they stood right after it.
    """
    series = read_series(connection, indicators, as_of, position)
    stored, passed_over = sound(_explode(series, cities))
    figures = _current(stored, source_order(connection, position))
    parts = making_up(figures, periods.of)
    cells = _reduce(parts, periods)
    grid = pl.DataFrame({"period": periods.of}).join(pl.DataFrame({"city": cities}), how="cross")
    return Panel(
        _wide(cells, "value", grid, indicators),
        _wide(cells, "coverage", grid, indicators).with_columns(pl.col(indicators).fill_null(0.0)),
        _places(connection),
        passed_over,
        parts,
    )


def sound(figures: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Pass over rows that are no figures, as a hand may have written them past all checks.

    Args:
        figures: indicator, city, period, source, value.

    Returns:
        The figures, and a line for each indicator with rows that are none.
    """
    strange = [text for text in figures["period"].unique() if not is_period(text)]
    number = pl.col("value").is_finite().fill_null(value=False)
    timed = ~pl.col("period").is_in(strange)
    if not strange and figures.select(number.all()).item():
        return figures, ()
    odd = figures.filter(~(number & timed))
    lines = [
        f"{name}: {rows.height} row{'s' * (rows.height > 1)} passed over, as what stands there is "
        f"no figure: {city} {period!r} from {source!r} has no "
        f"{'period' if period in strange else 'number'}; mend it with: cityflux doctor --repair"
        for (name,), rows in odd.group_by("indicator", maintain_order=True)
        for _, city, period, source, _ in rows.head(1).iter_rows()
    ]
    return figures.filter(number & timed), tuple(lines)


def coverage_of(figures: pl.DataFrame, coverage: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The coverage of figures that are there; what is not covers nothing.

    Args:
        figures: a row per period and city, in the order of ``coverage``.
        coverage: how much was observed of each, without nulls.
        names: the columns wanted besides period and city.
    """
    there = ~np.isnan(to_matrix(figures[names]))
    return coverage[[*KEYS]].hstack(to_frame(to_matrix(coverage[names]) * there, names))


def _places(connection: sqlite3.Connection) -> pl.DataFrame:
    return pl.DataFrame(
        catalog.places(connection),
        schema=dict.fromkeys(("city", "region", "country"), pl.String),
        orient="row",
    )


def _explode(series: Sequence[Series], cities: Sequence[str]) -> pl.DataFrame:
    """One row per figure: indicator, city, period, source, value."""
    columns = ("city", "period", "source", "value")
    packed = pl.DataFrame(
        series, schema=dict.fromkeys(("indicator", *columns), pl.String), orient="row"
    )
    return (
        packed.with_columns(pl.col(columns).str.json_decode(pl.List(pl.String)))
        .explode(columns)
        .filter(pl.col("city").is_in(list(cities)))
        .with_columns(pl.col("value").cast(pl.Float64, strict=False))
    )


def _current(figures: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """The figure of the best source, where several give the same one."""
    if figures["source"].n_unique() <= 1:
        return figures.drop("source")
    ranks = pl.DataFrame({"source": order, "order": range(len(order))})
    keys = ["indicator", "city", "period"]
    return (
        figures.join(ranks, on="source", how="left")
        .sort(*keys, "order", nulls_last=True)
        .unique(keys, keep="first", maintain_order=True)
        .drop("source", "order")
    )


def _reduce(parts: pl.DataFrame, periods: Periods) -> pl.DataFrame:
    """The cells of the panel: indicator, city, period, value, coverage."""
    found = parts.drop("period").rename({"target": "period"})
    keys = ["indicator", "city", "period"]
    itself = pl.col("fineness") == 0
    whole = found.filter(itself).select(*keys, "value", coverage=pl.lit(1.0))
    if whole.height == found.height:
        return whole
    reduced = (
        found.filter(~itself)
        .sort(*keys, "start")
        .group_by(keys, maintain_order=True)
        .agg(
            getattr(pl.col("value"), periods.reduce)(),
            coverage=(pl.len() / pl.col("full").first()).clip(0, 1),
        )
    )
    return pl.concat([whole, reduced])


def making_up(figures: pl.DataFrame, asked: Sequence[str]) -> pl.DataFrame:
    """The figures that make up each asked period, as `core.model.period.part_of` says.

    Args:
        figures: indicator, city, period and more; one row per cell.
        asked: the periods.

    Returns:
        The rows that count, once for each asked period: ``target``, with the ``fineness`` and the
        ``full`` number of its parts, and the ``start`` of the figure's own period.
    """
    matched = figures.join(_parts(figures["period"].unique().to_list(), asked), on="period")
    if matched["fineness"].n_unique() <= 1:  # then there is nothing to choose
        return matched
    coarsest = pl.col("fineness").min().over("indicator", "city", "target")
    return matched.filter(pl.col("fineness") == coarsest)


def _parts(stored: Sequence[str], asked: Sequence[str]) -> pl.DataFrame:
    """What each stored period is to each asked one, where it is a part of it."""
    rows = [
        (text, target, *part, Period.parse(text).start)
        for text in filter(is_period, stored)
        for target in asked
        if (part := part_of(text, target))
    ]
    return pl.DataFrame(
        rows,
        schema={
            "period": pl.String,
            "target": pl.String,
            "fineness": pl.Int64,
            "full": pl.Int64,
            "start": pl.Date,
        },
        orient="row",
    )


def _wide(
    cells: pl.DataFrame, column: str, grid: pl.DataFrame, indicators: Sequence[str]
) -> pl.DataFrame:
    """One row per cell of the grid, one column per indicator."""
    pivoted = cells.select("indicator", *KEYS, column).pivot(
        on="indicator", index=list(KEYS), values=column
    )
    missing = [name for name in indicators if name not in pivoted.columns]
    return (
        grid.join(pivoted, on=list(KEYS), how="left", maintain_order="left")
        .with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in missing)
        .select(*KEYS, *indicators)
    )
