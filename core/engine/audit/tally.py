"""What the draws of an audit come to, gathered chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from cityflux.core.engine.audit.batch import rows_of_periods
from cityflux.core.engine.audit.drawing import STEPS, Draws
from cityflux.core.engine.audit.measures import Counts, Ranks, rank_counts, ranks, score_quantiles
from cityflux.core.engine.measures.matrix import Floats

_SCALE = STEPS.index("standardization")
#: Above so many scores they are kept as numbers of seven digits, which quantiles can bear.
MANY = 50_000_000


class Tally:
    """Scores and ranks over many draws.

    Args:
        keys: period and city of each row.
        nodes: those above the leaves, the root first.
        draws: how many are planned.

    Attributes:
        done: how many draws came to something.
        failed: how many came to nothing, by reason.
        weights: of the draws that came to something, draws x nodes of the tree.
        periods: the rows of each period.
    """

    def __init__(self, keys: pl.DataFrame, nodes: Sequence[str], draws: int) -> None:
        self._nodes = list(nodes)
        self.periods = rows_of_periods(keys)
        exact = draws * keys.height * len(nodes) <= MANY
        self._dtype = np.float64 if exact else np.float32
        self._scores: dict[str, list[Floats]] = {name: [] for name in nodes}
        self._counts: dict[str, list[Counts | int]] = {
            name: [0] * len(self.periods) for name in nodes
        }
        self._root: list[Ranks] = []
        self._weights: list[Floats] = []
        self.done = 0
        self.failed: Counter[str] = Counter()

    def add(self, scores: dict[str, Floats], draws: Draws, reasons: dict[int, str]) -> None:
        """Add a chunk of draws.

        Args:
            scores: draws x rows of each node; NaN where a city has no place.
            draws: what was drawn.
            reasons: by draw of the chunk why it came to nothing.
        """
        self.failed.update(reasons.values())
        good = np.ones(len(draws), dtype=bool)
        good[list(reasons)] = False
        self.done += int(good.sum())
        self._weights.append(draws.weights[good])
        alike = (draws.paths[:, _SCALE] == 0) & (draws.aggregation == 0)
        for name in self._nodes:
            own = scores[name][good]
            self._scores[name].append(scores[name][good & alike].astype(self._dtype, copy=False))
            placed = np.zeros(own.shape, dtype=np.int32)
            for k, rows in enumerate(self.periods):
                placed[:, rows] = ranks(own[:, rows])
                self._counts[name][k] = self._counts[name][k] + rank_counts(placed[:, rows])
            if name == self._nodes[0]:
                self._root.append(placed)

    @property
    def weights(self) -> Floats:
        """Draws x nodes of the tree."""
        return np.concatenate(self._weights)

    @property
    def root(self) -> Ranks:
        """Draws x rows: the ranks at the root."""
        return np.concatenate(self._root)

    def counts(self, node: str, period: int) -> Counts:
        """Cities x ranks of a period: how often each occurred."""
        return np.asarray(self._counts[node][period], dtype=np.int64)

    def score_quantiles(self, node: str) -> Floats:
        """Quantiles x rows."""
        return score_quantiles(np.concatenate(self._scores[node]))
