"""The answer to what would have to change: every indicator by itself, and the smallest set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cityflux.core.engine.analysis.trends import compound_growth, yearly_change
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.whatif.chance import Draws, chance
from cityflux.core.engine.whatif.goal import Change, Goal, Nearest, levers, smallest
from cityflux.core.engine.whatif.probing import Aim, Probing, probe
from cityflux.core.engine.whatif.sets import Together, smallest_set
from cityflux.core.model.errors import IndexDefinitionError, UnknownName


@dataclass(frozen=True)
class Past:
    """The figures of a city in an indicator, on one base, by the year.

    Attributes:
        times: in years.
        values: the figures.
        ratio: whether growth is a rate; a distance a year else.
    """

    times: Floats
    values: Floats
    ratio: bool = True

    def years_to(self, before: float, after: float) -> float | None:
        """How long it would take from one figure to another at the growth so far.

        None where it does not go there, or nothing is known of it.
        """
        if len(self.values) < 2:
            return None
        y = self.values[:, None]
        if self.ratio and min(before, after) > 0:
            rate = math.log1p(float(compound_growth(y, self.times)[0]))
            way = math.log(after / before)
        else:
            rate, way = float(yearly_change(y, self.times)[0]), after - before
        if math.isnan(rate) or not rate or way / rate < 0:
            return None
        return way / rate


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Attributes:
        aim: the city, in which period, at which node.
        rank: the worst rank that will do; 0 where a city is to be overtaken.
        rival: that city.
        within: how far each indicator of a set may move, in standard deviations.
        by: what the indicators are sorted by: effort in ``deviations`` or in ``years``.
    """

    aim: Aim
    rank: int = 0
    rival: str = ""
    within: float = 1.0
    by: str = "deviations"

    def goal(self, ground: Ground) -> Goal:
        """The same by the places of the cities.

        Raises:
            UnknownName: a city is not in the index.
            IndexDefinitionError: the goal makes no sense.
        """
        cities = ground.definition.cities
        for name in filter(None, (self.aim.city, self.rival)):
            if name not in cities:
                raise UnknownName(
                    f"{ground.definition.id} has no city {name!r}; there are: {', '.join(cities)}"
                )
        if self.rival == self.aim.city:
            raise IndexDefinitionError(f"{self.rival} cannot overtake itself; name another city")
        if not self.rival and not 1 <= self.rank <= len(cities):
            raise IndexDefinitionError(
                f"there is no rank {self.rank} among {len(cities)} cities; write 1 to {len(cities)}"
            )
        rival = cities.index(self.rival) if self.rival else None
        return Goal(cities.index(self.aim.city), self.rank, rival)


@dataclass(frozen=True)
class Answer:
    """One change that would do.

    Attributes:
        change: the figure, and by how much.
        years: at the growth so far; None where that does not lead there.
        chance: the share of the draws in which the goal is then reached; None where none was made.
    """

    change: Change
    years: float | None
    chance: float | None = None


@dataclass(frozen=True)
class Sought:
    """What would have to change.

    Attributes:
        asked: what was asked.
        rank: of the city as it stands, among ``n``; None where it has none.
        n: how many compare.
        reached: whether it is there already.
        answers: an indicator each, the least effort first.
        short: the best that each other one can do by itself, the best first.
        together: the smallest set within bounds, the largest effort first; empty where none does.
        effort: of the set, in standard deviations.
        chance: of the set, as in `Answer`.
        nearest: what all together come to where no set does.
    """

    asked: Asked
    rank: int | None
    n: int
    reached: bool
    answers: tuple[Answer, ...] = ()
    short: tuple[Nearest, ...] = ()
    together: tuple[Answer, ...] = ()
    effort: float = 0.0
    chance: float | None = None
    nearest: Nearest | None = None


def seek(
    ground: Ground,
    asked: Asked,
    movable: Sequence[str],
    past: Mapping[str, Past],
    draws: Draws | None = None,
    *,
    listed: int = 5,
) -> Sought:
    """Look for what would have to change for a city to be where it is meant to.

    Args:
        ground: the index and its figures.
        asked: the goal.
        movable: the ids of the indicators that a city can move.
        past: by indicator what the city had before.
        draws: what the chance is told by; none is without any.
        listed: of how many answers the chance is told.

    Raises:
        CityfluxError: a name is unknown, the index cannot be computed, or nothing compares there.
    """
    goal = asked.goal(ground)
    probing = probe(ground, asked.aim)
    now = probing.joint([{}])
    place = goal.rank_of(now)[0]
    rank, n = (None if np.isinf(place) else int(place)), int((~np.isnan(now)).sum())
    if rank is None:
        raise IndexDefinitionError(
            f"{asked.aim.city} does not compare at {asked.aim.node} in {asked.aim.period}, "
            "so that no change of its figures gives it a rank"
        )
    if goal.reached(now)[0]:
        return Sought(asked, rank, n, reached=True)
    negative = [name for name in past if not past[name].ratio]
    own = levers(probing, movable, below_zero=negative)
    found = [smallest(probing, goal, lever) for lever in own]
    answers = [Answer(each, _years(past, each)) for each in found if isinstance(each, Change)]
    short = [each for each in found if isinstance(each, Nearest) and each.rank is not None]
    answers.sort(key=lambda each: _effort(each, asked.by))
    together = _best_set(smallest_set(probing, goal, own, asked.within), answers, asked.within)
    if draws is not None:
        answers[:listed] = [
            Answer(each.change, each.years, _chance(probing, goal, [each.change], draws))
            for each in answers[:listed]
        ]
    short.sort(key=lambda each: each.rank or n)
    rest = (tuple(answers), tuple(short))
    if isinstance(together, Nearest):
        return Sought(asked, rank, n, False, *rest, nearest=together)
    chosen = tuple(Answer(each, _years(past, each)) for each in together.changes)
    likely = None if draws is None else _chance(probing, goal, together.changes, draws)
    return Sought(asked, rank, n, False, *rest, chosen, together.effort, likely)


def _years(past: Mapping[str, Past], change: Change) -> float | None:
    known = past.get(change.indicator)
    return None if known is None else known.years_to(change.before, change.after)


def _effort(answer: Answer, by: str) -> tuple[float, float, str]:
    years = math.inf if answer.years is None else answer.years
    pair = (answer.change.effort, years) if by == "deviations" else (years, answer.change.effort)
    return (*pair, answer.change.indicator)


def _best_set(
    found: Together | Nearest, answers: Sequence[Answer], within: float
) -> Together | Nearest:
    """The set, or a single indicator where that is less effort."""
    single = min((each.change for each in answers), key=lambda each: each.effort, default=None)
    if single is None or single.effort > within:
        return found
    if isinstance(found, Nearest) or found.effort > single.effort:
        return Together((single,), single.effort, single.rank)
    return found


def _chance(probing: Probing, goal: Goal, changes: Sequence[Change], draws: Draws) -> float | None:
    figures = {each.indicator: each.after for each in changes}
    return chance(probing.ground, probing.aim, goal, figures, draws)
