"""Figures of many kinds on one scale, on which a factor model can draw them, and the way back."""

from __future__ import annotations

import numpy as np

from cityflux.core.engine.measures.matrix import Bools, Floats

#: How far beyond the seen range a drawn figure may lie, in units of the scale.
_BEYOND = 0.75
#: The range that every indicator has at least.
_LEAST = 2.5


class Scale:
    """y = (t(x) - centre) / spread by indicator: t is log, or asinh where not all are positive.

    The spread is that of the cities, from means over cities and periods, so that a city without
    late years is no small one; it is shrunk towards that of the other indicators.

    Args:
        x: cities x indicators x periods; NaN where missing.
        signs: 1 or -1 by indicator, so that more is better in y.

    Attributes:
        y: the same shape.
    """

    def __init__(self, x: Floats, signs: Floats) -> None:
        self._signs = signs
        there = np.isfinite(x)
        positive: Bools = np.asarray(~(there & (x <= 0)).any(axis=(0, 2)))
        self._positive = positive
        self._middle, self._deviation = np.zeros(x.shape[1]), np.ones(x.shape[1])
        for j in np.flatnonzero(~positive):
            seen = x[:, j][there[:, j]]
            self._middle[j] = np.median(seen)
            self._deviation[j] = np.median(np.abs(seen - self._middle[j])) or 1.0
        filled = np.where(there, x, np.where(positive, 1.0, self._middle)[:, None])
        turned = (filled - self._middle[:, None]) / self._deviation[:, None]
        logs = np.log(np.where(positive[:, None], filled, 1.0))
        t = np.where(positive[:, None], logs, np.arcsinh(turned)) * signs[:, None]
        self._centre = _mean(t, there, (0, 2))
        squares, self._free = _city_spread(t, there)
        known = self._free > 0
        usual = float(np.median(squares[known] / self._free[known])) if known.any() else 1.0
        self._spread = np.sqrt((2 * usual + squares) / (2 + self._free))
        self._spread[self._spread == 0] = 1.0
        y = (t - self._centre[:, None]) / self._spread[:, None]
        self.y: Floats = np.where(there, y, np.nan)
        low = np.where(there, y, 9.0).min(axis=(0, 2)) - _BEYOND
        high = np.where(there, y, -9.0).max(axis=(0, 2)) + _BEYOND
        self._low, self._high = np.minimum(low, -_LEAST), np.maximum(high, _LEAST)

    def back(self, y: Floats, random: np.random.Generator) -> Floats:
        """Figures in their own units, no further out than what was seen, and a little more.

        An indicator without a spread of its own gets that of another one, a new one each time.
        """
        known = np.flatnonzero(self._free > 0)
        spread = self._spread
        if known.size:
            spread = np.where(self._free > 0, spread, spread[random.choice(known, len(spread))])
        t = np.clip(y, self._low[:, None], self._high[:, None]) * spread[:, None]
        t = (t + self._centre[:, None]) * self._signs[:, None]
        sizes = self._middle[:, None] + self._deviation[:, None] * np.sinh(
            np.where(self._positive[:, None], 0.0, t)
        )
        logs = np.exp(np.where(self._positive[:, None], t, 0.0))
        return np.where(self._positive[:, None], logs, sizes)


def _city_spread(t: Floats, there: Bools) -> tuple[Floats, Floats]:
    """Of each indicator the sum of squares of its cities, and its degrees of freedom."""
    own = np.zeros(t.shape[:2])
    for _ in range(30):
        years = _mean(t - own[..., None], there, 0)
        own = _mean(t - years, there, 2)
    some: Bools = np.asarray(there.any(axis=2))
    middle = _mean(own, some, 0)
    squares = (np.where(some, own - middle, 0.0) ** 2).sum(axis=0)
    return squares, np.maximum(some.sum(axis=0) - 1.0, 0.0)


def _mean(x: Floats, there: Bools, axis: int | tuple[int, ...]) -> Floats:
    """The mean of what is there, 0 of nothing."""
    total = np.where(there, x, 0.0).sum(axis=axis)
    return np.asarray(total / np.maximum(there.sum(axis=axis), 1))
