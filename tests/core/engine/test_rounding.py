"""What rounding leaves behind neither becomes a score nor decides a rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.engine.analysis.convergence import convergence
from cityflux.core.engine.analysis.robustness import Choice, uncertainty
from cityflux.core.engine.analysis.strengths import profile
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.measures.correlation import correlation_matrix
from cityflux.core.engine.measures.ranking import ranking_table, ranks
from cityflux.core.engine.measures.statistics import skewness
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.steps.multicriteria import copeland, vikor
from cityflux.core.engine.steps.standardization import (
    borda,
    distance_to_best,
    distance_to_reference,
    distance_to_target,
    minmax,
    percentile_rank,
    rank,
    standardize,
    zscore,
)
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS
from cityflux.core.engine.steps.weighting import critic, standard_deviation
from cityflux.core.model.errors import NotEnoughData

CITIES = [f"c{i:02}" for i in range(12)]
#: The mean of n times 0.1, as it comes out of floating point: some are 0.1, some are not.
TENTHS = [sum([0.1] * n) / n for n in range(1, 13)]
#: Two ways to add up to 0.6.
SIXES = [0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1]


def index(**changes: Any) -> Definition:
    written = {"id": "i", "name_zh": "i", "name_en": "i", "cities": CITIES, "indicators": ["x"]}
    return parse_definition({**written, "periods": {"of": ["2020"]}, **changes}, "test")


def panel(**columns: list[float]) -> Panel:
    values = pl.DataFrame({"period": ["2020"] * 12, "city": CITIES, **columns})
    return Panel(values, values.with_columns(pl.col(list(columns)) * 0 + 1.0))


def scored(definition: Definition, **columns: list[float]) -> Scores:
    return score(definition, panel(**columns), {}, Methods())


def test_the_figures_of_these_tests_differ_by_rounding() -> None:
    assert len(set(TENTHS)) > 1
    assert len(set(SIXES)) == 2


@pytest.mark.parametrize(
    ("method", "params"),
    [
        (zscore, {}),
        (minmax, {}),
        (distance_to_best, {}),
        (distance_to_reference, {"reference": "c02"}),
        (distance_to_target, {"target": 0.1}),
    ],
)
@pytest.mark.parametrize("direction", [1, -1])
def test_a_constant_has_no_score(method: Any, params: dict[str, Any], direction: int) -> None:
    frame = pl.DataFrame({"city": CITIES, "x": TENTHS})
    column = standardize(pl.col("x"), method, direction=direction, **params)
    assert frame.select(column).to_series().is_null().all()


def test_an_index_of_a_constant_has_nothing_to_compare() -> None:
    with pytest.raises(NotEnoughData):
        scored(index(), x=TENTHS)


@pytest.mark.parametrize(
    ("method", "expected"),
    [(rank, [1, 2, 2]), (borda, [0, 1, 1]), (percentile_rank, [0, 0.5, 0.5])],
)
def test_equal_figures_share_a_standardized_rank(method: Any, expected: list[float]) -> None:
    column = method(pl.col("x"))
    frame = pl.DataFrame({"period": ["a"] * 3 + ["b"] * 3, "x": [0.1, *SIXES] * 2})
    assert frame.select(column.over("period")).to_series().to_list() == expected * 2
    assert frame[:3].select(column).to_series().to_list() == expected


def test_equal_sums_share_a_rank() -> None:
    parts = {"x": [0.1, 0.3], "y": [0.2, 0.2], "z": [0.3, 0.1]}
    rest = [[5.0 - i / 9] for i in range(10)]
    columns = {name: [*each, *(r[0] for r in rest)] for name, each in parts.items()}
    definition = index(
        indicators=["x", "y", "z"],
        standardization={"method": "none"},
        aggregation={"method": "weighted_sum"},
    )
    found = scored(definition, **columns)
    assert found.scores["i"][0] != found.scores["i"][1]
    assert found.ranks()["i"][:2].to_list() == [11, 11]


def test_parts_that_cancel_out_are_a_tie_at_zero() -> None:
    x = [float(i) ** 1.5 for i in range(12)]
    definition = index(indicators=["x", "y"])
    found = scored(definition, x=x, y=[100 - each for each in x])
    assert found.ranks()["i"].to_list() == [1] * 12


def test_rankings_share_places() -> None:
    frame = pl.DataFrame({"city": ["a", "b", "c"], "x": [*SIXES, 0.1]})
    assert ranks(frame, ["x"])["x"].to_list() == [1, 1, 3]
    assert ranking_table(frame, "x")["rank"].to_list() == [1, 1, 3]
    assert ranking_table(frame, "x", direction=-1)["rank"].to_list() == [1, 2, 2]
    best = profile(frame, ["x"], "b").strengths
    assert (best["rank"][0], best["ahead_of"][0], best["behind"][0]) == (1, "c", None)


def test_runs_of_a_robustness_analysis_share_places() -> None:
    found = uncertainty(lambda _: pl.Series([*SIXES, 0.1]), {"none": Choice([0])}, 2, seed=1)
    assert found.ranks.to_series().to_list() == [1, 1, 3]


def test_who_is_ahead_by_rounding_is_not_ahead() -> None:
    frame = pl.DataFrame({"x": SIXES, "y": [1.0, 1.0]})
    assert copeland(frame, [1, 1]).to_list() == [0, 0]
    assert vikor(frame, [1, 1]).to_list() == [1, 1]


def test_a_constant_weighs_and_correlates_nothing() -> None:
    others = {"y": [float(i * i) for i in range(12)], "z": [float(i % 5) for i in range(12)]}
    frame = pl.DataFrame({"x": TENTHS, **others})
    assert critic(frame)[0] == 0
    assert standard_deviation(frame)[0] == 0
    x = frame.to_numpy()
    assert np.isnan(correlation_matrix(x, x, "pearson")[0, 1])
    assert np.isnan(skewness(x)[0])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.integers(-(10**6), 10**6).map(lambda n: n / 64)),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_noise_changes_no_rank(figures: list[float | None], random: Any) -> None:
    noisy = [None if f is None else f * (1 + random.uniform(-1, 1) * 1e-14) for f in figures]
    schema = {"x": pl.Float64}
    plain, shaken = (pl.DataFrame({"x": each}, schema=schema) for each in (figures, noisy))
    expected = plain["x"].rank("min", descending=True).to_list()
    assert ranks(shaken, ["x"])["x"].to_list() == expected


def test_small_figures_beside_a_huge_one_stay_apart() -> None:
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0, 1e30]})
    assert frame.select(rank(pl.col("x"))).to_series().to_list() == [1, 2, 3, 4]


def test_there_is_no_catching_up_from_one_level() -> None:
    later = [float(i) for i in range(1, 13)]
    frame = pl.DataFrame(
        {"city": CITIES * 2, "period": ["2019"] * 12 + ["2020"] * 12, "x": [*TENTHS, *later]}
    )
    found = convergence(frame, "x")
    assert found is not None
    assert found.slope is None


def test_a_transformation_leaves_a_constant_alone() -> None:
    assert np.isnan(TRANSFORMATIONS["box_cox"](np.array([TENTHS]).T)).all()
