"""What many draws say of a rank: quantiles, acceptability, who beats whom, central weights.

Scores and ranks that were found have draws x cities. A rank is 1 for the highest score, equals
share one, and 0 stands for none; scores that differ by rounding only are equal.

References:
    Lahdelma, Hokkanen, Salminen (1998), SMAA: Stochastic multiobjective acceptability analysis,
    European Journal of Operational Research 106(1), 137-143, for acceptability and central weights.
    Tervonen, Figueira (2008), A survey on stochastic multicriteria acceptability analysis methods,
    Journal of Multi-Criteria Decision Analysis 15(1-2), 1-14, for rank acceptability and pairwise
    winning; R's ``smaa`` computes the same shares of draws.
    Hyndman, Fan (1996), The American Statistician 50(4), 361-365, for quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.measures.matrix import Bools, Floats
from cityflux.core.engine.measures.tolerance import ROUNDING

Ranks = NDArray[np.int32]
Counts = NDArray[np.int64]
#: The ends of an interval, with its middle.
ENDS = (0.05, 0.5, 0.95)


def ranks(scores: Floats) -> Ranks:
    """The rank of each city in each draw."""
    order = np.argsort(scores, axis=1)
    run = np.take_along_axis(scores, order, axis=1)
    cities = scores.shape[1]
    place = np.arange(cities, 0, -1, dtype=np.int32)
    gaps = bool(np.isnan(run[:, -1:]).any())  # they are sorted to the end
    size = np.fmax.reduce(np.abs(run[:, [0]] if not gaps else run), axis=1, keepdims=True)
    if not gaps:
        size = np.maximum(size, np.abs(run[:, -1:]))
    with np.errstate(invalid="ignore"):
        near = run[:, 1:] - run[:, :-1] <= ROUNDING * size
    if gaps or near.any():
        place = _shared(run, near)
    found = np.zeros(scores.shape, dtype=np.int32)
    np.put_along_axis(found, order, np.broadcast_to(place, scores.shape), axis=1)
    return found


def _shared(run: Floats, near: Bools) -> Ranks:
    """The ranks of ascending scores, where equals share one and some may be missing."""
    there = ~np.isnan(run)
    count = there.sum(axis=1, keepdims=True)
    end = np.broadcast_to(np.arange(run.shape[1]), run.shape)
    last = np.where(np.pad(near, ((0, 0), (0, 1))), run.shape[1], end)  # that of all equals
    end = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    return np.where(there, count - end, 0).astype(np.int32)


def rank_counts(found: Ranks) -> Counts:
    """Cities x ranks: how often each city is found at each; the first column is none at all."""
    cities = found.shape[1]
    cells = found + np.arange(cities, dtype=np.int64) * (cities + 1)
    counts = np.bincount(cells.ravel(), minlength=cities * (cities + 1))
    return np.asarray(counts.reshape(cities, cities + 1), dtype=np.int64)


def acceptability(counts: Counts) -> Floats:
    """Cities x ranks: the share of its counts that a city has at each rank; NaN for none."""
    ranked = counts[:, 1:]
    total = ranked.sum(axis=1, keepdims=True)
    return _share(ranked, total)


def rank_quantiles(counts: Counts, ends: Sequence[float] = ENDS) -> Floats:
    """Quantiles x cities: at some ends of the counts, each a rank that occurred (type 1)."""
    run = np.cumsum(counts[:, 1:], axis=1)
    total = run[:, -1:] if run.shape[1] else np.zeros((len(counts), 1), dtype=np.int64)
    found = [
        np.where(total[:, 0] > 0, 1.0 + (run < end * total - 1e-9).sum(axis=1), np.nan)
        for end in ends
    ]
    return np.array(found)


def score_quantiles(scores: Floats, ends: Sequence[float] = ENDS) -> Floats:
    """Quantiles x cities at some ends, interpolated (type 7), of the draws with a score."""
    run = np.sort(np.ascontiguousarray(scores.T), axis=1)
    count = (~np.isnan(run)).sum(axis=1)
    found = np.full((len(ends), len(run)), np.nan)
    some, rows = count > 0, np.arange(len(run))
    for k, end in enumerate(ends):
        place = np.maximum(count - 1, 0) * end
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, np.maximum(count - 1, 0))
        part = place - low
        value = run[rows, low] * (1 - part) + run[rows, high] * part
        found[k, some] = value[some]
    return found


def pairwise_winning(found: Ranks) -> Floats:
    """Cities x cities: the share of draws in which one is found above another, where both rank.

    Two that are equal in a draw both do not win it. NaN where they never rank together, and for a
    city with itself.
    """
    there = (found > 0).astype(np.float64)
    both = there.T @ there
    columns = np.ascontiguousarray(np.where(found > 0, found, np.iinfo(np.int32).max).T)
    wins = np.empty(both.shape)
    for i, own in enumerate(columns):
        wins[i] = np.count_nonzero(own < columns, axis=1)
    wins -= there.sum(axis=0)[:, None] - both  # a rank against none is no contest
    np.fill_diagonal(both, 0)
    return _share(wins, both)


def central_weights(found: Ranks, weights: Floats) -> Floats:
    """Cities x weights: the mean of the weights with which a city is first; NaN where it never is.

    Args:
        found: the ranks, draws x cities.
        weights: draws x weights.
    """
    first = (found == 1).astype(np.float64)
    times = first.sum(axis=0)[:, None]
    sums = first.T @ weights
    return _share(sums, times)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """Divide, with NaN for everything over nothing."""
    found: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return found
