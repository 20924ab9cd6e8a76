"""From stored figures to the cells of a panel.

Which figures make up a cell is said by `core.model.period.part_of`. A figure is handled by number:
the places of its city and of its period in a list. Most indicators have the same cities and
periods, whose texts are then read once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, repeat
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.definition.index import Periods
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.model.period import Period, is_period, part_of
from cityflux.storage.observations import Series


@dataclass(frozen=True)
class Figures:
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


def known_figures(
    series: Sequence[Series], cities: Sequence[str], order: Sequence[str]
) -> tuple[list[Figures], list[str], tuple[str, ...]]:
    """Take of stored series what some cities have, each figure from its best source.

    Rows that are no figures, as a hand may have written them past all checks, are passed over.

    Args:
        series: as they were read.
        cities: those that are asked for.
        order: the sources, the one that wins first.

    Returns:
        The figures, the periods that are stored, and a line for each indicator with rows that are
        no figures.
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
    figures, lines = [], []
    for name, *texts, stored in series:
        value = np.array(stored, dtype=np.float64)
        city, period, source = map(arrays.__getitem__, zip(texts, range(3), strict=True))
        asked = city < len(cities)
        sound = asked & np.isfinite(value) & timed[period]
        if (odd := np.flatnonzero(asked & ~sound)).size:
            lines.append(
                _passed_over(name, [json.loads(array)[odd[0]] for array in texts], odd.size)
            )
        if not sound.all():
            city, period, source, value = city[sound], period[sound], source[sound], value[sound]
        if (source != source[:1]).any():
            best = np.lexsort((source, period, city))
            best = best[np.append(True, (np.diff(city[best]) != 0) | (np.diff(period[best]) != 0))]
            city, period, value = city[best], period[best], value[best]
        figures.append(Figures(name, city, period, value))
    return figures, periods, tuple(lines)


def _passed_over(name: str, example: list[str], rows: int) -> str:
    city, period, source = example
    return (
        f"{name}: {rows} row{'s' * (rows > 1)} passed over, as what stands there is "
        f"no figure: {city} {period!r} from {source!r} has no "
        f"{'number' if is_period(period) else 'period'}; mend it with: cityflux doctor --repair"
    )


def fill_cells(
    figures: Sequence[Figures],
    stored: Sequence[str],
    names: tuple[Sequence[str], Sequence[str]],
    periods: Periods,
    cells: tuple[Floats, Floats],
) -> pl.DataFrame:
    """Put figures into the cells of a panel, whose rows are periods x cities.

    Args:
        figures: those of each indicator.
        stored: the periods of the figures.
        names: the indicators, which are the columns, and the cities.
        periods: the periods that are asked for, and how single ones become a span.
        cells: the values and the coverage, rows x columns, to be filled.

    Returns:
        The figures that make up cells of several ones, as `making_up` gives them.
    """
    (indicators, cities), (values, coverage) = names, cells
    relation = _relation(stored, periods.of)
    target = dict(zip(periods.of, count(), strict=False))
    row = np.array([*map(target.get, stored, repeat(-1))], dtype=np.intp) * len(cities)
    parts_of = {*relation.filter(pl.col("fineness") > 0)["period"]}
    helps = np.array([*map(parts_of.__contains__, stored)], dtype=bool)
    rest: list[tuple[NDArray[Any], ...]] = []
    for each in figures:
        place, own = indicators.index(each.indicator), row[each.period]
        itself = own >= 0
        at = own[itself] + each.city[itself]
        values[at, place], coverage[at, place] = each.value[itself], 1.0
        if parts_of and (chosen := helps[each.period]).any():
            helping = (each.city[chosen], each.period[chosen], each.value[chosen])
            rest.append((np.full(len(helping[0]), place), *helping))
    if not rest:
        return making_up(pl.DataFrame(schema=_FIGURE), periods.of)
    column, city, period, value = map(np.concatenate, zip(*rest, strict=True))
    single = {
        "indicator": pl.Series(indicators).gather(column),
        "city": pl.Series(cities).gather(city),
        "period": pl.Series(stored).gather(period),
        "value": value,
    }
    parts = making_up(pl.DataFrame(single), periods.of).filter(pl.col("fineness") > 0)
    cell = _places(parts, indicators, cities, target)
    parts = parts.filter(coverage[cell] == 0)  # of which no figure is the whole
    keys = ["indicator", "city", "target"]
    reduced = (
        parts.sort(*keys, "start")
        .group_by(keys, maintain_order=True)
        .agg(
            getattr(pl.col("value"), periods.reduce)(),
            coverage=(pl.len() / pl.col("full").first()).clip(0, 1),
        )
    )
    cell = _places(reduced, indicators, cities, target)
    values[cell], coverage[cell] = reduced["value"], reduced["coverage"]
    return parts


_FIGURE = {"indicator": pl.String, "city": pl.String, "period": pl.String, "value": pl.Float64}


def _places(
    rows: pl.DataFrame, indicators: Sequence[str], cities: Sequence[str], target: dict[str, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The row and the column of the cell of each of some rows."""
    found = []
    for name, order in (("target", target), ("city", cities), ("indicator", indicators)):
        places = rows[name].cast(pl.Enum([*order])).to_physical()
        found.append(places.cast(pl.Int64).to_numpy())
    return found[0] * len(cities) + found[1], found[2]


def making_up(figures: pl.DataFrame, asked: Sequence[str]) -> pl.DataFrame:
    """The figures that make up each asked period, as `core.model.period.part_of` says.

    Args:
        figures: indicator, city, period and more; one row per cell.
        asked: the periods.

    Returns:
        The rows that count, once for each asked period: ``target``, with the ``fineness`` and the
        ``full`` number of its parts, and the ``start`` of the figure's own period.
    """
    matched = figures.join(_relation(figures["period"].unique().to_list(), asked), on="period")
    if matched["fineness"].n_unique() <= 1:  # then there is nothing to choose
        return matched
    coarsest = pl.col("fineness").min().over("indicator", "city", "target")
    return matched.filter(pl.col("fineness") == coarsest)


def _relation(stored: Sequence[str], asked: Sequence[str]) -> pl.DataFrame:
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
