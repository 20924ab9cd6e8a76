"""Correlation of the columns of two matrices, pairwise complete.

Each pair of columns uses the rows in which both have a figure, with their own means and ranks; a
pair with a constant, or with fewer than two rows, is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.measures.tolerance import constant

Method = Literal["pearson", "spearman", "kendall"]


def correlation_matrix(x: Floats, y: Floats, method: Method = "pearson") -> Floats:
    """Correlate each column of x with each column of y.

    Sources: Pearson (1895), Proceedings of the Royal Society 58; Spearman (1904), American Journal
    of Psychology 15, on average ranks; Kendall (1945), Biometrika 33(3), 239-251, tau-b.

    Args:
        x: rows x k columns.
        y: the same rows x m columns.
        method: the kind of correlation.

    Returns:
        A matrix, k x m.
    """
    if method == "kendall":
        return _kendall(x, y)
    rows = []
    for a, b in _pairs(x, y):
        if method == "spearman":
            a, b = _ranks(a), _ranks(b)
        covariance, spread = _moments(a, b)
        with np.errstate(divide="ignore", invalid="ignore"):
            rows.append(np.clip(covariance / spread, -1.0, 1.0))
    return np.array(rows).reshape(x.shape[1], y.shape[1])


def covariance_matrix(x: Floats) -> Floats:
    """Give the sample covariances of the columns, pairwise complete; NaN below two rows.

    Args:
        x: rows x k columns.

    Returns:
        A matrix, k x k.
    """
    rows = []
    for a, b in _pairs(x, x):
        n = (~np.isnan(a)).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            rows.append(np.where(n > 1, _moments(a, b)[0] / (n - 1), np.nan))
    return np.array(rows).reshape(x.shape[1], x.shape[1])


def student_p(r: Floats, n: Floats) -> Floats:
    """Give the two-sided p-value of no correlation, by t = r √((n - 2) / (1 - r²)).

    Student's t with n - 2 degrees of freedom; NaN for fewer than 3 rows. Source: Fisher (1915),
    Biometrika 10.
    """
    from scipy import stats

    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(r) * np.sqrt((n - 2) / (1 - r**2))
        return np.where((n > 2) & ~np.isnan(r), 2 * stats.t.sf(t, n - 2), np.nan)


def kendall_p(x: Floats, y: Floats) -> Floats:
    """Give the two-sided p-values of Kendall's tau: exact for few rows without ties.

    Source: Kendall (1970), Rank correlation methods; as ``scipy.stats.kendalltau``.

    Args:
        x: rows x k columns.
        y: the same rows x m columns.

    Returns:
        A matrix, k x m; NaN for a constant, or fewer than two rows.
    """
    from scipy import stats

    p = np.full((x.shape[1], y.shape[1]), np.nan)
    for i, (a, b) in enumerate(_pairs(x, y)):
        for j in range(y.shape[1]):
            both = ~np.isnan(a[:, j])
            p[i, j] = stats.kendalltau(a[both, j], b[both, j]).pvalue if both.sum() > 1 else np.nan
    return p


def _pairs(x: Floats, y: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Give for each column of x two matrices as wide as y, NaN where the pair is not complete."""
    for column in x.T:
        apart = np.isnan(y) | np.isnan(column)[:, None]
        yield np.where(apart, np.nan, column[:, None]), np.where(apart, np.nan, y)


def _moments(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Give the sums of products, and the roots of the sums of squares, column by column."""
    a, b = _centred(a), _centred(b)
    return (a * b).sum(axis=0), np.sqrt((a * a).sum(axis=0)) * np.sqrt((b * b).sum(axis=0))


def _centred(a: Floats) -> Floats:
    there = ~np.isnan(a)
    n = np.maximum(there.sum(axis=0), 1)
    away = np.where(there, a - np.where(there, a, 0.0).sum(axis=0) / n, 0.0)
    # The mean of a constant may be off by rounding, which must not pass for a spread.
    away[:, constant(a)] = 0.0
    return away


def _ranks(a: Floats) -> Floats:
    from scipy import stats

    return np.asarray(stats.rankdata(a, axis=0, nan_policy="omit"))


def _kendall(x: Floats, y: Floats) -> Floats:
    shape = (x.shape[1], y.shape[1])
    agree, x_untied, y_untied = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for i in range(len(x) - 1):
        dx, dy = x[i + 1 :] - x[i], y[i + 1 :] - y[i]
        x_there, y_there = ~np.isnan(dx) * 1.0, ~np.isnan(dy) * 1.0
        sx, sy = np.nan_to_num(np.sign(dx)), np.nan_to_num(np.sign(dy))
        agree += sx.T @ sy
        x_untied += np.abs(sx).T @ y_there
        y_untied += x_there.T @ np.abs(sy)
    with np.errstate(divide="ignore", invalid="ignore"):
        tau: Floats = agree / (np.sqrt(x_untied) * np.sqrt(y_untied))
    return tau
