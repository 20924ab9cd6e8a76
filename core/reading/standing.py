"""Where cities stand in an index: by rank, in its groups, and beside each other in its tree."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from cityflux.core.reading import answers
from cityflux.core.reading.indices import Chosen

_RANKING = """
SELECT s.city_id, c.name_zh, c.name_en, c.latitude, c.longitude, s.score, s.rank, s.coverage,
    s.comparable_score, s.n, s.bracket, b.rank AS rank_before
FROM scores s
JOIN cities c ON c.id = s.city_id
LEFT JOIN scores b ON b.index_id = s.index_id AND b.node_id = s.node_id AND b.city_id = s.city_id
    AND b.period = :before
WHERE s.index_id = :index AND s.node_id = :index AND s.period = :period
ORDER BY s.rank IS NULL, s.rank, s.city_id LIMIT :limit OFFSET :offset
"""
_COUNT = """
SELECT count(*) FROM scores WHERE index_id = :index AND node_id = :index AND period = :period
"""
_PLACE = """
SELECT score, rank, coverage, comparable_score, n, n AS of, bracket
FROM scores s WHERE index_id = :index AND node_id = :index AND city_id = :city AND period = :period
"""
# The lowest groups above the indicators; the indicators themselves where there are no groups.
# CROSS JOIN: of the scores only those of the groups are read.
_GROUPS = """
SELECT n.node_id, n.name_zh AS node_zh, n.name_en AS node_en, n.sort_order, s.city_id,
    c.name_zh, c.name_en, s.score, s.rank, s.coverage, s.comparable_score, s.n, s.bracket
FROM nodes n
CROSS JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id AND s.period = :period
JOIN cities c ON c.id = s.city_id
WHERE n.index_id = :index AND n.parent_id IS NOT NULL
    AND n.level = coalesce((SELECT max(level) FROM nodes
        WHERE index_id = :index AND indicator_id IS NULL AND parent_id IS NOT NULL), 1)
    AND s.city_id IN (SELECT value FROM json_each(:cities))
ORDER BY n.sort_order, s.city_id
"""
# Beside each group score that compares: the best one there, and the mean of all cities that do.
# CROSS JOIN: of the scores only those of the groups are read.
_GROUPS_OF_CITY = """
WITH inner_nodes AS (
    SELECT node_id, name_zh, name_en, level, sort_order FROM nodes
    WHERE index_id = :index AND parent_id IS NOT NULL AND indicator_id IS NULL
),
spread AS MATERIALIZED (
    SELECT n.node_id, avg(s.comparable_score) AS mean, max(s.comparable_score) AS best
    FROM inner_nodes n CROSS JOIN scores s ON s.index_id = :index AND s.node_id = n.node_id
    WHERE s.period = :period AND s.bracket IS NULL GROUP BY n.node_id
)
SELECT n.*, s.score, s.rank, s.coverage, s.comparable_score, s.n, s.bracket,
    CASE WHEN s.bracket IS NULL THEN s.comparable_score - w.best END AS gap_to_best,
    CASE WHEN s.bracket IS NULL THEN s.comparable_score - w.mean END AS gap_to_mean
FROM inner_nodes n
JOIN scores s ON s.index_id = :index AND s.node_id = n.node_id AND s.city_id = :city
    AND s.period = :period
LEFT JOIN spread w ON w.node_id = n.node_id
ORDER BY n.sort_order
"""
_TREE = """
SELECT n.node_id, n.parent_id, n.name_zh, n.name_en, n.level, n.indicator_id,
    coalesce(w.weight, n.weight) AS weight, a.score, a.rank, a.coverage,
    a.comparable_score, a.n, a.bracket, b.score AS other_score, b.bracket AS other_bracket,
    b.comparable_score AS other_comparable_score,
    CASE WHEN a.bracket IS NULL AND b.bracket IS NULL
        THEN a.comparable_score - b.comparable_score ELSE a.score - b.score END AS difference
FROM nodes n
LEFT JOIN weights w ON w.index_id = n.index_id AND w.node_id = n.node_id
LEFT JOIN scores a ON a.index_id = n.index_id AND a.node_id = n.node_id
    AND a.city_id = :city AND a.period = :period
LEFT JOIN scores b ON b.index_id = n.index_id AND b.node_id = n.node_id
    AND b.city_id = :other AND b.period = :period
WHERE n.index_id = :index {only} ORDER BY n.sort_order
"""


class Branch(NamedTuple):
    """A node of an index with the scores of one city, perhaps of two, and what is below it."""

    node: sqlite3.Row
    children: list[Branch]


def ranking(
    connection: sqlite3.Connection, shown: Chosen, *, limit: int = -1, offset: int = 0
) -> answers.Rows:
    """The cities by rank, those without one last.

    Each with its names and coordinates, both scores, rank, of how many, bracket, coverage, and
    the rank in the period before.
    """
    asked = {"before": shown.before, "limit": limit, "offset": offset}
    return answers.rows(connection, _RANKING, _of(shown, **asked))


def count_ranked(connection: sqlite3.Connection, shown: Chosen) -> int:
    """How many cities the shown period has."""
    return answers.number(connection, _COUNT, _of(shown))


def place_of_city(connection: sqlite3.Connection, shown: Chosen, city: str) -> sqlite3.Row | None:
    """Scores, rank ``of`` how many, bracket, coverage of a city; None where it is not there."""
    return answers.first(connection, _PLACE, _of(shown, city=city))


def groups(connection: sqlite3.Connection, shown: Chosen, cities: Sequence[str]) -> answers.Rows:
    """The scores of some cities in the lowest groups of an index, in the order of the tree."""
    return answers.rows(connection, _GROUPS, _of(shown, cities=json.dumps(list(cities))))


def groups_of_city(connection: sqlite3.Connection, shown: Chosen, city: str) -> answers.Rows:
    """A city in all groups of an index: scores, rank of n, bracket, distance to best and mean.

    What does not compare has no distance.
    """
    return answers.rows(connection, _GROUPS_OF_CITY, _of(shown, city=city))


def children(
    connection: sqlite3.Connection, index: str, node: str, city: str, period: str
) -> answers.Rows:
    """The nodes right under a node with their weights and the scores of a city."""
    asked = {"index": index, "node": node, "city": city, "other": None, "period": period}
    return answers.rows(connection, _TREE.format(only="AND n.parent_id = :node"), asked)


def branches(
    connection: sqlite3.Connection, shown: Chosen, city: str | None, other: str | None
) -> Branch | None:
    """The whole tree with the scores of a city and perhaps of another; None without nodes."""
    root: Branch | None = None
    known: dict[str, Branch] = {}
    query = _TREE.format(only="")
    for row in answers.rows(connection, query, _of(shown, city=city, other=other)):
        branch = known[row["node_id"]] = Branch(row, [])
        if row["parent_id"] is None:
            root = branch
        else:
            known[row["parent_id"]].children.append(branch)
    return root


def _of(shown: Chosen, **asked: str | int | None) -> dict[str, str | int | None]:
    return {"index": shown.index.id, "period": shown.period, **asked}
