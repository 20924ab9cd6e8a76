"""How likely a change leads to where it is meant to, over all that could be otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cityflux.core.engine.audit.assumptions import Assumptions
from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.design import sample
from cityflux.core.engine.audit.drawing import Plan
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.audit.versions import Versions
from cityflux.core.engine.whatif.goal import Goal
from cityflux.core.engine.whatif.probing import Aim
from cityflux.core.engine.whatif.settings import Setting, Settings, changed
from cityflux.core.model.errors import CityfluxError


@dataclass(frozen=True)
class Draws:
    """What is drawn.

    Attributes:
        assumptions: what is varied, as in the audit.
        versions: other figures that the index could stand on; those that are set stand in all.
        count: how many draws; 0 for none.
        seed: of the random numbers.
    """

    assumptions: Assumptions
    versions: Versions
    count: int
    seed: int = 1


def chance(
    ground: Ground, aim: Aim, goal: Goal, figures: Mapping[str, float], draws: Draws
) -> float | None:
    """The share of draws in which a goal is reached, of those that can be computed.

    Args:
        ground: the index and its figures.
        aim: where the city is looked at; a node above the indicators.
        goal: where it is to be.
        figures: what it would have.
        draws: what is drawn.

    Returns:
        None without draws, or where none can be computed.
    """
    if not draws.count or not figures:
        return None
    definition = ground.definition
    settings = tuple(Setting(aim.city, *each, aim.period) for each in figures.items())
    other = changed(ground, Settings(settings))
    versions, cities = draws.versions, len(definition.cities)
    first = definition.periods.of.index(aim.period) * cities
    values = versions.values.copy()
    place = {name: i for i, name in enumerate(definition.figures)}
    for name, value in figures.items():
        values[:, first + definition.cities.index(aim.city), place[name]] = value
    plan = Plan(definition, draws.assumptions, versions=len(versions))
    points = sample(draws.count, sum(plan.groups), seed=draws.seed)
    auditor = Auditor(other, plan, replace(versions, values=values))
    try:
        scores, failed = auditor.scores(plan.realize(points))
    except CityfluxError:
        return None
    done = np.setdiff1d(np.arange(draws.count), list(failed))
    if not len(done):
        return None
    return float(goal.reached(scores[aim.node][done, first : first + cities]).mean())
