"""Ranks over many draws, a row of scores for each.

A rank is 1 for the highest score, equals share one, and 0 stands for none; scores that differ by
rounding only are equal. The cities of a draw are sorted by one whole number each, the score on a
fine scale with the city in its last bits, which is several times as quick as sorting places. A draw
in which two scores are too near for that scale is ranked by the scores themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.measures.matrix import Bools, Floats
from cityflux.core.engine.measures.tolerance import ROUNDING

Ranks = NDArray[np.int32]
Counts = NDArray[np.int64]
Ints = NDArray[np.int64]
#: So many scores are worked on at a time, as fit into the memory nearest to the processor.
BLOCK = 1 << 15
#: Up to so many cities the numbers are short, and sorted without comparing.
_SHORT = 512
#: The bits of the finest scale whose steps are wider than the rounding of a score.
_FINE = 36


def ranks(scores: Floats) -> Ranks:
    """The rank of each city in each draw, draws x cities."""
    some, (draws, every) = _of_some(scores), scores.shape
    place = np.arange(len(some), 0, -1, dtype=np.int32)
    found = np.zeros((draws, every), dtype=np.int32)
    cells = found.reshape(-1)

    def note(own: Ints, order: Ints) -> None:
        at = some[order] if len(some) < every else order
        at += every * own[:, None]
        cells[at] = place

    if len(rest := _sort(scores, some, note)):
        found[rest] = _compared(scores[rest])
    return found


def rank_counts(scores: Floats) -> Counts:
    """Cities x ranks: how often each city is found at each; the first column is none at all."""
    some, (draws, every) = _of_some(scores), scores.shape
    rows, place = some * (every + 1), np.arange(len(some), 0, -1)
    cells = np.empty((draws, len(some)), dtype=np.int64)

    def note(own: Ints, order: Ints) -> None:
        cells[own] = rows.take(order) + place

    if len(rest := _sort(scores, some, note)):
        cells[rest] = _compared(scores[rest][:, some]) + rows
    counts = _counted(cells, every, every + 1)
    counts[:, 0] = draws - counts[:, 1:].sum(axis=1)
    return counts


def count_ranks(found: Ranks, most: int | None = None) -> Counts:
    """The same of ranks that are found already, draws x cities; ``most`` is the last of them."""
    cities = found.shape[1]
    wide = 1 + (cities if most is None else most)
    return _counted(found + np.arange(cities, dtype=np.int64) * wide, cities, wide)


def _counted(cells: NDArray[np.int64], cities: int, wide: int) -> Counts:
    """Cities x ranks, from the cells of that table."""
    counts = np.bincount(cells.reshape(-1), minlength=cities * wide)
    return np.asarray(counts.reshape(cities, wide), dtype=np.int64)


def _of_some(scores: Floats) -> Ints:
    """Which cities have a score in any draw."""
    gone: Bools = np.isnan(scores[:1]).reshape(-1)
    gone[gone] = np.isnan(scores[:, gone]).all(axis=0)
    return np.flatnonzero(~gone)


def _sort(x: Floats, some: Ints, note: Callable[[Ints, Ints], None]) -> Ints:
    """Sort some cities of each draw, block by block, on a scale that is fine enough.

    Args:
        x: draws x cities.
        some: those that are sorted.
        note: told some draws, and the places of their cities among some, the lowest score first.

    Returns:
        The draws in which two scores are too near for any scale.
    """
    draws, cities = np.arange(len(x)), len(some)
    if not cities:
        return draws[:0]
    step = max(1, BLOCK // cities)
    order = np.empty((step, cities), dtype=np.int64)
    for kind in (np.uint32, np.uint64)[cities > _SHORT :]:
        keys, rest = _Keys(kind, min(step, len(draws)), cities), []
        for first in range(0, len(draws), step):
            own = draws[first : first + step]
            block = x[own[0] : own[-1] + 1] if own[-1] - own[0] < len(own) else x[own]
            if cities < x.shape[1]:
                block = block.take(some, axis=1)
            sure = keys.sort(block, order[: len(own)])
            note(own, order[: len(own)])
            rest.append(own[~sure])
        if not len(draws := np.concatenate(rest)):
            break
    return draws


class _Keys:
    """Whole numbers of one kind, a score in their first bits and its city in the last ones."""

    def __init__(self, kind: type[Any], rows: int, cities: int) -> None:
        self._kind, self._bits = kind, max(1, (cities - 1).bit_length())
        size = 8 * kind().itemsize - self._bits
        self._levels = 2.0 ** min(size, _FINE) - 1
        self._own = np.arange(cities, dtype=kind)
        self._keys, self._fine = np.empty((rows, cities), kind), np.empty((rows, cities))
        self._gaps = np.empty((rows, cities - 1), kind)

    def sort(self, x: Floats, out: NDArray[np.int64]) -> Bools:
        """Write the cities of each row in ascending order; say of which rows that is sure."""
        n, kind = len(x), self._kind
        keys, fine, gaps = self._keys[:n], self._fine[:n], self._gaps[:n]
        low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
        with np.errstate(all="ignore"):
            width = high - low
            sure = width > 2 * self._levels * ROUNDING * np.maximum(abs(low), abs(high))
            np.subtract(x, low, out=fine)
            fine *= np.where(sure, self._levels / width, 0.0)
            if not sure.all():
                fine[~sure[:, 0]] = 0.0
            keys[...] = fine
        keys <<= kind(self._bits)
        keys |= self._own
        keys.sort(axis=1)
        if x.shape[1] > 1:
            np.subtract(keys[:, 1:], keys[:, :-1], out=gaps)
            sure &= gaps.min(axis=1, keepdims=True) >= kind(2 << self._bits)
        np.bitwise_and(keys, kind((1 << self._bits) - 1), out=out, casting="unsafe")
        return np.asarray(sure[:, 0])


def _compared(scores: Floats) -> Ranks:
    """The ranks by the scores themselves, some of which may be equal or missing."""
    order = np.argsort(scores, axis=1)
    run = np.take_along_axis(scores, order, axis=1)
    size = np.fmax.reduce(np.abs(run), axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        near = run[:, 1:] - run[:, :-1] <= ROUNDING * size
    there = ~np.isnan(run)
    count = there.sum(axis=1, keepdims=True)
    end = np.broadcast_to(np.arange(run.shape[1]), run.shape)
    last = np.where(np.pad(near, ((0, 0), (0, 1))), run.shape[1], end)  # that of all equals
    end = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    found = np.zeros(scores.shape, dtype=np.int32)
    np.put_along_axis(found, order, np.where(there, count - end, 0).astype(np.int32), axis=1)
    return found
