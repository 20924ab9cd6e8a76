"""Scores that are too many to be kept, counted in a table of equal bins for each city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._counts = np.zeros((len(window.low), BINS), dtype=np.int64)

    def add(self, scores: Floats) -> None:
        """Count scores, draws x rows; those that are missing play no part."""
        low, width = self._window.low, self._window.width
        with np.errstate(all="ignore"):
            place = (scores - low) * np.where(width > 0, 1 / width, 0.0)
        there = ~np.isnan(place)
        cells = np.clip(np.where(there, place, 0.0), 0, BINS - 1).astype(np.int64)
        cells += BINS * np.arange(len(low))
        every = cells.ravel() if there.all() else cells[there]
        self._counts += np.bincount(every, minlength=self._counts.size).reshape(-1, BINS)

    def merge(self, other: Histogram) -> None:
        """Add what another one of the same window counted."""
        self._counts += other._counts

    @property
    def error(self) -> float:
        """By how much a quantile may be off: the width of the widest bin."""
        widths = self._window.width[~np.isnan(self._window.width)]
        return float(widths.max(initial=0.0))

    def quantiles(self, ends: Sequence[float]) -> Floats:
        """Quantiles x rows, as if the scores lay evenly in their bin; NaN without a score."""
        run = np.cumsum(self._counts, axis=1)
        total, rows = run[:, -1], np.arange(len(run))
        found = np.full((len(ends), len(run)), np.nan)
        for k, end in enumerate(ends):
            place = (total - 1) * end + 0.5
            at = np.minimum((run <= place[:, None]).sum(axis=1), BINS - 1)
            own = np.maximum(self._counts[rows, at], 1)
            part = np.clip((place - (run[rows, at] - own)) / own, 0, 1)
            values = self._window.low + (at + part) * self._window.width
            found[k] = np.where(total > 0, values, np.nan)
        return found
