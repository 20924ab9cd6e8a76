"""Weighting (赋权): how much each child of a node counts.

Every method is a function of ``data``, a frame with one Float64 column per child and one row per
unit, and keyword parameters; it gives one weight per column, in their order, which sum to 1 (the
loadings of `principal_component` excepted). More is better in every column: apply it to
standardized scores. A missing figure plays no part in the weight of its column.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import polars as pl

from cityflux.core.engine.measures.association import principal_components
from cityflux.core.engine.measures.correlation import Method, correlation_matrix
from cityflux.core.engine.measures.matrix import Floats, to_matrix
from cityflux.core.engine.measures.refusal import LARGEST, refuse
from cityflux.core.engine.measures.tolerance import ROUNDING, constant
from cityflux.core.engine.steps.balancing import balance
from cityflux.core.engine.steps.factors import rotated_weights
from cityflux.core.engine.steps.frontier import common_frontier
from cityflux.core.engine.steps.pairwise import analytic_hierarchy, best_worst
from cityflux.core.model.errors import IndexDefinitionError

Weighting = Callable[..., list[float]]

#: Judgements that contradict each other more than this are refused (Saaty 1980).
INCONSISTENT = 0.1
#: By how much a share may miss its target before it is worth a word.
_MISSED = 0.005


class Remarked(list[float]):
    """Weights, and what a reader of the index must know of how they were found.

    Methods of plugins may give it too: the remark becomes a note of the run.
    """

    def __init__(self, weights: Iterable[float], remark: str) -> None:
        super().__init__(weights)
        self.remark = remark


def given(data: pl.DataFrame, *, weights: Mapping[str, float]) -> list[float]:
    """Take the weights that someone has set, by column: wⱼ / Σ w.

    Source: OECD/JRC (2008), section 6.5, budget allocation process.

    Raises:
        IndexDefinitionError: when a column has none, or one that is not above zero.
    """
    if missing := [name for name in data.columns if name not in weights]:
        raise IndexDefinitionError(f"{', '.join(missing)}: no weight given")
    for name in data.columns:
        if not 0 < weights[name] <= LARGEST:
            raise IndexDefinitionError(
                f"the weight {weights[name]:g} of {name} is none; write one above 0, or take the "
                "child out of the node"
            )
    return _normalized(np.array([weights[name] for name in data.columns], dtype=np.float64))


def equal(data: pl.DataFrame) -> list[float]:
    """Give all the same weight: 1 / k. Source: OECD/JRC (2008), section 1.6."""
    return _normalized(np.ones(data.width))


def standard_deviation(data: pl.DataFrame) -> list[float]:
    """Weigh by spread: sⱼ / Σ s, with sample standard deviations.

    Source: Diakoulaki, Mavrotas, Papayannakis (1995), Computers & Operations Research 22(7),
    763-770.
    """
    return _normalized(np.array(_deviations(data)))


def entropy(data: pl.DataFrame) -> list[float]:
    """Weigh by how unevenly the figures are spread over the units: dⱼ / Σ d.

    dⱼ = 1 + Σ p ln p / ln n with p = x / Σ x over the n units that have a figure.
    Source: Hwang, Yoon (1981), Multiple Attribute Decision Making, after Shannon.

    Raises:
        UnfitFigure: when a figure is negative.
    """
    x = to_matrix(data)
    refuse(data, x < 0, "entropy weights take no negative score; standardize to minmax")
    units = (~np.isnan(x)).sum(axis=0)
    total = np.nansum(x, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / total
        information = np.nansum(np.where(p > 0, p * np.log(p), 0.0), axis=0) / np.log(units)
    spread = np.where((total > 0) & (units > 1), 1 + information, 0.0)
    return _normalized(np.where(spread > 1e-15, spread, 0.0))


def critic(data: pl.DataFrame, *, method: Method = "pearson") -> list[float]:
    """Weigh by spread and by conflict with the other columns: sⱼ Σ (1 - rⱼₖ), scaled to 1.

    s is the standard deviation after min-max. A constant weighs nothing; a column beside which
    there is no other that varies weighs everything.
    Source: Diakoulaki, Mavrotas, Papayannakis (1995), as above.

    Args:
        data: one column per child, one row per unit.
        method: the kind of correlation.
    """
    x = to_matrix(data)
    varies = ~constant(x)
    if data.width == 1:
        return [1.0]
    if varies.sum() == 1:
        return _normalized(varies.astype(np.float64))
    span = data.select(pl.all().max() - pl.all().min()).row(0)
    spread = [s / r if s else 0.0 for s, r in zip(_deviations(data), span, strict=True)]
    r = correlation_matrix(x, x, method)
    np.fill_diagonal(r, 1.0)
    return _normalized(np.array(spread) * np.nansum(1 - r, axis=0))


def principal_component(
    data: pl.DataFrame, *, scheme: Literal["squared", "loadings", "rotated"] = "squared"
) -> list[float]:
    """Weigh by the first principal component of the correlations, or by rotated factors.

    Units with any figure missing are left out. Source: OECD/JRC (2008), section 6.1, for the
    squares; COINr, ``get_PCA``, for the loadings.

    Args:
        data: one column per child, one row per unit.
        scheme: ``squared`` takes the squared loadings, which sum to 1; ``loadings`` the loadings
            themselves, which do not; ``rotated`` all factors that count, see
            `core.engine.steps.factors.rotated_weights`.

    Raises:
        IndexDefinitionError: when fewer than two units are complete, a column is constant, or a
            loading that is to be a weight is not positive: the column goes against the others.
    """
    if scheme == "rotated":
        return rotated_weights(data)
    loadings = principal_components(data).loadings["pc1"].to_numpy()
    if scheme == "squared":
        return _normalized(loadings**2)
    for name, loading in zip(data.columns, loadings, strict=True):
        if loading <= ROUNDING:
            raise IndexDefinitionError(
                f"{name} has the loading {loading:.4f} on the first component, and a weight must "
                "be above zero; turn its direction, leave it out, or take scheme squared"
            )
    return [float(loading) for loading in loadings]


def pairwise(
    data: pl.DataFrame, *, comparisons: Sequence[Sequence[float]], force: bool = False
) -> list[float]:
    """Weigh by pairwise comparison of the columns (AHP): see `analytic_hierarchy`.

    Source: Saaty (1980), The Analytic Hierarchy Process; OECD/JRC (2008), section 6.7.

    Args:
        data: whose columns are weighed.
        comparisons: how many times as important each column is as each other.
        force: take judgements with a consistency ratio above 0.1 as well.

    Raises:
        IndexDefinitionError: as there, when the matrix has not one row per column, or when the
            consistency ratio is above 0.1.
    """
    _one_per_column(data, len(comparisons))
    found = analytic_hierarchy(comparisons)
    ratio = f"consistency ratio {found.inconsistency:.3f}"
    if found.inconsistency > INCONSISTENT and not force:
        raise IndexDefinitionError(
            f"the judgements contradict each other: {ratio}, above {INCONSISTENT}; "
            "judge again, or take them with force = true"
        )
    return Remarked(found.weights, ratio)


def best_and_worst(
    data: pl.DataFrame, *, best_to_others: Sequence[float], others_to_worst: Sequence[float]
) -> list[float]:
    """Weigh by comparison with the best and the worst column: see `best_worst`.

    Source: Rezaei (2016), Omega 64, 126-130, the linear model.

    Args:
        data: whose columns are weighed.
        best_to_others: how many times the best column counts as much as each, 1 to 9.
        others_to_worst: how many times each counts as much as the worst, 1 to 9.

    Raises:
        IndexDefinitionError: as there, or when there is not one comparison per column.
    """
    _one_per_column(data, len(best_to_others))
    found = best_worst(best_to_others, others_to_worst)
    return Remarked(found.weights, f"largest gap to a judgement {found.inconsistency:.3f}")


def common_benefit(
    data: pl.DataFrame, *, min_share: float = 0.0, max_share: float = 1.0
) -> list[float]:
    """Weigh so that the units together come out best (benefit of the doubt): see `common_frontier`.

    Source: Hatefi, Torabi (2010), Ecological Economics 70(1), 114-120.

    Args:
        data: one column per child, one row per unit; no score below 0.
        min_share: the least share of every column in the mean score.
        max_share: the greatest share of every column in the mean score.

    Raises:
        IndexDefinitionError: as there.
    """
    k = data.width
    found = common_frontier(data, lower=[min_share] * k, upper=[max_share] * k)
    return _normalized(np.array(found))


def balanced(
    data: pl.DataFrame,
    *,
    targets: Sequence[float] | None = None,
    method: Literal["pearson", "spearman"] = "pearson",
) -> list[float]:
    """Weigh so that the columns correlate with their mean in given proportions: see `balance`.

    Source: Becker, Saisana, Paruolo, Vandecasteele (2017), Ecological Indicators 80, 12-22.

    Args:
        data: one column per child, one row per unit.
        targets: the correlations, relative to each other; all the same unless given.
        method: the kind of correlation.

    Raises:
        IndexDefinitionError: as there.
    """
    found = balance(data, targets=targets, method=method)
    if found.gap <= _MISSED:
        return found.weights
    wanted = np.ones(data.width) if targets is None else np.array(targets, dtype=np.float64)
    missed = ", ".join(
        f"{name} has {share:.3f} of {goal:.3f}"
        for name, share, goal in zip(data.columns, found.shares, wanted / wanted.sum(), strict=True)
        if abs(share - goal) > _MISSED
    )
    return Remarked(found.weights, f"shares of the correlations miss their targets: {missed}")


def infomax(data: pl.DataFrame) -> list[float]:
    """Weigh so that the mean keeps the most of its columns: (1 / sⱼ) / Σ (1 / s).

    The sum of the correlations of the columns with their weighted mean, Σⱼ (C w)ⱼ / sⱼ over
    √(w' C w), is greatest where the weights are inverse to the standard deviations (Cauchy and
    Schwarz, for the covariances C); with gaps, of what is there.
    Source: COINr, ``get_opt_weights``, whose ``infomax`` searches for the same sum.

    Raises:
        IndexDefinitionError: when a column is constant.
    """
    spread = np.array(_deviations(data))
    if flat := [name for name, s in zip(data.columns, spread, strict=True) if not s]:
        raise IndexDefinitionError(
            f"infomax: {', '.join(flat)} is constant and correlates with nothing; leave it out"
        )
    return _normalized(1 / spread)


#: Every built-in method by the name that an index definition uses.
WEIGHTINGS: dict[str, Weighting] = {
    "given": given,
    "equal": equal,
    "standard_deviation": standard_deviation,
    "entropy": entropy,
    "critic": critic,
    "pca": principal_component,
    "ahp": pairwise,
    "best_worst": best_and_worst,
    "benefit_of_the_doubt": common_benefit,
    "optimised": balanced,
    "infomax": infomax,
}


def _deviations(data: pl.DataFrame) -> list[float]:
    spread = data.select(pl.all().std()).row(0)
    flat = constant(to_matrix(data))
    return [0.0 if same else float(s or 0.0) for s, same in zip(spread, flat, strict=True)]


def _normalized(weights: Floats) -> list[float]:
    total = weights.sum()
    if not total > 0:
        raise IndexDefinitionError(
            f"weights {weights.tolist()} do not sum to something positive; take another weighting"
        )
    return [float(w) for w in weights / total]


def _one_per_column(data: pl.DataFrame, judgements: int) -> None:
    if judgements != data.width:
        raise IndexDefinitionError(
            f"{judgements} judgements for {data.width} children ({', '.join(data.columns)})"
        )
