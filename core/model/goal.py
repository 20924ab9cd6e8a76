"""What would have to change for a city to be where it is meant to, as the faces tell it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Needed:
    """One figure that would have to be another.

    Attributes:
        indicator: its id, with its names and unit.
        name_zh: the Chinese name.
        name_en: the English name.
        unit: as it is stored.
        before: as it stands.
        after: as it would have to be.
        deviations: the change in standard deviations of the cities that compare.
        years: at the city's own growth so far; None where that does not lead there.
        rank: that is reached.
        chance: the share of the draws in which the goal is reached; None where none was made.
    """

    indicator: str
    name_zh: str
    name_en: str
    unit: str
    before: float
    after: float
    deviations: float
    years: float | None
    rank: int
    chance: float | None = None


@dataclass(frozen=True)
class GoalFacts:
    """A goal and what it needs.

    Attributes:
        period: in which.
        city: the names of the city, zh and en.
        rival: those of the city to be overtaken; empty where a rank is wanted.
        rank: the rank that is wanted; 0 where a city is to be overtaken.
        node: the names of what is ranked.
        now: the rank as it stands, among ``n``.
        n: how many compare.
        reached: whether the goal is reached already.
        single: each would do by itself, the least effort first.
        together: the smallest set that would do; empty where none does within bounds.
        effort: of the set, in standard deviations.
        within: how far each of the set may move, in standard deviations.
        chance: of the set.
        nearest: the best rank of one indicator by itself where none does; None for none.
        nearest_together: the best rank with all at their bounds, where they do not do.
    """

    period: str
    city: tuple[str, str]
    rival: tuple[str, str]
    rank: int
    node: tuple[str, str]
    now: int | None
    n: int
    reached: bool
    single: tuple[Needed, ...] = ()
    together: tuple[Needed, ...] = ()
    effort: float = 0.0
    within: float = 1.0
    chance: float | None = None
    nearest: int | None = None
    nearest_together: int | None = None
