from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from cityflux.core.engine.analysis.robustness import (
    Choice,
    Uniform,
    noisy_weights,
    rank_shifts,
    rank_statistics,
    remove_elements,
    run,
    uncertainty,
)
from cityflux.core.engine.analysis.sensitivity import (
    bootstrap_indices,
    rank_distance,
    sensitivity,
    sobol_design,
    sobol_indices,
)
from cityflux.core.model.errors import IndexDefinitionError

CHILDREN = pl.DataFrame({"a": [9.0, 5.0, 1.0], "b": [1.0, 5.0, 7.0]})


def index(weights: dict[str, float]) -> pl.Series:
    total = weights["a"] + weights["b"]
    return CHILDREN.select(
        (pl.col("a") * weights["a"] + pl.col("b") * weights["b"]) / total
    ).to_series()


def test_noise_keeps_its_distance_and_its_seed() -> None:
    weights = {"a": 2.0, "b": 1.0, "c": 4.0}
    sets = noisy_weights(weights, {"a": 0.5, "b": 0.1}, 200, seed=1)
    a = np.array([w["a"] for w in sets])
    assert (a.min() >= 1) and (a.max() <= 3)
    assert a.std() > 0.2
    assert {w["c"] for w in sets} == {4.0}
    assert sets == noisy_weights(weights, {"a": 0.5, "b": 0.1}, 200, seed=1)
    assert sets != noisy_weights(weights, 0.5, 200, seed=2)


def test_elements_are_removed_one_at_a_time() -> None:
    scores = remove_elements(index, {"a": 3.0, "b": 1.0}, ["a", "b"])
    assert scores["nominal"].to_list() == [7, 5, 2.5]
    assert scores["a"].to_list() == [1, 5, 7]
    assert scores["b"].to_list() == [9, 5, 1]
    shifts = rank_shifts(scores)
    assert shifts.rows() == [("a", pytest.approx(4 / 3), 2), ("b", 0, 0)]


def test_assumptions_cover_their_alternatives() -> None:
    choice, number = Choice(["x", "y", "z"]), Uniform(2, 4)
    assert [choice.pick(u) for u in (0, 0.4, 0.99, 1)] == ["x", "y", "z", "z"]
    assert [number.pick(u) for u in (0, 0.5, 1)] == [2, 3, 4]


def model(values: dict[str, Any]) -> pl.Series:
    return index({"a": values["w"], "b": 1.0}) * (2 if values["double"] else 1)


ASSUMPTIONS: dict[str, Choice | Uniform] = {"w": Uniform(0, 3), "double": Choice([False, True])}


def test_uncertainty_of_ranks() -> None:
    runs = uncertainty(model, ASSUMPTIONS, 50, seed=4)
    assert runs.scores.shape == (3, 50)
    assert runs.drawn.columns == ["w", "double"]
    assert runs.ranks["run_1"].sort().to_list() in ([1, 2, 3], [1, 1, 3], [1, 2, 2])
    stats = rank_statistics(runs.ranks)
    assert stats["mean"].sum() == pytest.approx(6, abs=0.5)
    assert (stats["q5"] <= stats["median"]).all()
    assert uncertainty(model, ASSUMPTIONS, 50, seed=4).scores.equals(runs.scores)


def test_quantiles_are_linear_and_gaps_play_no_part() -> None:
    ranks = pl.DataFrame([[1, None], [2, None], [3, None], [None, None]], orient="col").cast(
        pl.Int64
    )
    assert rank_statistics(ranks).rows() == [(2, 2, 1.1, 2.9), (None,) * 4]


def test_which_assumption_matters() -> None:
    nominal = index({"a": 3.0, "b": 1.0})
    found = sensitivity(model, ASSUMPTIONS, nominal, 256, seed=5)
    assert found.runs.scores.width == 256 * 4
    w, double = found.indices.rows(named=True)
    assert w["total"] == pytest.approx(1, abs=0.15)
    assert double["first_order"] == 0
    assert double["total"] == 0


def test_the_design_changes_one_column_at_a_time() -> None:
    design = sobol_design(8, 3, seed=1)
    assert design.shape == (40, 3)
    a, b = design[:8], design[8:16]
    for i in range(3):
        mixed = design[16 + 8 * i : 24 + 8 * i]
        assert (mixed[:, i] == b[:, i]).all()
        others = [j for j in range(3) if j != i]
        assert (mixed[:, others] == a[:, others]).all()


def test_the_effects_of_a_known_function() -> None:
    """A sum of independent parts: the shares of variance are 1/5 and 4/5, without interaction."""
    design = sobol_design(20_000, 2, seed=2)
    y = design[:, 0] + 2 * design[:, 1] - 1.5
    found = sobol_indices(y, ["x", "z"])
    assert found["first_order"].to_list() == pytest.approx([0.2, 0.8], abs=0.03)
    assert found["total"].to_list() == pytest.approx([0.2, 0.8], abs=0.03)
    ends = bootstrap_indices(y, ["x", "z"], samples=50, seed=3)
    assert (ends["total_low"] <= found["total"]).all()
    assert (ends["total_high"] >= found["total"]).all()


def test_no_variance_no_effects() -> None:
    assert sobol_indices(np.ones(12), ["x"])["total"].to_list() == [None]
    with pytest.raises(IndexDefinitionError, match="7 outputs for 2 assumptions"):
        sobol_indices(np.ones(7), ["x", "y"])
    with pytest.raises(IndexDefinitionError, match="no assumption is uncertain"):
        run(model, {}, np.ones((1, 0)))


def test_rank_distance_leaves_out_units_without_a_rank() -> None:
    ranks = pl.DataFrame({"r": [1, 2, None]})
    assert rank_distance(ranks, pl.Series([1.0, 9.0, 5.0])).tolist() == [1.5]
