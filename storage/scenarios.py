"""What-if settings that were kept, with what the index was under them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from cityflux.core.model.errors import StorageError


class Scenario(NamedTuple):
    """An index with other figures or weights; ``settings`` is JSON (``figures``, ``weights``)."""

    index_id: str
    name: str
    run_id: int
    made: str
    settings: str
    version: str


class ScenarioScore(NamedTuple):
    """One node, city and period under a scenario, as in the table ``scores``."""

    node_id: str
    city_id: str
    period: str
    score: float | None
    comparable_score: float | None
    rank: int | None
    n: int
    bracket: str | None


#: The tables, and the view that sets each scenario beside the index as it was computed last.
TABLES = (
    """
CREATE TABLE scenarios (
    id INTEGER PRIMARY KEY,
    index_id TEXT NOT NULL REFERENCES indices(id),
    name TEXT NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs(id),
    made TEXT NOT NULL,
    settings TEXT NOT NULL,
    version TEXT NOT NULL,
    UNIQUE (index_id, name)
) STRICT""",
    """
CREATE TABLE scenario_scores (
    scenario_id INTEGER NOT NULL REFERENCES scenarios(id) ON DELETE CASCADE,
    node_id TEXT NOT NULL,
    city_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL,
    score REAL,
    comparable_score REAL,
    rank INTEGER,
    n INTEGER NOT NULL,
    bracket TEXT,
    PRIMARY KEY (scenario_id, node_id, city_id, period)
) STRICT, WITHOUT ROWID""",
    """
CREATE VIEW scenario_board AS
SELECT a.index_id, a.name AS scenario, k.node_id, k.period, k.city_id, c.name_zh AS city_zh,
    c.name_en AS city_en, round(s.score, 3) AS score, round(k.score, 3) AS scenario_score,
    round(s.comparable_score, 3) AS comparable_score,
    round(k.comparable_score, 3) AS scenario_comparable_score, s.rank, k.rank AS scenario_rank,
    s.bracket, k.bracket AS scenario_bracket, a.run_id
FROM scenario_scores k
JOIN scenarios a ON a.id = k.scenario_id
JOIN cities c ON c.id = k.city_id
LEFT JOIN scores s ON s.index_id = a.index_id AND s.node_id = k.node_id
    AND s.city_id = k.city_id AND s.period = k.period""",
    """ALTER TABLE indicators ADD COLUMN movable INTEGER NOT NULL DEFAULT 1
        CHECK (movable IN (0, 1))""",
)


def save_scenario(
    connection: sqlite3.Connection, scenario: Scenario, scores: Iterable[ScenarioScore]
) -> None:
    """Keep a scenario, within the caller's transaction.

    Raises:
        StorageError: the index has one of this name.
    """
    asked = scenario.index_id, scenario.name
    query = "SELECT 1 FROM scenarios WHERE index_id = ? AND name = ?"
    if connection.execute(query, asked).fetchone():
        raise StorageError(
            f"{scenario.index_id} has a scenario {scenario.name!r}; take another name, or first: "
            f"cityflux whatif {scenario.index_id} --drop {scenario.name}"
        )
    marks = ", ".join("?" for _ in Scenario._fields)
    cursor = connection.execute(
        f"INSERT INTO scenarios ({', '.join(Scenario._fields)}) VALUES ({marks})", scenario
    )
    names = ", ".join(ScenarioScore._fields)
    marks = ", ".join("?" for _ in ScenarioScore._fields)
    connection.executemany(
        f"INSERT INTO scenario_scores (scenario_id, {names}) VALUES ({cursor.lastrowid}, {marks})",
        scores,
    )


def drop_scenario(connection: sqlite3.Connection, index_id: str, name: str) -> bool:
    """Forget a scenario, within the caller's transaction; returns whether there was one."""
    cursor = connection.execute(
        "DELETE FROM scenarios WHERE index_id = ? AND name = ?", (index_id, name)
    )
    return cursor.rowcount > 0
