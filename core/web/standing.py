"""What an index can say: its verdict, and what of it stands in brackets, as the pages tell it."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import NamedTuple

from cityflux.core.model.audit import CityAudit
from cityflux.core.model.verdict import Verdict, Way
from cityflux.core.reading.audit_tables import moves
from cityflux.core.reading.audits import audit_of
from cityflux.core.reading.brackets import Group, groups
from cityflux.core.reading.catalog import city_names
from cityflux.core.reading.runs import Run
from cityflux.core.reading.verdict import verdict
from cityflux.core.web.asked import Asked
from cityflux.core.words import audit
from cityflux.core.words import verdict as words
from cityflux.storage.changes import version


class Told(NamedTuple):
    """A verdict in words: one sentence, what the ways of counting show, each of them, and why.

    ``settled`` says whether it can tell the two cities apart.
    """

    headline: str
    lead_in: str
    ways: list[words.Counted]
    why: list[str]
    settled: bool


class Audited(NamedTuple):
    """An audit in words: what it is over, what it tells, the cities with their intervals.

    ``placed`` says whether any city has an interval at all.
    """

    title: str
    lines: list[str]
    cities: list[tuple[CityAudit, str]]
    moved: bool
    placed: bool


def told(
    connection: sqlite3.Connection, asked: Asked, index: str, period: str, run: Run | None
) -> Told | None:
    """The verdict on an index in a period; None where fewer than two cities have a score."""
    if not (run and period):
        return None
    others, _ = version(connection)
    if (found := _verdict(connection, index, period, others)) is None:
        return None
    code, cities = asked.language, city_names(connection, asked.language)
    return Told(
        words.headline(code, found, cities),
        words.lead_in(code, found, cities),
        [words.counted(code, found, each, cities) for each in found.ways],
        words.why(code, found, cities),
        found.told,
    )


def other_way(connection: sqlite3.Connection, index: str, period: str) -> Way | None:
    """The other index of the same groups that stands beside this one; None where there is none."""
    others, _ = version(connection)
    found = _verdict(connection, index, period, others)
    return next((way for way in (found.ways if found else ()) if way.count == "other"), None)


@lru_cache(maxsize=32)
def _verdict(
    connection: sqlite3.Connection, index: str, period: str, others: int
) -> Verdict | None:
    """The verdict as long as nobody writes: it reads every score, and connections are few."""
    return verdict(connection, index, period)


def audited(
    connection: sqlite3.Connection, asked: Asked, index: str, period: str
) -> Audited | None:
    """How sure the ranks of an index in a period are; None where nobody audited them."""
    found = audit_of(connection, index, period) if period else None
    if found is None or not found.cities:
        return None
    code = asked.language
    return Audited(
        audit.title(code, found),
        audit.verdict(code, found),
        [(each, audit.interval(each)) for each in found.cities],
        bool(moves(connection, index, period)),
        any(each.median is not None for each in found.cities),
    )


def in_brackets(connection: sqlite3.Connection, index: str, period: str) -> list[Group]:
    """The groups that do not compare in a period."""
    return [group for group in groups(connection, index, period) if group.bracket]
