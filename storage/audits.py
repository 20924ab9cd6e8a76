"""How sure the ranks of an index are: the last audit of each index, keyed by its run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class AuditRow(NamedTuple):
    """One audit: what was drawn, and what became of it.

    ``failed`` (by reason how many draws), ``assumptions`` (as they were given) and ``varied`` (by
    what was varied its options) are JSON;
    ``missing`` says what became of missing figures: there were none, they were filled, they are
    left as they are, or with them nothing is determined.
    """

    index_id: str
    run_id: int
    started: str
    ended: str
    draws: int
    done: int
    seed: int
    sampling: str
    points: int
    stopped: int
    failed: str
    assumptions: str
    varied: str
    missing: str
    copies: int
    version: str


class RankRow(NamedTuple):
    """One node, city and period: the ends and the middle of score and rank over the draws.

    ``place`` is the rank as it stands among ``n`` cities, which counts unless it is bracketed.
    ``shares`` (by rank, its share of the draws; at the root only unless asked for) and ``central``
    (by node, the weight among its siblings with which the city is first; at the root) are JSON.
    """

    node_id: str
    city_id: str
    period: str
    score_low: float | None
    score_median: float | None
    score_high: float | None
    rank_low: int | None
    rank_median: int | None
    rank_high: int | None
    place: int | None
    n: int
    bracketed: int
    shares: str | None
    central: str | None


class PairRow(NamedTuple):
    """In which share of the draws a city ranks above another one at the root."""

    city_id: str
    other_id: str
    period: str
    share: float


class SensitivityRow(NamedTuple):
    """What one thing does to the root; of no city: to the mean change of rank.

    Of the kind ``sobol`` the value is the first-order index of what is varied and total its total
    one, with bootstrap intervals. ``without`` has the rank without a node, ``weight`` the points
    that a tenth more of its weight adds, ``figure`` those of a standard deviation more there.
    """

    kind: str
    subject: str
    city_id: str
    period: str
    value: float | None
    low: float | None = None
    high: float | None = None
    total: float | None = None
    total_low: float | None = None
    total_high: float | None = None


def save_audit(
    connection: sqlite3.Connection,
    audit: AuditRow,
    ranks: Iterable[RankRow],
    pairs: Iterable[PairRow],
    sensitivities: Iterable[SensitivityRow],
) -> int:
    """Store an audit in the place of the last one of its index, within the caller's transaction.

    Returns:
        The id of the audit.
    """
    connection.execute("DELETE FROM audits WHERE index_id = ?", (audit.index_id,))
    names = AuditRow._fields
    cursor = connection.execute(
        f"INSERT INTO audits ({', '.join(names)}) VALUES ({_marks(names)})", audit
    )
    audit_id = int(cursor.lastrowid or 0)
    for table, fields, rows in (
        ("audit_ranks", RankRow._fields, ranks),
        ("audit_pairs", PairRow._fields, pairs),
        ("sensitivities", SensitivityRow._fields, sensitivities),
    ):
        connection.executemany(
            f"INSERT INTO {table} (audit_id, {', '.join(fields)}) "
            f"VALUES ({audit_id}, {_marks(fields)})",
            rows,
        )
    return audit_id


def has_audit(
    connection: sqlite3.Connection, run_id: int, draws: int, seed: int, assumptions: str
) -> bool:
    """Whether a run has this very audit already, and the whole of it."""
    query = (
        "SELECT 1 FROM audits WHERE run_id = ? AND draws = ? AND seed = ? AND assumptions = ? "
        "AND stopped = 0"
    )
    asked = (run_id, draws, seed, assumptions)
    return connection.execute(query, asked).fetchone() is not None


def known_errors(connection: sqlite3.Connection, indicator_ids: Sequence[str]) -> dict[str, float]:
    """How far figures of an indicator are off, as a share of themselves, where that shows.

    The root mean square of what revisions moved, provisional figures that became final among them,
    and of what two sources of one figure differ by; divided by √2, as either may be off.
    """
    rows = connection.execute(
        """
        WITH gaps AS (
            SELECT r.indicator_id,
                (o.value - r.value) / nullif(abs(o.value) + abs(r.value), 0) AS gap
            FROM revisions r JOIN observations o USING (indicator_id, city_id, period, source_id)
            UNION ALL
            SELECT a.indicator_id, (b.value - a.value) / nullif(abs(b.value) + abs(a.value), 0)
            FROM observations a JOIN observations b USING (indicator_id, city_id, period)
            WHERE a.source_id < b.source_id AND a.status = 'ok' AND b.status = 'ok'
        )
        SELECT indicator_id, 2 * sqrt(avg(gap * gap) / 2) FROM gaps
        WHERE gap IS NOT NULL AND indicator_id IN (SELECT value FROM json_each(?))
        GROUP BY indicator_id
        """,
        (json.dumps(list(indicator_ids)),),
    )
    return dict(rows.fetchall())


def _marks(names: Iterable[str]) -> str:
    return ", ".join("?" for _ in names)
