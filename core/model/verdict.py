"""What an index says of its two foremost cities, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Count = Literal["all_known", "shared", "comparable", "other"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of counting.

    Attributes:
        index: whose scores are counted: those of the verdict's own index, or of the other one.
        count: over all known figures, over the indicators that all cities share, over the groups
            that compare, or as another index of the same groups has it.
        name_zh: the name of the other index.
        name_en: the same in English.
        groups: how many groups are let in.
        lead: of the first city of the verdict over the second, in points.
        first: the city that is first of all by it; None where nobody is alone.
    """

    index: str
    count: Count
    name_zh: str
    name_en: str
    groups: int
    lead: float
    first: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a group brings to the lead over all known figures.

    Attributes:
        node: the group.
        name_zh: its name.
        name_en: the same in English.
        lead: its points; those of all groups sum to the lead.
        n: how many cities have a score there.
        of: how many cities there are.
        compares: whether it does.
    """

    node: str
    name_zh: str
    name_en: str
    lead: float
    n: int
    of: int
    compares: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the first city can be told from the second.

    Attributes:
        index: the index.
        period: the period.
        first: the first city over all known figures.
        second: whoever is first by another way of counting, or else the second.
        told: whether one is ahead by every way of counting, the whole compares, and where its ranks
            were audited the one is above the other in enough of the draws.
        ranked: whether the whole compares.
        ways: each way of counting that gives both a score.
        parts: of each group with a score, the one that makes the most first; empty where scores
            are not added up.
    """

    index: str
    period: str
    first: str
    second: str
    told: bool
    ranked: bool
    ways: tuple[Way, ...]
    parts: tuple[Part, ...]

    @property
    def leader(self) -> str:
        """The city that is ahead by every way of counting, or the first one."""
        return self.second if all(way.lead < 0 for way in self.ways) else self.first
