"""The smallest set of changes with which a city reaches a rank, each within bounds.

The effort is the sum of the changes, each in standard deviations of its indicator. Where the scores
are linear in the figures that is a linear programme; where they are not, one after another, each
of the scores as they are where the last one led (successive linear programming: Griffith, Stewart
(1961), Management Science 7(4), 379-392). Where no slope leads there (ranks), all figures are moved
to their bounds, and taken back one by one as long as the goal is still reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.whatif.goal import Change, Goal, Lever, Nearest
from cityflux.core.engine.whatif.probing import Probing

#: So many programmes at the most, and the step below which none follows.
PROGRAMMES, STILL = 25, 1e-4
#: A change in standard deviations by which slopes are told.
_TOUCH = 1e-5
#: How much more than the effort that it would take it costs to miss the goal.
_MISSED = 100.0
#: The way to a set and a little beyond is cut into so many parts, so often.
_CUTS, _ROUNDS, _BEYOND = 8, 6, 1.02


@dataclass(frozen=True)
class Together:
    """Figures that together would do.

    Attributes:
        changes: each with its effort, the largest first.
        effort: their sum in standard deviations.
        rank: that is reached.
    """

    changes: tuple[Change, ...]
    effort: float
    rank: int


def smallest_set(
    probing: Probing, goal: Goal, levers: Sequence[Lever], within: float
) -> Together | Nearest:
    """The changes with the least effort in all that reach a goal.

    Args:
        probing: the city.
        goal: where it is to be.
        levers: the indicators that may be moved.
        within: how far each, in standard deviations.
    """
    bounds = np.array([min(within, lever.limit) for lever in levers])
    if not len(bounds):
        return Nearest(None, {})
    steps = _programmes(probing, goal, levers, bounds)
    if not goal.reached(_scores(probing, levers, steps[None]))[0]:
        steps = np.minimum(steps * _BEYOND, bounds)
    if not goal.reached(_scores(probing, levers, steps[None]))[0]:
        every = _scores(probing, levers, bounds[None])
        if not goal.reached(every)[0]:
            best = goal.rank_of(every)[0]
            figures = _figures(levers, bounds)
            return Nearest(None if np.isinf(best) else int(best), figures)
        steps = _taken_back(probing, goal, levers, bounds)
    steps = _shortened(probing, goal, levers, steps)
    return _together(probing, goal, levers, steps)


def _figures(levers: Sequence[Lever], steps: Floats) -> dict[str, float]:
    pairs = zip(levers, steps.tolist(), strict=True)
    return {lever.indicator: float(lever.moved(step)) for lever, step in pairs if step > 0}


def _scores(probing: Probing, levers: Sequence[Lever], points: Floats) -> Floats:
    """Points x cities, each point being a step of every lever."""
    return probing.joint([_figures(levers, point) for point in points])


def _programmes(probing: Probing, goal: Goal, levers: Sequence[Lever], bounds: Floats) -> Floats:
    """Steps by linear programmes, each of the scores where the last good one led.

    A programme looks as far as its slopes were found to hold; to miss the goal has a price, so that
    each of them has a solution (Fletcher, Sainz de la Maza (1989), Mathematical Programming 43,
    235-256).
    """
    from scipy.optimize import linprog

    steps: Floats = np.zeros(len(levers))
    reach, price = float(bounds.max()), 0.0
    now, rates = _slopes(probing, levers, steps)
    for _ in range(PROGRAMMES):
        behind = _to_beat(goal, now)
        slopes = (rates[:, [goal.city]] - rates[:, behind]).T
        gaps = _gaps(goal, now, behind)
        price = price or _MISSED / max(float(slopes.max(initial=0.0)), 1e-12)
        missing = np.full((len(behind), 1), -1.0)
        ends = zip(np.maximum(steps - reach, 0.0), np.minimum(steps + reach, bounds), strict=True)
        found = linprog(
            np.append(np.ones(len(levers)), price),
            A_ub=np.hstack([-slopes, missing]),
            b_ub=gaps - slopes @ steps,
            bounds=[*ends, (0.0, None)],
        )
        if not found.success:
            break
        tried = np.asarray(found.x[:-1])
        before = steps.sum() + price * max(0.0, -float(gaps.min(initial=np.inf)))
        wanted = before - float(found.fun)
        if wanted <= 1e-6 * before:
            break
        there = _scores(probing, levers, tried[None])[0]
        missed = max(0.0, -float(_gaps(goal, there, _to_beat(goal, there)).min(initial=np.inf)))
        gained = before - (tried.sum() + price * missed)
        if gained < 0.1 * wanted:
            reach = min(reach, float(np.abs(tried - steps).max())) / 2
        elif gained > 0.7 * wanted:
            reach *= 2
        if gained > 0:
            steps = tried
            now, rates = _slopes(probing.at(_figures(levers, steps)), levers, steps)
        if reach < STILL:
            break
    return steps


def _gaps(goal: Goal, now: Floats, behind: Sequence[int]) -> Floats:
    """By how much the city is above those that are to be below it."""
    least = 1e-9 * np.nanmax(np.abs(now), initial=1e-12)
    return np.asarray(now[goal.city] - now[list(behind)] - least)


def _slopes(probing: Probing, levers: Sequence[Lever], steps: Floats) -> tuple[Floats, Floats]:
    """The scores of the cities, and levers x cities: what a standard deviation more adds."""
    now = probing.joint([{}])[0]
    rates = []
    for lever, step in zip(levers, steps.tolist(), strict=True):
        values = lever.moved(np.array([step, step + _TOUCH]))
        there = probing.scores(lever.indicator, values)
        rates.append((there[1] - there[0]) / _TOUCH)
    return now, np.nan_to_num(np.array(rates))


def _to_beat(goal: Goal, now: Floats) -> list[int]:
    """The cities that are to be below: the rival, or all but the best ones."""
    if goal.rival is not None:
        return [goal.rival]
    others = [i for i in np.argsort(-now, kind="stable").tolist() if i != goal.city]
    return [i for i in others[goal.rank - 1 :] if not np.isnan(now[i])]


def _taken_back(probing: Probing, goal: Goal, levers: Sequence[Lever], bounds: Floats) -> Floats:
    """All at their bounds, but those without which the goal is reached as well."""
    steps = bounds.copy()
    for place in range(len(levers)):
        less = steps.copy()
        less[place] = 0.0
        if goal.reached(_scores(probing, levers, less[None]))[0]:
            steps = less
    return steps


def _shortened(probing: Probing, goal: Goal, levers: Sequence[Lever], steps: Floats) -> Floats:
    """The first point of the straight way to some steps at which the goal is reached."""
    low, high = 0.0, 1.0
    for _ in range(_ROUNDS):
        cuts = np.linspace(low, high, _CUTS + 1)
        there = goal.reached(_scores(probing, levers, cuts[1:-1, None] * steps))
        first = 1 + int(there.argmax()) if there.any() else _CUTS
        low, high = float(cuts[first - 1]), float(cuts[first])
    return np.asarray(high * steps)


def _together(probing: Probing, goal: Goal, levers: Sequence[Lever], steps: Floats) -> Together:
    rank = int(goal.rank_of(_scores(probing, levers, steps[None]))[0])
    changes = [
        Change(lever.indicator, lever.value, float(lever.moved(step)), step, rank)
        for lever, step in zip(levers, steps.tolist(), strict=True)
        if step > 0
    ]
    changes.sort(key=lambda each: -each.effort)
    return Together(tuple(changes), sum(each.effort for each in changes), rank)
