"""How each host was doing when a refresh ended, for the next process and for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from cityflux.storage.database import now, upsert


class Host(NamedTuple):
    """The state of a host; ``open_until`` is a moment in ISO 8601, or None."""

    host: str
    requests: int
    failures: int
    in_a_row: int
    circuit: str
    open_until: str | None
    last_error: str


def save_hosts(connection: sqlite3.Connection, hosts: Iterable[Host]) -> None:
    """Insert or update hosts, within the caller's transaction."""
    seen = now()
    upsert(connection, "hosts", [{**host._asdict(), "seen": seen} for host in hosts], ["host"])


def read_hosts(connection: sqlite3.Connection) -> list[Host]:
    """All hosts, by name."""
    columns = ", ".join(Host._fields)
    return [Host(*row) for row in connection.execute(f"SELECT {columns} FROM hosts ORDER BY host")]
