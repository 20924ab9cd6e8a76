"""What is wrong at present, so that each change of state is told once, also after a new start."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from storage.database import now


def raise_alarm(connection: sqlite3.Connection, what: str, message: str) -> None:
    """Write down that something is wrong, within the caller's transaction.

    It is wrong since the first alarm about it; the message is the last one.
    """
    connection.execute(
        "INSERT INTO alarms (what, since, message) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET message = excluded.message",
        (what, now(), message),
    )


def clear_alarm(connection: sqlite3.Connection, what: str) -> None:
    """Write down that something is well, within the caller's transaction."""
    connection.execute("DELETE FROM alarms WHERE what = ?", (what,))


def read_alarms(connection: sqlite3.Connection) -> dict[str, str]:
    """What is wrong, and why."""
    return dict(connection.execute("SELECT what, message FROM alarms ORDER BY since, what"))


def keep_only_alarms(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Forget the alarms of what is not there any more, within the caller's transaction."""
    kept = set(names)
    gone = [(what,) for what in read_alarms(connection) if what not in kept]
    connection.executemany("DELETE FROM alarms WHERE what = ?", gone)
