"""COINr's arithmetic of outranking, with its quirks: what explains its Copeland scores.

The weights are scaled to sum to 1 and then summed, as R does, in extended precision; the weight
of missing children stays with the later row, whose entry is 1 minus that of the earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import Floats, to_matrix, to_series
from cityflux.core.engine.steps.multicriteria import across_units


def outranking(children: pl.DataFrame, weights: Sequence[float]) -> Floats:
    """Give COINr's outranking matrix."""
    x = to_matrix(children)
    w = np.asarray(weights, dtype=np.float64)
    w = w / float(w.astype(np.longdouble).sum())
    n = len(x)
    matrix = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            ahead = float(w[x[i] > x[j]].astype(np.longdouble).sum())
            level = float(w[x[i] == x[j]].astype(np.longdouble).sum())
            matrix[i, j] = float(np.longdouble(ahead) + np.longdouble(level / 2))
            matrix[j, i] = 1 - matrix[i, j]
    return matrix


@across_units
def copeland(children: pl.DataFrame, weights: Sequence[float]) -> pl.Series:
    """Give COINr's Copeland scores."""
    matrix = outranking(children, weights)
    np.fill_diagonal(matrix, 0.5)
    return to_series(((matrix > 0.5).sum(axis=1) - (matrix < 0.5).sum(axis=1)).astype(float))
