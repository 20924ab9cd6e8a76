"""What rounding leaves behind is no difference: one tolerance for constants, ties and ranks.

The mean of ten times 0.1 is not the mean of nine, in the last of its sixteen digits. Such a
difference must neither be divided by nor decide a rank. A frame or matrix x has a column for each
indicator, with a row for each unit.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.measures.matrix import Bools, Floats, to_matrix, to_series

#: Figures that differ by no more than this share of the larger one are the same figure: far above
#: what sums of thousands of figures lose (10⁻¹³), far below what a source publishes.
ROUNDING = 1e-12


def beyond(x: pl.Expr, y: pl.Expr) -> pl.Expr:
    """Say where x is larger than y by more than rounding."""
    gap = x - y  # where it is positive, the larger size is x or -y: quicker than to take sizes
    return (gap > ROUNDING * x) & (gap > -ROUNDING * y)


def differs(x: pl.Expr) -> pl.Expr:
    """Say whether the figures of a column differ by more than rounding; nulls play no part."""
    return x.max() - x.min() > ROUNDING * x.abs().max()


def constant(x: Floats) -> Bools:
    """Say of each column of a matrix whether its figures differ by rounding at most.

    NaN plays no part; a column without a figure is a constant.
    """
    low = np.fmin.reduce(x, axis=0, initial=np.nan)  # NaN where a column has no figure
    high = np.fmax.reduce(x, axis=0, initial=np.nan)
    with np.errstate(over="ignore"):
        largest = np.maximum(np.abs(low), np.abs(high))
        return np.asarray(~(high - low > ROUNDING * largest))


def levelled(x: Floats, *, scale: bool = False) -> Floats:
    """Give figures of a column that are the same but for rounding one and the same value.

    Args:
        x: rows x columns; NaN stays NaN.
        scale: compare a difference with the largest figure of the column, not only with both
            figures. For scores, which are sums that may come near to zero.
    """
    order, run = ascending(x, scale=scale)
    out = np.empty_like(run)
    np.put_along_axis(out, order, run, axis=0)
    return out


def ascending(x: Floats, *, scale: bool = False) -> tuple[NDArray[np.intp], Floats]:
    """Sort each column, and level what is the same but for rounding.

    Args:
        x: as in `levelled`.
        scale: as in `levelled`.

    Returns:
        The rows in ascending order, NaN last, and the figures in this order.
    """
    order = np.argsort(x, axis=0)
    run = np.take_along_axis(x, order, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        if scale:
            size = np.fmax.reduce(np.abs(x), axis=0, initial=0.0)
        else:
            size = np.maximum(np.abs(run[1:]), np.abs(run[:-1]))
        near = np.diff(run, axis=0) <= ROUNDING * size
    for row in np.flatnonzero(near.any(axis=1)):
        run[row + 1] = np.where(near[row], run[row], run[row + 1])
    return order, run


def levelled_column(x: pl.Expr) -> pl.Expr:
    """Do as `levelled` with the column that an expression stands for; null stays null."""
    return x.map_batches(_levelled, return_dtype=pl.Float64)


def _levelled(x: pl.Series) -> pl.Series:
    figures = x.cast(pl.Float64).to_frame()
    return to_series(levelled(to_matrix(figures))[:, 0], x.name)
