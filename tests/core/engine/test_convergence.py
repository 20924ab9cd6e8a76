"""Beta and sigma convergence, and the years to the leader."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cityflux.core.engine.analysis.convergence import convergence, years_to_leader
from cityflux.core.model.errors import IndexDefinitionError

FIGURES = st.lists(
    st.floats(0.5, 1000), min_size=3, max_size=8, unique_by=lambda value: round(math.log(value), 3)
)


def panel(figures: Mapping[int, list[float]]) -> pl.DataFrame:
    """Figures by year, those of each unit at the same place."""
    return pl.DataFrame(
        [
            (f"u{i}", str(year), value)
            for year, values in figures.items()
            for i, value in enumerate(values)
        ],
        schema=["city", "period", "x"],
        orient="row",
    )


@given(FIGURES, st.floats(0.01, 0.5), st.integers(1, 20))
def test_a_common_speed_is_found_again(figures: list[float], speed: float, years: int) -> None:
    """Each goes the same share of its way to 100 in a year: that is the model of beta."""
    rest = math.exp(-speed * years)
    later = [100 ** (1 - rest) * value**rest for value in figures]
    found = convergence(panel({2000: figures, 2000 + years: later}), "x")
    assert found is not None
    assert found.speed == pytest.approx(speed, rel=1e-6)
    assert found.half_life == pytest.approx(math.log(2) / speed, rel=1e-6)
    begin, end = found.sigma["sigma"]
    assert end == pytest.approx(begin * rest, rel=1e-9), "sigma shrinks as the distances do"


@given(FIGURES, st.lists(st.floats(0.5, 1000), min_size=8, max_size=8), st.floats(0.01, 100))
def test_the_unit_of_measurement_plays_no_part(
    figures: list[float], later: list[float], factor: float
) -> None:
    frame = panel({2010: figures, 2015: later[: len(figures)]})
    one = convergence(frame, "x")
    other = convergence(
        frame.with_columns(pl.col("x") * factor).sample(fraction=1, shuffle=True), "x"
    )
    assert one is not None and other is not None
    assert other.slope == pytest.approx(one.slope, rel=1e-6, abs=1e-9)
    assert other.sigma["sigma"].to_list() == pytest.approx(one.sigma["sigma"].to_list(), abs=1e-9)


@given(FIGURES, st.lists(st.floats(0.5, 1000), min_size=8, max_size=8))
def test_at_present_growth_they_meet_when_it_says(figures: list[float], later: list[float]) -> None:
    last = later[: len(figures)]
    table = years_to_leader(panel({2010: figures, 2020: last}), "x")
    growth = [(b / a) ** 0.1 for a, b in zip(figures, last, strict=True)]
    leader = last.index(max(last))
    for i, years in enumerate(table["years"]):
        if years is None:
            assert growth[i] <= growth[leader] * (1 + 1e-9), "it comes nearer and never arrives"
        elif years < 1000:
            there, here = (last[k] * growth[k] ** years for k in (leader, i))
            assert here == pytest.approx(there, rel=1e-6)
    assert table["years"][leader] == 0


def test_the_regression_is_that_of_scipy_on_scores() -> None:
    rng = np.random.default_rng(4)
    first, last = rng.normal(size=(2, 12))
    found = convergence(panel({2010: list(first), 2014: list(last)}), "x", scale="interval")
    line = stats.linregress(first, (last - first) / 4)
    assert found is not None
    assert (found.slope, found.p_value) == pytest.approx((line.slope, line.pvalue))
    assert found.r_squared == pytest.approx(line.rvalue**2)
    assert found.sigma["sigma"].to_list() == pytest.approx(
        [first.std(ddof=1), last.std(ddof=1)], rel=1e-12
    )


def test_the_same_units_are_compared_throughout() -> None:
    frame = pl.DataFrame(
        {
            "city": ["a", "b", "c", "a", "b", "a", "b", "c", "d"],
            "period": ["2010"] * 3 + ["2011"] * 2 + ["2012"] * 4,
            "x": [1.0, 2.0, 4.0, 1.0, 2.0, 2.0, 3.0, 5.0, 900.0],
        }
    )
    found = convergence(frame, "x")
    assert found is not None
    assert (found.first, found.latest, found.units) == ("2010", "2012", 3)
    assert found.sigma["period"].to_list() == ["2010", "2012"], "in 2011 one of them is missing"


def test_what_cannot_be_told_is_null() -> None:
    two = convergence(panel({2010: [1.0, 2.0], 2011: [2.0, 2.0]}), "x")
    assert two is not None
    assert (two.slope, two.p_value, two.speed, two.half_life) == (None, None, None, None)
    assert two.sigma["sigma"].to_list()[1] == 0
    alike = convergence(panel({2010: [1.0, 1.0, 1.0], 2011: [1.0, 2.0, 3.0]}), "x")
    assert alike is not None and alike.slope is None
    assert convergence(panel({2010: [1.0, 2.0]}), "x") is None
    assert convergence(panel({2010: [0.0, -1.0], 2011: [1.0, 2.0]}), "x") is None
    assert years_to_leader(panel({2010: [1.0]}), "x")["years"].to_list() == [None]
    with pytest.raises(IndexDefinitionError, match="more than one row"):
        convergence(panel({2010: [1.0]}).vstack(panel({2010: [1.0]})), "x")


def test_where_less_is_better_the_lowest_leads() -> None:
    table = years_to_leader(panel({2010: [8.0, 2.0], 2011: [4.0, 2.0]}), "x", direction=-1)
    assert table["leader"].to_list() == ["u1", "u1"]
    assert table["years"].to_list() == pytest.approx([1.0, 0.0])
    points = years_to_leader(panel({2010: [0.0, 4.0], 2011: [1.0, 4.0]}), "x", scale="interval")
    assert points["years"].to_list() == pytest.approx([3.0, 0.0])
