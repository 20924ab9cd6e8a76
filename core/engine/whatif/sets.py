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

#: So many programmes at the most, and how little a step is the last one.
PROGRAMMES, STILL = 12, 1e-7
#: A change in standard deviations by which slopes are told.
_TOUCH = 1e-5
#: The way to a set is cut into so many parts, so often.
_CUTS, _ROUNDS = 8, 6


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
    if steps is None or not goal.reached(_scores(probing, levers, steps[None]))[0]:
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


def _programmes(
    probing: Probing, goal: Goal, levers: Sequence[Lever], bounds: Floats
) -> Floats | None:
    """Steps by linear programmes, each of the scores where the last one led."""
    from scipy.optimize import linprog

    steps: Floats = np.zeros(len(levers))
    for _ in range(PROGRAMMES):
        here = probing if not steps.any() else probing.at(_figures(levers, steps))
        now, slopes = _slopes(here, levers, steps)
        behind = _to_beat(goal, now)
        gaps = now[goal.city] - now[behind]
        rates = slopes[:, [goal.city]] - slopes[:, behind]
        least = 1e-9 * np.nanmax(np.abs(now), initial=1e-12)
        wanted = rates.T @ steps + least - gaps
        found = linprog(
            np.ones(len(levers)),
            A_ub=-rates.T,
            b_ub=-wanted,
            bounds=list(zip(np.zeros(len(levers)), bounds, strict=True)),
        )
        if not found.success:
            return None
        last, steps = steps, np.asarray(found.x)
        if np.abs(steps - last).max() <= STILL:
            break
    return steps


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
        cuts = np.linspace(low, high, _CUTS + 1)[1:]
        there = goal.reached(_scores(probing, levers, cuts[:, None] * steps))
        if not there.any():
            break
        first = int(there.argmax())
        low, high = (float(cuts[first - 1]) if first else low), float(cuts[first])
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
