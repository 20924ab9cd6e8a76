"""Benefit of the doubt: every unit is judged by the weights that suit it best.

References:
    Cherchye, Moesen, Rogge, Van Puyenbroeck (2007), An introduction to benefit of the doubt
    composite indicators, Social Indicators Research 82(1), 111-145; OECD/JRC (2008), section 6.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import (
    Bools,
    Floats,
    to_frame,
    to_matrix,
    to_series,
    to_weights,
)
from cityflux.core.engine.measures.refusal import refuse
from cityflux.core.engine.steps.multicriteria import across_units
from cityflux.core.model.errors import IndexDefinitionError


@dataclass(frozen=True, slots=True)
class Frontier:
    """The result of the benefit of the doubt.

    Attributes:
        scores: of each unit, 0 to 1; 1 for those that nobody beats under their own weights.
        shares: of each child in the score of each unit, which sum to 1; where several weights
            suit a unit equally well, these are of one of them.
    """

    scores: pl.Series
    shares: pl.DataFrame


def frontier(
    data: pl.DataFrame,
    *,
    lower: Sequence[float] | None = None,
    upper: Sequence[float] | None = None,
) -> Frontier:
    """Solve one linear programme per unit: the weights under which it comes out best.

    For unit i: maximise Σ wⱼ xᵢⱼ so that Σ wⱼ xₖⱼ ≤ 1 for every unit k, w ≥ 0, and the share
    wⱼ xᵢⱼ / Σ w xᵢ of every child lies between its bounds. A missing child takes no part in the
    programme of its unit, whose bounds the others take over, and does not limit other units. A
    child with score 0 has no share: a bound above 0 makes the whole score 0.
    Source: Cherchye et al. (2007), with their proportional share restrictions.

    Args:
        data: one column per child, one row per unit; no score below 0, more is better.
        lower: the least share of each child, 0 unless given.
        upper: the greatest share of each child, 1 unless given.

    Raises:
        IndexDefinitionError: when a score is negative, or no weights keep to the bounds.
    """
    x, least, most = _checked(data, lower, upper)
    peers = np.nan_to_num(x)
    scores, shares = np.full(len(x), np.nan), np.full(x.shape, np.nan)
    for i, own in enumerate(x):
        there = ~np.isnan(own)
        if there.any():
            low, high = _among(there, least, most)
            parts = _best_parts(own[there], peers[:, there], low, high)
            scores[i] = parts.sum()
            shares[i, there] = parts / scores[i] if scores[i] > 0 else np.nan
    return Frontier(to_series(scores), to_frame(shares, data.columns))


def common_frontier(
    data: pl.DataFrame,
    *,
    lower: Sequence[float] | None = None,
    upper: Sequence[float] | None = None,
) -> list[float]:
    """Solve one linear programme for all units: the weights under which their mean is greatest.

    Maximise Σᵢ Σⱼ wⱼ xᵢⱼ so that Σⱼ wⱼ xₖⱼ ≤ 1 for every unit k, w ≥ 0, and the share of every
    child in the mean score lies between its bounds. A missing figure counts as 0.
    Source: Hatefi, Torabi (2010), Ecological Economics 70(1), 114-120, with the sum of the scores.

    Args:
        data: one column per child, one row per unit; no score below 0, more is better.
        lower: the least share of each child, 0 unless given.
        upper: the greatest share of each child, 1 unless given.

    Returns:
        One weight per column, under which the best unit scores 1.

    Raises:
        IndexDefinitionError: when a score is negative, or no weights keep to the bounds.
    """
    x, least, most = _checked(data, lower, upper)
    figures = np.nan_to_num(x)
    mean = figures.mean(axis=0)
    parts = _best_parts(mean, figures, least, most)
    return [float(w) for w in np.divide(parts, mean, out=np.zeros_like(mean), where=mean > 0)]


@across_units
def benefit_of_the_doubt(
    children: pl.DataFrame, weights: Sequence[float | None], *, freedom: float | None = None
) -> pl.Series:
    """Score every unit by the weights that suit it best, near the given ones if asked for.

    Source: `frontier`.

    Args:
        children: one column per child, one row per unit; no score below 0, more is better.
        weights: one per child. A child without weight is left out; how much the others weigh only
            counts where ``freedom`` is given.
        freedom: by how much, relative to its weight, the share of a child may differ from it:
            0.5 allows a child that weighs 20 % a share of 10 % to 30 %; any share unless given.

    Raises:
        IndexDefinitionError: when a score or a weight is negative.
    """
    w = to_weights(weights, children.columns)
    if (w < 0).any() or (freedom is not None and freedom < 0):
        raise IndexDefinitionError("benefit of the doubt: weights and freedom must not be negative")
    kept = children.select(c for c, weight in zip(children.columns, w, strict=True) if weight > 0)
    if not kept.width:
        return to_series(np.full(children.height, np.nan))
    if freedom is None:
        return frontier(kept).scores
    share = w[w > 0] / w[w > 0].sum()
    return frontier(
        kept, lower=list(share * (1 - freedom)), upper=list(share * (1 + freedom))
    ).scores


def _checked(
    data: pl.DataFrame, lower: Sequence[float] | None, upper: Sequence[float] | None
) -> tuple[Floats, Floats, Floats]:
    x, columns = to_matrix(data), data.columns
    refuse(data, x < 0, "benefit of the doubt takes no negative score; standardize to minmax first")
    least = to_weights([0.0] * data.width if lower is None else lower, columns)
    most = to_weights([1.0] * data.width if upper is None else upper, columns)
    if least.sum() > 1 + 1e-9 or most.sum() < 1 - 1e-9 or (least > most).any():
        raise IndexDefinitionError(
            f"benefit of the doubt: no shares of {data.width} children lie between "
            f"{least.tolist()} and {most.tolist()}"
        )
    return x, least, most


def _among(there: Bools, least: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Give the bounds of the children that a unit has, widened by the room of those it lacks."""
    middle = least + most
    more = middle.sum() / middle[there].sum()
    return least[there] * more, np.minimum(most[there] * more, 1.0)


def _best_parts(own: Floats, peers: Floats, least: Floats, most: Floats) -> Floats:
    """Give the parts wⱼ xⱼ of the score of one unit."""
    from scipy.optimize import linprog

    n = len(own)
    # wⱼ xⱼ - share Σ w x, which must be at least 0 for the lower bound and at most for the upper.
    parts = np.diag(own)
    bounds = np.vstack([least[:, None] * own - parts, parts - most[:, None] * own])
    answer = linprog(
        -own, A_ub=np.vstack([peers, bounds]), b_ub=np.r_[np.ones(len(peers)), np.zeros(2 * n)]
    )
    if not answer.success:
        raise IndexDefinitionError(f"benefit of the doubt has no solution: {answer.message}")
    return np.asarray(answer.x * own)
