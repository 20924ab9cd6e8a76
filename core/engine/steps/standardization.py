"""Standardization (标准化): indicators in their own units become scores that can be weighted.

Every method is a plain function of a polars expression and keyword parameters, and
``.over("period")`` behind the result compares within a period instead of over all of them. Those
that are built in are formulas over `core.engine.measures.columns.Columns`, so that an index
evaluates all its indicators at once: see `standardize_columns`.

The expression x is a column: it holds one indicator, with a row for each unit (a city, or a city
in a period); so does each column of `Columns`. ``direction`` is 1, or -1 where less is better;
``ties`` says how polars ranks equals. Null stays null. Whatever has no defined value, such as the
z-score of a constant, is null as well, never NaN. Figures that differ by rounding only are equal:
see `core.engine.measures.tolerance`.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 5.
    Becker et al. (2022), COINr: an R package for developing composite indicators, JOSS 7(78).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.measures.columns import Columns, Ties, over_columns
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.measures.tolerance import ROUNDING, beyond
from cityflux.core.model.errors import IndexDefinitionError

Standardization = Callable[..., pl.Expr]


def standardize(
    x: pl.Expr, method: Standardization, *, direction: int = 1, **params: Any
) -> pl.Expr:
    """Apply a method so that more is better, whatever the direction of the indicator.

    A method that takes the keyword ``direction`` has parameters in the unit of the indicator
    (goalposts, targets, cut points) and turns them itself; every other method is given the
    figures with the sign changed.

    Args:
        x: the figures in their own unit.
        method: one of `STANDARDIZATIONS`, or a plugin's.
        direction: 1 where more is better, -1 where less is better.
        params: the keyword parameters of the method.

    Raises:
        IndexDefinitionError: when the direction or a parameter makes no sense.
    """
    if direction not in (1, -1):
        raise IndexDefinitionError(f"direction {direction!r} is unknown; write 1 or -1")
    if turns_itself(method):
        return method(x, direction=direction, **params)
    return method(x if direction == 1 else -x, **params)


def standardize_columns(
    figures: pl.DataFrame,
    method: Standardization,
    directions: Sequence[int],
    groups: pl.Series | None = None,
    **params: Any,
) -> Floats:
    """Do as `standardize` with many columns at once, by a method that is built in.

    Args:
        figures: one Float64 column per indicator.
        method: one that has a ``formula``.
        directions: 1 or -1 for each column.
        groups: a value for each row; only rows that share it are compared.
        params: the keyword parameters of the method.

    Returns:
        The scores, rows x columns; NaN is missing.
    """
    formula = method.formula  # type: ignore[attr-defined]
    signs = np.array(directions, dtype=np.float64)
    if not turns_itself(method):
        scores: Floats = formula(Columns(figures, signs, groups), **params)
        return scores
    scores = np.empty((figures.height, figures.width), order="F")
    for sign in set(directions):
        own = np.flatnonzero(signs == sign)
        part = figures[[figures.columns[place] for place in own]]
        scores[:, own] = formula(Columns(part, groups=groups), direction=sign, **params)
    return scores


@over_columns
def none(x: Columns) -> Floats:
    """Leave the figures as they are."""
    return x.x


@over_columns
def zscore(x: Columns, *, mean: float = 0.0, sd: float = 1.0) -> Floats:
    """Score by standard deviations from the mean: mean + sd (x - x̄) / s.

    s is the sample standard deviation (n - 1). A constant, or a single figure, is null.
    Source: OECD/JRC (2008), section 5.2, standardisation.

    Raises:
        IndexDefinitionError: when ``sd`` is not positive.
    """
    if not sd > 0:
        raise IndexDefinitionError(f"zscore: sd {sd} must be positive")
    middle, spread = x.moments()
    same = x.constant() | (spread == 0)  # as it is, too, where the squares are too small to tell
    return np.where(same, np.nan, (x.x - middle) * (1 / spread) * sd + mean)


@over_columns
def minmax(x: Columns, *, lower: float = 0.0, upper: float = 100.0) -> Floats:
    """Score between the worst and the best: lower + (upper - lower) (x - min) / (max - min).

    A constant is null. Source: OECD/JRC (2008), section 5.3, min-max.

    Raises:
        IndexDefinitionError: when lower is above upper, which would give the worst the best score.
    """
    if lower > upper:
        raise IndexDefinitionError(f"minmax: lower {lower} must be below upper {upper}")
    least = x.least()
    share = (x.x - least) * (1 / (x.largest() - least))
    return np.where(x.constant(), np.nan, share * (upper - lower) + lower)


@over_columns
def rank(x: Columns, *, ties: Ties = "min") -> Floats:
    """Rank from 1 for the worst to n for the best; equal figures share the ``ties`` rank.

    Figures that differ by rounding only are equal.

    Source: OECD/JRC (2008), section 1.5, ranking.
    """
    return x.rank(ties)


@over_columns
def borda(x: Columns, *, ties: Ties = "min") -> Floats:
    """Score 0 for the worst, 1 for the next, and so on: rank - 1. Source: Borda (1781)."""
    return x.rank(ties) - 1


@over_columns
def percentile_rank(x: Columns, *, ties: Ties = "min") -> Floats:
    """Score by the share of the others that are worse: (rank - 1) / (n - 1), in 0 to 1.

    n counts the figures that are there. A single figure is null. Source: COINr, ``n_prank``.
    """
    n = x.count()
    return np.where(n <= 1, np.nan, (x.rank(ties) - 1) * (1 / (n - 1)))


@over_columns
def distance_to_best(x: Columns) -> Floats:
    """Score by the way from the worst to the best: (x - min) / (max - min), in 0 to 1.

    A constant is null. Source: OECD/JRC (2008), section 5.4, distance to a reference with the
    leader as reference; COINr, ``n_dist2max``.
    """
    least = x.least()
    return np.where(x.constant(), np.nan, (x.x - least) * (1 / (x.largest() - least)))


def distance_to_reference(
    x: pl.Expr, *, reference: str, key: str = "city", cap: bool = False
) -> pl.Expr:
    """Score by the way from the worst to one city: (x - min) / (x_reference - min).

    Null throughout where the reference has no figure or is itself the worst.
    Source: OECD/JRC (2008), section 5.4, distance to a reference; COINr, ``n_dist2ref``.

    Args:
        x: the figures.
        reference: the unit that gets 1, as it stands in the key column.
        key: the key column.
        cap: give 1 to those that are better than the reference.
    """
    benchmark = x.filter(pl.col(key) == reference).first()
    score = (x - x.min()) / (benchmark - x.min())
    return pl.when(beyond(benchmark, x.min())).then(score.clip(upper_bound=1.0) if cap else score)


@over_columns
def distance_to_target(
    x: Columns, *, target: float, cap: bool = False, direction: int = 1
) -> Floats:
    """Score by the way from the worst to a target: (x - min) / (target - min).

    With direction -1 the worst is the largest: (max - x) / (max - target). A target that lies
    beyond the worst gives negative scores; a target equal to the worst gives null.
    Source: OECD/JRC (2008), section 5.4; COINr, ``n_dist2targ``.

    Args:
        x: the figures in their own unit.
        target: the figure that gets 1, in the unit of the indicator.
        cap: give 1 to those that are better than the target.
        direction: 1 where more is better, -1 where less is better.
    """
    goal = float(target * direction)
    worst = x.least() if direction == 1 else -x.largest()
    score = (x.x * direction - worst) * (1 / (goal - worst))
    near = np.abs(goal - worst) <= ROUNDING * np.maximum(abs(goal), np.abs(worst))
    return np.where(near, np.nan, np.minimum(score, 1.0) if cap else score)


@over_columns
def goalposts(
    x: Columns,
    *,
    lower: float,
    upper: float,
    scale: float = 1.0,
    least: float = 0.0,
    truncate: bool = True,
    direction: int = 1,
) -> Floats:
    """Score between two fixed figures: least + (scale - least) (x - lower) / (upper - lower).

    The score of a city does not depend on the other cities. With direction -1 upper - x stands
    in place of x - lower. A ``least`` above 0 suits a geometric mean, which takes no zero.
    Source: UNDP (2010), Human Development Report, technical note 1; COINr, ``n_goalposts``.

    Args:
        x: the figures in their own unit.
        lower: the lower goalpost, in the unit of the indicator.
        upper: the upper goalpost, in the unit of the indicator.
        scale: what the better goalpost scores.
        least: what the worse goalpost scores.
        truncate: keep what lies outside the goalposts at ``least`` and at ``scale``.
        direction: 1 where more is better, -1 where less is better.

    Raises:
        IndexDefinitionError: when lower is not below upper, or least above scale.
    """
    _in_order("goalposts", lower, upper)
    if least and not least < scale:
        raise IndexDefinitionError(f"goalposts: least {least} must be below scale {scale}")
    way = x.x - lower if direction == 1 else -(x.x - upper)
    score = way * (1 / (upper - lower))
    return (np.clip(score, 0.0, 1.0) if truncate else score) * (scale - least) + least


@over_columns
def fraction_of_max(x: Columns, *, best: float = 1.0) -> Floats:
    """Score by the share of the largest: best x / max, so that the largest has ``best``.

    Made for figures that are not negative: a negative maximum, as every indicator has of which
    less is better, turns the order round (as in COINr, ``n_fracmax``). A maximum of 0 is null.
    Source: COINr, ``n_fracmax``.
    """
    largest = x.largest()
    return np.where(largest == 0, np.nan, x.x * (best / largest))


@over_columns
def scaled(x: Columns, *, lower: float, upper: float, scale: float = 100.0) -> Floats:
    """Score between two fixed figures, after the direction was applied, without truncation.

    scale (x - lower) / (upper - lower). Source: COINr, ``n_scaled``.

    Raises:
        IndexDefinitionError: when lower is not below upper.
    """
    _in_order("scaled", lower, upper)
    return (x.x - lower) * (1 / (upper - lower)) * scale


def log(x: pl.Expr, *, offset: float = 0.0, base: float = math.e, direction: int = 1) -> pl.Expr:
    """Score by the logarithm of x + offset to a base, or its negative where less is better.

    Null where x + offset is not positive. Source: OECD/JRC (2008), section 5.1.
    """
    shifted = x + offset
    return pl.when(shifted > 0).then(shifted.log(base) * direction)


def categorical(
    x: pl.Expr,
    *,
    cuts: Sequence[float],
    scores: Sequence[float] | None = None,
    direction: int = 1,
) -> pl.Expr:
    """Score by classes: k cut points make k + 1 classes, each with a score of its own.

    A figure equal to a cut point belongs to the better class.
    Source: OECD/JRC (2008), section 1.5, categorical scales.

    Args:
        x: the figures in their own unit.
        cuts: the cut points, ascending, in the unit of the indicator.
        scores: one score per class, the worst first; evenly from 0 to 100 unless given.
        direction: 1 where more is better, -1 where less is better.

    Raises:
        IndexDefinitionError: when the cuts do not ascend or the scores do not match them.
    """
    if not cuts or any(a >= b for a, b in pairwise(cuts)):
        raise IndexDefinitionError(f"categorical: cuts {list(cuts)} must ascend; sort them")
    if scores is None:
        scores = [100.0 * i / len(cuts) for i in range(len(cuts) + 1)]
    if len(scores) != len(cuts) + 1:
        raise IndexDefinitionError(
            f"categorical: {len(cuts)} cuts make {len(cuts) + 1} classes, "
            f"but there are {len(scores)} scores"
        )
    passed = [(x >= cut) if direction == 1 else (x <= cut) for cut in cuts]
    classes = sum((step.cast(pl.Int64) for step in passed[1:]), start=passed[0].cast(pl.Int64))
    return classes.replace_strict(
        list(range(len(scores))), [float(score) for score in scores], return_dtype=pl.Float64
    )


#: Every built-in method by the name that an index definition uses.
STANDARDIZATIONS: dict[str, Standardization] = {
    "none": none,
    "zscore": zscore,
    "minmax": minmax,
    "rank": rank,
    "borda": borda,
    "percentile_rank": percentile_rank,
    "distance_to_best": distance_to_best,
    "distance_to_reference": distance_to_reference,
    "distance_to_target": distance_to_target,
    "goalposts": goalposts,
    "fraction_of_max": fraction_of_max,
    "scaled": scaled,
    "log": log,
    "categorical": categorical,
}


@cache
def turns_itself(method: Standardization) -> bool:
    """Say whether a method takes the direction of an indicator, and turns its figures itself."""
    return "direction" in inspect.signature(method).parameters


def _in_order(method: str, lower: float, upper: float) -> None:
    if not lower < upper:
        raise IndexDefinitionError(f"{method}: lower {lower} must be below upper {upper}")
