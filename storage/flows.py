"""What goes from one city to another, by kind, period and source."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from cityflux.core.model.figure import FlowFigure
from cityflux.storage.observations import latest_of


def store_flows(
    connection: sqlite3.Connection,
    kind: str,
    source_id: str,
    unit: str,
    flows: Iterable[FlowFigure],
    fetch_id: int | None = None,
) -> int:
    """Store what differs from what is known, within the caller's transaction.

    Returns:
        How many flows are new or different.
    """
    before = connection.total_changes
    connection.executemany(
        """INSERT INTO flows
            (kind, origin_id, destination_id, period, source_id, value, unit, fetch_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET value = excluded.value, unit = excluded.unit,
            fetch_id = excluded.fetch_id
        WHERE value <> excluded.value OR unit <> excluded.unit""",
        [
            (kind, origin, destination, period, source_id, value, unit, fetch_id)
            for origin, destination, period, value in sorted(flows)
        ],
    )
    return connection.total_changes - before


def latest_flow(connection: sqlite3.Connection, kind: str, source_id: str) -> str | None:
    """The latest period that a source has given for a kind of flow."""
    return latest_of(
        connection.execute(
            "SELECT DISTINCT period FROM flows WHERE kind = ? AND source_id = ? "
            "ORDER BY period DESC",
            (kind, source_id),
        )
    )
