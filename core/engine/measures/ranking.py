"""Ranks: 1 for the best, equal scores share the better rank, and no score has no rank."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def ranks(
    scores: pl.DataFrame, columns: Sequence[str], *, within: str | None = None
) -> pl.DataFrame:
    """Replace scores by ranks, 1 for the highest; null stays null. Source: COINr, ``rank_df``.

    Args:
        scores: one row per unit.
        columns: the Float64 columns to rank, more is better.
        within: rank among the rows that share the value of this column (period, region).

    Returns:
        The same frame with Int64 ranks in ``columns``.
    """
    order = pl.col(columns).rank("min", descending=True).cast(pl.Int64)
    return scores.with_columns(order if within is None else order.over(within))


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
    return (
        figures.select(key, value=pl.col(indicator))
        .drop_nulls("value")
        .with_columns(
            rank=(pl.col("value") * direction).rank("min", descending=True).cast(pl.Int64)
        )
        .sort("rank", key)
        .select(
            "rank",
            key,
            "value",
            behind=(best - pl.col("value")) * direction,
            of_best=pl.when(best != 0).then(pl.col("value") / best),
        )
    )
