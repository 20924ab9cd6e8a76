"""What a connection keeps in memory of figures and results, for as long as they stand."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from cityflux.storage.changes import changed_indicators, count_since, position, version
from cityflux.storage.examination import missing_triggers

if TYPE_CHECKING:
    from cityflux.storage.results import Results


class Memory:
    """What was made of the figures of indicators.

    Attributes:
        made: by what it was made for, and by indicator.
    """

    def __init__(self) -> None:
        self.made: dict[Hashable, dict[str, Any]] = {}
        self._position, self._schema = 0, -1

    def look(self, connection: sqlite3.Connection) -> None:
        """Forget what was made of figures that have changed since the last look.

        The log of changes tells which; everything is forgotten where it may not tell all.
        """
        (schema,) = connection.execute("PRAGMA schema_version").fetchone()
        now, since = position(connection), self._position
        whole = schema == self._schema and not missing_triggers(connection)
        if whole and since != now:
            changed = changed_indicators(connection, since)
            whole = changed is not None and count_since(connection, since) == now - since
            for made in self.made.values():
                for name in changed or ():
                    made.pop(name, None)
        if not whole:
            self.made.clear()
        self._position, self._schema = now, schema


def made_of_figures(connection: sqlite3.Connection) -> dict[Hashable, dict[str, Any]]:
    """What was made of figures that stand, to be added to.

    Args:
        connection: within a transaction that has not changed a figure.
    """
    kept: dict[str, Any] = getattr(connection, "kept", {})
    memory: Memory = kept.setdefault("figures", Memory())
    memory.look(connection)
    return memory.made


def take_results(connection: sqlite3.Connection, index_id: str) -> Results | None:
    """The results of an index that this connection stored last, unless another one wrote since.

    They are handed out once: what is stored next is to be kept then.

    Args:
        connection: within a transaction; through it nobody but `storage.results` writes results.
        index_id: the index.
    """
    kept: dict[str, Any] = getattr(connection, "kept", {})
    others, results = kept.pop(f"results of {index_id}", (None, None))
    return results if others == version(connection)[0] else None


def keep_results(
    connection: sqlite3.Connection, index_id: str, others: int, results: Results
) -> None:
    """Remember what was stored, after its transaction.

    Args:
        connection: that has stored it.
        index_id: the index.
        others: the first part of `storage.changes.version` within the transaction.
        results: what was stored.
    """
    kept: dict[str, Any] = getattr(connection, "kept", {})
    kept[f"results of {index_id}"] = others, results
