"""What several pages ask of the database about indices, cities and scores."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cityflux.core.web.asked import Asked, NotHere

Rows = list[sqlite3.Row]


class Branch(NamedTuple):
    """A node of an index with the scores of one city, perhaps of two, and what is below it."""

    node: sqlite3.Row
    children: list[Branch]


@dataclass(frozen=True)
class Chosen:
    """An index and the period that is shown; before is the period before it."""

    index: sqlite3.Row
    root: str
    periods: list[str]
    period: str
    before: str | None


def one(connection: sqlite3.Connection, query: str, *values: object) -> sqlite3.Row | None:
    """The first row of an answer."""
    row: sqlite3.Row | None = connection.execute(query, values).fetchone()
    return row


def found(connection: sqlite3.Connection, table: str, identifier: str) -> sqlite3.Row:
    """The row of ``cities``, ``indicators``, ``indices`` or ``fetches`` with this id.

    Raises:
        NotHere: there is none.
    """
    row = one(connection, f"SELECT * FROM {table} WHERE id = ?", identifier)
    if row is None:
        raise NotHere(identifier)
    return row


def periods_of(connection: sqlite3.Connection, index_id: str) -> tuple[str, list[str]]:
    """The root node of an index, and the periods that it was computed for."""
    root = one(
        connection, "SELECT node_id FROM nodes WHERE index_id = ? AND parent_id IS NULL", index_id
    )
    if root is None:
        return "", []
    rows = connection.execute(
        "SELECT DISTINCT period FROM scores WHERE index_id = ? AND node_id = ? ORDER BY period",
        (index_id, root["node_id"]),
    )
    return root["node_id"], [row["period"] for row in rows]


def chosen(connection: sqlite3.Connection, asked: Asked, index_id: str) -> Chosen:
    """An index, and the period that was asked for or the last one ('' where there is none).

    Raises:
        NotHere: there is no such index, or it was not computed for that period.
    """
    index = found(connection, "indices", index_id)
    root, periods = periods_of(connection, index_id)
    period = asked.text("period") or (periods[-1] if periods else "")
    if period and period not in periods:
        raise NotHere(f"{index_id}, {period}")
    place = periods.index(period) if period else 0
    return Chosen(index, root, periods, period, periods[place - 1] if place else None)


def indices(connection: sqlite3.Connection) -> Rows:
    """All indices."""
    return connection.execute("SELECT * FROM indices ORDER BY id").fetchall()


def some_index(connection: sqlite3.Connection, asked: Asked) -> Chosen | None:
    """The index that was asked for, or the first one; None where there is none at all.

    Raises:
        NotHere: there is no such index or period.
    """
    wanted = asked.text("index")
    if wanted is None:
        known = indices(connection)
        if not known:
            return None
        wanted = known[0]["id"]
    return chosen(connection, asked, wanted)


_RANKING = """
SELECT s.city_id, c.name_zh, c.name_en, s.score, s.rank, s.coverage, b.rank AS rank_before
FROM scores s
JOIN cities c ON c.id = s.city_id
LEFT JOIN scores b ON b.index_id = s.index_id AND b.node_id = s.node_id AND b.city_id = s.city_id
    AND b.period = :before
WHERE s.index_id = :index AND s.node_id = :node AND s.period = :period
ORDER BY s.rank IS NULL, s.rank, s.city_id LIMIT :limit OFFSET :offset
"""


def ranking(
    connection: sqlite3.Connection, shown: Chosen, *, limit: int = -1, offset: int = 0
) -> Rows:
    """The cities by rank: names, score, rank, coverage, and the rank in the period before."""
    return connection.execute(
        _RANKING,
        {
            "index": shown.index["id"],
            "node": shown.root,
            "period": shown.period,
            "before": shown.before,
            "limit": limit,
            "offset": offset,
        },
    ).fetchall()


def count_ranked(connection: sqlite3.Connection, shown: Chosen) -> int:
    """How many cities the shown period has."""
    row = one(
        connection,
        "SELECT count(*) AS n FROM scores WHERE index_id = ? AND node_id = ? AND period = ?",
        *(shown.index["id"], shown.root, shown.period),
    )
    return int(row["n"]) if row else 0


_TREE = """
SELECT n.node_id, n.parent_id, n.name_zh, n.name_en, n.level, n.indicator_id,
    coalesce(w.weight, n.weight) AS weight, a.score, a.rank, a.coverage,
    b.score AS other_score, a.score - b.score AS difference
FROM nodes n
LEFT JOIN weights w ON w.index_id = n.index_id AND w.node_id = n.node_id
LEFT JOIN scores a ON a.index_id = n.index_id AND a.node_id = n.node_id
    AND a.city_id = :city AND a.period = :period
LEFT JOIN scores b ON b.index_id = n.index_id AND b.node_id = n.node_id
    AND b.city_id = :other AND b.period = :period
WHERE n.index_id = :index ORDER BY n.sort_order
"""


def tree(
    connection: sqlite3.Connection, shown: Chosen, city: str | None, other: str | None
) -> Branch | None:
    """The whole tree with the scores of a city and perhaps of another; None without nodes."""
    asked = {"index": shown.index["id"], "period": shown.period, "city": city, "other": other}
    root: Branch | None = None
    known: dict[str, Branch] = {}
    for row in connection.execute(_TREE, asked):
        branch = known[row["node_id"]] = Branch(row, [])
        if row["parent_id"] is None:
            root = branch
        else:
            known[row["parent_id"]].children.append(branch)
    return root


# The lowest groups above the indicators; the indicators themselves where there are no groups.
# CROSS JOIN: of the scores only those of the groups are read.
_GROUPS = """
SELECT n.node_id, n.name_zh AS node_zh, n.name_en AS node_en, n.sort_order, s.city_id,
    c.name_zh, c.name_en, s.score, s.rank, s.coverage
FROM nodes n
CROSS JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id AND s.period = :period
JOIN cities c ON c.id = s.city_id
WHERE n.index_id = :index AND n.parent_id IS NOT NULL
    AND n.level = coalesce((SELECT max(level) FROM nodes
        WHERE index_id = :index AND indicator_id IS NULL AND parent_id IS NOT NULL), 1)
    AND s.city_id IN (SELECT value FROM json_each(:cities))
ORDER BY n.sort_order, s.city_id
"""


def groups(connection: sqlite3.Connection, shown: Chosen, cities: Sequence[str]) -> Rows:
    """The scores of some cities in the groups of an index."""
    asked = {"index": shown.index["id"], "period": shown.period, "cities": json.dumps(list(cities))}
    return connection.execute(_GROUPS, asked).fetchall()


_SCORES = """
SELECT s.city_id, c.name_zh, c.name_en, s.period, s.score
FROM scores s JOIN cities c ON c.id = s.city_id
WHERE s.index_id = ? AND s.node_id = ? ORDER BY s.city_id, s.period
"""


def series_of_scores(connection: sqlite3.Connection, shown: Chosen) -> Rows:
    """The score of every city in every period of an index."""
    return connection.execute(_SCORES, (shown.index["id"], shown.root)).fetchall()


_LAST_RUN = """
SELECT id, ended, version, definition_hash, position, method,
    position = (SELECT coalesce(max(seq), 0) FROM changes) AS up_to_date
FROM runs WHERE index_id = ? ORDER BY id DESC LIMIT 1
"""


def last_run(connection: sqlite3.Connection, index_id: str) -> sqlite3.Row | None:
    """When and how an index was computed last, and whether figures changed since."""
    return one(connection, _LAST_RUN, index_id)
