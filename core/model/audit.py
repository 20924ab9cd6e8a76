"""How sure the ranks of an index are, in one period at its root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: From this share of draws on one city is told from another.
DECIDED = 0.95


@dataclass(frozen=True, slots=True)
class CityAudit:
    """One city over the draws of an audit.

    Attributes:
        city: the city.
        name_zh: its name.
        name_en: the same in English.
        place: its rank as it stands; None for none.
        n: among how many.
        bracketed: whether the index does not compare there, so that no place is a rank.
        low: the rank that it is at or below in 5 % of the draws; None where it never has one.
        median: its middle rank.
        high: the rank that it is at or below in 95 %.
        shares: by rank, in which share of the draws it has it.
        expected: the mean of its ranks; None where it never has one.
    """

    city: str
    name_zh: str
    name_en: str
    place: int | None
    n: int
    bracketed: bool
    low: int | None
    median: int | None
    high: int | None
    shares: list[float]
    expected: float | None


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """An audit of an index.

    Attributes:
        index: the index.
        run: whose ranks were audited.
        stale: whether the index was computed again since.
        ended: when it was done.
        draws: how many were wanted.
        done: how many came to something.
        seed: of the random numbers.
        stopped: whether it was interrupted.
        failed: how many draws came to nothing, by reason.
        varied: what was varied, with its options.
        missing: whether missing figures were ``filled``, or with them nothing is ``not
            determined``; ``none`` are missing, or they are ``left`` as they are.
        period: the last period.
        cities: in the order of their ranks over the draws.
        pairs: by two cities, in which share of the draws the one ranks above the other.
        foremost: the two cities with the best mean ranks, the one first that is mostly above the
            other; None where fewer have a rank.
        lead: in which share of the draws it is.
    """

    index: str
    run: int
    stale: bool
    ended: str
    draws: int
    done: int
    seed: int
    stopped: bool
    failed: Mapping[str, int]
    varied: Mapping[str, list[str]]
    missing: str
    period: str
    cities: list[CityAudit]
    pairs: Mapping[tuple[str, str], float]
    foremost: tuple[CityAudit, CityAudit] | None
    lead: float
