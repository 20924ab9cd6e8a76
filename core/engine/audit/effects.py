"""Which choice moves a rank: Sobol indices of many outputs at once, with bootstrap intervals.

References:
    Saisana, Saltelli, Tarantola (2005), Journal of the Royal Statistical Society A 168(2), 307-323.
    Saltelli et al. (2010), Computer Physics Communications 181(2), 259-270, table 2, (b), for the
    first order; Jansen (1999), Computer Physics Communications 117(1-2), 35-43, for the total.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cityflux.core.engine.measures.matrix import Floats


@dataclass(frozen=True)
class Effects:
    """First-order and total Sobol indices. An array has assumptions x outputs.

    Attributes:
        first: the share of the variance that goes with the assumption alone.
        total: the share that goes with it alone and together with others.
        first_ends: the ends of the bootstrap interval, 2 x assumptions x outputs.
        total_ends: the same of the total.
        points: on how many points each output rests.
    """

    first: Floats
    total: Floats
    first_ends: Floats
    total_ends: Floats
    points: Floats


def effects(y: Floats, assumptions: int, *, samples: int = 0, seed: int = 0) -> Effects:
    """Estimate the indices from the outputs of `core.engine.audit.design.saltelli`.

    S = mean(y_B (y_AB - y_A)) / V and T = mean((y_A - y_AB)²) / 2V, with V the sample variance of
    the outputs of A and B. A point of which a run failed (NaN) plays no part; V is kept in the
    bootstrap, as COINr does.

    Args:
        y: n (d + 2) runs x outputs.
        assumptions: d.
        samples: how many times to draw the points anew; 0 for no intervals.
        seed: of the bootstrap.
    """
    n = len(y) // (assumptions + 2)
    parts = y.reshape(assumptions + 2, n, -1)
    there = ~np.isnan(parts).any(axis=0)  # points x outputs
    parts = np.where(there, parts, 0.0)
    a, b, mixed = parts[0], parts[1], parts[2:]
    points = there.sum(axis=0).astype(np.float64)
    mean = (a + b).sum(axis=0) / np.maximum(2 * points, 1)
    spread = (np.where(there, (a - mean) ** 2 + (b - mean) ** 2, 0.0)).sum(axis=0)
    variance = spread / np.where(points > 0, 2 * points - 1, np.nan)
    variance = np.where(variance > 1e-24 * (1 + mean**2), variance, np.nan)
    terms = np.stack([b * (mixed - a), (a - mixed) ** 2 / 2]) / variance
    first, total = terms.sum(axis=2) / np.maximum(points, 1)
    ends = np.full((2, 2, *first.shape), np.nan)
    if samples and n:
        random = np.random.default_rng(seed)
        drawn = random.multinomial(n, np.full(n, 1 / n), size=samples).astype(np.float64)
        weight = drawn @ there  # samples x outputs
        for k in range(2):
            sums = np.einsum("sn,dno->sdo", drawn, terms[k], optimize=True)
            means = sums / np.where(weight > 0, weight, np.nan)[:, None, :]
            ends[k] = np.quantile(means, [0.05, 0.95], axis=0)
    return Effects(first, total, ends[0], ends[1], points)


def rank_shift(ranks: Floats, nominal: Floats) -> Floats:
    """The mean over cities of |rank - nominal rank|, of each run; cities without one play no part.

    Args:
        ranks: runs x cities; 0 or NaN where there is none.
        nominal: the rank of each city as it stands.
    """
    there = (ranks > 0) & (nominal > 0)
    gaps = np.where(there, np.abs(ranks - nominal), 0.0).sum(axis=1)
    count = there.sum(axis=1)
    shift: Floats = np.divide(gaps, count, out=np.full(len(ranks), np.nan), where=count > 0)
    return shift
