"""Between polars and numpy: a frame of Float64 columns as a matrix, and back.

Inside a matrix NaN stands for missing; it never leaves this package, where missing is null.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.model.errors import IndexDefinitionError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def to_matrix(frame: pl.DataFrame) -> Floats:
    """Give the values of a frame, rows x columns, with NaN where it is null."""
    return np.asarray(frame.to_numpy(), dtype=np.float64)


def to_series(values: Floats, name: str = "score") -> pl.Series:
    """Give a column of that name, with null where the values are NaN."""
    return pl.Series(name, values, dtype=pl.Float64, nan_to_null=True)


def to_frame(values: Floats, columns: Sequence[str]) -> pl.DataFrame:
    """Give a frame, rows x columns, with null where the values are NaN."""
    return cut(to_series(values.ravel("F")), columns)


def cut(values: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
    """Cut a series into columns of equal height, which costs less than to make many series.

    Args:
        values: those of the first column, then those of the next one.
        columns: the names.
    """
    height = len(values) // max(len(columns), 1)
    parts = [values.slice(i * height, height) for i in range(len(columns))]
    return pl.DataFrame(parts, schema=[*columns])


def replaced(frame: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """Give a frame with other columns in the place of those of the same names.

    Without an expression, which would wake all threads.
    """
    found = dict(zip(frame.columns, frame.iter_columns(), strict=True))
    found |= dict(zip(columns.columns, columns.iter_columns(), strict=True))
    return pl.DataFrame([*found.values()])


def to_weights(weights: Sequence[float | None], columns: Sequence[str]) -> Floats:
    """Give the weights as a vector, NaN for a child without a weight.

    Raises:
        IndexDefinitionError: when there is not one weight per column, or one is infinite.
    """
    vector = np.array([np.nan if w is None else w for w in weights], dtype=np.float64)
    if len(vector) != len(columns):
        raise IndexDefinitionError(
            f"{len(vector)} weights for {len(columns)} children ({', '.join(columns)}); "
            "give one for each"
        )
    if np.isinf(vector).any():
        raise IndexDefinitionError(f"weights {list(weights)} are not all finite")
    return vector
