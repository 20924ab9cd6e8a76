"""Two indices side by side, node by node."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from cityflux.core.model.errors import NotEnoughData
from cityflux.core.reading.scores import Score, scores


class Pair(NamedTuple):
    """The score of a node in two indices; the difference is the first minus the second."""

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


def side_by_side(connection: sqlite3.Connection, index: str, other: str) -> list[Pair]:
    """Match the nodes that both indices have, by id; the two roots match each other.

    Raises:
        NotEnoughData: one was not computed, or they have no period, city and node in common.
    """
    beside = {_key(row): row for row in scores(connection, other)}
    ours = scores(connection, index)
    pairs = [_pair(row, beside[_key(row)]) for row in ours if _key(row) in beside]
    if not pairs:
        raise NotEnoughData("the two indices have no node, city and period in common")
    return pairs


def _key(row: Score) -> tuple[str, str, str]:
    return ("" if row.level == 0 else row.node, row.city, row.period)


def _pair(one: Score, other: Score) -> Pair:
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
    )
