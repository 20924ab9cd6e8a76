"""What the draws of an audit come to, counted chunk by chunk.

What is counted of one chunk of draws is added to what is counted of others, wherever they were
drawn: whole numbers in any order, sums of weights in the order of the chunks.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.audit.batch import Rows
from cityflux.core.engine.audit.drawing import STEPS, Draws
from cityflux.core.engine.audit.histogram import Histogram, Window
from cityflux.core.engine.audit.measures import (
    ENDS,
    first_weights,
    rank_quantiles,
    score_quantiles,
    share,
    wins,
    wins_beside,
)
from cityflux.core.engine.audit.ranking import Counts, Ranks, count_ranks, rank_counts, ranks
from cityflux.core.engine.measures.matrix import Floats

_SCALE = STEPS.index("standardization")
#: Above so many scores they are kept as numbers of seven digits, which quantiles can bear; above so
#: many they are not kept but counted.
MANY, TOO_MANY = 50_000_000, 120_000_000
#: Above so many cities pairs are kept of neighbours in rank only, so many on either side.
ALL_PAIRS, NEIGHBOURS = 300, 10
#: Above so many cities the ranks of nodes below the root are counted in wider steps.
ALL_RANKS = 512
#: The bits of a weight that are summed up.
_PRECISE = 34
#: Two at a time, which is what most machines can do.
_THREADS = 2


@dataclass(frozen=True)
class Counting:
    """How draws are counted.

    Attributes:
        periods: the rows of each period.
        nodes: those above the leaves, the root first.
        order: by period, its cities by their rank as it stands.
        unit: of weights; sums of whole units are the same in any order.
        draws: how many are planned.
        all_nodes: whether all nodes are counted as the root is.
        windows: by node, the table in which scores are counted; None to keep the scores.
    """

    periods: Rows
    nodes: list[str]
    order: list[NDArray[np.int64]]
    unit: float
    draws: int
    all_nodes: bool = False
    windows: Mapping[str, Window] | None = None

    @property
    def rows(self) -> int:
        """Cities and periods."""
        return sum(map(len, self.periods))

    @property
    def scores(self) -> int:
        """How many scores all draws have."""
        return self.draws * self.rows * len(self.nodes)

    def step(self, node: str, cities: int) -> int:
        """How many ranks of a node are counted together."""
        if node == self.nodes[0] or self.all_nodes or cities <= ALL_RANKS:
            return 1
        return -(-cities // ALL_RANKS)


class Tally:
    """Scores and ranks over some draws.

    Args:
        counting: how they are counted.

    Attributes:
        drawn: how many draws there were.
        done: how many came to something.
        failed: how many came to nothing, by reason.
        stopped: whether there were to be more.
    """

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.drawn, self.done, self.stopped = 0, 0, False
        self.failed: Counter[str] = Counter()
        exact = counting.scores <= MANY
        self._dtype = np.float64 if exact else np.float32
        self._kept: dict[str, list[Floats]] = {name: [] for name in counting.nodes}
        windows = counting.windows or {}
        self._counted = {name: Histogram(window) for name, window in windows.items()}
        self._ranks: dict[tuple[str, int], NDArray[Any] | int] = {}
        self._wins: list[tuple[Counts, Counts] | None] = [None] * len(counting.periods)
        self._first: list[Counts | int] = [0] * len(counting.periods)

    def add(self, scores: dict[str, Floats], draws: Draws, reasons: dict[int, str]) -> None:
        """Add a chunk of draws.

        Args:
            scores: draws x rows of each node; NaN where a city has no place.
            draws: what was drawn.
            reasons: by draw of the chunk why it came to nothing.
        """
        self.drawn += len(draws)
        self.failed.update(reasons.values())
        good = np.ones(len(draws), dtype=bool)
        good[list(reasons)] = False
        self.done += int(good.sum())
        alike = good & (draws.paths[:, _SCALE] == 0) & (draws.aggregation == 0)
        own = {name: x[good] if reasons else x for name, x in scores.items()}
        self._add_root(own[self.counting.nodes[0]], draws.weights[good])
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(partial(self._add_ranks, own), self.counting.nodes[1:]))
        for name, x in scores.items():
            values = x if alike.all() else x[alike]
            if self._counted:
                self._counted[name].add(values)
            else:
                self._kept[name].append(values.astype(self._dtype, copy=False))

    def _add_root(self, scores: Floats, weights: Floats) -> None:
        name = self.counting.nodes[0]
        for k, rows in enumerate(self.counting.periods):
            found = ranks(_of(scores, rows))
            self._ranks[name, k] = self._ranks.get((name, k), 0) + count_ranks(found)
            if len(rows) <= ALL_PAIRS:
                new = wins(found)
            else:
                new = wins_beside(found, self.counting.order[k], NEIGHBOURS)
            self._wins[k] = _sum(self._wins[k], new)
            units = np.rint(weights / self.counting.unit)
            self._first[k] = self._first[k] + first_weights(found, units).astype(np.int64)

    def _add_ranks(self, scores: dict[str, Floats], name: str) -> None:
        for k, rows in enumerate(self.counting.periods):
            own = _of(scores[name], rows)
            step = self.counting.step(name, len(rows))
            if step == 1:
                found = rank_counts(own)
            else:
                found = count_ranks(_coarse(ranks(own), step), -(-len(rows) // step))
            self._ranks[name, k] = self._ranks.get((name, k), 0) + found

    def merge(self, other: Tally) -> None:
        """Add what was counted of later draws."""
        self.drawn += other.drawn
        self.done += other.done
        self.failed.update(other.failed)
        for name, parts in other._kept.items():
            self._kept[name] += parts
        for name, counted in other._counted.items():
            self._counted[name].merge(counted)
        for key, counts in other._ranks.items():
            self._ranks[key] = np.asarray(counts, dtype=np.int64) + self._ranks.get(key, 0)
        for k, new in enumerate(other._wins):
            self._wins[k] = self._wins[k] if new is None else _sum(self._wins[k], new)
            self._first[k] = self._first[k] + other._first[k]

    def packed(self) -> Tally:
        """The same in few bytes, to be sent home and merged there."""
        small: type[np.unsignedinteger[Any]] = np.uint16 if self.drawn < 1 << 16 else np.uint32
        self._ranks = {key: np.asarray(each).astype(small) for key, each in self._ranks.items()}
        for counted in self._counted.values():
            counted.counts = counted.counts.astype(small)
        return self

    @property
    def failed_by_reason(self) -> dict[str, int]:
        """The failed draws, the most frequent reason first."""
        return dict(sorted(self.failed.items(), key=lambda each: (-each[1], each[0])))

    def counts(self, node: str, period: int) -> Counts:
        """Cities x ranks of a period: how often each occurred."""
        return np.asarray(self._ranks[node, period], dtype=np.int64)

    def rank_quantiles(self, node: str, period: int) -> Floats:
        """Quantiles x cities."""
        cities = len(self.counting.periods[period])
        step = self.counting.step(node, cities)
        found = rank_quantiles(self.counts(node, period))
        return found if step == 1 else np.minimum((found - 1) * step + 1 + step // 2, cities)

    def _score_quantiles(self, node: str) -> Floats:
        if self._counted:
            return self._counted[node].quantiles(ENDS)
        parts, found = self._kept[node], []
        for first in range(0, self.counting.rows, _TOGETHER):
            own = [part[:, first : first + _TOGETHER] for part in parts]
            columns = np.empty((own[0].shape[1], sum(map(len, own))), dtype=self._dtype)
            found.append(score_quantiles(np.concatenate(own, out=columns.T).T))
        return np.concatenate(found, axis=1)

    def score_quantiles(self) -> Floats:
        """Quantiles x rows x nodes."""
        with ThreadPoolExecutor(_THREADS) as pool:
            return np.stack(list(pool.map(self._score_quantiles, self.counting.nodes)), axis=2)

    @property
    def error(self) -> float:
        """By how much the quantile of a score may be off; 0 where scores were kept."""
        return max((each.error for each in self._counted.values()), default=0.0)

    def pairs(self, period: int) -> Floats:
        """Cities x cities: the share of draws in which one is found above another; NaN if unknown.

        Two that are equal in a draw both do not win it.
        """
        found, order = self._wins[period], self.counting.order[period]
        assert found is not None
        shares, cities = share(*found), len(order)
        if cities <= ALL_PAIRS:
            return shares
        every = np.full((cities, cities), np.nan)
        for k in range(1, NEIGHBOURS + 1):
            every[order[:-k], order[k:]] = shares[:-k, k - 1]
            every[order[k:], order[:-k]] = shares[k:, NEIGHBOURS + k - 1]
        return every

    def central(self, period: int) -> Floats:
        """Cities x nodes: the mean of the weights with which a city is first; NaN if never."""
        times = self.counts(self.counting.nodes[0], period)[:, 1:2]
        return share(np.asarray(self._first[period]) * self.counting.unit, times)


def _coarse(found: Ranks, step: int) -> Ranks:
    """The number of the step that a rank is in, from 1 on; 0 for none."""
    return -(-found // step)


#: So many cities go through the quantiles together.
_TOGETHER = 32


def _of(scores: Floats, rows: NDArray[np.int64]) -> Floats:
    """The columns of a period, without a copy where they stand together."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return scores[:, rows[0] : rows[-1] + 1]
    return scores[:, rows]


def _sum(one: tuple[Counts, Counts] | None, other: tuple[Counts, Counts]) -> tuple[Counts, Counts]:
    return other if one is None else (one[0] + other[0], one[1] + other[1])


def windows_of(scores: Mapping[str, Floats], draws: Draws) -> dict[str, Window]:
    """The tables in which scores are to be counted, by the first of them."""
    alike = (draws.paths[:, _SCALE] == 0) & (draws.aggregation == 0)
    return {name: Window.around(x[alike]) for name, x in scores.items()}


def by_rank(placed: Floats, periods: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """The cities of each period by their rank, those without one last.

    Args:
        placed: the rank in each row, 0 for none.
        periods: the rows of each.
    """
    return [
        np.argsort(np.where(placed[own] > 0, placed[own], np.inf), kind="stable") for own in periods
    ]


def unit_of(weights: Floats) -> float:
    """A unit of weights that is far below their size, and of which a number can hold millions."""
    return 2.0 ** (math.frexp(float(weights.max()))[1] - _PRECISE)
