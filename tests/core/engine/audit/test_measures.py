"""Quantiles, acceptability, pairs and effects against direct counting and closed forms."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from cityflux.core.engine.audit.assumptions import Assumptions, Weights
from cityflux.core.engine.audit.auditing import Settings, audit
from cityflux.core.engine.audit.design import saltelli
from cityflux.core.engine.audit.effects import effects
from cityflux.core.engine.audit.measures import (
    acceptability,
    central_weights,
    pairwise_winning,
    rank_counts,
    rank_quantiles,
    ranks,
    score_quantiles,
)
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
        counts = rank_counts(found)
        shares, quantiles = acceptability(counts), rank_quantiles(counts)
        for city in range(6):
            own = found[:, city][found[:, city] > 0]
            assert shares[city].tolist() == [(own == r).mean() for r in range(1, 7)]
            expected = np.quantile(own, [0.05, 0.5, 0.95], method="inverted_cdf")
            assert quantiles[:, city].tolist() == expected.tolist()
        assert np.allclose(
            score_quantiles(scores), np.nanquantile(scores, [0.05, 0.5, 0.95], axis=0), rtol=1e-12
        )
        pairs, weights = pairwise_winning(found), random.random((30, 3))
        for i in range(6):
            first = weights[found[:, i] == 1]
            expected = first.mean(axis=0) if len(first) else np.full(3, np.nan)
            assert np.allclose(central_weights(found, weights)[i], expected, equal_nan=True)
            for j in range(6):
                both = (found[:, i] > 0) & (found[:, j] > 0)
                if i != j:
                    share = (found[both, i] < found[both, j]).mean()
                    assert pairs[i, j] == pytest.approx(share)


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
