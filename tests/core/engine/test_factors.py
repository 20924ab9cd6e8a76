"""Weights by rotated factors and by information, against other ways to find them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from cityflux.core.engine.analysis.trends import percent_change, trends
from cityflux.core.engine.steps.aggregation import geometric_mean
from cityflux.core.engine.steps.factors import rotated_weights, varimax
from cityflux.core.engine.steps.standardization import goalposts, standardize
from cityflux.core.engine.steps.weighting import critic, infomax, principal_component
from cityflux.core.model.errors import IndexDefinitionError

RANDOM = np.random.default_rng(7)
#: Two groups of indicators, each with a factor of its own, and one that belongs to neither.
FACTORS = RANDOM.normal(size=(60, 2))
NOISE = RANDOM.normal(size=(60, 5))
MIXED = np.column_stack([FACTORS[:, [0, 0, 0]], FACTORS[:, [1, 1]]]) + NOISE * [
    0.3,
    0.5,
    0.7,
    0.3,
    0.6,
]
FRAME = pl.DataFrame(MIXED * [1, 10, 100, 5, 0.2], schema=list("abcde"))


def _criterion(loadings: np.ndarray) -> float:
    scaled = loadings / np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    return float(np.var(scaled**2, axis=0).sum())


def _turned(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_varimax_finds_the_best_of_all_angles() -> None:
    loadings = RANDOM.normal(size=(6, 2))
    best = max(_criterion(loadings @ _turned(a)) for a in np.linspace(0, np.pi, 20_001))
    assert _criterion(varimax(loadings)) == pytest.approx(best, rel=1e-6)
    assert (varimax(loadings) ** 2).sum(axis=1) == pytest.approx((loadings**2).sum(axis=1))


@pytest.mark.deep
def test_rotated_weights_are_those_of_the_handbook() -> None:
    r = np.corrcoef(MIXED, rowvar=False)
    values, vectors = np.linalg.eigh(r)
    loadings = vectors[:, ::-1][:, :2] * np.sqrt(values[::-1][:2])
    angles = np.linspace(0, np.pi, 200_001)
    angle = max(angles, key=lambda a: _criterion(loadings @ _turned(a)))
    square = (loadings @ _turned(angle)) ** 2
    explained = square.sum(axis=0)
    assert values[::-1][1] > 1 > values[::-1][2]
    factor = square.argmax(axis=1)
    within = square.max(axis=1) / explained[factor]
    expected = within * explained[factor] / explained.sum()
    assert rotated_weights(FRAME) == pytest.approx(expected / sum(expected), abs=1e-4)
    assert principal_component(FRAME, scheme="rotated") == rotated_weights(FRAME)


def test_one_factor_alone_weighs_by_its_squares() -> None:
    frame = FRAME.select("a", "b", "c")
    assert rotated_weights(frame) == pytest.approx(principal_component(frame))


def test_infomax_finds_the_greatest_sum_of_correlations() -> None:
    def lost(w: np.ndarray) -> float:
        mean = FRAME.to_numpy() @ w
        return -float(sum(np.corrcoef(mean, x)[0, 1] for x in FRAME.to_numpy().T))

    weights = infomax(FRAME)
    assert sum(weights) == pytest.approx(1)
    found = minimize(lost, np.array(weights) * [1.3, 0.8, 1.1, 0.9, 1.2], method="Nelder-Mead")
    assert lost(np.array(weights)) <= found.fun + 1e-9
    assert lost(np.array(weights)) == pytest.approx(found.fun, abs=1e-4)


def test_infomax_takes_no_constant() -> None:
    with pytest.raises(IndexDefinitionError, match="b is constant"):
        infomax(pl.DataFrame({"a": [1.0, 2.0], "b": [0.3, 0.1 + 0.2]}))


def test_critic_of_one_child_is_1() -> None:
    assert critic(pl.DataFrame({"a": [1.0, 2.0, 5.0]})) == [1]
    assert critic(pl.DataFrame({"a": [1.0, 2.0, 5.0], "b": [3.0, 3.0, 3.0]})) == [1, 0]


def test_goalposts_with_a_least_score_suit_a_geometric_mean() -> None:
    frame = pl.DataFrame({"x": [-5.0, 0.0, 5.0, 10.0, 99.0], "y": [9.0, 8.0, 5.0, 2.0, 1.0]})
    up, down = (
        standardize(
            pl.col(name), goalposts, direction=way, lower=0, upper=10, scale=100, least=1
        ).alias(name)
        for name, way in (("x", 1), ("y", -1))
    )
    scores = frame.select(up, down)
    assert scores["x"].to_list() == pytest.approx([1, 1, 50.5, 100, 100])
    assert scores["y"].to_list() == pytest.approx([10.9, 20.8, 50.5, 80.2, 90.1])
    assert geometric_mean(scores, [1, 1]).null_count() == 0
    with pytest.raises(IndexDefinitionError, match="least 2 must be below scale 1"):
        goalposts(pl.col("x"), lower=0, upper=1, least=2)


def test_percent_change_takes_a_time() -> None:
    y, t = np.array([[100.0], [110.0], [120.0]]), np.array([2010.0, 2011.0, 2012.0])
    assert percent_change(y, t).tolist() == pytest.approx([10])
    assert percent_change(y, t, per=5).tolist() == pytest.approx([50])
    frame = pl.DataFrame({"city": ["a"] * 3, "period": t, "x": y[:, 0]})
    assert trends(frame, ["x"], statistic=percent_change, per=5)["trend"][0] == pytest.approx(50)
    with pytest.raises(IndexDefinitionError, match="per 0 years"):
        percent_change(y, t, per=0)
