"""Strengths and weaknesses: where a city leads, where it lags, by how much and against whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cityflux.core.engine.measures.ranking import ranks
from cityflux.core.engine.measures.tolerance import levelled_column
from cityflux.core.model.errors import IndexDefinitionError


@dataclass(frozen=True, slots=True)
class Profile:
    """What stands out in one unit.

    Each table has one row per indicator: ``indicator``, ``rank`` (1 is best), ``of`` (how many
    units have a figure), ``value``, ``ahead_of`` and ``ahead_by`` (the unit on the next lower
    rank and the distance to its figure), ``behind`` and ``behind_by`` (the same for the best
    unit). Distances are in the unit of the indicator and never negative; null where there is
    nobody to compare with.

    Attributes:
        strengths: the best ranks, the best first.
        weaknesses: the worst ranks, the worst last.
    """

    strengths: pl.DataFrame
    weaknesses: pl.DataFrame


def profile(
    figures: pl.DataFrame,
    indicators: Sequence[str],
    unit: str,
    *,
    directions: Mapping[str, int] | None = None,
    top: int = 5,
    bottom: int = 5,
    skip_last: bool = True,
    min_unique: float = 0.0,
    key: str = "city",
) -> Profile:
    """Find the indicators in which a unit ranks best, and those in which it ranks worst.

    Source: COINr, ``get_str_weak``.

    Args:
        figures: one row per unit, in the units of the indicators.
        indicators: the columns to look at; those that the unit lacks are skipped.
        unit: the unit, as it stands in the key column.
        directions: 1 or -1 for each indicator; 1 unless given.
        top: how many strengths at most.
        bottom: how many weaknesses at most.
        skip_last: leave out indicators in which the unit has the last rank of all; where many
            share it, such as a zero, it is neither a strength nor news.
        min_unique: leave out indicators with a smaller share of different figures.
        key: the column that names the units.

    Raises:
        IndexDefinitionError: when the unit is not there, or there more than once.
    """
    rows = figures.filter(pl.col(key) == unit).height
    if rows != 1:
        raise IndexDefinitionError(f"{unit!r} has {rows} rows in {key!r}; give one per unit")
    signs = {name: (directions or {}).get(name, 1) for name in indicators}
    turned = figures.select(key, *(pl.col(name) * sign for name, sign in signs.items()))
    placed = ranks(turned, list(indicators))
    own = placed.row(by_predicate=pl.col(key) == unit, named=True)
    last = placed.select(pl.col(indicators).max()).row(0, named=True) if indicators else {}
    unique = {name: figures[name].n_unique() / figures.height for name in indicators}
    shown = sorted(
        (
            name
            for name in indicators
            if own[name] is not None
            and not (skip_last and own[name] == last[name])
            and (min_unique == 0 or unique[name] > min_unique)
        ),
        key=lambda name: own[name],
    )
    best, worst = (
        pl.DataFrame(
            [_compare(turned, name, own[name], unit, key, signs[name]) for name in names],
            schema=_ROW,
        )
        for names in (shown[:top], shown[len(shown) - bottom :] if bottom < len(shown) else shown)
    )
    return Profile(best, worst)


_ROW: dict[str, type[pl.DataType]] = {
    "indicator": pl.String,
    "rank": pl.Int64,
    "of": pl.Int64,
    "value": pl.Float64,
    "ahead_of": pl.String,
    "ahead_by": pl.Float64,
    "behind": pl.String,
    "behind_by": pl.Float64,
}


def _compare(
    turned: pl.DataFrame, name: str, rank: int, unit: str, key: str, sign: int
) -> dict[str, object]:
    place = levelled_column(pl.col(name))
    others = (
        turned.select(key, name, place=place).drop_nulls().sort(name, key, descending=[True, False])
    )
    own = others.filter(pl.col(key) == unit)["place"].item()
    value = others.filter(pl.col(key) == unit)[name].item()
    below = others.filter(pl.col("place") < own).head(1)
    above = others.filter(pl.col("place") > own).head(1)
    return {
        "indicator": name,
        "rank": rank,
        "of": others.height,
        "value": value * sign,
        "ahead_of": below[key].item() if below.height else None,
        "ahead_by": value - below[name].item() if below.height else None,
        "behind": above[key].item() if above.height else None,
        "behind_by": above[name].item() - value if above.height else None,
    }
