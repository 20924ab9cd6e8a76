"""How sure the ranks of an index are, as its last audit found it."""

from __future__ import annotations

import json
import sqlite3
from itertools import count
from operator import attrgetter, mul

from cityflux.core.model.audit import DECIDED, AuditFacts, CityAudit
from cityflux.core.reading import answers

#: The last audit of an index, with the last run of it.
AUDIT = """
SELECT a.*, (SELECT max(id) FROM runs r WHERE r.index_id = a.index_id) AS last_run,
    (SELECT max(period) FROM audit_ranks k WHERE k.audit_id = a.id) AS period
FROM audits a WHERE a.index_id = ? ORDER BY a.id DESC LIMIT 1
"""
#: Its ranks; in braces what is wanted of them.
RANKS = """
SELECT k.node_id AS node, k.city_id AS city, c.name_zh AS city_zh, c.name_en AS city_en, k.period,
    k.place, k.n, k.bracketed, k.rank_low, k.rank_median, k.rank_high, k.score_low, k.score_median,
    k.score_high, k.shares, k.central
FROM audit_ranks k JOIN cities c ON c.id = k.city_id JOIN audits a ON a.id = k.audit_id
WHERE a.index_id = :index {}
ORDER BY k.node_id <> :index, k.node_id, k.period, k.rank_median IS NULL, k.rank_median,
    k.rank_low, k.rank_high, k.city_id
"""
#: Its pairs.
PAIRS = """
SELECT p.city_id AS city, p.other_id AS other, p.period, p.share
FROM audit_pairs p JOIN audits a ON a.id = p.audit_id WHERE a.index_id = :index {}
ORDER BY p.period, p.city_id, p.other_id
"""


_SHARES = """
SELECT p.city_id, p.share FROM audit_pairs p JOIN audits a ON a.id = p.audit_id
WHERE a.id = (SELECT max(id) FROM audits WHERE index_id = :index)
    AND a.run_id = (SELECT max(id) FROM runs WHERE index_id = :index)
    AND p.period = :period AND :one IN (p.city_id, p.other_id) AND :two IN (p.city_id, p.other_id)
"""


def apart(
    connection: sqlite3.Connection, index: str, period: str, one: str, two: str
) -> bool | None:
    """Whether the draws tell two cities apart; None where the last run was not audited."""
    asked = {"index": index, "period": period, "one": one, "two": two}
    shares = [row["share"] for row in answers.rows(connection, _SHARES, asked)]
    return max(shares) >= DECIDED if shares else None


def audit_of(
    connection: sqlite3.Connection, index: str, period: str | None = None
) -> AuditFacts | None:
    """The last audit of an index in a period, the last one unless given; None without an audit.

    One that a hand has made unreadable is none.
    """
    try:
        return _audit_of(connection, index, period)
    except (ValueError, TypeError):
        return None


def _audit_of(connection: sqlite3.Connection, index: str, period: str | None) -> AuditFacts | None:
    row = answers.first(connection, AUDIT, (index,))
    if row is None:
        return None
    period = period or row["period"]
    asked = {"index": index, "period": period}
    found = answers.rows(
        connection, RANKS.format("AND k.node_id = :index AND k.period = :period"), asked
    )
    cities = []
    for each in found:
        shares = json.loads(each["shares"] or "[]")
        cities.append(
            CityAudit(
                each["city"],
                each["city_zh"],
                each["city_en"],
                each["place"],
                each["n"],
                bool(each["bracketed"]),
                each["rank_low"],
                each["rank_median"],
                each["rank_high"],
                shares,
                sum(map(mul, count(1), shares)) if each["rank_low"] else None,
            )
        )
    pairs = {}
    for each in answers.rows(connection, PAIRS.format("AND p.period = :period"), asked):
        pairs[each["city"], each["other"]] = each["share"]
    foremost, lead = _foremost(cities, pairs)
    return AuditFacts(
        index,
        row["run_id"],
        row["run_id"] != row["last_run"],
        row["ended"],
        row["draws"],
        row["done"],
        row["seed"],
        bool(row["stopped"]),
        json.loads(row["failed"]),
        json.loads(row["varied"]),
        row["missing"],
        period,
        cities,
        pairs,
        foremost,
        lead,
    )


def _foremost(
    cities: list[CityAudit], pairs: dict[tuple[str, str], float]
) -> tuple[tuple[CityAudit, CityAudit] | None, float]:
    """The two cities with the best mean ranks, and in which share of the draws the first leads."""
    mean = attrgetter("expected")
    best = sorted(filter(mean, cities), key=mean)
    if len(best) < 2:
        return None, 0.0
    one, two = best[:2]
    above, below = pairs.get((one.city, two.city), 0.0), pairs.get((two.city, one.city), 0.0)
    return ((two, one), below) if below > above else ((one, two), above)
