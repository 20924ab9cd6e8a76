"""Robustness: how much of a ranking rests on the choices that were made.

Everything here takes the index as a function, so that it works for any definition: of weights, or
of a set of assumptions, to one score per unit.

References:
    Saisana, Saltelli, Tarantola (2005), Journal of the Royal Statistical Society A 168(2), 307-323,
    for uncertainty and sensitivity analysis; OECD/JRC (2008), section 7.2.
    COINr, ``get_noisy_weights``, ``remove_elements`` and ``get_sensitivity``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.measures import ranking
from cityflux.core.engine.measures.matrix import Floats, to_matrix
from cityflux.core.model.errors import IndexDefinitionError

Index = Callable[[dict[str, float]], pl.Series]
Model = Callable[[dict[str, Any]], pl.Series]


@dataclass(frozen=True, slots=True)
class Choice:
    """An assumption with alternatives, each as likely as the others."""

    options: Sequence[Any]

    def pick(self, draw: float) -> Any:
        """Give the alternative for a number from 0 to 1."""
        return self.options[min(int(draw * len(self.options)), len(self.options) - 1)]


@dataclass(frozen=True, slots=True)
class Uniform:
    """An assumption that is a number between two bounds, each as likely as the others."""

    lower: float
    upper: float

    def pick(self, draw: float) -> float:
        """Give the number for a number from 0 to 1."""
        return self.lower + draw * (self.upper - self.lower)


Assumptions = Mapping[str, Choice | Uniform]


@dataclass(frozen=True, slots=True)
class Runs:
    """An index computed many times.

    Attributes:
        scores: one row per unit, one column per run.
        ranks: the same with ranks, 1 for the highest score.
        drawn: one row per run, one column per assumption, as numbers from 0 to 1.
    """

    scores: pl.DataFrame
    ranks: pl.DataFrame
    drawn: pl.DataFrame


def noisy_weights(
    weights: Mapping[str, float], noise: float | Mapping[str, float], runs: int, *, seed: int
) -> list[dict[str, float]]:
    """Draw weights around the given ones: w (1 + f u), u uniform in -1 to 1, all independent.

    They are not brought back to their sum, which aggregation does. Source: COINr,
    ``get_noisy_weights``.

    Args:
        weights: by node.
        noise: f, the largest relative change; by node, or the same for all. Nodes that are not
            named keep their weight.
        runs: how many sets to draw.
        seed: of the random numbers.
    """
    random = np.random.default_rng(seed)
    factors = {
        node: noise.get(node, 0.0) if isinstance(noise, Mapping) else noise for node in weights
    }
    return [
        {
            node: weight * (1 + factors[node] * float(u))
            for (node, weight), u in zip(weights.items(), row, strict=True)
        }
        for row in random.uniform(-1, 1, (runs, len(weights)))
    ]


def remove_elements(
    index: Index, weights: Mapping[str, float], elements: Sequence[str]
) -> pl.DataFrame:
    """Compute the index without each of some leaves or nodes, by giving it no weight.

    Source: COINr, ``remove_elements``.

    Args:
        index: the index as a function of weights.
        weights: of all nodes.
        elements: the nodes to remove, one at a time.

    Returns:
        One row per unit: ``nominal`` and one column per element, with scores.
    """
    scores = {"nominal": index(dict(weights))}
    for element in elements:
        scores[element] = index({**weights, element: 0.0})
    return pl.DataFrame(scores)


def rank_shifts(scores: pl.DataFrame) -> pl.DataFrame:
    """Summarize how far ranks move from those of the first column.

    Args:
        scores: one row per unit; the nominal scores first, as `remove_elements` gives them.

    Returns:
        One row per further column: ``element``, ``mean_shift`` (the mean absolute change of rank)
        and ``largest_shift``.
    """
    ranks = _ranks(scores)
    shifts = ranks.select((pl.all() - ranks.to_series(0)).abs())
    others = shifts.columns[1:]
    return pl.DataFrame(
        {
            "element": pl.Series(others, dtype=pl.String),
            "mean_shift": [shifts[name].mean() for name in others],
            "largest_shift": [shifts[name].max() for name in others],
        },
        schema_overrides={"mean_shift": pl.Float64, "largest_shift": pl.Int64},
    )


def uncertainty(model: Model, assumptions: Assumptions, runs: int, *, seed: int) -> Runs:
    """Compute the index under assumptions that are drawn at random, all at once.

    Source: Saisana, Saltelli, Tarantola (2005).

    Args:
        model: the index as a function of one value for each assumption.
        assumptions: by name.
        runs: how many times.
        seed: of the random numbers.
    """
    draws = np.random.default_rng(seed).random((runs, len(assumptions)))
    return run(model, assumptions, draws)


def run(model: Model, assumptions: Assumptions, draws: Floats) -> Runs:
    """Compute the index for every row of a design.

    Args:
        model: the index as a function of one value for each assumption.
        assumptions: by name.
        draws: runs x assumptions, numbers from 0 to 1.

    Raises:
        IndexDefinitionError: when there is no assumption.
    """
    if not assumptions:
        raise IndexDefinitionError("no assumption is uncertain; name one at least")
    names = list(assumptions)
    columns = []
    for i, row in enumerate(draws):
        values = {
            name: assumptions[name].pick(float(u)) for name, u in zip(names, row, strict=True)
        }
        columns.append(model(values).alias(f"run_{i + 1}"))
    scores = pl.DataFrame(columns)
    return Runs(scores, _ranks(scores), pl.DataFrame(draws, schema=names, orient="row"))


def rank_statistics(ranks: pl.DataFrame) -> pl.DataFrame:
    """Summarize the ranks of each unit over many runs.

    Args:
        ranks: one row per unit, one column per run.

    Returns:
        One row per unit: ``mean``, ``median``, and the quantiles ``q5`` and ``q95`` (type 7, by
        linear interpolation). Runs in which a unit has no rank play no part.
    """
    x = to_matrix(ranks)
    rows = [row[~np.isnan(row)] for row in x]
    return pl.DataFrame(
        [
            [row.mean(), *np.quantile(row, [0.5, 0.05, 0.95])] if len(row) else [None] * 4
            for row in rows
        ],
        schema=dict.fromkeys(["mean", "median", "q5", "q95"], pl.Float64),
        orient="row",
    )


def _ranks(scores: pl.DataFrame) -> pl.DataFrame:
    return ranking.ranks(scores, scores.columns, scale=True)
