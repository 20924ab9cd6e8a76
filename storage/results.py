"""What the engine found: runs, scores, and how the scores came about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import count, product, repeat
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.storage.changes import position
from cityflux.storage.database import gather, now

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


def save_scores(
    connection: sqlite3.Connection, run: Run, results: Results, stored: Results | None = None
) -> tuple[int, int]:
    """Store a run and its scores, within the caller's transaction.

    A score that is as it was keeps its row and the run that made it; one that is no longer
    computed goes.

    Args:
        connection: for writing.
        run: the computation.
        results: what came of it.
        stored: what is known to be stored, which is then not looked at.

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
    before = connection.total_changes
    if has_scores(connection, run.index_id):
        _update(connection, run.index_id, run_id, results, stored)
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


def _update(
    connection: sqlite3.Connection,
    index_id: str,
    run_id: int,
    results: Results,
    stored: Results | None,
) -> None:
    """Store the scores that differ from what is stored, and remove those that are gone."""
    keys, gone = [*product(results.cities, results.periods)], set[tuple[str, ...]]()
    if stored is None or stored[:3] != results[:3]:
        stored = _read(connection, index_id, results)
    if stored:
        differ = _differ(stored, results)
    else:  # other keys: all rows are written, equal ones left alone
        differ = [*range(len(keys) * len(results.nodes))]
        query = "SELECT node_id, city_id, period FROM scores WHERE index_id = ?"
        gone = {*connection.execute(query, (index_id,))}.difference(product(*results[:3]))
    names = ", ".join(results.columns)
    parts = [known(column[differ]) for column in results.columns.values()]
    places = [(results.nodes[i // len(keys)], *keys[i % len(keys)]) for i in differ]
    connection.executemany(
        f"INSERT INTO scores (index_id, run_id, node_id, city_id, period, {names}) "
        f"VALUES (?, ?{', ?' * (len(parts) + 3)}) ON CONFLICT DO UPDATE "
        f"SET (run_id, {names}) = (excluded.run_id, excluded.{names.replace(', ', ', excluded.')}) "
        f"WHERE ({names}) IS NOT (excluded.{names.replace(', ', ', excluded.')})",
        [(index_id, run_id, *key, *row) for key, *row in zip(places, *parts, strict=True)],
    )
    connection.executemany(
        "DELETE FROM scores WHERE index_id = ? AND node_id = ? AND city_id = ? AND period = ?",
        map(add, repeat((index_id,)), gone),
    )


def _differ(stored: Results, results: Results) -> list[int]:
    """The rows that differ from what is stored."""
    found: set[int] = set()
    for name, column in results.columns.items():
        before = stored.columns[name]
        differ = (column != before) & ((column == column) | (before == before))
        found.update(differ.nonzero()[0].tolist())
    return sorted(found)


def _read(connection: sqlite3.Connection, index_id: str, results: Results) -> Results | None:
    """What is stored, if it has the very keys of some results."""
    import numpy as np

    lists = gather(connection)
    # As texts numbers of many digits take longer, and lose some; all else is the quicker so.
    types = dict(
        connection.execute("SELECT name, type FROM pragma_table_info('scores')").fetchall()
    )
    wanted = ""
    for name in results.columns:
        wanted += f", {'gathered' if types[name] == 'REAL' else 'json_group_array'}({name})"
    node_ids, city_ids, periods, *values = connection.execute(
        "SELECT json_group_array(node_id), json_group_array(city_id), json_group_array(period)"
        f"{wanted} FROM scores WHERE index_id = ?",
        (index_id,),
    ).fetchone()
    nodes, cities = len(results.nodes), len(results.cities)
    height = cities * len(results.periods)
    if (
        periods != _text(results.periods * (nodes * cities))
        or city_ids != _text(np.repeat(results.cities, len(results.periods)).tolist() * nodes)
        or node_ids != _text(np.repeat(results.nodes, height).tolist())
    ):
        return None
    columns = {}
    for (name, column), value in zip(results.columns.items(), values, strict=True):
        found = json.loads(value) if isinstance(value, str) else lists[value]
        try:
            columns[name] = np.array(found, dtype=column.dtype)
        except (TypeError, ValueError, OverflowError):  # what a hand wrote that goes past checks
            return None
    lists.clear()  # the connection keeps them
    return results._replace(columns=columns)


def known(column: Column) -> list[Any]:
    """The values of a column, None for those that are missing."""
    values: list[Any] = column.tolist()
    if column.dtype.kind != "f" or not (column != column).any():
        return values
    return [None if value != value else value for value in values]


def _is_same(column: Column) -> bool:
    return bool((column == column[0]).all())


def _text(texts: list[str]) -> str:
    """Texts as SQLite writes a JSON array of them."""
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


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
