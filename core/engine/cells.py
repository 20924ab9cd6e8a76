"""From stored figures to the cells of a panel.

Which figures make up a cell is said by `core.model.period.part_of`. A figure is handled by number:
the places of its city and of its period in a list. Most indicators have the same cities and
periods, whose texts are then read once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count, repeat
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.definition.choices import Periods
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.model.period import Period, is_period, part_of
from cityflux.storage.observations import Series


@dataclass(frozen=True)
class _Figures:
    """The figures of an indicator, one for a city and period.

    Attributes:
        indicator: its id.
        city: of each figure the place of its city among those that were asked for.
        period: of each figure the place of its period among all that are stored.
        value: the figures.
    """

    indicator: str
    city: NDArray[np.intp]
    period: NDArray[np.intp]
    value: Floats


def _known_figures(
    series: Sequence[Series], cities: Sequence[str], order: Sequence[str]
) -> tuple[list[_Figures], list[str], dict[str, str]]:
    """Take of stored series what some cities have, each figure from its best source.

    Rows that are no figures, as a hand may have written them past all checks, are passed over.

    Args:
        series: as they were read.
        cities: those that are asked for.
        order: the sources, the one that wins first.

    Returns:
        The figures, the periods that are stored, and by indicator a line where rows are no figures.
    """
    numbers = [dict(zip(known, count(), strict=False)) for known in (cities, (), order)]
    arrays: dict[tuple[str, int], NDArray[np.intp]] = {}
    for _, *texts, _ in series:
        for kind, array in enumerate(texts):
            if (array, kind) not in arrays:
                read, known = json.loads(array), numbers[kind]
                for text in read:
                    known.setdefault(text, len(known))
                arrays[array, kind] = np.array([*map(known.__getitem__, read)], dtype=np.intp)
    periods = list(numbers[1])
    timed = np.array([*map(is_period, periods)], dtype=bool)
    figures: list[_Figures] = []
    lines: dict[str, str] = {}
    for name, *texts, stored in series:
        value = np.array(stored, dtype=np.float64)
        city, period, source = map(arrays.__getitem__, zip(texts, range(3), strict=True))
        asked = city < len(cities)
        sound = asked & np.isfinite(value) & timed[period]
        if (odd := np.flatnonzero(asked & ~sound)).size:
            example = [json.loads(array)[odd[0]] for array in texts]
            lines[name] = _passed_over(name, example, odd.size)
        if not sound.all():
            city, period, source, value = city[sound], period[sound], source[sound], value[sound]
        if (source != source[:1]).any():
            best = np.lexsort((source, period, city))
            best = best[np.append(True, (np.diff(city[best]) != 0) | (np.diff(period[best]) != 0))]
            city, period, value = city[best], period[best], value[best]
        figures.append(_Figures(name, city, period, value))
    return figures, periods, lines


def _passed_over(name: str, example: list[str], rows: int) -> str:
    city, period, source = example
    return (
        f"{name}: {rows} row{'s' * (rows > 1)} passed over, as what stands there is "
        f"no figure: {city} {period!r} from {source!r} has no "
        f"{'number' if is_period(period) else 'period'}; mend it with: cityflux doctor --repair"
    )


@dataclass(frozen=True)
class Parts:
    """The figures that make up cells of several ones, by column, cell and day.

    Attributes:
        row: of each figure the place of its cell, periods x cities.
        column: the place of its indicator.
        period: its own period, whose first day is ``start``, in days since 1970.
        value: the figures.
        fineness: 0 for a span that was printed as one figure; else see `core.model.period.Part`.
        full: how many like it make up the cell.
        start: see ``period``.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    period: pl.Series
    value: Floats
    fineness: NDArray[np.int64]
    full: NDArray[np.int64]
    start: NDArray[np.int64]

    def between(self, first: int, end: int) -> Parts:
        """Some of them."""
        part = slice(first, end)
        rest = self.value[part], self.fineness[part], self.full[part], self.start[part]
        return Parts(self.row[part], self.column[part], self.period[part], *rest)

    def take(self, places: NDArray[np.intp], column: NDArray[np.int64]) -> Parts:
        """Those at some places, as parts of other columns."""
        rest = self.value[places], self.fineness[places], self.full[places], self.start[places]
        return Parts(self.row[places], column, self.period.gather(places.tolist()), *rest)

    def at(self, column: int) -> Parts:
        """The same as parts of another column, which is that of all of them."""
        return replace(self, column=np.full(len(self.row), column))

    def among(self, columns: Sequence[int]) -> Parts:
        """Those of some columns."""
        if len(columns) > self.column.max(initial=-1):
            return self
        part = np.flatnonzero(np.isin(self.column, columns))
        rest = self.value[part], self.fineness[part], self.full[part], self.start[part]
        return Parts(self.row[part], self.column[part], self.period[part], *rest)

    @staticmethod
    def joined(parts: Sequence[Parts]) -> Parts:
        """Those of many columns, one column after another."""
        parts = parts or [_NO_PARTS]
        names = ("row", "column", "value", "fineness", "full", "start")
        columns = zip(*map(attrgetter(*names), parts), strict=True)
        row, column, *rest = map(np.concatenate, columns)
        return Parts(row, column, pl.concat(map(attrgetter("period"), parts)), *rest)

    def frame(
        self, indicators: Sequence[str], cities: Sequence[str], periods: Sequence[str]
    ) -> pl.DataFrame:
        """The same by name, as `making_up` gives them."""
        target, city = np.divmod(self.row, len(cities))
        return pl.DataFrame(
            {
                "indicator": pl.Series(indicators, dtype=pl.String)[self.column],
                "city": pl.Series(cities, dtype=pl.String)[city],
                "period": self.period,
                "value": self.value,
                "target": pl.Series(periods, dtype=pl.String)[target],
                "fineness": self.fineness,
                "full": self.full,
                "start": pl.Series(self.start).cast(pl.Int32).cast(pl.Date),
            }
        )


_NONE = np.zeros(0, dtype=np.int64)
_NO_PARTS = Parts(_NONE, _NONE, pl.Series(dtype=pl.String), np.zeros(0), *(_NONE, _NONE, _NONE))


class Column(NamedTuple):
    """The cells of an indicator, periods x cities.

    Attributes:
        values: the figures, NaN where one is missing.
        coverage: the observed share of each.
        parts: what makes up the cells of several figures; see `Parts.at` for their column.
        passed_over: a line where rows are no figures; empty else.
    """

    values: Floats
    coverage: Floats
    parts: Parts
    passed_over: str


def make_columns(
    series: Sequence[Series],
    indicators: Sequence[str],
    cities: Sequence[str],
    periods: Periods,
    order: Sequence[str],
) -> dict[str, Column]:
    """Make the columns of a panel of stored series.

    Args:
        series: as they were read.
        indicators: those that are asked for.
        cities: those that are asked for.
        periods: the periods that are asked for, and how single ones become a span.
        order: the sources, the one that wins first.
    """
    figures, stored, lines = _known_figures(series, cities, order)
    shape = len(periods.of) * len(cities), len(indicators)
    cells = np.full(shape, np.nan, order="F"), np.zeros(shape, order="F")
    parts = _fill_cells(figures, stored, (indicators, cities), periods, cells)
    edges = np.searchsorted(parts.column, np.arange(len(indicators) + 1))
    columns = {}
    for i, name in enumerate(indicators):
        own = parts.between(edges[i], edges[i + 1])
        columns[name] = Column(cells[0][:, i], cells[1][:, i], own, lines.get(name, ""))
    return columns


def _fill_cells(
    figures: Sequence[_Figures],
    stored: Sequence[str],
    names: tuple[Sequence[str], Sequence[str]],
    periods: Periods,
    cells: tuple[Floats, Floats],
) -> Parts:
    """Put figures into the cells of columns, and tell what makes up those of several figures.

    Args:
        figures: those of each indicator.
        stored: the periods of the figures.
        names: the indicators, which are the columns, and the cities.
        periods: the periods that are asked for, and how single ones become a span.
        cells: the values and the coverage, rows x columns, to be filled.
    """
    (indicators, cities), (values, coverage) = names, cells
    fineness, full, start = _relation(stored, periods.of)
    # A span that was printed as one figure is told of, too: breaks may lie inside it.
    printed = np.array([*map(str.__contains__, stored, repeat("/"))], dtype=bool)
    told = (fineness > 0) | ((fineness == 0) & printed[:, None])
    whole_of = np.where((fineness == 0).any(axis=1), (fineness == 0).argmax(axis=1), -1)
    spans = np.flatnonzero(told.any(axis=0)).tolist()
    found: list[tuple[NDArray[Any], ...]] = []
    for each in figures:
        place, at = indicators.index(each.indicator), whole_of[each.period]
        whole = at >= 0
        rows = at[whole] * len(cities) + each.city[whole]
        values[rows, place], coverage[rows, place] = each.value[whole], 1.0
        for span in spans:
            chosen = told[each.period, span]
            rows = each.city[chosen] + span * len(cities)
            found.append((np.full(len(rows), place), rows, each.period[chosen], each.value[chosen]))
    if not found:
        found = [(np.zeros(0, dtype=np.intp),) * 3 + (np.zeros(0),)]
    column, row, period, value = map(np.concatenate, zip(*found, strict=True))
    target = row // len(cities)
    kind = fineness[period, target]
    coarsest = np.full(values.shape, 9)
    np.minimum.at(coarsest, (row, column), kind)
    counts = (kind == 0) | ((kind == coarsest[row, column]) & (coverage[row, column] == 0))
    order = np.flatnonzero(counts)
    order = order[np.lexsort((start[period[order]], row[order], column[order]))]
    column, row, period, value = column[order], row[order], period[order], value[order]
    target, kind = target[order], kind[order]
    texts = pl.Series(stored, dtype=pl.String)[period]
    parts = Parts(row, column, texts, value, kind, full[period, target], start[period])
    _reduce(parts, periods.reduce, cells)
    return parts


def _reduce(parts: Parts, reduce: str, cells: tuple[Floats, Floats]) -> None:
    """Fill the cells of several figures."""
    several = parts.fineness > 0
    if not several.any():
        return
    cell = (parts.column * len(cells[0]) + parts.row)[several]
    known = (pl.len() / pl.col("full").first()).clip(0, 1).alias("known")
    reduced = (
        pl.DataFrame({"cell": cell, "value": parts.value[several], "full": parts.full[several]})
        .group_by("cell", maintain_order=True)
        .agg(getattr(pl.col("value"), reduce)(), known)
    )
    column, row = np.divmod(reduced["cell"].to_numpy(), len(cells[0]))
    cells[0][row, column], cells[1][row, column] = reduced["value"], reduced["known"]


def making_up(figures: pl.DataFrame, asked: Sequence[str]) -> pl.DataFrame:
    """The figures that make up each asked period, as `core.model.period.part_of` says.

    Args:
        figures: indicator, city, period and more; one row per cell.
        asked: the periods.

    Returns:
        The rows that count, once for each asked period: ``target``, with the ``fineness`` and the
        ``full`` number of its parts, and the ``start`` of the figure's own period.
    """
    stored = figures["period"].unique().to_list()
    fineness, full, start = _relation(stored, asked)
    at, target = np.nonzero(fineness >= 0)
    relation = pl.DataFrame(
        {
            "period": pl.Series(stored, dtype=pl.String)[at],
            "target": pl.Series([*asked], dtype=pl.String)[target],
            "fineness": fineness[at, target],
            "full": full[at, target],
            "start": pl.Series(start[at]).cast(pl.Int32).cast(pl.Date),
        }
    )
    matched = figures.join(relation, on="period")
    if matched["fineness"].n_unique() <= 1:  # then there is nothing to choose
        return matched
    coarsest = pl.col("fineness").min().over("indicator", "city", "target")
    return matched.filter(pl.col("fineness") == coarsest)


def _relation(
    stored: Sequence[str], asked: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """What each stored period is to each asked one.

    Returns:
        Stored x asked, the `Part.fineness`, -1 for what is no part, and `Part.full`; and of each
        stored period the first day, in days since 1970.
    """
    fineness, full = np.full((len(stored), len(asked)), -1), np.ones((len(stored), len(asked)))
    start = np.zeros(len(stored), dtype=np.int64)
    for i, text in enumerate(stored):
        if not is_period(text):
            continue
        start[i] = (Period.parse(text).start - _EPOCH).days
        for j, target in enumerate(asked):
            if part := part_of(text, target):
                fineness[i, j], full[i, j] = part
    return fineness, full.astype(np.int64), start


_EPOCH = date(1970, 1, 1)
