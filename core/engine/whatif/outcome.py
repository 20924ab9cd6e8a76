"""What moved in an index, and by how much, when something was set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cityflux.core.engine.measures.matrix import Floats, to_matrix
from cityflux.core.engine.measures.tolerance import ROUNDING
from cityflux.core.engine.scoring import Scores


class Moved(NamedTuple):
    """One node, city and period before and after.

    A score is over what compares where there is a rank, and else, in brackets, over all that is
    known; ``change`` is null where one is a score of the one kind and the other of the other.
    """

    node: str
    city: str
    period: str
    before: float | None
    after: float | None
    change: float | None
    rank_before: int | None
    rank_after: int | None
    bracket_before: str | None
    bracket_after: str | None


class Standing(NamedTuple):
    """A result as people read it. An array has rows x nodes."""

    nodes: list[str]
    keys: list[tuple[str, str]]
    scores: Floats
    ranks: Floats
    brackets: list[list[str | None]]


def standing(found: Scores) -> Standing:
    """The scores that count, with ranks and brackets.

    Args:
        found: what the engine gave.
    """
    compared = found.comparable
    known = to_matrix(found.scores[compared.nodes])
    keys = list(compared.keys.select("period", "city").iter_rows())
    scores = np.where(compared.free, compared.values, known)
    return Standing(compared.nodes, keys, scores, compared.places, compared.reasons.tolist())


def moved(before: Scores, after: Scores) -> Iterator[Moved]:
    """Every node of either result, city and period, in the order of the tree.

    A node that is there once only has no score in the other.

    Args:
        before: the index as it is.
        after: the same cities and periods with something set.
    """
    first, second = standing(before), standing(after)
    places = [{name: i for i, name in enumerate(each.nodes)} for each in (first, second)]
    for node in dict.fromkeys([*first.nodes, *second.nodes]):
        at, other = places[0].get(node), places[1].get(node)
        for row, (period, city) in enumerate(first.keys):
            old, rank_old, why_old = _cell(first, row, at)
            new, rank_new, why_new = _cell(second, row, other)
            change = None
            if old is not None and new is not None and (why_old is None) == (why_new is None):
                change = new - old
                if abs(change) <= ROUNDING * max(abs(new), abs(old)):
                    change = 0.0
            yield Moved(node, city, period, old, new, change, rank_old, rank_new, why_old, why_new)


def _cell(found: Standing, row: int, at: int | None) -> tuple[float | None, int | None, str | None]:
    if at is None:
        return None, None, None
    score, rank = found.scores[row, at], found.ranks[row, at]
    return (
        None if np.isnan(score) else float(score),
        None if np.isnan(rank) else int(rank),
        found.brackets[row][at],
    )
