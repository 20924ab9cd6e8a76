"""What the engine found: runs, scores, and how the scores came about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from cityflux.storage.changes import position
from cityflux.storage.database import now


class Score(NamedTuple):
    """The score of one node for one city in one period.

    ``score`` is that of all known figures, ``comparable_score`` that of those that compare,
    ``rank`` the place by it among ``n`` cities, and ``bracket`` why there is none.
    """

    node_id: str
    city_id: str
    period: str
    score: float | None
    rank: int | None
    coverage: float
    comparable_score: float | None = None
    n: int = 0
    bracket: str | None = None


class Run(NamedTuple):
    """One computation of one index."""

    index_id: str
    definition_hash: str
    position: int
    started: str
    method: str
    version: str


class Weight(NamedTuple):
    """The weight of one node among its siblings, and the method that gave it ('' if written)."""

    node_id: str
    weight: float
    method: str


class Adjustment(NamedTuple):
    """One figure that was imputed or treated; before is None where it was missing."""

    node_id: str
    city_id: str
    period: str
    kind: str
    method: str
    before: float | None
    after: float | None


_UPSERT = """
INSERT INTO scores (index_id, run_id, node_id, city_id, period, score, rank, coverage,
    comparable_score, n, bracket)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET score = excluded.score, rank = excluded.rank,
    coverage = excluded.coverage, comparable_score = excluded.comparable_score, n = excluded.n,
    bracket = excluded.bracket, run_id = excluded.run_id
WHERE score IS NOT excluded.score OR rank IS NOT excluded.rank
    OR coverage IS NOT excluded.coverage
    OR comparable_score IS NOT excluded.comparable_score OR n IS NOT excluded.n
    OR bracket IS NOT excluded.bracket
"""


def save_scores(
    connection: sqlite3.Connection, run: Run, scores: Iterable[Score]
) -> tuple[int, int]:
    """Store a run and its scores, within the caller's transaction.

    A score that is as it was keeps its row and the run that made it; one that is no longer
    computed goes.

    Returns:
        The id of the run, and how many scores are new, different or gone.
    """
    cursor = connection.execute(
        "INSERT INTO runs (index_id, definition_hash, position, started, ended, method, changed, "
        "version) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
        (*run[:4], now(), run.method, run.version),
    )
    run_id = int(cursor.lastrowid or 0)
    rows = [(run.index_id, run_id, *score) for score in scores]
    before = connection.total_changes
    connection.executemany(_UPSERT, rows)
    _drop_others(connection, run.index_id, [row[2:5] for row in rows])
    changed = connection.total_changes - before
    connection.execute(
        "UPDATE runs SET ended = ?, changed = ? WHERE id = ?", (now(), changed, run_id)
    )
    return run_id, changed


def save_details(
    connection: sqlite3.Connection,
    index_id: str,
    run_id: int,
    weights: Iterable[Weight],
    adjustments: Iterable[Adjustment],
) -> None:
    """Store what a run did besides the scores, in the place of what the run before it did.

    Within the caller's transaction.
    """
    for table in ("weights", "adjustments"):
        connection.execute(f"DELETE FROM {table} WHERE index_id = ?", (index_id,))
    connection.executemany(
        "INSERT INTO weights (index_id, run_id, node_id, weight, method) VALUES (?, ?, ?, ?, ?)",
        [(index_id, run_id, *weight) for weight in weights],
    )
    connection.executemany(
        "INSERT INTO adjustments (index_id, run_id, node_id, city_id, period, kind, method, "
        "before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(index_id, run_id, *adjustment) for adjustment in adjustments],
    )


def _drop_others(
    connection: sqlite3.Connection, index_id: str, keys: list[tuple[object, ...]]
) -> None:
    (stored,) = connection.execute(
        "SELECT count(*) FROM scores WHERE index_id = ?", (index_id,)
    ).fetchone()
    if stored == len(keys):
        return
    wanted = set(keys)
    gone = [
        (index_id, *key)
        for key in connection.execute(
            "SELECT node_id, city_id, period FROM scores WHERE index_id = ?", (index_id,)
        )
        if key not in wanted
    ]
    connection.executemany(
        "DELETE FROM scores WHERE index_id = ? AND node_id = ? AND city_id = ? AND period = ?", gone
    )


def last_run(connection: sqlite3.Connection, index_id: str) -> tuple[str, int] | None:
    """The definition hash and the data position of the last run of an index, if there is one."""
    row = connection.execute(
        "SELECT definition_hash, position FROM runs WHERE index_id = ? ORDER BY id DESC LIMIT 1",
        (index_id,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def is_current(connection: sqlite3.Connection, index_id: str, definition_hash: str) -> bool:
    """Whether the last run of an index knew all changes and this very definition."""
    return last_run(connection, index_id) == (definition_hash, position(connection))


def read_ranks(connection: sqlite3.Connection) -> dict[str, dict[tuple[str, str], int]]:
    """The ranks at the root of each index, by period and city; the best of a period first."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for index_id, period, city_id, rank in connection.execute(
        "SELECT s.index_id, s.period, s.city_id, s.rank FROM scores s "
        "JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id "
        "AND n.parent_id IS NULL WHERE s.rank IS NOT NULL "
        "ORDER BY s.index_id, s.period, s.rank, s.city_id"
    ):
        found.setdefault(index_id, {})[period, city_id] = rank
    return found
