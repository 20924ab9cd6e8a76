"""Statistics of indicators: moments, gaps, zeros, repeated figures, and a test for outliers.

A matrix x has a row for each unit and a column for each indicator, NaN where a figure is missing.
Standard deviation, skewness and kurtosis are corrected for the sample, as in Excel's STDEV, SKEW
and KURT; kurtosis is in excess of the normal distribution. A statistic that is not defined (a
constant has no skewness) is null.

References:
    Joanes, Gill (1998), Comparing measures of sample skewness and kurtosis, The Statistician
    47(1), 183-189.
    The limits, |skewness| 2 and kurtosis 3.5, are those of COINr and of the JRC's audits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import Floats, to_matrix, to_series
from cityflux.core.engine.measures.tolerance import constant

#: A test of one's own: from the figures of an indicator, without gaps, to whether it passes; None
#: where it cannot tell.
PassFunction = Callable[[Floats], bool | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How skewed and how peaked an indicator may be before it counts as having outliers.

    Attributes:
        skewness: of the absolute value.
        kurtosis: in excess of the normal distribution.
        passes: a test of one's own, in place of both limits.
    """

    skewness: float = 2.0
    kurtosis: float = 3.5
    passes: PassFunction | None = None


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class OutlierTest:
    """The test for outliers, column by column; NaN where it cannot tell.

    Attributes:
        skewness: of the sample.
        kurtosis: of the sample, in excess.
        passes: 1 where the column passes, 0 where it does not.
    """

    skewness: Floats
    kurtosis: Floats
    passes: Floats


def skewness(x: Floats) -> Floats:
    """Compute the sample skewness G1 of each column; NaN for a constant or fewer than 3 figures.

    Source: Joanes, Gill (1998), G1; Excel's SKEW.
    """
    return _shape(x)[0]


def kurtosis(x: Floats) -> Floats:
    """Compute the sample excess kurtosis G2 of each column; NaN as for `skewness`, below 4.

    Source: Joanes, Gill (1998), G2; Excel's KURT.
    """
    return _shape(x)[1]


def outlier_test(x: Floats, limits: Limits = LIMITS) -> OutlierTest:
    """Test each column: it passes where |skewness| or kurtosis is below its limit.

    The test cannot tell of a constant, or of too few figures. Limits with a pass function leave
    the answer to it. Source: the practice of the JRC audits; COINr, ``check_SkewKurt``.
    """
    skewed, peaked = _shape(x)
    if limits.passes is not None:
        answers = [limits.passes(column[~np.isnan(column)]) for column in x.T]
        own = np.array([np.nan if a is None else float(bool(a)) for a in answers])
        return OutlierTest(skewed, peaked, np.where(constant(x), np.nan, own))
    fine = (np.abs(skewed) < limits.skewness) | (peaked < limits.kurtosis)
    unknown = np.isnan(skewed) | np.isnan(peaked)
    return OutlierTest(skewed, peaked, np.where(fine, 1.0, np.where(unknown, np.nan, 0.0)))


def indicator_statistics(
    frame: pl.DataFrame,
    *,
    limits: Limits = LIMITS,
    min_available: float = 0.65,
    min_nonzero: float = 0.5,
    min_unique: float = 0.5,
) -> pl.DataFrame:
    """Describe each indicator, and flag what should be looked at.

    Args:
        frame: one Float64 column per indicator, one row per unit; no key columns.
        limits: of the test for outliers.
        min_available: the share of units that should have a figure.
        min_nonzero: the share of units that should have a figure other than zero.
        min_unique: the number of different figures, as a share of the units.

    Returns:
        One row per indicator: ``min``, ``max``, ``mean``, ``median``, ``sd``, ``skewness``,
        ``kurtosis``; the counts ``available``, ``nonzero``, ``unique`` and ``same`` (the units
        that share the most frequent figure); the same four as shares (``share_available`` of the
        units, the others of the available figures); and the flags ``low_available``,
        ``low_nonzero``, ``low_unique`` and ``outliers`` (null where the test cannot tell).
    """
    table = _describe(frame)
    units, available = frame.height, pl.col("available")
    shares = {
        f"share_{what}": pl.when(available > 0).then(pl.col(what) / available)
        for what in ("nonzero", "unique", "same")
    }
    tail = (pl.col("skewness").abs() > limits.skewness) & (pl.col("kurtosis") > limits.kurtosis)
    return table.with_columns(share_available=available / units, **shares).with_columns(
        low_available=pl.col("share_available") < min_available,
        low_nonzero=pl.col("nonzero") / units < min_nonzero,
        low_unique=pl.col("unique") / units < min_unique,
        outliers=tail,
    )


def _describe(frame: pl.DataFrame) -> pl.DataFrame:
    """Give moments and counts, one row per indicator."""
    every, there = pl.all(), pl.all().drop_nulls()
    shape = dict(zip(("skewness", "kurtosis"), _shape(to_matrix(frame)), strict=True))
    numbers = {
        "min": every.min(),
        "max": every.max(),
        "mean": every.mean(),
        "median": every.median(),
        "sd": every.std(),
    }
    counts = {
        "available": every.count(),
        "nonzero": (every != 0).sum(),
        "unique": there.n_unique(),
        "same": there.unique_counts().max().fill_null(0),
    }
    return pl.DataFrame(
        [
            pl.Series("indicator", frame.columns, dtype=pl.String),
            *(pl.Series(n, frame.select(e).row(0), dtype=pl.Float64) for n, e in numbers.items()),
            *(to_series(values, name) for name, values in shape.items()),
            *(pl.Series(n, frame.select(e).row(0), dtype=pl.Int64) for n, e in counts.items()),
        ]
    )


def _shape(x: Floats) -> tuple[Floats, Floats]:
    """Give skewness and kurtosis of each column."""
    there = ~np.isnan(x)
    n = there.sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.where(there, x - np.where(there, x, 0.0).sum(axis=0) / n, 0.0)
        # The mean of a constant may be off by rounding: it has no shape all the same.
        away[:, constant(x)] = 0.0
        square = away * away
        m2, m3, m4 = (p.sum(axis=0) / n for p in (square, square * away, square * square))
        g1, g2 = m3 / m2**1.5, m4 / m2**2 - 3
        skewed = g1 * np.sqrt(n * (n - 1)) / (n - 2)
        peaked = ((n + 1) * g2 + 6) * (n - 1) / ((n - 2) * (n - 3))
    return np.where(n >= 3, skewed, np.nan), np.where(n >= 4, peaked, np.nan)
