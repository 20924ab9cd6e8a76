"""Ranks: 1 for the best, equal scores share the better rank, and no score has no rank.

Scores that differ by rounding only are equal: see `core.engine.measures.tolerance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.measures.columns import rows_of
from cityflux.core.engine.measures.matrix import Floats, to_frame, to_matrix
from cityflux.core.engine.measures.tolerance import ascending, levelled_column


def ranks(
    scores: pl.DataFrame, columns: Sequence[str], *, within: str | None = None, scale: bool = False
) -> pl.DataFrame:
    """Replace scores by ranks, 1 for the highest; null stays null. Source: COINr, ``rank_df``.

    Args:
        scores: one row per unit.
        columns: the Float64 columns to rank, more is better.
        within: rank among the rows that share the value of this column (period, region).
        scale: how scores that differ by rounding only are told, as in
            `core.engine.measures.tolerance.levelled`; they share a rank.

    Returns:
        The same frame with Int64 ranks in ``columns``.
    """
    x = to_matrix(scores[[*columns]])
    parts = [slice(None)] if within is None else rows_of(scores[within])
    return scores.with_columns(to_frame(places(x, parts, scale=scale), columns).cast(pl.Int64))


def places(x: Floats, parts: Sequence[Any], *, scale: bool = False) -> Floats:
    """Do as `ranks` with a matrix, rows x columns.

    Args:
        x: the scores; NaN stays NaN.
        parts: rows that are ranked among each other.
        scale: as in `ranks`.
    """
    placed = np.empty_like(x)
    for rows in parts:
        order, run = ascending(x[rows], scale=scale)
        number = np.arange(1.0, len(run) + 1)[:, None] + 0 * run
        known = np.count_nonzero(~np.isnan(run), axis=0)
        number[:-1][run[:-1] == run[1:]] = np.inf  # the last of those that are equal counts
        last = np.fmin.accumulate(number[::-1], axis=0)[::-1]
        place = np.empty_like(run)
        np.put_along_axis(place, order, np.where(np.isnan(run), np.nan, known - last + 1), axis=0)
        placed[rows] = place
    return placed


def ranking_table(
    figures: pl.DataFrame, indicator: str, *, key: str = "city", direction: int = 1
) -> pl.DataFrame:
    """List the units of one indicator, the best first, with the figure, rank and distance.

    Args:
        figures: one row per unit, with the key column and the indicator in its own unit.
        indicator: the column to rank.
        key: the column that names the units.
        direction: 1 where more is better, -1 where less is better.

    Returns:
        ``rank``, the key, ``value``, ``behind`` (how far behind the best, in the unit of the
        indicator, never negative) and ``of_best`` (the figure as a share of the best one, null
        where that is zero). Units without a figure are left out.
    """
    best = pl.col("value").first()
    placed = levelled_column(pl.col("value") * direction)
    return (
        figures.select(key, value=pl.col(indicator))
        .drop_nulls("value")
        .with_columns(rank=placed.rank("min", descending=True).cast(pl.Int64))
        .sort("rank", key)
        .select(
            "rank",
            key,
            "value",
            behind=(best - pl.col("value")) * direction,
            of_best=pl.when(best != 0).then(pl.col("value") / best),
        )
    )
