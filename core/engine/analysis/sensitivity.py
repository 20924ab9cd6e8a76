"""Variance-based sensitivity: which assumption moves the ranking, alone and together with others.

References:
    Saltelli et al. (2010), Variance based sensitivity analysis of model output, Computer Physics
    Communications 181(2), 259-270; OECD/JRC (2008), section 7.3. The design and the estimators are
    those of COINr's ``SA_sample`` and ``SA_estimate``, and of SALib's ``sobol`` without second
    order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from cityflux.core.engine.analysis.robustness import Assumptions, Model, Runs, run
from cityflux.core.engine.audit.design import saltelli
from cityflux.core.engine.audit.effects import effects, rank_shift
from cityflux.core.engine.measures import ranking
from cityflux.core.engine.measures.matrix import Floats, to_matrix
from cityflux.core.model.errors import IndexDefinitionError


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The result of a sensitivity analysis.

    Attributes:
        runs: every run of the design.
        indices: as `sobol_indices` gives them, for the mean absolute change of rank.
    """

    runs: Runs
    indices: pl.DataFrame


def sobol_design(points: int, assumptions: int, *, seed: int) -> Floats:
    """Draw the matrices A and B, and A with one column of B at a time.

    Source: Saltelli et al. (2010).

    Args:
        points: n, the rows of A; uncertainty statistics rest on 2n.
        assumptions: d, how many there are.
        seed: of the random numbers.

    Returns:
        n (d + 2) rows x d columns of numbers from 0 to 1: A, B, then A_B for each column.
    """
    return saltelli(points, [1] * assumptions, seed=seed, sampling="random")


def sobol_indices(y: Floats, names: list[str]) -> pl.DataFrame:
    """Estimate the first-order and total effects from the outputs of a `sobol_design`.

    S = mean(y_B (y_AB - y_A)) / V and T = mean((y_A - y_AB)²) / 2V, with V the sample variance of
    the outputs of A and B. Sources: Saltelli et al. (2010), table 2, (b); Jansen (1999), (f).

    Args:
        y: n (d + 2) outputs, in the order of the design.
        names: of the d assumptions.

    Returns:
        One row per assumption: ``assumption``, ``first_order``, ``total``; null where the output
        does not vary. Estimates may fall a little outside of 0 to 1.

    Raises:
        IndexDefinitionError: when the number of outputs does not fit the names.
    """
    _split(y, len(names))
    found = effects(y[:, None], len(names))
    columns = {"first_order": found.first[:, 0], "total": found.total[:, 0]}
    return pl.DataFrame({"assumption": names, **columns}).with_columns(
        pl.col("first_order", "total").fill_nan(None)
    )


def bootstrap_indices(
    y: Floats, names: list[str], *, samples: int, seed: int, level: float = 0.9
) -> pl.DataFrame:
    """Estimate how sure the effects are, by drawing the points anew.

    The variance of the output is kept, as COINr does.

    Args:
        y: as in `sobol_indices`.
        names: as there.
        samples: how many times to draw.
        seed: of the random numbers.
        level: the share of the samples between the two ends.

    Returns:
        One row per assumption: ``assumption``, ``first_order_low``, ``first_order_high``,
        ``total_low`` and ``total_high``.

    Raises:
        IndexDefinitionError: when the number of outputs does not fit the names.
    """
    a, b, mixed = _split(y, len(names))
    variance = _variance(a, b)
    first, total = b * (mixed - a) / variance, (a - mixed) ** 2 / (2 * variance)
    drawn = np.random.default_rng(seed).integers(0, len(a), (samples, len(a)))
    ends = [(1 - level) / 2, (1 + level) / 2]
    low_high = [np.quantile(part[:, drawn].mean(axis=2), ends, axis=1) for part in (first, total)]
    columns = np.vstack(low_high).T
    kinds = ["first_order_low", "first_order_high", "total_low", "total_high"]
    table = pl.DataFrame(columns, schema=kinds, orient="row").fill_nan(None)
    return table.select(pl.Series("assumption", names), pl.all())


def sensitivity(
    model: Model, assumptions: Assumptions, nominal: pl.Series, points: int, *, seed: int
) -> Sensitivity:
    """Find out which assumptions move the ranking away from the nominal one.

    The output is the mean over units of the absolute difference between rank and nominal rank.
    Source: Saisana, Saltelli, Tarantola (2005), the average shift in ranking.

    Args:
        model: the index as a function of one value for each assumption.
        assumptions: by name.
        nominal: the score of every unit as it was published.
        points: n; the index is computed n (d + 2) times.
        seed: of the random numbers.
    """
    runs = run(model, assumptions, sobol_design(points, len(assumptions), seed=seed))
    return Sensitivity(runs, sobol_indices(rank_distance(runs.ranks, nominal), list(assumptions)))


def rank_distance(ranks: pl.DataFrame, nominal: pl.Series) -> Floats:
    """Give for each run the mean absolute difference between ranks and nominal ranks.

    Units without a rank in either play no part.

    Args:
        ranks: one row per unit, one column per run.
        nominal: the nominal score of every unit.
    """
    own = ranking.ranks(nominal.to_frame("nominal"), ["nominal"], scale=True)
    return rank_shift(to_matrix(ranks).T, to_matrix(own)[:, 0])


def _split(y: Floats, d: int) -> tuple[Floats, Floats, Floats]:
    n, rest = divmod(len(y), d + 2)
    if rest or n < 2:
        raise IndexDefinitionError(
            f"{len(y)} outputs for {d} assumptions; a design has n (d + 2) of them"
        )
    return y[:n], y[n : 2 * n], y[2 * n :].reshape(d, n)


def _variance(a: Floats, b: Floats) -> float:
    return float(np.var(np.concatenate([a, b]), ddof=1)) or np.nan
