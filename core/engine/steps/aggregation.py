"""Aggregation (合成): the scores of the children of a node become the score of the node.

Every method is a function of a frame with one Float64 column per child and one row per unit, a
weight per child, and keyword parameters; it gives a series ``score`` with one value per unit.

A missing child is left out and the weights of the others are rescaled; so is a child whose
weight is None. A unit without any child has no score, nor has one whose weights sum to zero.
Weights are relative: only their ratios count, except in `weighted_sum`.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 6,
    sections 6.10 to 6.13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

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
from cityflux.core.engine.measures.tolerance import ROUNDING
from cityflux.core.engine.steps.frontier import benefit_of_the_doubt
from cityflux.core.engine.steps.multicriteria import copeland, topsis, vikor
from cityflux.core.model.errors import IndexDefinitionError

Aggregation = Callable[..., pl.Series]
Weights = Sequence[float | None]


def aggregate(
    method: Aggregation,
    children: pl.DataFrame,
    weights: Weights,
    *,
    threshold: float = 0.0,
    **params: Any,
) -> pl.Series:
    """Apply a method to the units that have enough of their children.

    Args:
        method: one of `AGGREGATIONS`, or a plugin's.
        children: one column per child, one row per unit.
        weights: one per child.
        threshold: the share of children that a unit needs, 0 to 1. Every child counts the same,
            whatever its weight; a unit that has exactly this share is kept.
        params: the keyword parameters of the method.

    Raises:
        IndexDefinitionError: when the threshold or what the method is given makes no sense.
    """
    if not 0 <= threshold <= 1:
        raise IndexDefinitionError(f"threshold {threshold} is no share; write 0 to 1")
    if threshold > 0:
        present = pl.sum_horizontal(pl.all().is_not_null()) / children.width
        enough = children.select(present >= threshold).to_series()
        if not enough.all():
            children = children.select(pl.when(enough).then(pl.all()))
    return method(children, weights, **params)


def looks_across_units(method: Aggregation) -> bool:
    """Say whether the score of a unit depends on the other rows, so that a period stands alone.

    A plugin's method says so by an attribute ``across_units`` that is true.
    """
    return bool(getattr(method, "across_units", False))


def weighted_sum(children: pl.DataFrame, weights: Weights) -> pl.Series:
    """Add up weight x score: Σ wⱼ xⱼ, times Σ w / Σ w of those present.

    Not divided by the weights: with weights that sum to 34 it is 34 times the mean.
    Source: OECD/JRC (2008), section 6.10, additive aggregation methods.
    """
    return to_series(_summed(to_matrix(children), to_weights(weights, children.columns)))


def weighted_mean(children: pl.DataFrame, weights: Weights) -> pl.Series:
    """Take the arithmetic mean: Σ wⱼ xⱼ / Σ wⱼ. Source: OECD/JRC (2008), section 6.10."""
    return to_series(_mean(to_matrix(children), to_weights(weights, children.columns)))


def geometric_mean(children: pl.DataFrame, weights: Weights) -> pl.Series:
    """Take the geometric mean: (Π xⱼ^wⱼ)^(1 / Σ wⱼ).

    Source: OECD/JRC (2008), section 6.11, geometric aggregation.

    Raises:
        UnfitFigure: when a score is not positive.
    """
    x, w = _present(children, weights)
    _refuse(children, x <= 0, w, "the geometric mean takes positive scores only")
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(w != 0, np.log(x), 0.0)
    return to_series(np.exp(_divide((logs * w).sum(axis=1), w.sum(axis=1))))


def harmonic_mean(children: pl.DataFrame, weights: Weights) -> pl.Series:
    """Take the harmonic mean: Σ wⱼ / Σ (wⱼ / xⱼ).

    Source: Hardy, Littlewood, Pólya (1934), Inequalities, ch. 2, the mean of power -1.

    Made for positive scores; a negative one is taken here as COINr takes it, and is refused in an
    index.

    Raises:
        UnfitFigure: when a score is zero.
    """
    x, w = _present(children, weights)
    _refuse(children, x == 0, w, "the harmonic mean takes no zero")
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(w != 0, w / x, 0.0)
    return to_series(_divide(w.sum(axis=1), shares.sum(axis=1)))


def generalised_mean(children: pl.DataFrame, weights: Weights, *, power: float) -> pl.Series:
    """Take the power mean: (Σ wⱼ xⱼ^p / Σ wⱼ)^(1/p).

    1 is the arithmetic mean, -1 the harmonic one; the smaller, the less a high score makes up
    for a low one. Source: Hardy, Littlewood, Pólya (1934), Inequalities, ch. 2.

    Raises:
        IndexDefinitionError: when the power is 0 (that is the geometric mean).
        UnfitFigure: when a score is not positive and the power negative, or a score is negative
            and the power not 1: an even one would take it for its opposite.
    """
    if power == 0:
        raise IndexDefinitionError("the generalised mean of power 0 is the geometric mean; use it")
    x, w = _present(children, weights)
    if power < 0:
        _refuse(children, x <= 0, w, f"the mean of power {power} takes positive scores only")
    elif power != 1:
        _refuse(children, x < 0, w, f"the mean of power {power} takes no negative score")
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.where(w != 0, x**power, 0.0)
        return to_series(_divide((powers * w).sum(axis=1), w.sum(axis=1)) ** (1 / power))


def median(children: pl.DataFrame, weights: Weights) -> pl.Series:
    """Take the weighted median: half of the weight lies on either side.

    Where the halves meet between two scores it is the mean of both, as in the plain median.
    Source: Edgeworth (1888), in Philosophical Magazine 25.

    Raises:
        IndexDefinitionError: when a weight is negative.
    """
    x, w = _present(children, weights)
    _refuse_negative(w, "median")
    order = np.argsort(np.where(w > 0, x, np.inf), axis=1, kind="stable")
    x, w = np.take_along_axis(x, order, axis=1), np.take_along_axis(w, order, axis=1)
    run, half = w.cumsum(axis=1), w.sum(axis=1, keepdims=True) / 2
    slack = half * ROUNDING  # weights such as thirds do not add up to a half exactly
    low = np.argmax(run >= half - slack, axis=1)[:, None]
    high = np.argmax(run > half + slack, axis=1)[:, None]
    middle = (np.take_along_axis(x, low, axis=1) + np.take_along_axis(x, high, axis=1)) / 2
    return to_series(np.where(half > 0, middle, np.nan)[:, 0])


def mazziotta_pareto(
    children: pl.DataFrame,
    weights: Weights,
    *,
    penalty: Literal["negative", "positive"] = "negative",
) -> pl.Series:
    """Take the mean and punish what is unbalanced: M - S²/M, the Mazziotta–Pareto index.

    M and S are the weighted mean and (population) standard deviation of the unit's scores. Made
    for z-scores with mean 100 and sd 10. Source: De Muro, Mazziotta, Pareto (2011), Social
    Indicators Research 104(1), 1-18; with weights as in the weighted variance.

    Args:
        children: one column per child.
        weights: one per child.
        penalty: ``negative`` subtracts (more is better), ``positive`` adds (less is better).

    Raises:
        UnfitFigure: when a mean is not positive.
        IndexDefinitionError: when a weight is negative.
    """
    x, w = _present(children, weights)
    _refuse_negative(w, "mazziotta_pareto")
    total = w.sum(axis=1)
    mean = _divide((x * w).sum(axis=1), total)
    variance = _divide(((x - mean[:, None]) ** 2 * w).sum(axis=1), total)
    refuse(
        to_frame(mean[:, None], ["the mean of the scores"]),
        mean[:, None] <= 0,
        "mazziotta_pareto takes a positive one only; standardize to zscore with mean 100 and sd 10",
    )
    sign = {"negative": -1.0, "positive": 1.0}[penalty]
    return to_series(mean + sign * variance / mean)


def ordered_weighted_average(
    children: pl.DataFrame, weights: Weights, *, order: Sequence[float]
) -> pl.Series:
    """Weigh the scores by their place among the unit's scores as well as by their child.

    With equal weights this is Yager's OWA: Σ orderᵢ x₍ᵢ₎, the best score first. With others it is
    Torra's weighted OWA: the place weights are the steps of a function on the cumulated weights,
    so that equal ``order`` weights give the weighted mean, and a missing child changes nothing
    else. Sources: Yager (1988), IEEE Transactions on Systems, Man, and Cybernetics 18(1),
    183-190; Torra (1997), International Journal of Intelligent Systems 12(2), 153-166 (with
    linear interpolation).

    Args:
        children: one column per child.
        weights: one per child.
        order: the weights of the places, the best first; relative.

    Raises:
        IndexDefinitionError: when a weight of either kind is negative, or the order sums to 0.
    """
    x, w = _present(children, weights)
    _refuse_negative(w, "owa")
    steps = np.asarray(order, dtype=np.float64)
    if (steps < 0).any() or not steps.sum() > 0:
        raise IndexDefinitionError(f"owa: order {list(order)} must hold shares; write [0.5, 0.5]")
    best_first = np.argsort(np.where(w > 0, -x, np.inf), axis=1, kind="stable")
    x, w = np.take_along_axis(x, best_first, axis=1), np.take_along_axis(w, best_first, axis=1)
    run = _divide(w.cumsum(axis=1), w.sum(axis=1, keepdims=True))
    places = np.linspace(0.0, 1.0, len(steps) + 1)
    reached = np.interp(run, places, np.concatenate([[0.0], steps.cumsum() / steps.sum()]))
    return to_series((x * np.diff(reached, axis=1, prepend=0.0)).sum(axis=1))


def _present(children: pl.DataFrame, weights: Weights) -> tuple[Floats, Floats]:
    """Give values and weights, units x children; what is missing is 0 in both."""
    return _there(to_matrix(children), to_weights(weights, children.columns))


def _there(x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    there = ~np.isnan(x) & ~np.isnan(weights)
    return np.where(there, x, 0.0), np.where(there, weights, 0.0)


def _mean(x: Floats, weights: Floats) -> Floats:
    x, w = _there(x, weights)
    return _divide(_sum(x * w), w.sum(axis=1))


def _summed(x: Floats, weights: Floats) -> Floats:
    return _mean(x, weights) * np.nansum(weights)


def _sum(parts: Floats) -> Floats:
    """Add up row by row; parts that cancel out, up to rounding, are 0."""
    total: Floats = parts.sum(axis=1)
    size = np.abs(parts).sum(axis=1)
    return np.where(np.abs(total) <= ROUNDING * size, 0.0, total)


def _divide(above: Floats, below: Floats) -> Floats:
    """Divide, with NaN for everything over zero."""
    below = np.broadcast_to(below, above.shape)
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)


def _refuse(children: pl.DataFrame, bad: Bools, w: Floats, reason: str) -> None:
    """Refuse scores that the formula cannot take; those of weight zero play no part."""
    advice = "standardize to a positive scale first or take another aggregation"
    refuse(children, bad & (w != 0), f"{reason}; {advice}")


def _refuse_negative(w: Floats, method: str) -> None:
    if (w < 0).any():
        raise IndexDefinitionError(f"{method} takes no negative weight; there is {w.min()}")


#: Methods as functions of a matrix, units x children, and a vector of weights, where a frame would
#: take longer to make than they take to compute.
FORMULAS: dict[Aggregation, Callable[[Floats, Floats], Floats]] = {
    weighted_sum: _summed,
    weighted_mean: _mean,
}

#: Every built-in method by the name that an index definition uses.
AGGREGATIONS: dict[str, Aggregation] = {
    "weighted_sum": weighted_sum,
    "mean": weighted_mean,
    "geometric": geometric_mean,
    "harmonic": harmonic_mean,
    "generalised": generalised_mean,
    "median": median,
    "copeland": copeland,
    "mazziotta_pareto": mazziotta_pareto,
    "owa": ordered_weighted_average,
    "topsis": topsis,
    "vikor": vikor,
    "benefit_of_the_doubt": benefit_of_the_doubt,
}
