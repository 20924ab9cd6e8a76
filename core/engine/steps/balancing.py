"""Weights that give every child the intended say in the result.

A weight is not an importance: a child that varies more, or agrees more with the others, moves the
result more than its weight says. These weights are chosen so that the correlations of the children
with the result stand in the intended proportions.

References:
    Becker, Saisana, Paruolo, Vandecasteele (2017), Weights and importance in composite indicators:
    closing the gap, Ecological Indicators 80, 12-22. COINr, ``get_opt_weights``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from cityflux.core.engine.measures.correlation import correlation_matrix, covariance_matrix
from cityflux.core.engine.measures.matrix import Floats, to_matrix
from cityflux.core.engine.steps.aggregation import weighted_mean
from cityflux.core.model.errors import IndexDefinitionError

#: How much more the sum of the shares counts than each of them, where weights must not be negative.
_SUM_FIRST = 1e4


@dataclass(frozen=True, slots=True)
class Balanced:
    """Weights that balance the say of the children.

    Attributes:
        weights: in the order of the columns; they sum to 1.
        correlations: of each column with the weighted mean.
        shares: the correlations divided by their sum.
        gap: the largest difference between a share and its target.
    """

    weights: list[float]
    correlations: list[float]
    shares: list[float]
    gap: float


def balance(
    data: pl.DataFrame,
    *,
    targets: Sequence[float] | None = None,
    method: Literal["pearson", "spearman"] = "pearson",
    positive: bool = True,
    rounds: int = 200,
) -> Balanced:
    """Find weights of a weighted mean whose correlations with the children have target shares.

    With complete data and Pearson's correlation the shares are proportional to S⁻¹ C w, for the
    covariances C and standard deviations S, so that w solves a linear system. Missing figures and
    ranks bend this line: then the solution of the line is a start that is improved as long as that
    helps, by steps that the line suggests.
    Source: Becker et al. (2017), with correlations in place of their squares, as COINr.

    Args:
        data: one column per child, one row per unit, more is better.
        targets: the relative importance of each column; all the same unless given.
        method: the kind of correlation.
        positive: keep the weights from being negative, though the shares may then miss the targets.
        rounds: how many steps to take at most.

    Raises:
        IndexDefinitionError: when the targets do not fit the columns, a column is constant, or
            the columns go against each other.
    """
    x = to_matrix(data)
    goal = np.ones(data.width) if targets is None else np.asarray(targets, dtype=np.float64)
    if len(goal) != data.width or not (goal > 0).all():
        raise IndexDefinitionError(f"targets {goal.tolist()}: give one above 0 for each column")
    goal = goal / goal.sum()
    line = _line(x if method == "pearson" else _ranked(data), data.columns)
    start = _solve(line, goal, positive)
    if not (start.sum() > 0 and (line @ start).sum() > 0):
        raise IndexDefinitionError(
            f"{', '.join(data.columns)} go against each other: no weights give each of them a "
            "positive correlation with their mean; turn their directions or split them"
        )
    best = _outcome(data, x, start, method)
    step = 1.0
    for _ in range(rounds):
        error = goal - best.shares
        if np.abs(error).max() < 1e-13 or step < 1e-6:
            break
        # The weights on the scale on which the line gives shares, and the way that it points.
        scaled = best.weights / (line @ best.weights).sum()
        w = scaled + step * np.linalg.lstsq(line, error, rcond=None)[0]
        tried = _outcome(data, x, np.maximum(w, 0.0) if positive else w, method)
        if ((goal - tried.shares) ** 2).sum() < (error**2).sum():
            best = tried
        else:
            step /= 2
    return Balanced(
        best.weights.tolist(),
        best.correlations.tolist(),
        best.shares.tolist(),
        float(np.abs(goal - best.shares).max()),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    weights: Floats
    correlations: Floats
    shares: Floats


def _outcome(
    data: pl.DataFrame, x: Floats, w: Floats, method: Literal["pearson", "spearman"]
) -> _Outcome:
    """Give what weights lead to; those that sum to nothing lead nowhere."""
    if not w.sum() > 0:
        return _Outcome(w, np.full_like(w, np.nan), np.full_like(w, np.nan))
    w = w / w.sum()
    index = weighted_mean(data, w.tolist()).to_numpy()[:, None]
    r = correlation_matrix(index, x, method)[0]
    return _Outcome(w, r, r / r.sum())


def _line(x: Floats, columns: Sequence[str]) -> Floats:
    """Give S⁻¹ C: what the correlations are proportional to, as a function of the weights."""
    c = covariance_matrix(x)
    variance = np.diag(c)
    if flat := [name for name, v in zip(columns, variance, strict=True) if not v > 0]:
        raise IndexDefinitionError(f"{', '.join(flat)}: without variance there is no correlation")
    return np.nan_to_num(c) / np.sqrt(variance)[:, None]


def _solve(line: Floats, goal: Floats, positive: bool) -> Floats:
    w = np.asarray(np.linalg.lstsq(line, goal, rcond=None)[0], dtype=np.float64)
    if positive and (w < 0).any():
        from scipy.optimize import nnls

        total = _SUM_FIRST * line.sum(axis=0)
        w = np.asarray(nnls(np.vstack([line, total]), np.r_[goal, _SUM_FIRST])[0])
    return w


def _ranked(data: pl.DataFrame) -> Floats:
    """Give ranks that keep the spread of their column, which the weights apply to."""
    ranks = pl.all().rank("average")
    return to_matrix(data.select(ranks * pl.all().std() / ranks.std()))
