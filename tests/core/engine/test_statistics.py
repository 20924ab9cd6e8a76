from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cityflux.core.engine.measures.ranking import ranking_table, ranks
from cityflux.core.engine.measures.statistics import (
    Limits,
    indicator_statistics,
    kurtosis,
    outlier_test,
    skewness,
)
from tests.core.engine.support import close


def column(*values: float | None) -> np.ndarray:
    return np.array([[np.nan if v is None else v] for v in values], dtype=np.float64)


@given(st.lists(st.integers(-1000, 1000), min_size=4, max_size=30))
def test_moments_are_those_of_scipy(values: list[int]) -> None:
    x = column(*values)
    if len(set(values)) == 1:
        assert np.isnan([skewness(x), kurtosis(x)]).all()
    else:
        assert skewness(x)[0] == pytest.approx(stats.skew(values, bias=False), abs=1e-9)
        assert kurtosis(x)[0] == pytest.approx(stats.kurtosis(values, bias=False), abs=1e-9)


def test_moments_skip_gaps_and_need_figures() -> None:
    assert skewness(column(1, None, 2, 9))[0] == skewness(column(1, 2, 9))[0]
    assert np.isnan(skewness(column(1, 3, None)))
    assert np.isnan(kurtosis(column(1, 2, 9)))
    assert np.isnan(skewness(column(0.1, 0.1, 0.1))), "a constant whose mean is off by rounding"


def test_outliers_need_skewness_and_kurtosis() -> None:
    long_tail = column(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100)
    assert outlier_test(long_tail).passes[0] == 0
    assert outlier_test(long_tail, Limits(skewness=5)).passes[0] == 1
    assert outlier_test(long_tail, Limits(kurtosis=50)).passes[0] == 1
    assert np.isnan(outlier_test(column(4, 4, 4, 4)).passes[0])
    assert outlier_test(column(1, 2, 4)).passes[0] == 1, "low skewness is enough without kurtosis"


def test_indicator_statistics() -> None:
    frame = pl.DataFrame(
        {"a": [0.0, 0.0, 0.0, 7.0, 0.0], "b": [1.0, 2.0, None, 4.0, 4.0], "c": [None] * 5},
        schema_overrides={"c": pl.Float64},
    )
    a, b, c = indicator_statistics(frame).rows(named=True)
    assert (a["min"], a["max"], a["mean"], a["median"]) == (0, 7, 1.4, 0)
    assert (a["available"], a["nonzero"], a["unique"], a["same"]) == (5, 1, 2, 4)
    assert (a["low_available"], a["low_nonzero"], a["low_unique"], a["outliers"]) == (
        False,
        True,
        True,
        True,
    )
    assert (b["available"], b["share_available"], b["share_unique"], b["same"]) == (4, 0.8, 0.75, 2)
    assert not b["low_available"]
    assert (c["available"], c["mean"], c["skewness"], c["share_nonzero"], c["outliers"]) == (
        0,
        None,
        None,
        None,
        None,
    )
    assert c["low_available"]


def test_ranks() -> None:
    frame = pl.DataFrame({"p": ["x", "x", "y", "y"], "s": [5.0, 5.0, None, 9.0]})
    assert ranks(frame, ["s"])["s"].to_list() == [2, 2, None, 1]
    assert ranks(frame, ["s"], within="p")["s"].to_list() == [1, 1, None, 1]


def test_ranking_table() -> None:
    frame = pl.DataFrame({"city": ["a", "b", "c", "d"], "x": [2.0, 8.0, None, 4.0]})
    best = ranking_table(frame, "x")
    assert best["city"].to_list() == ["b", "d", "a"]
    assert best["behind"].to_list() == [0, 4, 6]
    assert close(best["of_best"].to_list(), [1, 0.5, 0.25])
    cheapest = ranking_table(frame, "x", direction=-1)
    assert cheapest["city"].to_list() == ["a", "d", "b"]
    assert cheapest["behind"].to_list() == [0, 2, 6]
