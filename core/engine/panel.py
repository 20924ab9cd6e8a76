"""From stored figures to a panel: one row per period and city, one column per indicator.

Which figures make up a cell is said by `core.model.period.part_of`. A figure of exactly the asked
period stands as it is; several are reduced to one, and the coverage is the share that is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from cityflux.core.engine.cells import Column, Parts, make_columns
from cityflux.core.engine.definition.choices import Periods
from cityflux.core.engine.measures.matrix import Floats, cut, to_frame, to_matrix, to_series
from cityflux.storage import catalog
from cityflux.storage.observations import read_series, source_order

KEYS = ("period", "city")
#: By what they are made for, the columns of indicators.
Made = dict[Hashable, dict[str, Column]]


@dataclass(frozen=True)
class Panel:
    """Figures, and how much of each is observed.

    Attributes:
        values: period, city, and a column per indicator in its own unit; null where missing.
        coverage: the same shape; the observed share of each figure, 0 to 1.
        places: city, region and country, null where unknown; None where nobody knows.
        passed_over: a line for each indicator with rows that are no figures.
        made_of: the figures that make up the cells of several ones; None where nobody knows.
    """

    values: pl.DataFrame
    coverage: pl.DataFrame
    places: pl.DataFrame | None = None
    passed_over: tuple[str, ...] = ()
    made_of: Parts | None = None

    @cached_property
    def parts(self) -> pl.DataFrame | None:
        """The figures of ``made_of`` by name, as `core.engine.cells.making_up` gives them."""
        return self.parts_of(self.values.columns[len(KEYS) :])

    def parts_of(self, indicators: Collection[str]) -> pl.DataFrame | None:
        """Those of some indicators."""
        if self.made_of is None:
            return None
        names = self.values.columns[len(KEYS) :]
        cities, periods = (
            [*dict.fromkeys(self.values[key].to_list())] for key in ("city", "period")
        )
        chosen = [i for i, name in enumerate(names) if name in indicators]
        return self.made_of.among(chosen).frame(names, cities, periods)


def read_panel(
    connection: sqlite3.Connection,
    indicators: Sequence[str],
    cities: Sequence[str],
    periods: Periods,
    as_of: str | None = None,
    position: int | None = None,
    made: Made | None = None,
) -> Panel:
    """Read the figures of some indicators for some cities and periods.

    Args:
        connection: to a cityflux database.
        indicators: the columns, in this order.
        cities: the rows of each period, in this order.
        periods: the periods, and how single ones become a span.
        as_of: a moment; the figures as they were known then.
        position: a number of the log of changes; the figures as they stood right after it.
        made: the columns that were made earlier, of what is known now; new ones are added.
    """
    order = source_order(connection, position)
    known: dict[str, Column] = {}
    if made is not None:
        known = made.setdefault((*cities, *periods.of, periods.reduce, *order), {})
    lacking = [name for name in indicators if name not in known]
    if lacking:
        series = read_series(connection, lacking, as_of, position)
        known |= make_columns(series, lacking, cities, periods, order)
    columns = [known[name] for name in indicators]
    keys = pl.DataFrame(
        {
            "period": np.repeat(periods.of, len(cities)).tolist(),
            "city": [*cities] * len(periods.of),
        }
    )
    parts = [each.parts.at(i) for i, each in enumerate(columns) if len(each.parts.row)]
    return Panel(
        keys.hstack(_frame([each.values for each in columns], indicators)),
        keys.hstack(_frame([each.coverage for each in columns], indicators)),
        _places(connection, cities),
        tuple(each.passed_over for each in columns if each.passed_over),
        Parts.joined(parts),
    )


def _frame(columns: Sequence[Floats], names: Sequence[str]) -> pl.DataFrame:
    return cut(to_series(np.concatenate([np.zeros(0), *columns])), names)


def coverage_of(figures: pl.DataFrame, coverage: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The coverage of figures that are there; what is not covers nothing.

    Args:
        figures: a row per period and city, in the order of ``coverage``.
        coverage: how much was observed of each, without nulls.
        names: the columns wanted besides period and city.
    """
    return coverage[[*KEYS]].hstack(to_frame(covered(figures, coverage, names), names))


def covered(figures: pl.DataFrame, coverage: pl.DataFrame, names: list[str]) -> Floats:
    """Do as `coverage_of` for the columns of some names, and give them as a matrix."""
    return to_matrix(coverage[names]) * ~np.isnan(to_matrix(figures[names]))


def _places(connection: sqlite3.Connection, cities: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(
        catalog.places(connection, cities),
        schema=dict.fromkeys(("city", "region", "country"), pl.String),
        orient="row",
    )
