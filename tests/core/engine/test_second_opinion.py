"""What COINr lacks is checked against other people's implementations, on random problems."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from pymcdm import methods as theirs
from pymcdm import weights as their_weights
from pymcdm.helpers import normalize_matrix
from pymcdm.normalizations import minmax_normalization, vector_normalization
from pymcdm.weights.subjective import AHP
from scipy import stats
from scipy.optimize import minimize

from cityflux.core.engine.measures.matrix import Floats, to_frame
from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.engine.steps.frontier import frontier
from cityflux.core.engine.steps.multicriteria import topsis, vikor
from cityflux.core.engine.steps.pairwise import analytic_hierarchy, best_worst
from cityflux.core.engine.steps.weighting import WEIGHTINGS

PROBLEMS = range(24)


def problem(seed: int) -> tuple[Floats, pl.DataFrame, Floats]:
    random = np.random.default_rng(seed)
    units, children = int(random.integers(4, 15)), int(random.integers(2, 8))
    x = random.uniform(1, 100, (units, children))
    weights = random.uniform(0.1, 1, children)
    return x, to_frame(x, [f"c{i}" for i in range(children)]), weights / weights.sum()


@pytest.mark.parametrize("seed", PROBLEMS)
def test_topsis(seed: int) -> None:
    x, frame, weights = problem(seed)
    expected = theirs.TOPSIS(vector_normalization)(x, weights, np.ones(len(weights)))
    assert topsis(frame, list(weights)).to_numpy() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", PROBLEMS)
@pytest.mark.parametrize("majority", [0.5, 0.8])
def test_vikor(seed: int, majority: float) -> None:
    x, frame, weights = problem(seed)
    expected = 1 - theirs.VIKOR(v=majority)(x, weights, np.ones(len(weights)))
    ours = vikor(frame, list(weights), majority=majority).to_numpy()
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", PROBLEMS)
def test_entropy_and_standard_deviation(seed: int) -> None:
    x, frame, _ = problem(seed)
    assert WEIGHTINGS["entropy"](frame) == pytest.approx(their_weights.entropy_weights(x), rel=1e-9)
    expected = their_weights.standard_deviation_weights(x)
    assert WEIGHTINGS["standard_deviation"](frame) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", PROBLEMS)
def test_critic(seed: int) -> None:
    x, frame, _ = problem(seed)
    scaled = normalize_matrix(x, minmax_normalization, None)
    expected = their_weights.critic_weights(scaled)
    assert WEIGHTINGS["critic"](frame) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", PROBLEMS)
def test_analytic_hierarchy(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(3, 9))
    a = np.ones((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            a[i, j] = random.choice([1 / 9, 1 / 5, 1 / 3, 1, 3, 5, 9])
            a[j, i] = 1 / a[i, j]
    expected = AHP(matrix=a)
    ours = analytic_hierarchy(a.tolist())
    assert ours.weights == pytest.approx(expected(), rel=1e-6)


@pytest.mark.parametrize("seed", PROBLEMS)
def test_best_worst(seed: int) -> None:
    """The linear programme, solved by a method for smooth problems."""
    random = np.random.default_rng(seed)
    n = int(random.integers(3, 7))
    to_others, to_worst = (random.integers(2, 10, n).astype(float) for _ in range(2))
    to_others[0], to_worst[-1] = 1, 1
    to_others[-1] = to_worst[0] = 9
    ours = best_worst(to_others.tolist(), to_worst.tolist())

    def gaps(v: Floats) -> Floats:
        return np.concatenate([v[0] - to_others * v[:n], v[:n] - to_worst * v[n - 1]])

    w = np.array(ours.weights)
    assert w.sum() == pytest.approx(1)
    assert np.abs(gaps(w)).max() == pytest.approx(ours.inconsistency, abs=1e-9)
    found = minimize(
        lambda v: v[n],
        np.r_[w * random.uniform(0.7, 1.3, n), 1.0],
        constraints=[
            {"type": "eq", "fun": lambda v: v[:n].sum() - 1},
            {"type": "ineq", "fun": lambda v: v[n] - gaps(v)},
            {"type": "ineq", "fun": lambda v: v[n] + gaps(v)},
        ],
        bounds=[(0, 1)] * n + [(0, None)],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert ours.inconsistency == pytest.approx(found.x[n], abs=1e-7)


@pytest.mark.parametrize("seed", PROBLEMS)
def test_benefit_of_the_doubt(seed: int) -> None:
    """By the dual programme: the shortest way to a mixture of units that is as good throughout."""
    from scipy.optimize import linprog

    x, frame, _ = problem(seed)
    scores = frontier(frame).scores.to_numpy()
    for own, score in zip(x, scores, strict=True):
        mixture = linprog(np.ones(len(x)), A_ub=-x.T, b_ub=-own)
        assert score == pytest.approx(mixture.fun, abs=1e-8)


@pytest.mark.parametrize("seed", PROBLEMS)
def test_means(seed: int) -> None:
    x, frame, weights = problem(seed)
    for name, expected in {
        "geometric": stats.gmean(x, axis=1, weights=weights),
        "harmonic": stats.hmean(x, axis=1, weights=weights),
    }.items():
        assert AGGREGATIONS[name](frame, list(weights)).to_numpy() == pytest.approx(expected)
    for power in (-2.0, 0.5, 3.0):
        ours = AGGREGATIONS["generalised"](frame, list(weights), power=power).to_numpy()
        assert ours == pytest.approx(stats.pmean(x, power, axis=1, weights=weights), rel=1e-9)


@pytest.mark.parametrize("seed", PROBLEMS)
def test_first_principal_component(seed: int) -> None:
    x, frame, _ = problem(seed)
    first = np.linalg.svd(stats.zscore(x, ddof=1), full_matrices=False)[2][0]
    assert WEIGHTINGS["pca"](frame) == pytest.approx(first**2, rel=1e-7, abs=1e-9)
