"""What the engine found: runs, scores, and how the scores came about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import compress, count, product, repeat
from operator import add, itemgetter, ne
from typing import Any, NamedTuple

from cityflux.storage.changes import position
from cityflux.storage.database import gather, now


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


class Results(NamedTuple):
    """All scores of an index, column by column.

    Attributes:
        nodes: in the order of their ids, as all keys are.
        cities: those of each node.
        periods: those of each city.
        columns: by the name of the column, the values of all rows, in the order of their keys.
    """

    nodes: list[str]
    cities: list[str]
    periods: list[str]
    columns: Mapping[str, list[Any]]


def save_scores(connection: sqlite3.Connection, run: Run, results: Results) -> tuple[int, int]:
    """Store a run and its scores, within the caller's transaction.

    A score that is as it was keeps its row and the run that made it; one that is no longer
    computed goes.

    Returns:
        The id of the run, and how many scores are new, different or gone.
    """
    cursor = connection.execute(
        "INSERT INTO runs (index_id, definition_hash, position, started, ended, method, changed, "
        "version) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
        (*run[:4], now(), run.method, run.version),
    )
    run_id = int(cursor.lastrowid or 0)
    before = connection.total_changes
    if has_scores(connection, run.index_id):
        _update(connection, run.index_id, run_id, results)
    else:
        _insert(connection, run.index_id, run_id, results)
    changed = connection.total_changes - before
    connection.execute(
        "UPDATE runs SET ended = ?, changed = ? WHERE id = ?", (now(), changed, run_id)
    )
    return run_id, changed


def has_scores(connection: sqlite3.Connection, index_id: str) -> bool:
    """Whether any score of an index is stored."""
    query = "SELECT 1 FROM scores WHERE index_id = ? LIMIT 1"
    return connection.execute(query, (index_id,)).fetchone() is not None


def _insert(connection: sqlite3.Connection, index_id: str, run_id: int, results: Results) -> None:
    """Store the scores of an index that has none, by one statement, which takes half the time.

    The keys are crossed in their order, and each value is the next one of its column.
    """
    columns = results.columns
    for name, values in columns.items():
        connection.create_function(f"next_{name}", 0, iter(values).__next__)
    following = ", ".join(f"next_{name}()" for name in columns)
    connection.execute(
        f"INSERT INTO scores (index_id, run_id, node_id, city_id, period, {', '.join(columns)}) "
        f"SELECT ?, ?, n.value, c.value, p.value, {following} "
        "FROM json_each(?) n CROSS JOIN json_each(?) c CROSS JOIN json_each(?) p",
        (index_id, run_id, *map(json.dumps, results[:3])),
    )


def _update(connection: sqlite3.Connection, index_id: str, run_id: int, results: Results) -> None:
    """Store the scores that differ from what is stored, and remove those that are gone."""
    names, lists = list(results.columns), gather(connection)
    # As texts numbers of many digits take longer, and lose some; all else is the quicker so.
    types = dict(
        connection.execute("SELECT name, type FROM pragma_table_info('scores')").fetchall()
    )
    wanted = ""
    for name in names:
        wanted += f", {'gathered' if types[name] == 'REAL' else 'json_group_array'}({name})"
    stored = {}
    for node, *row in connection.execute(
        f"SELECT node_id, json_group_array(city_id), json_group_array(period){wanted} "
        "FROM scores WHERE index_id = ? GROUP BY node_id",
        (index_id,),
    ):
        stored[node] = row
    keys = [*product(results.cities, results.periods)]
    known: dict[tuple[str, str], list[tuple[str, str]]] = {}  # mostly one for all nodes
    rows: list[tuple[Any, ...]] = []
    gone: list[tuple[str, ...]] = []
    for first, node in zip(count(0, len(keys)), results.nodes, strict=False):
        columns = []
        for values in results.columns.values():
            columns.append(values[first : first + len(keys)])
        cities, periods, *before = stored.pop(node, ("[]", "[]"))
        if (cities, periods) not in known:
            known[cities, periods] = [*zip(json.loads(cities), json.loads(periods), strict=True)]
        differ: set[int] = set()
        if known[cities, periods] != keys:  # then all rows are written, and equal ones left alone
            differ = {*range(len(keys))}
            gone += map(add, repeat((node,)), {*known[cities, periods]}.difference(keys))
        for column, old in zip(columns, before, strict=bool(before)):
            if isinstance(old, str) and old == json.dumps(column, separators=(",", ":")):
                continue
            values = json.loads(old) if isinstance(old, str) else lists[old]
            if column != values:
                differ.update(compress(count(), map(ne, column, values)))
        for i in sorted(differ):
            rows.append((index_id, run_id, node, *keys[i], *map(itemgetter(i), columns)))
    for node, (cities, periods, *_) in stored.items():
        gone += zip(repeat(node), json.loads(cities), json.loads(periods))
    listed = ", ".join(names)
    connection.executemany(
        f"INSERT INTO scores (index_id, run_id, node_id, city_id, period, {listed}) "
        f"VALUES (?, ?{', ?' * (len(names) + 3)}) ON CONFLICT DO UPDATE "
        f"SET (run_id, {listed}) = (excluded.run_id, excluded.{', excluded.'.join(names)}) "
        f"WHERE ({listed}) IS NOT (excluded.{', excluded.'.join(names)})",
        rows,
    )
    connection.executemany(
        "DELETE FROM scores WHERE index_id = ? AND node_id = ? AND city_id = ? AND period = ?",
        map(add, repeat((index_id,)), gone),
    )


def save_details(
    connection: sqlite3.Connection,
    index_id: str,
    run_id: int,
    weights: Iterable[Weight],
    adjustments: Iterable[Adjustment],
) -> None:
    """Store what a run did besides the scores, in the place of what the run before it did.

    Within the caller's transaction.
    """
    for table, kind, rows in (
        ("weights", Weight, weights),
        ("adjustments", Adjustment, adjustments),
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


def last_run(connection: sqlite3.Connection, index_id: str) -> tuple[str, int] | None:
    """The definition hash and the data position of the last run of an index, if there is one."""
    row = connection.execute(
        "SELECT definition_hash, position FROM runs WHERE index_id = ? ORDER BY id DESC LIMIT 1",
        (index_id,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def is_current(connection: sqlite3.Connection, index_id: str, definition_hash: str) -> bool:
    """Whether the last run of an index knew all changes and this very definition."""
    return last_run(connection, index_id) == (definition_hash, position(connection))


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
