"""Scores that are too many to be kept, counted in a table of equal bins for each city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.audit.ranking import BLOCK
from cityflux.core.engine.measures.matrix import Floats

#: Bins of a city; a quantile is off by less than one of them.
BINS = 256
#: How far a table reaches beyond the scores it was made by, as a share of their width.
_BEYOND = 0.25


@dataclass(frozen=True)
class Window:
    """From where to where the scores of each city are told apart.

    Attributes:
        low: by row; NaN where no score is known.
        width: of one bin, by row; 0 where all scores are the same.
    """

    low: Floats
    width: Floats

    @classmethod
    def around(cls, scores: Floats) -> Window:
        """The window of a pilot, draws x rows, with room on either side."""
        low = np.fmin.reduce(scores, axis=0, initial=np.nan)
        high = np.fmax.reduce(scores, axis=0, initial=np.nan)
        room = _BEYOND * (high - low)
        return cls(low - room, (high - low + 2 * room) / BINS)


class Histogram:
    """Scores over many draws, counted. What lies outside its window is in the bin at its end.

    Args:
        window: the bins.

    Attributes:
        counts: rows x bins.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self.counts: NDArray[Any] = np.zeros((len(window.low), BINS), dtype=np.int64)

    def add(self, scores: Floats) -> None:
        """Count scores, draws x rows; those that are missing play no part."""
        low, width = self._window.low, self._window.width
        with np.errstate(divide="ignore"):
            scale = np.where(width > 0, 1 / width, 0.0)
        first_cells = BINS * np.arange(len(low))
        for first in range(0, len(scores), step := max(1, 4 * BLOCK // max(1, len(low)))):
            place = scores[first : first + step] - low
            place *= scale
            np.fmax(place, 0, out=place)  # the first bin for what is missing, and back below
            np.fmin(place, BINS - 1, out=place)
            cells = place.astype(np.int64)
            cells += first_cells
            found = np.bincount(cells.reshape(-1), minlength=self.counts.size)
            self.counts += found.reshape(self.counts.shape)
        self.counts[:, 0] -= np.isnan(scores - low).sum(axis=0)

    def merge(self, other: Histogram) -> None:
        """Add what another one of the same window counted."""
        self.counts += other.counts

    @property
    def error(self) -> float:
        """By how much a quantile may be off: the width of the widest bin."""
        widths = self._window.width[~np.isnan(self._window.width)]
        return float(widths.max(initial=0.0))

    def quantiles(self, ends: Sequence[float]) -> Floats:
        """Quantiles x rows, as if the scores lay evenly in their bin; NaN without a score."""
        run = np.cumsum(self.counts, axis=1, dtype=np.int64)
        total, rows = run[:, -1], np.arange(len(run))
        found = np.full((len(ends), len(run)), np.nan)
        for k, end in enumerate(ends):
            place = (total - 1) * end + 0.5
            at = np.minimum((run <= place[:, None]).sum(axis=1), BINS - 1)
            own = np.maximum(self.counts[rows, at], 1)
            part = np.clip((place - (run[rows, at] - own)) / own, 0, 1)
            values = self._window.low + (at + part) * self._window.width
            found[k] = np.where(total > 0, values, np.nan)
        return found
