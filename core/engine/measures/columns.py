"""Columns of figures as one matrix, and what is taken over each of them.

A formula gives the same score to the last bit as one of expressions: sums are polars' own, and as
there ``a / b`` is ``a * (1 / b)`` where b is one number for the whole column.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from itertools import count
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame, to_matrix, to_series
from cityflux.core.engine.measures.tolerance import constant, levelled

Ties = Literal["min", "max", "average", "dense"]
#: A formula over whole columns: what it gives has a value for each figure.
Formula = Callable[..., Floats]


class Columns:
    """Figures that are compared column by column.

    Args:
        frame: Float64 columns, one for each indicator; null is missing.
        signs: what each column is multiplied by, 1 or -1; 1 without it.
        groups: a value for each row; only rows that share it are compared. All are without it.

    Attributes:
        x: the figures with their sign, rows x columns; NaN is missing.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        signs: Floats | None = None,
        groups: pl.Series | None = None,
    ) -> None:
        self._frame, self._signs = frame, np.ones(frame.width) if signs is None else signs
        self.x: Floats = to_matrix(frame) * self._signs
        whole = groups is None or groups.n_unique() <= 1  # then `over` would cost time for nothing
        self._groups = None if whole else groups
        self._parts = [slice(None)] if self._groups is None else rows_of(self._groups)

    def moments(self) -> tuple[Floats, Floats]:
        """The mean and the sample standard deviation of the column, NaN where there is none."""
        if self._groups is None:  # series by series, as an expression would wake all threads
            found = np.empty((2, self._frame.width))
            for place, column in enumerate(self._frame.iter_columns()):
                found[:, place] = column.mean(), column.std()  # type: ignore[assignment]
            return found[0] * self._signs, found[1]
        grouped = self._frame.with_columns(self._groups.alias("groups"))
        every = pl.exclude("groups")
        mean, sd = (
            to_matrix(grouped.select(part.over("groups"))) for part in (every.mean(), every.std())
        )
        return mean * self._signs, sd

    def least(self) -> Floats:
        """The least figure of the column."""
        return self._each(partial(np.fmin.reduce, axis=0, initial=np.nan))

    def largest(self) -> Floats:
        """The largest figure of the column."""
        return self._each(partial(np.fmax.reduce, axis=0, initial=np.nan))

    def count(self) -> Floats:
        """How many figures the column has."""
        return self._each(lambda x: (~np.isnan(x)).sum(axis=0))

    def constant(self) -> Bools:
        """Whether the figures of the column differ by rounding at most."""
        return self._each(constant) > 0

    def rank(self, ties: Ties) -> Floats:
        """The rank of each figure in its column, 1 for the least; equals as polars ranks them."""
        out = np.empty_like(self.x)
        for rows in self._parts:
            figures = to_frame(levelled(self.x[rows]), self._frame.columns)
            out[rows] = to_matrix(figures.select(pl.all().rank(ties)))
        return out

    def _each(self, reduce: Callable[[Floats], NDArray[Any]]) -> Floats:
        """What a group comes to, for each of its rows; one row where all rows are one group."""
        if self._groups is None:
            return np.asarray(reduce(self.x)[None], dtype=np.float64)
        out = np.empty_like(self.x)
        for rows in self._parts:
            out[rows] = reduce(self.x[rows])
        return out


def rows_of(groups: pl.Series) -> list[slice | NDArray[np.intp]]:
    """The rows of each group, in the order of their first ones: a slice where they are together."""
    texts = groups.to_list()
    numbers = dict(zip(dict.fromkeys(texts), count(), strict=False))
    codes = np.array([*map(numbers.__getitem__, texts)], dtype=np.intp)
    breaks = np.flatnonzero(np.diff(codes)) + 1
    if len(breaks) < max(len(numbers), 1):
        edges = [0, *breaks.tolist(), len(codes)]
        return [*map(slice, edges, edges[1:])]
    return [np.flatnonzero(codes == code) for code in range(len(numbers))]


def over_columns(formula: Formula) -> Callable[..., pl.Expr]:
    """Make a method of a formula over `Columns`: a function of a polars expression.

    The formula itself is its attribute ``formula``, for those who have many columns at once.
    """

    def calm(x: Columns, **params: Any) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return formula(x, **params)

    @wraps(formula)
    def method(x: pl.Expr, **params: Any) -> pl.Expr:
        nothing = pl.DataFrame(schema={"x": pl.Float64})
        calm(Columns(nothing), **params)  # what is wrong with them is said at once

        def apply(column: pl.Series) -> pl.Series:
            figures = column.cast(pl.Float64).to_frame()
            return to_series(calm(Columns(figures), **params)[:, 0], column.name)

        return x.map_batches(apply, return_dtype=pl.Float64)

    method.formula = calm  # type: ignore[attr-defined]
    return method
