"""Multi-criteria methods that compare the units with each other: Copeland, TOPSIS and VIKOR.

The score of a unit depends on which others stand beside it, so that each period is a matter of
its own: the functions here carry ``across_units``, and the pipeline applies them per period.

As everywhere in aggregation, ``children`` is a frame with one column per child and one row per
unit, more is better, a missing child is left out and the weights of the others are rescaled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import Floats, to_matrix, to_series, to_weights
from cityflux.core.engine.measures.tolerance import ROUNDING, constant, levelled
from cityflux.core.model.errors import IndexDefinitionError

Method = Callable[..., pl.Series]


def across_units(method: Method) -> Method:
    """Mark an aggregation that looks across units, so that it is applied per period."""
    method.across_units = True  # type: ignore[attr-defined]
    return method


@across_units
def copeland(children: pl.DataFrame, weights: Sequence[float | None]) -> pl.Series:
    """Count the units that a unit beats, less those that it loses to: -(n - 1) to n - 1.

    A unit beats another when the children in which it is ahead weigh more than those in which it
    is behind. Only children that both have are compared, so that the order of the rows does not
    matter. Source: Copeland (1951), A reasonable social welfare function; OECD/JRC (2008), section
    6.13, non-compensatory approach.

    Raises:
        IndexDefinitionError: when a weight is negative.
    """
    x, w = _units(children, weights)
    ahead = _weight_ahead(x, w)
    margin = ahead - ahead.T
    margin[np.abs(margin) <= ROUNDING * w.sum()] = 0.0
    return to_series(_blank(np.sign(margin).sum(axis=1), x, w))


def outranking(children: pl.DataFrame, weights: Sequence[float | None]) -> Floats:
    """Give the outranking matrix: the share of weight in which unit i is ahead of unit j.

    Equality counts half, so that o[i, j] + o[j, i] = 1; the diagonal is 0, and a pair without a
    child in common is NaN. Source: OECD/JRC (2008), section 6.12, the outranking matrix of
    Condorcet.

    Returns:
        A matrix, units x units.

    Raises:
        IndexDefinitionError: when a weight is negative.
    """
    x, w = _units(children, weights)
    ahead = _weight_ahead(x, w)
    there = (~np.isnan(x)).astype(np.float64)
    common = (there * w) @ there.T
    with np.errstate(invalid="ignore"):
        matrix: Floats = 0.5 + (ahead - ahead.T) / common / 2
    np.fill_diagonal(matrix, 0.0)
    return matrix


@across_units
def topsis(
    children: pl.DataFrame,
    weights: Sequence[float | None],
    *,
    scaling: Literal["vector", "none"] = "vector",
) -> pl.Series:
    """Score by the nearness to the ideal unit: d⁻ / (d⁺ + d⁻), in 0 to 1.

    d⁺ and d⁻ are the Euclidean distances of the weighted scores to the best and to the worst of
    each child. Source: Hwang, Yoon (1981), Multiple Attribute Decision Making, Lecture Notes in
    Economics and Mathematical Systems 186.

    Args:
        children: one column per child, one row per unit.
        weights: one per child.
        scaling: ``vector`` divides each child by its Euclidean norm, as the authors do; ``none``
            takes the scores as they are.

    Raises:
        IndexDefinitionError: when a weight is negative.
    """
    x, w = _units(children, weights)
    if scaling == "vector":
        norm = np.sqrt(np.nansum(x**2, axis=0))
        x = x / np.where(norm > 0, norm, 1.0)
    share = _shares(x, w)
    best, worst = _extremes(x)
    to_best = np.sqrt(np.nansum((share * (best - x)) ** 2, axis=1))
    to_worst = np.sqrt(np.nansum((share * (x - worst)) ** 2, axis=1))
    with np.errstate(invalid="ignore"):
        return to_series(_blank(to_worst / (to_best + to_worst), x, w))


@across_units
def vikor(
    children: pl.DataFrame, weights: Sequence[float | None], *, majority: float = 0.5
) -> pl.Series:
    """Score by the compromise between group and worst regret: 1 - Q, so that more is better.

    S is the weighted distance to the best over all children, R the largest of a single child, and
    Q = v (S - S*) / (S⁻ - S*) + (1 - v) (R - R*) / (R⁻ - R*). A child that is the same for all
    plays no part, nor does a part of Q in which all units are equal.
    Source: Opricovic, Tzeng (2004), European Journal of Operational Research 156(2), 445-455.

    Args:
        children: one column per child, one row per unit.
        weights: one per child.
        majority: v, the weight of the group against the single worst regret, 0 to 1.

    Raises:
        IndexDefinitionError: when a weight is negative, or the majority is no share.
    """
    if not 0 <= majority <= 1:
        raise IndexDefinitionError(f"vikor: majority {majority} is no share; write 0 to 1")
    x, w = _units(children, weights)
    best, worst = _extremes(x)
    flat = constant(x)
    width = np.where(flat, 1.0, best - worst)
    regret = _shares(x, w) * np.where(flat, 0.0, best - x) / width
    group = _blank(np.nansum(regret, axis=1), x, w)
    single = _blank(np.nan_to_num(regret, nan=0.0).max(axis=1, initial=0.0), x, w)
    return to_series(1 - majority * _position(group) - (1 - majority) * _position(single))


def _units(children: pl.DataFrame, weights: Sequence[float | None]) -> tuple[Floats, Floats]:
    """Give the values of the children that have a weight, and the weights."""
    w = to_weights(weights, children.columns)
    if (w < 0).any():
        raise IndexDefinitionError(f"weights {list(weights)} must not be negative")
    return to_matrix(children)[:, w > 0], w[w > 0]


def _weight_ahead(x: Floats, w: Floats) -> Floats:
    """Sum for each pair of units the weight of the children in which the first is ahead."""
    ahead = np.zeros((len(x), len(x)))
    for child, weight in zip(levelled(x).T, w, strict=True):
        # A comparison with NaN is false: a child that one of both lacks counts for neither.
        ahead += weight * (child[:, None] > child[None, :])
    return ahead


def _shares(x: Floats, w: Floats) -> Floats:
    """Give the weights of each unit's own children, which sum to 1."""
    present = np.where(np.isnan(x), 0.0, w)
    total = present.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(present, total, out=np.zeros_like(present), where=total > 0)
    return shares


def _extremes(x: Floats) -> tuple[Floats, Floats]:
    """Give the best and the worst of each child; a child without any score is 0."""
    there = ~np.isnan(x)
    best = np.max(x, axis=0, initial=-np.inf, where=there)
    worst = np.min(x, axis=0, initial=np.inf, where=there)
    known = there.any(axis=0)
    return np.where(known, best, 0.0), np.where(known, worst, 0.0)


def _position(values: Floats) -> Floats:
    """Scale to 0 for the smallest and 1 for the largest; all 0 where there is no difference."""
    if constant(values[:, None])[0]:
        return values * 0.0
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low)


def _blank(scores: Floats, x: Floats, w: Floats) -> Floats:
    """Take the score from units that have no child to be compared by."""
    return np.where((~np.isnan(x)).any(axis=1), scores, np.nan)
