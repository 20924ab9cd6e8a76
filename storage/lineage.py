"""What a derived indicator rests on: rows of its own, written where they differ."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence, Set


def keep_lineage(
    connection: sqlite3.Connection,
    table: str,
    indicator_id: str,
    columns: Sequence[str],
    wanted: Set[tuple[str, ...]],
) -> int:
    """Make the rows of an indicator those that are wanted; returns how many differed.

    Args:
        connection: within the caller's transaction.
        table: has ``indicator_id`` and the columns.
        indicator_id: the indicator.
        columns: of the rows, which are its key beside the indicator.
        wanted: the rows.
    """
    listed, places = ", ".join(columns), ", ".join("?" for _ in columns)
    known = {
        *connection.execute(f"SELECT {listed} FROM {table} WHERE indicator_id = ?", (indicator_id,))
    }
    connection.executemany(
        f"DELETE FROM {table} WHERE indicator_id = ? AND ({listed}) = ({places})",
        [(indicator_id, *row) for row in known - wanted],
    )
    connection.executemany(
        f"INSERT INTO {table} (indicator_id, {listed}) VALUES (?, {places})",
        [(indicator_id, *row) for row in sorted(wanted - known)],
    )
    return len(known ^ wanted)
