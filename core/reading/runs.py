"""The runs of an index: which there were, what a run knew, and why one differs from another."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.core.model.errors import NotEnoughData
from cityflux.core.reading import answers
from cityflux.core.reading.indices import read_definition

if TYPE_CHECKING:
    from cityflux.core.engine.analysis.attribution import State
    from cityflux.core.engine.steps.methods import Methods

_RUNS = """
SELECT r.id, r.index_id, r.definition_hash, r.position, r.started, r.ended, r.method, r.changed,
    r.version, d.definition, r.position = (SELECT coalesce(max(seq), 0) FROM changes) AS up_to_date
FROM runs r LEFT JOIN definitions d ON d.hash = r.definition_hash
"""
_LATEST = "WHERE r.id = (SELECT max(id) FROM runs q WHERE q.index_id = r.index_id)"


class Run(NamedTuple):
    """One computation of an index.

    ``definition`` is None where it was not kept; ``up_to_date`` is 1 where no figure changed since,
    else 0.
    """

    id: int
    index_id: str
    definition_hash: str
    position: int
    started: str
    ended: str
    method: str
    changed: int
    version: str
    definition: str | None
    up_to_date: int


def last_runs(connection: sqlite3.Connection, index: str, count: int = -1) -> list[Run]:
    """The last runs of an index, or all of them, the last one first."""
    query = f"{_RUNS} WHERE r.index_id = ? ORDER BY r.id DESC LIMIT ?"
    return [*map(Run._make, answers.rows(connection, query, (index, count)))]


def last_run(connection: sqlite3.Connection, index: str) -> Run | None:
    """The last run of an index; None where it was never computed."""
    return next(iter(last_runs(connection, index, 1)), None)


def latest_runs(connection: sqlite3.Connection) -> list[Run]:
    """The last run of every index."""
    query = f"{_RUNS} {_LATEST} ORDER BY r.index_id"
    return [Run(*row) for row in answers.rows(connection, query)]


def described_runs(connection: sqlite3.Connection, index: str) -> list[dict[str, Any]]:
    """All runs of an index as objects, the last one first."""
    return [_described(run) for run in last_runs(connection, index)]


def compare_runs(
    connection: sqlite3.Connection,
    methods: Methods,
    index: str,
    since: str | None = None,
    until: str | None = None,
    *,
    node: str | None = None,
    period: str | None = None,
) -> dict[str, Any]:
    """Compare two runs of an index, and say because of which figures the scores differ.

    Args:
        connection: any connection.
        methods: those that the index may name.
        index: the index.
        since: the earlier run, see `two_runs`.
        until: the later one.
        node: whose scores are compared; those of the root without it.
        period: of which; the last one of the later definition without it.

    Returns:
        ``index``, ``runs``, ``node``, ``period``, ``cities`` (score and rank before and after)
        and ``causes``, the greatest first (its effect on each city, and the figures that differ).

    Raises:
        NotEnoughData: there are no such runs, or a definition was not kept.
        IndexDefinitionError: there is no such node or period.
        StorageError: the log of changes does not reach back so far.
    """
    from cityflux.core.engine.analysis.attribution import attribute, check_place, ranked
    from cityflux.storage.rewind import read_changes

    runs = two_runs(connection, index, since, until)
    before, after = (state_of(connection, index, run) for run in runs)
    node, period = check_place(after.definition, node, period)
    scores = [ranked(state, methods, node, period) for state in (before, after)]
    effects = attribute(before, after, methods, node, period)
    names = {*before.definition.figures, *after.definition.figures}
    figures: dict[str, list[dict[str, Any]]] = {}
    for change in read_changes(connection, runs[0].position, runs[1].position, sorted(names)):
        figures.setdefault(change.indicator_id, []).append(change._asdict())
    return {
        "index": index,
        "node": node,
        "period": period,
        "runs": [_described(run) for run in runs],
        "cities": [
            {
                "city": city,
                "before": scores[0].get(city, (None, None))[0],
                "after": scores[1].get(city, (None, None))[0],
                "rank_before": scores[0].get(city, (None, None))[1],
                "rank_after": scores[1].get(city, (None, None))[1],
            }
            for city in dict.fromkeys([*scores[1], *scores[0]])
        ],
        "causes": [
            {"cause": cause, "effects": effect, "figures": figures.get(cause, [])}
            for cause, effect in sorted(effects.items(), key=lambda item: -_size(item[1]))
        ],
    }


def two_runs(
    connection: sqlite3.Connection, index: str, since: str | None, until: str | None
) -> tuple[Run, Run]:
    """Find the two runs that are meant.

    Args:
        connection: any connection.
        index: the index.
        since: the number of a run, or a day: the last run that began by its end. Without it, the
            last run before ``until`` that knew other figures or another definition.
        until: as ``since``; without it the last run of all.

    Raises:
        NotEnoughData: there are no such two runs.
    """
    runs = last_runs(connection, index)[::-1]
    later = _run(runs, until, index) if until else runs[-1] if runs else None
    if later is None:
        raise NotEnoughData(f"{index} has no run yet; do it with: cityflux compute {index}")
    if since:
        return _run(runs, since, index), later
    known = (later.definition_hash, later.position)
    for run in reversed(runs[: runs.index(later)]):
        if (run.definition_hash, run.position) != known:
            return run, later
    raise NotEnoughData(
        f"{index}: no run before run {later.id} knew other figures or another definition, "
        "so there is nothing to compare"
    )


def state_of(connection: sqlite3.Connection, index: str, run: Run) -> State:
    """The index as a run knew it: its definition, and the figures right after its last change.

    Args:
        connection: any connection.
        index: the index.
        run: one of its runs.

    Raises:
        NotEnoughData: the definition of the run was not kept.
        StorageError: the log of changes does not reach back so far.
    """
    from cityflux.core.engine.analysis.attribution import State
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.panel import Panel, read_panel
    from cityflux.storage.rewind import check_log, read_directions

    if run.definition is None:
        raise NotEnoughData(
            f"{index}: the definition of run {run.id} was not kept, as an earlier version "
            "of cityflux made it; compare later runs"
        )
    check_log(connection, run.position)

    def panel(definition: Definition) -> Panel:
        return read_panel(
            connection,
            definition.figures,
            definition.cities,
            definition.periods,
            position=run.position,
        )

    definition = read_definition(index, run.definition)
    return State(definition, read_directions(connection, run.position), panel)


def _run(runs: Sequence[Run], name: str, index: str) -> Run:
    by_number = {str(run.id): run for run in runs}
    if name in by_number:
        return by_number[name]
    earlier = [run for run in runs if "-" in name and run.started[: len(name)] <= name]
    if not earlier:
        raise NotEnoughData(
            f"{index} has no run {name}; see them with: cityflux compare {index} --runs"
        )
    return earlier[-1]


def _described(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "started": run.started,
        "position": run.position,
        "definition_hash": run.definition_hash,
        "changed": run.changed,
        "version": run.version,
    }


def _size(effect: dict[str, float | None]) -> float:
    return max((abs(each) for each in effect.values() if each is not None), default=0.0)
