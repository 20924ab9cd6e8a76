"""What is wrong at present, so that each change of state is told once, also after a new start."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from cityflux.storage.database import now


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


def keep_message(connection: sqlite3.Connection, message: Mapping[str, Any]) -> int:
    """Keep a message until it is delivered, within the caller's transaction; returns its number."""
    body = json.dumps(message, ensure_ascii=False)
    number = connection.execute("INSERT INTO messages (body) VALUES (?)", (body,)).lastrowid
    assert number is not None
    return number


def read_messages(connection: sqlite3.Connection) -> dict[int, dict[str, Any]]:
    """The messages that were not delivered yet, the oldest first, by their numbers."""
    rows = connection.execute("SELECT id, body FROM messages ORDER BY id")
    return {number: json.loads(body) for number, body in rows}


def drop_messages(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Forget messages that were delivered or refused, within the caller's transaction."""
    connection.executemany("DELETE FROM messages WHERE id = ?", [(each,) for each in numbers])


def read_told_stale(connection: sqlite3.Connection) -> set[str]:
    """The indicators that were told to be stale."""
    return {*chain.from_iterable(connection.execute("SELECT indicator_id FROM stale_told"))}


def save_told_stale(
    connection: sqlite3.Connection, stale: Iterable[str], fresh: Iterable[str]
) -> None:
    """Write down what was told to be stale, and no longer, within the caller's transaction."""
    moment = now()
    connection.executemany(
        "INSERT INTO stale_told (indicator_id, since) VALUES (?, ?)",
        [(name, moment) for name in stale],
    )
    connection.executemany("DELETE FROM stale_told WHERE indicator_id = ?", [(n,) for n in fresh])
