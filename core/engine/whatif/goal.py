"""What would have to be otherwise for a city to reach a rank, one figure at a time.

A figure is moved in the direction in which more of it is better, in steps that grow, to the first
at which the rank is reached, and then between that step and the one before it. Nothing is taken for
granted of the way between: where figures are standardized by themselves, more of one moves the mean
and the deviation as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cityflux.core.engine.measures.matrix import Bools, Floats
from cityflux.core.engine.measures.tolerance import ROUNDING
from cityflux.core.engine.whatif.probing import Probing

#: The smallest step and the largest that a figure may move, in standard deviations.
LEAST, MOST = 1e-6, 100.0
#: Digits of a change; it is rounded away from zero.
_DIGITS = 5


@dataclass(frozen=True)
class Goal:
    """Where a city is to be: at a rank or better, or above another city.

    Attributes:
        city: its place among the cities of the index.
        rank: the worst that will do.
        rival: the place of the city that is to be below it; None for a rank.
    """

    city: int
    rank: int = 0
    rival: int | None = None

    def reached(self, scores: Floats) -> Bools:
        """Whether it is, in each row of scores (rows x cities)."""
        if self.rival is None:
            return self.rank_of(scores) <= self.rank
        own, other = scores[:, self.city], scores[:, self.rival]
        return np.asarray(own > other + _rounding(scores))

    def rank_of(self, scores: Floats) -> Floats:
        """The rank of the city in each row; infinite where it has none. Equals share a rank."""
        own = scores[:, self.city]
        above = (scores > (own + _rounding(scores))[:, None]).sum(axis=1)
        return np.where(np.isnan(own), np.inf, 1.0 + above)


def _rounding(scores: Floats) -> Floats:
    """By how much scores of each row may differ and still be equal."""
    return np.asarray(ROUNDING * np.fmax.reduce(np.abs(scores), axis=1, initial=0.0))


@dataclass(frozen=True)
class Lever:
    """An indicator that can be moved.

    Attributes:
        indicator: its id.
        value: the figure as it stands.
        spread: the standard deviation of the figures that compare.
        direction: 1 where it is to grow, -1 where it is to shrink.
        limit: how far it may move, in standard deviations.
    """

    indicator: str
    value: float
    spread: float
    direction: int
    limit: float

    def moved(self, steps: Floats | float) -> Floats:
        """The figure after some standard deviations."""
        return np.asarray(self.value + self.direction * self.spread * np.asarray(steps))


@dataclass(frozen=True)
class Change:
    """One figure that would do.

    Attributes:
        indicator: its id.
        before: as it stands.
        after: as it would have to be.
        effort: the change in standard deviations.
        rank: that is reached.
    """

    indicator: str
    before: float
    after: float
    effort: float
    rank: int


@dataclass(frozen=True)
class Nearest:
    """The best rank that can be had where the goal cannot, and by which figures."""

    rank: int | None
    figures: Mapping[str, float]


def levers(
    probing: Probing, movable: Sequence[str], *, below_zero: Sequence[str] = ()
) -> list[Lever]:
    """The indicators by which a city can be moved: those of the node that compare and can be.

    Args:
        probing: the city.
        movable: the ids of the indicators that a city can move.
        below_zero: the ids of those that may be negative.
    """
    definition, city = probing.ground.definition, probing.aim.city
    at, found = definition.cities.index(city), []
    for leaf in definition.leaves:
        figures = probing.figures[leaf.id]
        if leaf.id not in movable or probing.aim.node not in (*leaf.path, leaf.id):
            continue
        known = figures[~np.isnan(figures)]
        if np.isnan(figures[at]) or len(known) < 2 or not known.std():
            continue
        direction = leaf.direction or probing.ground.directions.get(leaf.id, 1)
        value, spread, limit = float(figures[at]), float(known.std(ddof=1)), MOST
        if direction < 0 and leaf.id not in below_zero:
            limit = min(limit, max(0.0, value / spread * (1 - 1e-9)))
        found.append(Lever(leaf.id, value, spread, direction, limit))
    return found


def smallest(probing: Probing, goal: Goal, lever: Lever) -> Change | Nearest:
    """The smallest change of one figure with which a goal is reached, or the best it can do.

    Args:
        probing: the city.
        goal: where it is to be.
        lever: the figure, and how far it may move.
    """
    if lever.limit <= LEAST:
        return Nearest(None, {})
    count, parts, rounds = probing.cuts
    steps = np.geomspace(LEAST, lever.limit, count)
    scores = probing.scores(lever.indicator, lever.moved(steps))
    there = goal.reached(scores)
    if not there.any():
        place = goal.rank_of(scores)
        best = int(place.argmin())
        if np.isinf(place[best]):
            return Nearest(None, {})
        return Nearest(int(place[best]), {lever.indicator: float(lever.moved(steps[best]))})
    first = int(there.argmax())
    low, high = (steps[first - 1] if first else 0.0), steps[first]
    for _ in range(rounds):
        cuts = np.linspace(low, high, parts + 1)
        there = goal.reached(probing.scores(lever.indicator, lever.moved(cuts[1:-1])))
        first = 1 + int(there.argmax()) if there.any() else parts
        low, high = cuts[first - 1], cuts[first]
    return _rounded(probing, goal, lever, float(high))


def _rounded(probing: Probing, goal: Goal, lever: Lever, step: float) -> Change:
    """A change with few digits, where that still does; a figure in its own unit."""
    exact = float(lever.moved(step))
    change = _outwards(exact - lever.value)
    values = np.array([lever.value + change, exact])
    scores = probing.scores(lever.indicator, values)
    best = 0 if goal.reached(scores)[0] else 1
    after = float(values[best])
    effort = abs(after - lever.value) / lever.spread
    rank = int(goal.rank_of(scores)[best])
    return Change(lever.indicator, lever.value, after, effort, rank)


def _outwards(change: float) -> float:
    """A number with a few digits, away from zero."""
    if not change:
        return change
    unit = 10.0 ** (math.floor(math.log10(abs(change))) + 1 - _DIGITS)
    return math.copysign(math.ceil(abs(change) / unit) * unit, change)
