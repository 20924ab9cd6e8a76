"""What an index can say: its verdict, and what of it stands in brackets, as the pages tell it."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import NamedTuple

from cityflux.core.model.audit import CityAudit
from cityflux.core.model.verdict import Verdict
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
    """A verdict in words: one sentence, what the ways of counting show, each of them, and why."""

    headline: str
    lead_in: str
    ways: list[str]
    why: list[str]


class Audited(NamedTuple):
    """An audit in words: what it is over, what it tells, the cities with their intervals."""

    title: str
    lines: list[str]
    cities: list[tuple[CityAudit, str]]
    moved: bool


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
        [words.way(code, found, each, cities) for each in found.ways],
        words.why(code, found, cities),
    )


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
    )


def in_brackets(connection: sqlite3.Connection, index: str, period: str) -> list[Group]:
    """The groups that do not compare in a period."""
    return [group for group in groups(connection, index, period) if group.bracket]
