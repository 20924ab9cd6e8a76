"""The figures as they stood after a change: the log of changes, read backwards.

What was known on a day is told by ``revisions``; what a run knew is told exactly by its position
in ``changes``, as several changes may fall into one millisecond.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from cityflux.core.model.errors import StorageError

_KEY = "indicator_id, city_id, period, source_id"

#: The first change of each figure after ``:position``, which tells what stood there before it.
_FIRST_LATER = f"""
    SELECT {_KEY}, min(seq) AS seq FROM changes
    WHERE seq > :position AND kind IN ('insert', 'update', 'delete') GROUP BY {_KEY}
"""

# A status is kept in revisions only, which bear the moment of the change. A row that was put in
# the place of another by REPLACE is an insert in the log: there, too, the old one is a revision.
_BEFORE = f"""
    SELECT c.indicator_id, c.city_id, c.period, c.source_id,
        coalesce(c.old_value, r.value) AS value,
        coalesce(r.status, 'ok') AS status, min(r.recorded_at)
    FROM ({_FIRST_LATER}) later JOIN changes c ON c.seq = later.seq
    LEFT JOIN revisions r ON r.indicator_id = c.indicator_id AND r.city_id = c.city_id
        AND r.period = c.period AND r.source_id = c.source_id AND r.superseded_at = c.changed_at
        AND (c.old_value IS NULL OR c.old_value = r.value)
    GROUP BY c.seq
"""

#: All figures right after change ``:position``, in the order of their key.
AT_POSITION = f"""(
    SELECT {_KEY}, value, status FROM observations o
    WHERE ({_KEY}) NOT IN (SELECT {_KEY} FROM ({_FIRST_LATER}))
    UNION ALL
    SELECT {_KEY}, value, status FROM ({_BEFORE}) WHERE value IS NOT NULL
    ORDER BY {_KEY}
)"""


class Change(NamedTuple):
    """What became of one figure between two positions; None where there was or is none."""

    indicator_id: str
    city_id: str
    period: str
    source_id: str
    publisher: str
    before: float | None
    after: float | None
    status_before: str | None
    status_after: str | None


def read_changes(
    connection: sqlite3.Connection, since: int, until: int, indicator_ids: Sequence[str]
) -> list[Change]:
    """Read which figures differ between two positions, as far as they differ in the end.

    Raises:
        StorageError: the log of changes does not reach back so far.
    """
    states = []
    for position in (since, until):
        check_log(connection, position)
        states.append(
            {
                row[:4]: row[4:]
                for row in connection.execute(
                    f"SELECT * FROM {AT_POSITION} WHERE ({_KEY}) IN "
                    f"(SELECT {_KEY} FROM changes WHERE seq > :since AND seq <= :until)",
                    {"position": position, "since": since, "until": until},
                )
            }
        )
    publishers = dict(connection.execute("SELECT id, publisher FROM sources").fetchall())
    before, after = states
    nothing, wanted = (None, None), set(indicator_ids)
    return [
        Change._make((*key, publishers.get(key[3], ""), old[0], new[0], old[1], new[1]))
        for key in sorted(before.keys() | after.keys())
        if key[0] in wanted
        and (old := before.get(key, nothing)) != (new := after.get(key, nothing))
    ]


def read_directions(connection: sqlite3.Connection, position: int) -> dict[str, int]:
    """The direction of each indicator, as it was right after a change."""
    return {
        name: int(direction)
        for name, direction in connection.execute(
            "SELECT i.id, coalesce((SELECT c.old_value FROM changes c WHERE c.kind = 'direction' "
            "AND c.indicator_id = i.id AND c.seq > ? ORDER BY c.seq LIMIT 1), i.direction) "
            "FROM indicators i",
            (position,),
        )
    }


def check_log(connection: sqlite3.Connection, position: int) -> None:
    """See that no change after a position was removed from the log.

    Raises:
        StorageError: some were.
    """
    last, left = connection.execute(
        "SELECT max(seq), count(*) FILTER (WHERE seq > ?) FROM changes", (position,)
    ).fetchone()
    if left < (last or 0) - position:
        raise StorageError(
            f"of the {last - position} changes after number {position}, "
            f"{last - position - left} are no longer in the table changes, so what was known "
            "then cannot be told; compare later runs"
        )
