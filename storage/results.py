"""What the engine found: runs, scores, and how the scores came about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import count, product, repeat
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.storage.database import now
from cityflux.storage.digests import digests_of, keep_digests, take_digests, unwatched

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any]


class Score(NamedTuple):
    """The score of one node for one city in one period.

    ``score`` is that of all known figures, ``comparable_score`` that of those that compare,
    ``rank`` the place by it among ``n`` cities, and ``bracket`` why there is none.
    """

    node_id: str
    city_id: str
    period: str
    score: float | None
    rank: int | None
    coverage: float
    comparable_score: float | None = None
    n: int = 0
    bracket: str | None = None


class Run(NamedTuple):
    """One computation of one index."""

    index_id: str
    definition_hash: str
    position: int
    started: str
    method: str
    version: str


class Weight(NamedTuple):
    """The weight of one node among its siblings, and the method that gave it ('' if written)."""

    node_id: str
    weight: float
    method: str


class Adjustment(NamedTuple):
    """One figure that was imputed or treated; before is None where it was missing."""

    node_id: str
    city_id: str
    period: str
    kind: str
    method: str
    before: float | None
    after: float | None


class Note(NamedTuple):
    """What a reader of an index must know: one line, and its place among them."""

    place: int
    note: str


class Results(NamedTuple):
    """All scores of an index, column by column.

    Attributes:
        nodes: in the order of their ids, as all keys are.
        cities: those of each node.
        periods: those of each city.
        columns: by the name of the column an array of all rows, in the order of their keys, with
            None or NaN where a value is missing.
    """

    nodes: list[str]
    cities: list[str]
    periods: list[str]
    columns: Mapping[str, Any]

    def of(self, nodes: list[str]) -> Results:
        """Those of some nodes."""
        chosen = [*map(self.nodes.index, nodes)]
        height = len(self.cities) * len(self.periods)
        parts = {
            name: column.reshape(-1, height)[chosen].ravel()
            for name, column in self.columns.items()
        }
        return self._replace(nodes=nodes, columns=parts)


def save_scores(connection: sqlite3.Connection, run: Run, results: Results) -> tuple[int, int]:
    """Store a run and its scores, within the caller's transaction.

    A score that is as it was keeps its row and the run that made it; one that is no longer
    computed goes.

    Args:
        connection: for writing.
        run: the computation.
        results: what came of it.

    Returns:
        The id of the run, and how many scores are new, different or gone.
    """
    import numpy as np  # who only reads does without

    columns = {name: np.asarray(column) for name, column in results.columns.items()}
    results = results._replace(columns=columns)
    cursor = connection.execute(
        "INSERT INTO runs (index_id, definition_hash, position, started, ended, method, changed, "
        "version) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
        (*run[:4], now(), run.method, run.version),
    )
    run_id = int(cursor.lastrowid or 0)
    stored, found = take_digests(connection, run.index_id), digests_of(*results)
    before = connection.total_changes
    if not has_scores(connection, run.index_id):
        with unwatched(connection):
            _insert(connection, run.index_id, run_id, results)
    else:
        differ = [node for node in results.nodes if stored.get(node) != found[node]]
        _update(connection, run.index_id, run_id, results.of(differ))
        if stored.keys() != found.keys() or len(differ) == len(results.nodes):
            _remove_others(connection, run.index_id, results)
    changed = connection.total_changes - before
    keep_digests(connection, run.index_id, found)
    connection.execute(
        "UPDATE runs SET ended = ?, changed = ? WHERE id = ?", (now(), changed, run_id)
    )
    return run_id, changed


def has_scores(connection: sqlite3.Connection, index_id: str) -> bool:
    """Whether any score of an index is stored."""
    query = "SELECT 1 FROM scores WHERE index_id = ? LIMIT 1"
    return connection.execute(query, (index_id,)).fetchone() is not None


def _insert(connection: sqlite3.Connection, index_id: str, run_id: int, results: Results) -> None:
    """Store the scores of an index that has none, node by node, which takes a third of the time.

    The keys are crossed in their order. Of a column that says the same everywhere the value is
    handed over once; of another each value is the next one of its own.
    """
    height = len(results.cities) * len(results.periods)
    varied: dict[str, list[Any]] = {name: [] for name in results.columns}
    for name, values in varied.items():  # which grow meanwhile
        connection.create_function(f"next_{name}", 0, iter(values).__next__)
    keys = json.dumps(results.cities), json.dumps(results.periods)
    for first, node in zip(count(0, height), results.nodes, strict=False):
        places, values = [], []
        for name, column in results.columns.items():
            part = column[first : first + height]
            if _is_same(part):
                values += part[:1].tolist()
                places.append("?")
            else:
                varied[name] += part.tolist()
                places.append(f"next_{name}()")
        connection.execute(
            f"INSERT INTO scores (index_id, run_id, node_id, {', '.join(results.columns)}, "
            f"city_id, period) SELECT ?, ?, ?, {', '.join(places)}, c.value, p.value "
            "FROM json_each(?) c CROSS JOIN json_each(?) p",
            (index_id, run_id, node, *values, *keys),
        )
    for values in varied.values():  # the connection keeps them
        values.clear()


def _update(connection: sqlite3.Connection, index_id: str, run_id: int, results: Results) -> None:
    """Store the scores that differ from what is stored."""
    names = ", ".join(results.columns)
    values = map(known, results.columns.values())
    connection.executemany(
        f"INSERT INTO scores (index_id, run_id, node_id, city_id, period, {names}) "
        f"VALUES (?, ?{', ?' * (len(results.columns) + 3)}) ON CONFLICT DO UPDATE "
        f"SET (run_id, {names}) = (excluded.run_id, excluded.{names.replace(', ', ', excluded.')}) "
        f"WHERE ({names}) IS NOT (excluded.{names.replace(', ', ', excluded.')})",
        [
            (index_id, run_id, *key, *row)
            for key, *row in zip(product(*results[:3]), *values, strict=True)
        ],
    )


def _remove_others(connection: sqlite3.Connection, index_id: str, results: Results) -> None:
    """Remove the scores with keys that are no longer computed."""
    query = "SELECT node_id, city_id, period FROM scores WHERE index_id = ?"
    gone = {*connection.execute(query, (index_id,))}.difference(product(*results[:3]))
    connection.executemany(
        "DELETE FROM scores WHERE index_id = ? AND node_id = ? AND city_id = ? AND period = ?",
        map(add, repeat((index_id,)), gone),
    )


def known(column: Column) -> list[Any]:
    """The values of a column, None for those that are missing."""
    values: list[Any] = column.tolist()
    if column.dtype.kind != "f" or not (column != column).any():
        return values
    return [None if value != value else value for value in values]


def _is_same(column: Column) -> bool:
    return bool((column == column[0]).all())


def save_details(
    connection: sqlite3.Connection,
    index_id: str,
    run_id: int,
    weights: Iterable[Weight],
    adjustments: Iterable[Adjustment],
    notes: Iterable[str],
) -> None:
    """Store what a run did besides the scores, in the place of what the run before it did.

    Within the caller's transaction.
    """
    for table, kind, rows in (
        ("weights", Weight, weights),
        ("adjustments", Adjustment, adjustments),
        ("notes", Note, map(Note, count(1), notes)),
    ):
        names, found = ", ".join(kind._fields), sorted(rows)
        query = f"SELECT {names} FROM {table} WHERE index_id = ? ORDER BY {names}"
        if connection.execute(query, (index_id,)).fetchall() == found:
            continue
        connection.execute(f"DELETE FROM {table} WHERE index_id = ?", (index_id,))
        connection.executemany(
            f"INSERT INTO {table} (index_id, run_id, {names}) "
            f"VALUES (?, ?{', ?' * len(kind._fields)})",
            map(add, repeat((index_id, run_id)), found),
        )


def read_ranks(connection: sqlite3.Connection) -> dict[str, dict[tuple[str, str], int]]:
    """The ranks at the root of each index, by period and city; the best of a period first."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for index_id, period, city_id, rank in connection.execute(
        "SELECT s.index_id, s.period, s.city_id, s.rank FROM scores s "
        "JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id "
        "AND n.parent_id IS NULL WHERE s.rank IS NOT NULL "
        "ORDER BY s.index_id, s.period, s.rank, s.city_id"
    ):
        found.setdefault(index_id, {})[period, city_id] = rank
    return found
