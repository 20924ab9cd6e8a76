from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from cityflux.core.engine.measures.matrix import Floats, to_frame
from cityflux.core.engine.steps.balancing import balance
from cityflux.core.engine.steps.frontier import benefit_of_the_doubt, frontier
from cityflux.core.engine.steps.pairwise import analytic_hierarchy, best_worst
from cityflux.core.engine.steps.weighting import WEIGHTINGS
from cityflux.core.model.errors import IndexDefinitionError

DATA = pl.DataFrame(
    {"a": [1.0, 2.0, 3.0, 8.0], "b": [4.0, 6.0, 5.0, 7.0], "c": [2.0, 1.0, None, 9.0]}
)
PARAMS: dict[str, dict[str, Any]] = {
    "given": {"weights": {"a": 1, "b": 2, "c": 5}},
    "ahp": {"comparisons": [[1, 2, 4], [0.5, 1, 2], [0.25, 0.5, 1]]},
    "best_worst": {"best_to_others": [1, 2, 4], "others_to_worst": [4, 2, 1]},
}


@pytest.mark.parametrize("method", sorted(WEIGHTINGS))
def test_weights_are_shares_in_the_order_of_the_columns(method: str) -> None:
    weights = WEIGHTINGS[method](DATA, **PARAMS.get(method, {}))
    assert len(weights) == 3
    assert sum(weights) == pytest.approx(1)
    assert min(weights) >= 0


@pytest.mark.parametrize("method", sorted(set(WEIGHTINGS) - PARAMS.keys()))
def test_the_order_of_rows_and_columns_does_not_matter(method: str) -> None:
    frame = random_frame(7, 12, 4)
    weights = WEIGHTINGS[method](frame)
    assert WEIGHTINGS[method](frame[::-1]) == pytest.approx(weights, abs=1e-9)
    assert WEIGHTINGS[method](frame.select("d", "b", "a", "c")) == pytest.approx(
        [weights[i] for i in (3, 1, 0, 2)], abs=1e-9
    )


def random_frame(seed: int, rows: int, columns: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    return to_frame(random.random((rows, columns)) + random.random((rows, 1)), "abcdefgh"[:columns])


def test_judgements_that_agree_are_met_exactly() -> None:
    ahp = analytic_hierarchy(PARAMS["ahp"]["comparisons"])
    assert ahp.weights == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert ahp.inconsistency == pytest.approx(0, abs=1e-9)
    bw = best_worst([1, 2, 4], [4, 2, 1])
    assert bw.weights == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert bw.inconsistency == pytest.approx(0, abs=1e-9)
    assert analytic_hierarchy([[1, 3], [1 / 3, 1]]).weights == pytest.approx([0.75, 0.25])


def test_the_consistency_ratio_of_saaty() -> None:
    judged = analytic_hierarchy([[1, 3, 5], [1 / 3, 1, 3], [0.2, 1 / 3, 1]])
    assert judged.weights == pytest.approx([0.6370, 0.2583, 0.1047], abs=1e-4)
    assert judged.inconsistency == pytest.approx(0.0332, abs=1e-4)
    many = np.ones((17, 17))
    assert analytic_hierarchy(many.tolist()).inconsistency == pytest.approx(0, abs=1e-12)


def test_the_benefit_of_the_doubt() -> None:
    frame = pl.DataFrame({"a": [4.0, 1.0, 2.0, None], "b": [1.0, 4.0, 2.0, 4.0]})
    found = frontier(frame)
    assert found.scores.to_list() == pytest.approx([1, 1, 0.8, 1])
    assert found.shares.row(2) == pytest.approx([0.5, 0.5])
    assert found.shares["a"][3] is None
    bound = frontier(frame[:3], lower=[0.4, 0.4])
    assert bound.scores[0] < 1
    assert min(bound.shares.row(0)) == pytest.approx(0.4)
    near = benefit_of_the_doubt(frame[:3], [1, 1], freedom=0.2)
    assert near.to_list() == pytest.approx(bound.scores.to_list())
    gap = pl.DataFrame({"a": [4.0, 3.0], "b": [3.0, None], "c": [2.0, 4.0]})
    without = benefit_of_the_doubt(gap.drop("b"), [1, 1], freedom=0.4)
    assert benefit_of_the_doubt(gap, [1, 2, 1], freedom=0.4)[1] == pytest.approx(without[1])
    assert benefit_of_the_doubt(frame, [1, 0]).to_list() == pytest.approx([1, 0.25, 0.5, None])


def shares(x: Floats, w: Floats) -> Floats:
    index = x @ w
    r = np.array([np.corrcoef(column, index)[0, 1] for column in x.T])
    return np.asarray(r / r.sum())


@pytest.mark.parametrize("seed", range(6))
def test_balanced_weights_meet_their_targets(seed: int) -> None:
    frame = random_frame(seed, 30, 5)
    targets = np.random.default_rng(seed).uniform(1, 2, 5)
    found = balance(frame, targets=list(targets), positive=False)
    expected = targets / targets.sum()
    assert shares(frame.to_numpy(), np.array(found.weights)) == pytest.approx(expected, abs=1e-9)
    assert found.gap < 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_positive_weights_come_as_near_as_a_search_does(seed: int) -> None:
    frame = random_frame(seed, 30, 4)
    x, targets = frame.to_numpy(), np.array([1, 4, 1, 9]) / 15
    found = balance(frame, targets=list(targets))
    assert min(found.weights) >= 0

    def miss(w: Floats) -> float:
        return float(((shares(x, w) - targets) ** 2).sum())

    searched = minimize(miss, np.full(4, 0.25), bounds=[(1e-9, 1)] * 4, method="L-BFGS-B")
    assert miss(np.array(found.weights)) <= searched.fun + 1e-8


def test_balance_with_gaps_and_ranks() -> None:
    frame = random_frame(3, 40, 4)
    gaps = frame.with_columns(pl.when(pl.int_range(40) % 7 != 3).then("b").alias("b"))
    assert balance(gaps).gap < 1e-6
    assert balance(frame, method="spearman").gap < 0.01


@pytest.mark.parametrize(
    ("method", "data", "params"),
    [
        ("given", DATA, {"weights": {"a": 1}}),
        ("given", DATA, {"weights": {"a": 0, "b": 0, "c": 0}}),
        ("entropy", DATA - 5, {}),
        ("optimised", pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [3.0, 2.0, 1.0]}), {}),
        ("standard_deviation", pl.DataFrame({"a": [1.0, 1.0]}), {}),
        ("ahp", DATA, {"comparisons": [[1, 2], [0.5, 1]]}),
        ("ahp", DATA.select("a", "b"), {"comparisons": [[1, 2], [2, 1]]}),
        ("ahp", DATA.select("a", "b"), {"comparisons": [[1, 2], [0.5]]}),
        ("ahp", DATA.select("a", "b"), {"comparisons": [[1, -2], [-0.5, 1]]}),
        ("best_worst", DATA, {"best_to_others": [1, 2], "others_to_worst": [2, 1]}),
        ("best_worst", DATA.select("a", "b"), {"best_to_others": [1, 2], "others_to_worst": [1]}),
        (
            "best_worst",
            DATA.select("a", "b"),
            {"best_to_others": [3, 2], "others_to_worst": [2, 1]},
        ),
        ("benefit_of_the_doubt", DATA - 5, {}),
        ("benefit_of_the_doubt", DATA, {"min_share": 0.5}),
        ("optimised", DATA, {"targets": [1, 2]}),
        ("optimised", DATA, {"targets": [1, 2, 0]}),
        ("optimised", pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, 3.0]}), {}),
    ],
)
def test_what_makes_no_weights_is_refused(
    method: str, data: pl.DataFrame, params: dict[str, Any]
) -> None:
    with pytest.raises(IndexDefinitionError):
        WEIGHTINGS[method](data, **params)


@given(st.integers(1, 1000), st.sampled_from(["entropy", "standard_deviation"]))
def test_a_change_of_unit_of_all_columns_moves_no_weight(factor: int, method: str) -> None:
    weights = WEIGHTINGS[method](DATA)
    assert WEIGHTINGS[method](DATA * factor) == pytest.approx(weights)
