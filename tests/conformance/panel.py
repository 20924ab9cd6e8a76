"""COINr's functions on panels of several years, each done by the engine."""

from __future__ import annotations

from typing import Any

import polars as pl

from cityflux.core.engine.analysis.trends import TRENDS, trends
from cityflux.core.engine.steps import imputation
from tests.conformance.coin import Coin, interpolated
from tests.conformance.r import Frame, Record

_KEYS = {"unit": "uCode", "period": "Time"}
_TRENDS = {"CAGR": "compound_growth", "prc_change": "percent_change"}


def get_dset(coin: Coin, dset: str) -> Frame:
    return Frame(coin.data[dset])


def impute_panel(raw: Frame, imp_type: str = "latest", max_time: float | None = None) -> Record:
    data = raw.data
    columns = data.columns[2:]
    limit = None if max_time is None else int(max_time)
    if imp_type == "latest":
        done = imputation.last_value(data, columns, limit=limit, **_KEYS).frame
        # The year that a figure came from is filled the same way as the figure.
        years = data.with_columns(
            pl.when(pl.col(name).is_not_null()).then(pl.col("Time").cast(pl.Float64)).alias(name)
            for name in columns
        )
        source = imputation.last_value(years, columns, limit=limit, **_KEYS).frame
        return Record(iData_imp=Frame(done), DataT=Frame(source))
    return Record(iData_imp=Frame(interpolated(data, imp_type)))


def get_trends(
    coin: Coin,
    dset: str,
    f_trend: str = "CAGR",
    use_latest: float | None = None,
    interp_at: str | None = None,
    adjust_directions: bool = False,
    **_: Any,
) -> Record:
    table = trends(
        coin.data[dset],
        coin.indicators,
        statistic=TRENDS[_TRENDS[f_trend]],
        latest=None if use_latest is None else int(use_latest),
        interpolate=interp_at is not None,
        directions=coin.ds.directions if adjust_directions else None,
        unit=_KEYS["unit"],
        period=_KEYS["period"],
    )
    names = {
        "indicator": "iCode",
        "trend": f_trend,
        "share_available": "Avail",
        "first": "t_first",
        "latest": "t_latest",
        "share_available_latest": "Avail_use_latest",
        "first_latest": "t_first_use_latest",
    }
    return Record(Trends=Frame(table.rename(names, strict=False)))
