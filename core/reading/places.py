"""The scores of an index by each way of counting, and the places that they give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cityflux.core.reading.scores import Score

#: Two scores that differ by less are one.
NOTHING = 1e-9


def counted(rows: Iterable[Score]) -> tuple[dict[str, float], dict[str, float]]:
    """The score of each city over all known figures, and over what compares.

    The first whether or not it compares; in the second, of whom too much is missing is like nobody.
    """
    known: dict[str, float] = {}
    comparable: dict[str, float] = {}
    for row in rows:
        if row.score is not None:
            known[row.city] = row.score
        if row.comparable_score is not None and "weight" not in (row.bracket or ""):
            comparable[row.city] = row.comparable_score
    return known, comparable


def places(found: Mapping[str, float]) -> dict[str, int]:
    """The place of each city by its score; equal scores have one place."""
    values = found.values()
    return {
        city: 1 + sum(other - value > NOTHING for other in values) for city, value in found.items()
    }
