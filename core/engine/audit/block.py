"""Columns of figures by the tens of thousands, as the formulas of standardization take them.

It stands in for `core.engine.measures.columns.Columns`, whose frame would cost more than all else
where the columns of many versions stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cityflux.core.engine.measures.columns import Ties
from cityflux.core.engine.measures.matrix import Bools, Floats
from cityflux.core.engine.measures.tolerance import ascending, constant


class Block:
    """Figures that are compared column by column.

    Args:
        x: rows x columns; NaN is missing.
        signs: what each column is multiplied by, 1 or -1.

    Attributes:
        x: the figures with their sign.
    """

    def __init__(self, x: Floats, signs: Floats | float = 1.0) -> None:
        self.x: Floats = x * signs

    def moments(self) -> tuple[Floats, Floats]:
        """The mean and the sample standard deviation of each column, NaN where there is none."""
        there, n = ~np.isnan(self.x), self.count()
        mean = np.where(there, self.x, 0.0).sum(axis=0) / n
        squares = (np.where(there, self.x - mean, 0.0) ** 2).sum(axis=0)
        return mean, np.sqrt(squares / np.where(n > 1, n - 1, np.nan))

    def least(self) -> Floats:
        """The least figure of each column."""
        return np.asarray(np.fmin.reduce(self.x, axis=0, initial=np.nan))[None]

    def largest(self) -> Floats:
        """The largest figure of each column."""
        return np.asarray(np.fmax.reduce(self.x, axis=0, initial=np.nan))[None]

    def count(self) -> Floats:
        """How many figures each column has."""
        return np.asarray((~np.isnan(self.x)).sum(axis=0), dtype=np.float64)[None]

    def constant(self) -> Bools:
        """Whether the figures of each column differ by rounding at most."""
        return np.asarray(constant(self.x)[None])

    def rank(self, ties: Ties) -> Floats:
        """The rank of each figure in its column, 1 for the least."""
        order, run = ascending(self.x)
        new = np.ones(run.shape, dtype=bool)
        new[1:] = run[1:] != run[:-1]
        found = np.where(np.isnan(run), np.nan, _placed(new, ties))
        out = np.empty_like(run)
        np.put_along_axis(out, order, found, axis=0)
        return out


def _placed(new: Bools, ties: Ties) -> Floats:
    """The rank of each place of sorted columns, ``new`` where it is not equal to the one before."""
    if ties == "dense":
        return np.cumsum(new, axis=0, dtype=np.float64)
    place = np.arange(1.0, len(new) + 1)[:, None]
    first = np.maximum.accumulate(np.where(new, place, 0.0), axis=0)
    if ties == "min":
        return np.asarray(first)
    ends = np.ones(new.shape, dtype=bool)
    ends[:-1] = new[1:]
    last = np.minimum.accumulate(np.where(ends, place, np.inf)[::-1], axis=0)[::-1]
    return np.asarray(last if ties == "max" else (first + last) / 2)


def scores(
    formula: Callable[..., Floats],
    x: Floats,
    directions: Sequence[int],
    turns_itself: bool,
    parameters: dict[str, Any],
) -> Floats:
    """The scores of many columns by a formula.

    Args:
        formula: that of a standardization.
        x: rows x columns.
        directions: 1 or -1 for each column.
        turns_itself: whether the formula takes the direction, and figures in their own unit.
        parameters: of the method.
    """
    signs = np.array(directions, dtype=np.float64)
    if not turns_itself:
        return np.asarray(formula(Block(x, signs), **parameters))
    out = np.empty(x.shape)
    for sign in set(directions):
        own = signs == sign
        out[:, own] = formula(Block(x[:, own]), direction=sign, **parameters)
    return out
