"""What a connection keeps in memory of figures, for as long as they stand."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from cityflux.storage.changes import changed_indicators, count_since, position
from cityflux.storage.examination import missing_triggers


class Memory:
    """What was made of the figures of indicators.

    Attributes:
        made: by what it was made for, and by indicator.
        schema: the version of the schema at the last look.
    """

    def __init__(self) -> None:
        self.made: dict[Hashable, dict[str, Any]] = {}
        self.schema = -1
        self._position = 0

    def look(self, connection: sqlite3.Connection) -> None:
        """Forget what was made of figures that have changed since the last look.

        The log of changes tells which; everything is forgotten where it may not tell all.
        """
        schema, now, since = _schema(connection), position(connection), self._position
        whole = schema == self.schema and not missing_triggers(connection)
        if whole and since != now:
            changed = changed_indicators(connection, since)
            whole = changed is not None and count_since(connection, since) == now - since
            for made in self.made.values():
                for name in changed or ():
                    made.pop(name, None)
        if not whole:
            self.made.clear()
        self._position, self.schema = now, schema


@contextmanager
def own_schema(connection: sqlite3.Connection) -> Iterator[None]:
    """Change the schema within a transaction, and what is kept in memory stands as it did."""
    memory, before = _memory(connection), _schema(connection)
    yield
    if memory.schema == before:
        memory.schema = _schema(connection)


def made_of_figures(connection: sqlite3.Connection) -> dict[Hashable, dict[str, Any]]:
    """What was made of figures that stand, to be added to.

    Args:
        connection: within a transaction that has not changed a figure.
    """
    memory = _memory(connection)
    memory.look(connection)
    return memory.made


def _memory(connection: sqlite3.Connection) -> Memory:
    kept: dict[str, Any] = getattr(connection, "kept", {})
    memory: Memory = kept.setdefault("figures", Memory())
    return memory


def _schema(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA schema_version").fetchone()[0])
