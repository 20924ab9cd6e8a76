"""``cityflux show INDEX --against OTHER``: two indices side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cityflux.core.cli.output import percent, print_json, print_table
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.reading.rows import Row


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


def compare(ours: Sequence[Row], others: Sequence[Row]) -> list[Pair]:
    """Match the nodes that both indices have, by id; the two roots match each other.

    Raises:
        NotEnoughData: they have no period, city and node in common.
    """
    beside = {(_key(row), row.city, row.period): row for row in others}
    pairs = []
    for row in ours:
        other = beside.get((_key(row), row.city, row.period))
        if other is None:
            continue
        known = row.score is not None and other.score is not None
        pairs.append(
            Pair(
                row.node,
                row.name_zh,
                row.city,
                row.city_zh,
                row.period,
                row.score,
                other.score,
                (row.score or 0.0) - (other.score or 0.0) if known else None,
                row.coverage,
                other.coverage,
            )
        )
    if not pairs:
        raise NotEnoughData("the two indices have no node, city and period in common")
    return pairs


def _key(row: Row) -> str:
    return "" if row.level == 0 else row.node


def print_comparison(
    pairs: Sequence[Pair], names: tuple[str, str], *, as_json: bool, color: bool
) -> None:
    """Print the pairs: both scores, the difference, and the coverage that explains it."""
    if as_json:
        print_json([pair._asdict() for pair in pairs])
        return
    numbers = [names[0], names[1], "difference", "coverage", f"coverage of {names[1]}"]
    print_table(
        f"{names[0]} against {names[1]}",
        ["node", "城市", "period", *numbers],
        [
            [
                pair.name_zh,
                pair.city_zh,
                pair.period,
                pair.score,
                pair.other,
                pair.difference,
                percent(pair.coverage),
                percent(pair.other_coverage),
            ]
            for pair in pairs
        ],
        color=color,
        right=numbers,
    )
