"""Periods as numbers on a line, for interpolation and growth."""

from __future__ import annotations

from calendar import monthrange

import polars as pl

from cityflux.core.model.period import Period


def decimal_years(periods: pl.Series) -> pl.Series:
    """Give the start of each period in years: ``2020-Q3`` is 2020.5; numbers are years already.

    Months are twelfths of a year and days parts of their month, so that a monthly series is
    evenly spaced.

    Raises:
        PeriodError: when a text is no period.
    """
    if periods.dtype.is_numeric():
        return periods.cast(pl.Float64)
    known = {text: _decimal_year(Period.parse(text)) for text in periods.unique().drop_nulls()}
    if not known:  # of nothing polars would make text
        return periods.cast(pl.Float64, strict=False)
    return periods.replace_strict(list(known), list(known.values()), return_dtype=pl.Float64)


def _decimal_year(period: Period) -> float:
    start = period.start
    part_of_month = (start.day - 1) / monthrange(start.year, start.month)[1]
    return start.year + (start.month - 1 + part_of_month) / 12
