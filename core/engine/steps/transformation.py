"""Transformations that pull in a long tail: logarithms and Box-Cox.

Each takes a matrix, rows x columns, works on every column by itself and leaves NaN as it is.
They move the smallest figure of a column to a small positive one first, so that zeros and
negative figures are no obstacle. All of them keep the order of the figures.

References:
    COINr, ``log_CT``, ``log_CT_plus``, ``log_CT_orig`` and ``boxcox``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cityflux.core.engine.measures.matrix import Bools, Floats
from cityflux.core.engine.measures.statistics import skewness
from cityflux.core.engine.measures.tolerance import constant

Transformation = Callable[..., Floats]


def log_shifted(x: Floats) -> Floats:
    """Take ln(x - min + 0.01 (max - min)). A constant becomes NaN. Source: COINr, ``log_CT``."""
    low, high = _extremes(x)
    return _log(x - low + 0.01 * (high - low))


def log_mirrored(x: Floats) -> Floats:
    """Take `log_shifted` where the long tail is above, and its mirror image where it is below.

    -ln(max - x + 0.01 (max - min)) for columns whose skewness is not positive.
    Source: COINr, ``log_CT_plus``.
    """
    low, high = _extremes(x)
    mirrored = -_log(high - x + 0.01 * (high - low))
    return np.where(skewness(x) > 0, log_shifted(x), mirrored)


def log_plus_one(x: Floats) -> Floats:
    """Take ln(x - min + 1). Depends on the unit of the figures. Source: COINr, ``log_CT_orig``."""
    return _log(x - _extremes(x)[0] + 1)


def box_cox(x: Floats, *, power: float | None = None) -> Floats:
    """Take ((x - min + 1)^p - 1) / p, or the logarithm for p = 0.

    Source: Box, Cox (1964), Journal of the Royal Statistical Society B 26(2), 211-252, eq. 1.

    Args:
        x: the figures.
        power: p; the one of greatest likelihood for each column unless given.
    """
    y = x - _extremes(x)[0] + 1
    if power == 0:
        return _log(y)
    if power is not None:
        return np.asarray((y**power - 1) / power)
    from scipy import stats

    out = np.full_like(y, np.nan)
    for i in range(y.shape[1]):
        rows = ~np.isnan(y[:, i])
        if not constant(y[rows, i : i + 1])[0]:
            out[rows, i] = stats.boxcox(y[rows, i])[0]
    return out


#: Every transformation by the name that an index definition uses.
TRANSFORMATIONS: dict[str, Transformation] = {
    "log": log_shifted,
    "log_mirrored": log_mirrored,
    "log_plus_one": log_plus_one,
    "box_cox": box_cox,
}


def _log(x: Floats) -> Floats:
    positive: Bools = x > 0
    return np.log(x, out=np.full_like(x, np.nan), where=positive)


def _extremes(x: Floats) -> tuple[Floats, Floats]:
    there = ~np.isnan(x)
    return (
        np.min(x, axis=0, initial=np.inf, where=there),
        np.max(x, axis=0, initial=-np.inf, where=there),
    )
