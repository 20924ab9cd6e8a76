"""By what stored scores are known, so that those that stand need not be read to be compared.

An index has a digest of each of its nodes: of all that the engine stored of it. Whoever else writes
to its scores makes them go, by triggers, and then the rows themselves are compared.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from cityflux.storage.memory import own_schema
from cityflux.storage.result_tables import SCORES_TOLD

Digests = Mapping[str, str]


def digests_of(
    nodes: Sequence[str],
    cities: Sequence[str],
    periods: Sequence[str],
    columns: Mapping[str, Any],
) -> Digests:
    """A digest of the rows of each node, which differs wherever a bit of them does.

    Args:
        nodes: as the others like those of `storage.results.Results`.
        cities: those of each node.
        periods: those of each city.
        columns: the arrays of all rows.
    """
    said = json.dumps((cities, periods, [*columns])).encode()
    digests = {node: hashlib.sha256(said) for node in nodes}
    for column in columns.values():
        parts = column.reshape(len(nodes), -1)
        for digest, part in zip(digests.values(), map(_as_bytes, parts), strict=True):
            digest.update(part)
    return {node: digest.hexdigest() for node, digest in digests.items()}


def _as_bytes(part: Any) -> Any:
    if part.dtype.kind != "O":
        return part
    values = part.tolist()
    whole = values.count(values[0]) == len(values)  # a reason that holds for all, or none for any
    return repr(values[:1] if whole else values).encode()


def take_digests(connection: sqlite3.Connection, index_id: str) -> Digests:
    """The digests of what is stored of an index; none where somebody may have touched it.

    They go, and are to be kept again with what is stored next, in the same transaction.
    """
    query = "SELECT digests FROM score_digests WHERE index_id = ?"
    known = connection.execute(query, (index_id,)).fetchone()
    connection.execute("DELETE FROM score_digests WHERE index_id = ?", (index_id,))
    found: Digests = json.loads(known[0]) if known and _is_watched(connection) else {}
    return found


def keep_digests(connection: sqlite3.Connection, index_id: str, digests: Digests) -> None:
    """Write down the digests of what was stored of an index just now."""
    connection.execute(
        "INSERT INTO score_digests (index_id, digests) VALUES (?, ?)",
        (index_id, json.dumps(digests)),
    )


@contextmanager
def unwatched(connection: sqlite3.Connection) -> Iterator[None]:
    """Let many new scores be stored without a trigger for each of them, in one transaction."""
    name = "scores_insert_is_told"
    if not _is_watched(connection):
        yield
        return
    with own_schema(connection):
        connection.execute(f"DROP TRIGGER {name}")
        yield
        connection.execute(SCORES_TOLD[name])


def _is_watched(connection: sqlite3.Connection) -> bool:
    (there,) = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'scores' "
        "AND name IN (SELECT value FROM json_each(?))",
        (json.dumps([*SCORES_TOLD]),),
    ).fetchone()
    return bool(there == len(SCORES_TOLD))
