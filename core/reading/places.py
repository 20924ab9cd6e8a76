"""The places of the cities of an index by each way of counting."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from cityflux.core.reading.scores import scores

#: Two scores that differ by less are one.
_NOTHING = 1e-9


def places(connection: sqlite3.Connection, index: str, period: str) -> dict[str, int]:
    """The place of each city over all known figures, whether or not the whole compares.

    Raises:
        IndexDefinitionError: the index was not computed, or not for this period.
    """
    rows = scores(connection, index, index, period)
    return _placed({row.city: row.score for row in rows if row.score is not None})


def comparable_places(connection: sqlite3.Connection, index: str, period: str) -> dict[str, int]:
    """The place of each city over what compares, without those of whom too much is missing.

    Raises:
        IndexDefinitionError: as in `places`.
    """
    rows = scores(connection, index, index, period)
    return _placed(
        {
            row.city: row.comparable_score
            for row in rows
            if row.comparable_score is not None and "weight" not in (row.bracket or "")
        }
    )


def _placed(found: Mapping[str, float]) -> dict[str, int]:
    """Equal scores have one place."""
    values = found.values()
    return {
        city: 1 + sum(other - value > _NOTHING for other in values) for city, value in found.items()
    }
