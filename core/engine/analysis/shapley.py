"""What every node brings to a difference where scores are not added up: Shapley values.

A geometric mean, a median or a TOPSIS score is no sum over its children, so that no child has a
part of it by itself. The Shapley value gives each child the mean of what its step from the base to
the unit's own score changes, over all orders in which the children may take that step. The parts
of the children sum to the difference of their node, and where scores are added up they are weight
times difference.

References:
    Shapley (1953), A value for n-person games, Contributions to the Theory of Games II, 307-317.
    Shorrocks (2013), Decomposition procedures for distributional analysis: a unified framework
    based on the Shapley value, Journal of Economic Inequality 11(1), 99-126.
    Castro, Gómez, Tejada (2009), Polynomial calculation of the Shapley value based on sampling,
    Computers & Operations Research 36(5), 1726-1730.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame, to_matrix, to_series
from cityflux.core.engine.steps.aggregation import (
    aggregate,
    looks_across_units,
    weighted_mean,
    weighted_sum,
)
from cityflux.core.engine.tree import Parents, Step, families

#: A function of coalitions (rows x children, true where a child has taken its step).
Worth = Callable[[Bools], Floats]

#: Up to so many children that differ all coalitions are asked, above it a sample of orders.
EXACT = 12
ORDERS = 500
#: The same for methods that look across units, which are asked one coalition at a time.
EXACT_ACROSS = 7
ORDERS_ACROSS = 20


def shapley_values(
    worth: Worth, players: int, *, exact: int = EXACT, orders: int = ORDERS
) -> Floats:
    """Compute the Shapley value of every player of a game.

    φᵢ = Σ_S |S|! (n - |S| - 1)! / n! (v(S + i) - v(S)), over the coalitions S without i (Shapley
    1953). For more players than ``exact`` the mean of v(S + i) - v(S) over random orders and
    their reverses, from a fixed seed (Castro, Gómez, Tejada 2009). Either way the values sum to
    v(all) - v(nobody).

    Args:
        worth: v, for many coalitions at once.
        players: how many there are.
        exact: up to how many of them all 2ⁿ coalitions are asked.
        orders: of the sample.

    Returns:
        One value per player; NaN where v is.
    """
    if players > exact:
        return _sampled(worth, players, orders)
    masks = np.arange(2**players)
    coalitions = (masks[:, None] >> np.arange(players)) & 1 == 1
    value, size = worth(coalitions), coalitions.sum(axis=1)
    result = np.empty(players)
    for i in range(players):
        without = ~coalitions[:, i]
        ways = np.array([players * comb(players - 1, s) for s in size[without]], dtype=np.float64)
        result[i] = ((value[masks[without] | 1 << i] - value[without]) / ways).sum()
    return result


def _sampled(worth: Worth, players: int, orders: int) -> Floats:
    generator = np.random.default_rng(0)
    half = [generator.permutation(players) for _ in range((orders + 1) // 2)]
    every = np.array([*half, *(order[::-1] for order in half)])
    place = np.argsort(every, axis=1)
    joined = place[:, None, :] < np.arange(players + 1)[None, :, None]
    value = worth(joined.reshape(-1, players)).reshape(len(every), players + 1)
    steps = np.diff(value, axis=1)
    return np.asarray(np.take_along_axis(steps, place, axis=1).mean(axis=0))


def differences(
    scores: pl.DataFrame,
    parents: Parents,
    weights: Mapping[str, float],
    *,
    steps: Mapping[str, Step],
    unit: int,
    versus: int | None = None,
) -> dict[str, float | None]:
    """Split how far a unit is from another one, or from the average, into the parts of the nodes.

    The average unit has the mean of every leaf, and the same gaps as the unit. A child that only
    one of both has takes the step between missing and there. The parts of children sum to that of
    their node: below a child whose node adds nothing up, they are scaled so, and null where its
    two scores are equal or one is missing.

    Args:
        scores: what `core.engine.tree.aggregate_tree` gave for one period, a row per unit.
        parents: as there.
        weights: as there.
        steps: how each node is aggregated.
        unit: the row to explain.
        versus: the row to compare it with; the average unit unless given.

    Returns:
        The part of every node, that of the root being the difference of the root.
    """
    games = {
        node: _Game(scores, members, [weights[c] for c in members], steps[node], unit, versus)
        for node, members in families(parents)
    }
    own = {name: _number(scores[name][unit]) for name in parents}
    if versus is None:
        base = _average(scores, own, games)
    else:
        base = {name: _number(scores[name][versus]) for name in parents}
    (root,) = (name for name, parent in parents.items() if parent is None)
    parts, factors = {root: own[root] - base[root]}, {root: 1.0}
    for node, game in reversed(games.items()):
        x, b = (np.array([side[child] for child in game.members]) for side in (own, base))
        values, shares = game.split(x, b)
        parts |= zip(game.members, (values * factors[node]).tolist(), strict=True)
        factors |= zip(game.members, (shares * factors[node]).tolist(), strict=True)
    series = to_series(np.array([parts[name] for name in parents]))
    return dict(zip(parents, series.to_list(), strict=True))


@dataclass(frozen=True)
class _Game:
    """One node of one unit: which score it has, depending on the scores of its children."""

    scores: pl.DataFrame
    members: Sequence[str]
    weights: Sequence[float]
    how: Step
    unit: int
    versus: int | None

    def score(self, rows: Floats) -> Floats:
        """Give the score for other scores of the children, a row of them for each.

        Methods that look across units see the other units as they are, and are read against the
        unit of the comparison, which they see changing too.
        """
        if not looks_across_units(self.how.method):
            return self._aggregate(rows)
        table = to_matrix(self.scores.select(self.members)).copy()
        found = []
        for row in rows:
            table[self.unit] = row
            scored = self._aggregate(table)
            found.append(scored[self.unit] - (0.0 if self.versus is None else scored[self.versus]))
        return np.array(found)

    def _aggregate(self, rows: Floats) -> Floats:
        children, how = to_frame(rows, self.members), self.how
        scored = aggregate(
            how.method, children, self.weights, threshold=how.threshold, **how.params
        )
        return to_matrix(scored.to_frame())[:, 0]

    def split(self, x: Floats, b: Floats) -> tuple[Floats, Floats]:
        """Give the part of each child in the step from b to x, and that part per step of its own.

        A child that is missing on both sides has neither.
        """
        if self.how.method in (weighted_mean, weighted_sum) and (np.isnan(x) == np.isnan(b)).all():
            w = np.where(np.isnan(x), 0.0, self.weights)
            whole = sum(self.weights) if self.how.method is weighted_sum else 1.0
            with np.errstate(divide="ignore", invalid="ignore"):
                shares = w * whole / w.sum()
            return shares * (x - b), shares
        differs = np.flatnonzero((x != b) & ~(np.isnan(x) & np.isnan(b)))
        values = np.where(np.isnan(x) & np.isnan(b), np.nan, 0.0)
        values[differs] = self._shapley(x, b, differs)
        with np.errstate(divide="ignore", invalid="ignore"):
            return values, np.where(x == b, np.nan, values / (x - b))

    def _shapley(self, x: Floats, b: Floats, differs: NDArray[np.intp]) -> Floats:
        def worth(coalitions: Bools) -> Floats:
            rows = np.tile(b, (len(coalitions), 1))
            rows[:, differs] = np.where(coalitions, x[differs], b[differs])
            return self.score(rows)

        if looks_across_units(self.how.method):
            return shapley_values(worth, len(differs), exact=EXACT_ACROSS, orders=ORDERS_ACROSS)
        return shapley_values(worth, len(differs))


def _average(
    scores: pl.DataFrame, own: Mapping[str, float], games: Mapping[str, _Game]
) -> dict[str, float]:
    """Give the scores that the unit would have with the mean of every leaf that it has."""
    base = {
        name: np.nan if np.isnan(value) else _number(scores[name].mean())
        for name, value in own.items()
    }
    for node, game in games.items():
        base[node] = float(game.score(np.array([[base[child] for child in game.members]]))[0])
    return base


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)
