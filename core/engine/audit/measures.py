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

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.audit.ranking import BLOCK, Counts, Ranks
from cityflux.core.engine.measures.matrix import Floats

#: The ends of an interval, with its middle.
ENDS = (0.05, 0.5, 0.95)
#: Up to so many draws scores are sorted; of more, a table with so many bins finds the few to sort.
_FEW, _BINS = 512, 1024


def acceptability(counts: Counts) -> Floats:
    """Cities x ranks: the share of its counts that a city has at each rank; NaN for none."""
    ranked = counts[:, 1:]
    total = ranked.sum(axis=1, keepdims=True)
    return share(ranked, total)


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
    """Quantiles x cities at some ends, interpolated (type 7), of the draws with a score.

    Args:
        scores: cities x draws.
        ends: of the quantiles.
    """
    found = np.full((len(ends), len(scores)), np.nan)
    if scores.shape[1] <= _FEW:
        return _of_sorted(np.sort(scores, axis=1), ends)
    for first in range(0, len(scores), step := max(1, (BLOCK * 4) // scores.shape[1])):
        block = scores[first : first + step]
        found[:, first : first + step] = _selected(block, ends)
    return found


def _of_sorted(run: Floats, ends: Sequence[float]) -> Floats:
    """The same of scores that ascend, NaN last."""
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


def _selected(scores: Floats, ends: Sequence[float]) -> Floats:
    """The same of many draws: only those near to a quantile, by a table of counts, are sorted."""
    least, most = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        scale = np.asarray((_BINS - 1) / (most.astype(np.float64) - least))
    if not np.isfinite(scale).all():  # a city without a score in some draw, or always with the same
        return _of_sorted(np.sort(scores, axis=1), ends)
    cities, draws = scores.shape
    cells = ((scores - least) * scale.astype(scores.dtype)).astype(np.int64)
    cells += _BINS * np.arange(cities)[:, None]
    counts = np.bincount(cells.ravel(), minlength=cities * _BINS).reshape(cities, _BINS)
    run = np.cumsum(counts, axis=1)
    places = [math.floor((draws - 1) * end) for end in ends]
    both = {min(each + more, draws - 1) for each in places for more in (0, 1)}
    bins = {place: (run <= place).sum(axis=1) for place in both}
    wanted = np.zeros((cities, _BINS), dtype=bool)
    for own in bins.values():
        wanted[np.arange(cities), own] = True
    picked = np.flatnonzero(wanted.ravel()[cells.ravel()])
    row, values = picked // draws, scores.ravel()[picked]
    values = values[np.lexsort((values, row))].astype(np.float64)
    # how many are below a bin, but not among those picked
    below = run - np.cumsum(np.where(wanted, counts, 0), axis=1)
    starts = np.searchsorted(row, np.arange(cities))
    at = {place: starts + place - below[np.arange(cities), own] for place, own in bins.items()}
    found = np.empty((len(ends), cities))
    for k, place in enumerate(places):
        part, following = (draws - 1) * ends[k] - place, min(place + 1, draws - 1)
        found[k] = values[at[place]] * (1 - part) + values[at[following]] * part
    return found


def wins(found: Ranks) -> tuple[Counts, Counts]:
    """In how many draws one is found above another, and in how many both rank, cities x cities."""
    draws, count = found.shape
    there = found > 0
    size = there.sum(axis=1)
    plain = bool((found.sum(axis=1) == size * (size + 1) / 2).all())  # no two share a rank
    both = np.full((count, count), draws)
    if size.sum() < found.size:
        both = np.rint(there.T.astype(np.float64) @ there.astype(np.float64)).astype(np.int64)
    kind = np.uint16 if count < np.iinfo(np.uint16).max else np.uint32
    columns = np.ascontiguousarray(np.where(found > 0, found, np.iinfo(kind).max).astype(kind).T)
    above, less = np.zeros((count, count), dtype=np.int64), np.empty(columns.shape, dtype=bool)
    for i, own in enumerate(columns):
        others = columns[i + 1 :] if plain else columns
        np.less(own, others, out=less[: len(others)])
        times = less[: len(others)].view(np.uint8).sum(axis=1, dtype=np.uint32)
        above[i, count - len(others) :] = times
    one = there.sum(axis=0).astype(np.int64)[:, None]
    above -= np.where(np.tri(count, dtype=bool) & plain, 0, one - both)  # against none: no contest
    if plain:
        below = np.tri(count, k=-1, dtype=bool)
        above[below] = (both - above).T[below]
    np.fill_diagonal(above, 0)
    np.fill_diagonal(both, 0)
    return above, both


def wins_beside(found: Ranks, order: NDArray[np.int64], reach: int) -> tuple[Counts, Counts]:
    """The same of neighbours only, cities x 2 reach: those up to ``reach`` places before and after.

    Args:
        found: the ranks, draws x cities.
        order: the cities, in the order in which they are neighbours.
        reach: how far a neighbour stands.

    Returns:
        Places in the order x neighbours, the next after first, then the next before.
    """
    columns = np.ascontiguousarray(found[:, order].T)
    above = np.zeros((len(columns), 2 * reach), dtype=np.int64)
    both = np.zeros_like(above)
    for k in range(1, min(reach, len(columns) - 1) + 1):
        one, other = columns[:-k], columns[k:]
        there = (one > 0) & (other > 0)
        above[:-k, k - 1] = ((one < other) & there).sum(axis=1)
        above[k:, reach + k - 1] = ((other < one) & there).sum(axis=1)
        both[:-k, k - 1] = both[k:, reach + k - 1] = there.sum(axis=1)
    return above, both


def first_weights(found: Ranks, weights: Floats) -> Floats:
    """Cities x weights: the sum of the weights of the draws in which a city is first."""
    sums = np.zeros((found.shape[1], weights.shape[1]))
    city, draw = np.nonzero(found.T == 1)
    if len(city):
        own, starts = np.unique(city, return_index=True)
        sums[own] = np.add.reduceat(weights[draw], starts, axis=0)
    return sums


def share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """Divide a ``part`` by its ``whole``, with NaN for everything over nothing."""
    found: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return found
