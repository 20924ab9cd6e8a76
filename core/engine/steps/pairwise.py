"""Weights from judgements: the analytic hierarchy process and the best-worst method.

References:
    Saaty (1980), The Analytic Hierarchy Process; OECD/JRC (2008), section 6.7.
    Rezaei (2016), Best-worst multi-criteria decision-making method: some properties and a linear
    model, Omega 64, 126-130.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.model.errors import IndexDefinitionError

#: The consistency index of random judgements, by the number of things compared (Saaty 1980).
_RANDOM_INDEX = (
    0,
    0,
    0,
    0.58,
    0.9,
    1.12,
    1.24,
    1.32,
    1.41,
    1.45,
    1.49,
    1.51,
    1.48,
    1.56,
    1.57,
    1.59,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """Weights from judgements, and how well these agree with each other.

    Attributes:
        weights: in the order of the judgements; they sum to 1.
        inconsistency: 0 for perfect agreement. Of the analytic hierarchy process it is the
            consistency ratio, which should stay below 0.1; of the best-worst method ξ*, the
            largest gap between a judgement and the weights.
    """

    weights: list[float]
    inconsistency: float


def analytic_hierarchy(comparisons: Sequence[Sequence[float]]) -> Judged:
    """Find the weights that a matrix of pairwise comparisons implies.

    The weights are the principal eigenvector; the consistency ratio is
    (λmax - n) / (n - 1) / RI. Source: Saaty (1980); RI for more than 15 things by Alonso, Lamata
    (2006), International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 14(4).

    Args:
        comparisons: n x n; row i, column j says how many times as important i is as j, so that
            the entry across the diagonal is its inverse (up to 1 %, as in 3 and 0.33).

    Raises:
        IndexDefinitionError: when the matrix is not square, positive and reciprocal.
    """
    a = _square(comparisons)
    n = len(a)
    values, vectors = np.linalg.eig(a)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    if n < 3:
        return Judged((weights / weights.sum()).tolist(), 0.0)
    random = _RANDOM_INDEX[n] if n < len(_RANDOM_INDEX) else (2.7699 * n - 4.3513 - n) / (n - 1)
    ratio = (float(values[first].real) - n) / (n - 1) / random
    return Judged((weights / weights.sum()).tolist(), max(ratio, 0.0))


def best_worst(best_to_others: Sequence[float], others_to_worst: Sequence[float]) -> Judged:
    """Find the weights that agree best with comparisons to the best and to the worst thing.

    The linear programme: minimise ξ so that |w_B - a_Bj w_j| ≤ ξ and |w_j - a_jW w_W| ≤ ξ for
    all j, Σ w = 1, w ≥ 0. Source: Rezaei (2016), the linear model.

    Args:
        best_to_others: how many times as important the best is as each; 1 for the best itself.
        others_to_worst: how many times as important each is as the worst; 1 for the worst itself.

    Raises:
        IndexDefinitionError: when the lists differ in length, hold a figure below 1, or no 1.
    """
    from scipy.optimize import linprog

    to_others, to_worst = (
        np.asarray(c, dtype=np.float64) for c in (best_to_others, others_to_worst)
    )
    n = len(to_others)
    if n == 0 or len(to_worst) != n:
        raise IndexDefinitionError(f"best-worst: {n} and {len(to_worst)} comparisons; give n and n")
    for name, figures in (("best_to_others", to_others), ("others_to_worst", to_worst)):
        if (figures < 1).any() or not (figures == 1).any():
            raise IndexDefinitionError(
                f"best-worst: {name} {figures.tolist()} must be 1 or more, and 1 once"
            )
    best, worst = int(np.argmin(to_others)), int(np.argmin(to_worst))
    unit = np.eye(n)
    gaps = np.vstack(
        [unit[best] - to_others[:, None] * unit, unit - to_worst[:, None] * unit[worst]]
    )
    above = np.hstack([np.vstack([gaps, -gaps]), -np.ones((4 * n, 1))])
    answer = linprog(
        np.r_[np.zeros(n), 1.0],
        A_ub=above,
        b_ub=np.zeros(4 * n),
        A_eq=np.r_[np.ones(n), 0.0][None, :],
        b_eq=[1.0],
    )
    return Judged(answer.x[:n].tolist(), max(float(answer.x[n]), 0.0))


def _square(comparisons: Sequence[Sequence[float]]) -> Floats:
    sizes = {len(row) for row in comparisons}
    if sizes != {len(comparisons)}:
        raise IndexDefinitionError(f"pairwise comparisons: {len(comparisons)} rows of {sizes}")
    a = np.asarray(comparisons, dtype=np.float64)
    if (a <= 0).any() or not np.allclose(a * a.T, 1.0, rtol=0, atol=0.01):
        raise IndexDefinitionError(
            "pairwise comparisons: each entry must be positive and the inverse of the one across "
            "the diagonal"
        )
    return a
