"""Points in the unit cube: one column for each thing that is uncertain, one row for each draw.

References:
    McKay, Beckman, Conover (1979), Technometrics 21(2), 239-245, for Latin hypercubes.
    Sobol' (1967), USSR Computational Mathematics 7(4), 86-112; scrambled by Owen (1998), as
    ``scipy.stats.qmc`` does it.
    Saltelli et al. (2010), Computer Physics Communications 181(2), 259-270, for the matrices A, B
    and A_B, here with a group of columns in place of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from cityflux.core.engine.measures.matrix import Floats

Sampling = Literal["lhs", "sobol", "random"]


def sample(
    draws: int, columns: int, *, seed: int, sampling: Sampling = "lhs", first: int = 0
) -> Floats:
    """Draw points, draws x columns, in 0 to 1.

    Args:
        draws: how many points.
        columns: how many things are uncertain.
        seed: of the random numbers; the same seed gives the same points.
        sampling: ``lhs`` (a Latin hypercube), ``sobol`` or ``random``.
        first: how many points go before these; each such part is drawn by itself.
    """
    if sampling == "sobol" and columns:
        from scipy.stats import qmc  # takes most of a second to import

        sequence = qmc.Sobol(columns, scramble=True, seed=seed)
        if first:
            sequence.fast_forward(first)
            return np.asarray(sequence.random(draws))
        points: Floats = sequence.random_base2(max(1, (draws - 1).bit_length()))
        return points[:draws]
    random = np.random.default_rng([seed, first])
    points = random.random((draws, columns))
    if sampling == "random":
        return points
    places = random.permuted(np.tile(np.arange(draws)[:, None], columns), axis=0)
    return (places + points) / draws


def saltelli(
    points: int, groups: Sequence[int], *, seed: int, sampling: Sampling = "lhs"
) -> Floats:
    """Draw A, B, and A with the columns of one group from B, for each group.

    Args:
        points: n, the rows of A.
        groups: how many columns each thing that is uncertain has.
        seed: of the random numbers.
        sampling: as in `sample`.

    Returns:
        n (d + 2) rows x the sum of the groups, for d groups.
    """
    width = sum(groups)
    base = sample(points, 2 * width, seed=seed, sampling=sampling)
    a, b = base[:, :width], base[:, width:]
    mixed, first = [a, b], 0
    for size in groups:
        part = a.copy()
        part[:, first : first + size] = b[:, first : first + size]
        mixed.append(part)
        first += size
    return np.concatenate(mixed)
