"""Quantiles, acceptability, pairs and effects against direct counting and closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest

from cityflux.core.engine.audit.assumptions import Assumptions, Weights
from cityflux.core.engine.audit.auditing import audit
from cityflux.core.engine.audit.design import saltelli, sample
from cityflux.core.engine.audit.drawing import Plan
from cityflux.core.engine.audit.effects import effects
from cityflux.core.engine.audit.gathering import Settings
from cityflux.core.engine.audit.measures import (
    acceptability,
    first_weights,
    rank_quantiles,
    score_quantiles,
    share,
    wins,
    wins_beside,
)
from cityflux.core.engine.audit.ranking import count_ranks, rank_counts, ranks
from tests.conftest import SHARED
from tests.core.engine.audit.worlds import ground

CONFORMANCE = SHARED / "conformance"


def test_measures_are_the_direct_count() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        scores = np.round(random.normal(size=(30, 6)), 1)  # with ties
        scores[random.random(scores.shape) < 0.1] = np.nan
        found = ranks(scores)
        for row, own in zip(scores, found, strict=True):
            for x, rank in zip(row, own, strict=True):
                assert rank == (0 if np.isnan(x) else 1 + (row > x).sum())
        counts = rank_counts(scores)
        assert np.array_equal(counts, count_ranks(found))
        accepted, quantiles = acceptability(counts), rank_quantiles(counts)
        for city in range(6):
            own = found[:, city][found[:, city] > 0]
            assert accepted[city].tolist() == [(own == r).mean() for r in range(1, 7)]
            expected = np.quantile(own, [0.05, 0.5, 0.95], method="inverted_cdf")
            assert quantiles[:, city].tolist() == expected.tolist()
        assert np.allclose(
            score_quantiles(scores.T), np.nanquantile(scores, [0.05, 0.5, 0.95], axis=0), rtol=1e-12
        )
        over, both = wins(found)
        pairs, weights = share(over, both), random.random((30, 3))
        central = share(first_weights(found, weights), counts[:, 1:2])
        for i in range(6):
            first = weights[found[:, i] == 1]
            expected = first.mean(axis=0) if len(first) else np.full(3, np.nan)
            assert np.allclose(central[i], expected, equal_nan=True)
            for j in range(6):
                pair = (found[:, i] > 0) & (found[:, j] > 0)
                if i != j:
                    part = (found[pair, i] < found[pair, j]).mean()
                    assert pairs[i, j] == pytest.approx(part)


def test_many_draws_and_cities_are_counted_as_few_are() -> None:
    random = np.random.default_rng(2)
    for cities, gaps in ((40, 0.0), (600, 0.0), (40, 0.02)):
        scores = random.normal(size=(700, cities)) + 3 * random.normal(size=cities)
        scores[random.random(scores.shape) < gaps] = np.nan
        scores[3, 5] = scores[3, 6]
        scores[4] = np.where(np.isnan(scores[4]), np.nan, 1 + 1e-9 * scores[4])  # all but equal
        found = ranks(scores)
        for row, own in zip(scores, found, strict=True):
            higher = (row[None] > row[:, None] + 1e-12 * np.nanmax(abs(row))).sum(axis=1)
            assert np.array_equal(own, np.where(np.isnan(row), 0, 1 + higher))
        assert np.array_equal(rank_counts(scores), count_ranks(found))
        expected = np.nanquantile(scores, [0.05, 0.5, 0.95], axis=0)
        assert np.allclose(score_quantiles(scores.T), expected, rtol=1e-12)
        over, both = wins(found)
        order = random.permutation(cities)
        beside = wins_beside(found, order, 2)
        for k, (i, j) in enumerate(itertools.pairwise(order)):
            assert beside[0][k, 0] == over[i, j]
            assert beside[0][k + 1, 2] == over[j, i]
            assert beside[1][k, 0] == both[i, j]


def test_two_criteria_have_closed_forms() -> None:
    """SMAA over uniform weights w and 1 - w: a = (1, 0), b = (0, 1), c = (0.6, 0.6).

    c beats a where 0.6 > w, and b where 0.6 > 1 - w: it is first for w in 0.4 to 0.6, and never
    last. a is first for w above 0.6, with the central weight 0.8.
    """
    x = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.6]])
    world = ground(
        -x * [1, -1], standardization={"method": "none"}
    )  # x0 counts the less the better
    found = audit(world, Assumptions(weights=Weights(concentration=1.0)), Settings(4000, 0))
    sure = 4 / math.sqrt(4000)
    assert np.allclose(
        found.shares["i"][0], [[0.4, 0.1, 0.5], [0.4, 0.1, 0.5], [0.2, 0.8, 0.0]], atol=sure
    )
    pairs = [[np.nan, 0.5, 0.4], [0.5, np.nan, 0.4], [0.6, 0.6, np.nan]]
    assert np.allclose(found.pairs[0], pairs, atol=sure, equal_nan=True)
    first = found.central[0][:, 1:] / 2
    assert np.allclose(first, [[0.8, 0.2], [0.2, 0.8], [0.5, 0.5]], atol=sure)


def test_a_panel_of_experts_is_drawn_from_or_its_mean_is() -> None:
    sets = {f"e{k}": {"x0": 1.0 + k, "x1": 4.0 - k} for k in range(4)}
    world = ground(np.eye(2), weight_sets=sets, standardization={"method": "none"})
    each, mean = (
        Plan(world.definition, Assumptions(weights=Weights(sets=list(sets), bootstrap=chosen)))
        for chosen in (False, True)
    )
    one = each.realize(sample(4000, sum(each.groups), seed=1)).weights[:, 1]
    assert np.unique(one).tolist() == [1, 2, 3, 4]  # those as written are 1 and 1
    drawn = mean.realize(sample(4000, sum(mean.groups), seed=1)).weights[:, 1:]
    assert np.allclose(drawn.sum(axis=1), 5)
    experts = np.array([1.0, 2, 3, 4])
    assert drawn[:, 0].mean() == pytest.approx(experts.mean(), abs=0.03)
    assert drawn[:, 0].std() == pytest.approx(experts.std() / 2, rel=0.05)  # √4 experts


def test_the_estimators_reproduce_the_ishigami_file() -> None:
    y = pl.read_csv(CONFORMANCE / "sobol_ishigami_sample.csv")["y"].to_numpy()
    theirs = pl.read_csv(CONFORMANCE / "sobol_ishigami_estimates.csv")
    ours = effects(y[:, None], 3)
    assert np.allclose(ours.first[:, 0], theirs["Si"], rtol=1e-9)
    assert np.allclose(ours.total[:, 0], theirs["STi"], rtol=1e-9)


def test_the_indices_of_the_ishigami_function_are_found() -> None:
    """Of sin x + 7 sin² y + 0.1 z⁴ sin x over -π to π. Source: Ishigami, Homma (1990)."""
    u = saltelli(4096, [1, 1, 1], seed=1, sampling="sobol")
    x = math.pi * (2 * u - 1)
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    variance = 7**2 / 8 + 0.1 * math.pi**4 / 5 + 0.1**2 * math.pi**8 / 18 + 0.5
    one, two = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2, 7**2 / 8
    both = 0.1**2 * math.pi**8 * (1 / 18 - 1 / 50)
    found = effects(y[:, None], 3, samples=100, seed=2)
    assert np.allclose(found.first[:, 0], np.array([one, two, 0]) / variance, atol=0.02)
    assert np.allclose(found.total[:, 0], np.array([one + both, two, both]) / variance, atol=0.02)
    assert (found.total_ends[0] <= found.total).all()
    assert (found.total <= found.total_ends[1]).all()


def test_a_failed_point_plays_no_part() -> None:
    y = np.random.default_rng(3).normal(size=(50, 2))  # 10 points, 3 assumptions
    lost = y.copy()
    lost[13, 1] = np.nan  # of B, the fourth point
    found, whole = effects(lost, 3, samples=20), effects(y, 3)
    kept = np.delete(y.reshape(5, 10, 2), 3, axis=1).reshape(45, 2)
    assert found.points.tolist() == [10, 9]
    assert np.allclose(found.first[:, 0], whole.first[:, 0])
    assert np.allclose(found.total[:, 1], effects(kept, 3).total[:, 1])
