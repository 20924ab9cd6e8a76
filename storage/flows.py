"""What goes from one city to another, by kind, period and source."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Any

from cityflux.core.model.figure import FlowFigure
from cityflux.storage.lineage import keep_lineage
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
    stored = connection.executemany(
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
    return stored.rowcount


def latest_flow(connection: sqlite3.Connection, kind: str, source_id: str) -> str | None:
    """The latest period that a source has given for a kind of flow."""
    return latest_of(
        connection.execute(
            "SELECT DISTINCT period FROM flows WHERE kind = ? AND source_id = ? "
            "ORDER BY period DESC",
            (kind, source_id),
        )
    )


def read_flows(
    connection: sqlite3.Connection, kinds: Collection[str]
) -> list[tuple[str, str, str, str, float, str]]:
    """The flows in use of some kinds: kind, origin, destination, period, value, unit, in order.

    What is no number, past all checks of the table, is left out.
    """
    return connection.execute(
        "SELECT kind, origin_id, destination_id, period, value, unit FROM current_flows "
        "WHERE kind IN (SELECT value FROM json_each(?)) AND typeof(value) IN ('real', 'integer') "
        "ORDER BY kind, period, origin_id, destination_id",
        (json.dumps([*kinds]),),
    ).fetchall()


def read_places(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """Of every city: id, country, region, latitude and longitude."""
    return connection.execute(
        "SELECT id, country, region, latitude, longitude FROM cities ORDER BY id"
    ).fetchall()


def save_flow_derivations(
    connection: sqlite3.Connection, indicator_id: str, rows: Iterable[tuple[str, str, str, str]]
) -> None:
    """Replace the flows that a derived indicator rests on, where they differ.

    Args:
        connection: within the caller's transaction.
        indicator_id: the indicator.
        rows: city, period, kind of flow and its period.
    """
    columns = ("city_id", "period", "kind", "flow_period")
    keep_lineage(connection, "flow_derivations", indicator_id, columns, {*rows})


def keep_only(
    connection: sqlite3.Connection, kind: str, source_id: str, flows: Iterable[FlowFigure]
) -> int:
    """Take out what a source gave of a kind for the periods of some flows, and is none of them.

    Returns:
        How many flows were taken out.
    """
    kept = {flow[:3] for flow in flows}
    gone = [
        row
        for row in connection.execute(
            "SELECT origin_id, destination_id, period FROM flows WHERE kind = ? AND source_id = ? "
            "AND period IN (SELECT value FROM json_each(?))",
            (kind, source_id, json.dumps(sorted({period for *_, period in kept}))),
        )
        if row not in kept
    ]
    connection.executemany(
        "DELETE FROM flows WHERE kind = ? AND source_id = ? AND origin_id = ? "
        "AND destination_id = ? AND period = ?",
        [(kind, source_id, *row) for row in gone],
    )
    return len(gone)


def remove_fetched(connection: sqlite3.Connection, fetch_id: int) -> int:
    """Take out the flows that a fetch brought; returns how many."""
    return connection.execute("DELETE FROM flows WHERE fetch_id = ?", (fetch_id,)).rowcount
