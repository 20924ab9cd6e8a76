"""Two indices side by side, node by node."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Literal, NamedTuple

from cityflux.core.model.errors import NotEnoughData
from cityflux.core.reading import answers
from cityflux.core.reading.scores import Score, scores

# Other indices that rank a city in a group of this one.
_ALIKE = """
SELECT DISTINCT o.index_id, i.name_zh, i.name_en
FROM nodes n
JOIN nodes o ON o.node_id = n.node_id AND o.index_id <> n.index_id
JOIN indices i ON i.id = o.index_id
JOIN scores s ON s.index_id = o.index_id AND s.node_id = o.node_id AND s.period = :period
WHERE n.index_id = :index AND n.level > 0 AND n.indicator_id IS NULL AND s.rank IS NOT NULL
ORDER BY o.index_id
"""


class Pair(NamedTuple):
    """The score of a node in two indices; the difference is the first minus the second.

    ``claim`` is what the first index says of the city: first or last among the ``n`` cities that
    it compares; None where it says neither. ``contradicted`` tells whether the other index ranks
    the city otherwise; None where nothing is claimed, or the other does not compare it.
    """

    node: str
    name_zh: str
    city: str
    city_zh: str
    period: str
    score: float | None
    other: float | None
    difference: float | None
    coverage: float
    other_coverage: float
    rank: int | None
    n: int
    bracket: str | None
    other_rank: int | None
    other_n: int
    other_bracket: str | None
    claim: Literal["first", "last"] | None
    contradicted: bool | None


class Beside(NamedTuple):
    """Another index with the same groups: its names, and the pairs of which something is said."""

    other: str
    name_zh: str
    name_en: str
    claims: list[Pair]


def claims_beside(connection: sqlite3.Connection, index: str, period: str) -> list[Beside]:
    """What an index says of who is first and last in a period, beside others of the same groups.

    Raises:
        NotEnoughData: the index was not computed.
    """
    return [
        Beside(
            row["index_id"],
            row["name_zh"],
            row["name_en"],
            [
                pair
                for pair in side_by_side(connection, index, row["index_id"])
                if pair.claim and pair.period == period
            ],
        )
        for row in answers.rows(connection, _ALIKE, {"index": index, "period": period})
    ]


def side_by_side(connection: sqlite3.Connection, index: str, other: str) -> list[Pair]:
    """Match the nodes that both indices have, by id; the two roots match each other.

    Raises:
        NotEnoughData: one was not computed, or they have no period, city and node in common.
    """
    beside = {_key(row): row for row in scores(connection, other)}
    ours = [row for row in scores(connection, index) if _key(row) in beside]
    both = [(row, beside[_key(row)]) for row in ours]
    last, other_last = _last(ours), _last([row for _, row in both])
    pairs = [_pair(one, two, last, other_last) for one, two in both]
    if not pairs:
        raise NotEnoughData("the two indices have no node, city and period in common")
    return pairs


def _key(row: Score) -> tuple[str, str, str]:
    return ("" if row.level == 0 else row.node, row.city, row.period)


def _last(rows: list[Score]) -> dict[tuple[str, str], int]:
    """The last rank of each node and period."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        place = (row.node, row.period)
        found[place] = max(found.get(place, 0), row.rank or 0)
    return found


def _pair(
    one: Score,
    other: Score,
    last: Mapping[tuple[str, str], int],
    other_last: Mapping[tuple[str, str], int],
) -> Pair:
    ends = {1: "first", last[one.node, one.period]: "last"}
    claim: Literal["first", "last"] | None = None
    if one.rank is not None and len(ends) > 1:
        claim = "first" if one.rank == 1 else "last" if one.rank in ends else None
    contradicted = None
    if claim and other.rank is not None:
        wanted = 1 if claim == "first" else other_last[other.node, other.period]
        contradicted = other.rank != wanted
    known = one.score is not None and other.score is not None
    return Pair(
        one.node,
        one.name_zh,
        one.city,
        one.city_zh,
        one.period,
        one.score,
        other.score,
        (one.score or 0.0) - (other.score or 0.0) if known else None,
        one.coverage,
        other.coverage,
        one.rank,
        one.n,
        one.bracket,
        other.rank,
        other.n,
        other.bracket,
        claim,
        contradicted,
    )
