"""From stored figures to a panel: one row per period and city, one column per indicator.

A figure that is published for exactly the asked period stands as it is. Otherwise the single
periods inside it are reduced to one figure, those of the coarsest precision that there is (years
before quarters before months); the coverage is the share of them that is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cityflux.core.engine.definition.index import Periods
from cityflux.core.model.period import Period, Precision
from cityflux.storage.observations import Series, read_series, source_order

_PER_YEAR: dict[Precision, int] = {"year": 1, "quarter": 4, "month": 12, "day": 365}
KEYS = ("period", "city")


@dataclass(frozen=True)
class Panel:
    """Figures, and how much of each is observed.

    Attributes:
        values: period, city, and a column per indicator in its own unit; null where missing.
        coverage: the same shape; the observed share of each figure, 0 to 1.
        places: city, region and country, null where unknown; None where nobody knows.
    """

    values: pl.DataFrame
    coverage: pl.DataFrame
    places: pl.DataFrame | None = None


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
    figures = _current(_explode(series, cities), source_order(connection, position))
    cells = _reduce(figures, periods)
    grid = pl.DataFrame({"period": periods.of}).join(pl.DataFrame({"city": cities}), how="cross")
    return Panel(
        _wide(cells, "value", grid, indicators),
        _wide(cells, "coverage", grid, indicators).with_columns(pl.col(indicators).fill_null(0.0)),
        _places(connection),
    )


def coverage_of(figures: pl.DataFrame, coverage: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The coverage of figures that are there; what is not covers nothing.

    Args:
        figures: a row per period and city, in the order of ``coverage``.
        coverage: how much was observed of each, without nulls.
        names: the columns wanted besides period and city.
    """
    there = figures.select(pl.col(names).is_not_null().cast(pl.Float64))
    return coverage.select(KEYS).hstack(coverage.select(names) * there)


def _places(connection: sqlite3.Connection) -> pl.DataFrame:
    rows = connection.execute(
        "SELECT id, nullif(region, ''), nullif(country, '') FROM cities"
    ).fetchall()
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("city", "region", "country"), pl.String), orient="row"
    )


def _explode(series: Sequence[Series], cities: Sequence[str]) -> pl.DataFrame:
    """One row per figure: indicator, city, period, source, value."""
    columns = ("city", "period", "source", "value")
    packed = pl.DataFrame(
        series, schema=dict.fromkeys(("indicator", *columns), pl.String), orient="row"
    )
    return (
        packed.with_columns(pl.col(columns).str.split(","))
        .explode(columns)
        .filter(pl.col("city").is_in(list(cities)))
        .with_columns(pl.col("value").cast(pl.Float64))
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


def _reduce(figures: pl.DataFrame, periods: Periods) -> pl.DataFrame:
    """The cells of the panel: indicator, city, period, value, coverage."""
    roles = _roles(figures["period"].unique().to_list(), periods.of)
    matched = figures.join(roles, on="period").drop("period").rename({"target": "period"})
    keys = ["indicator", "city", "period"]
    whole = matched.filter("exact").select(*keys, "value", coverage=pl.lit(1.0))
    inside = matched.filter(~pl.col("exact")).join(whole, on=keys, how="anti")
    if inside.is_empty():
        return whole
    reduced = (
        inside.filter(pl.col("expected") == pl.col("expected").min().over(keys))
        .sort(*keys, "start")
        .group_by(keys, maintain_order=True)
        .agg(
            getattr(pl.col("value"), periods.reduce)(),
            coverage=(pl.len() / pl.col("expected").first()).clip(0, 1),
        )
    )
    return pl.concat([whole, reduced])


def _roles(found: Sequence[str], targets: Sequence[str]) -> pl.DataFrame:
    """For each stored period and each asked one that it helps: how, and how many would be full."""
    rows = []
    wanted = [Period.parse(target) for target in targets]
    for text in found:
        period = Period.parse(text)
        for target in wanted:
            exact = text == target.text
            if exact or _inside(period, target):
                rows.append((text, target.text, exact, period.start, _expected(period, target)))
    return pl.DataFrame(
        rows,
        schema={
            "period": pl.String,
            "target": pl.String,
            "exact": pl.Boolean,
            "start": pl.Date,
            "expected": pl.Int64,
        },
        orient="row",
    )


def _inside(period: Period, target: Period) -> bool:
    return period.precision != "span" and target.start <= period.start <= period.end <= target.end


def _expected(period: Period, target: Period) -> int:
    """How many periods like this one fill the target."""
    if period.precision == "span":
        return 1
    days = (target.end - target.start).days + 1
    return max(1, round(days / 365.25 * _PER_YEAR[period.precision]))


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
