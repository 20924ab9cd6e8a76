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

from cityflux.core.engine.cells import fill_cells, known_figures
from cityflux.core.engine.definition.index import Periods
from cityflux.core.engine.measures.matrix import to_frame, to_matrix
from cityflux.storage import catalog
from cityflux.storage.observations import read_series, source_order

KEYS = ("period", "city")


@dataclass(frozen=True)
class Panel:
    """Figures, and how much of each is observed.

    Attributes:
        values: period, city, and a column per indicator in its own unit; null where missing.
        coverage: the same shape; the observed share of each figure, 0 to 1.
        places: city, region and country, null where unknown; None where nobody knows.
        passed_over: a line for each indicator with rows that are no figures.
        parts: the figures that make up the cells of several ones, as `making_up` gives them.
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
    figures, stored, passed_over = known_figures(series, cities, source_order(connection, position))
    shape = (len(periods.of) * len(cities), len(indicators))
    values, coverage = np.full(shape, np.nan, order="F"), np.zeros(shape, order="F")
    parts = fill_cells(figures, stored, (indicators, cities), periods, (values, coverage))
    keys = pl.DataFrame(
        {
            "period": np.repeat(periods.of, len(cities)).tolist(),
            "city": [*cities] * len(periods.of),
        }
    )
    return Panel(
        keys.hstack(to_frame(values, indicators)),
        keys.hstack(to_frame(coverage, indicators)),
        _places(connection),
        passed_over,
        parts,
    )


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
