"""The runs of an index: which there were, and the index as a run knew it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from cityflux.core.engine.analysis.attribution import State
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.panel import Panel, read_panel
from cityflux.core.model.errors import NotEnoughData
from cityflux.storage.results import StoredRun, read_runs
from cityflux.storage.rewind import check_log, read_directions


def two_runs(
    connection: sqlite3.Connection, index_id: str, since: str | None, until: str | None
) -> tuple[StoredRun, StoredRun]:
    """Find the two runs that are meant.

    Args:
        connection: any connection.
        index_id: the index.
        since: the number of a run, or a day: the last run that began by its end. Without it, the
            last run before ``until`` that knew other figures or another definition.
        until: as ``since``; without it the last run of all.

    Raises:
        NotEnoughData: there are no such two runs.
    """
    runs = read_runs(connection, index_id)
    later = _run(runs, until, index_id) if until else runs[-1] if runs else None
    if later is None:
        raise NotEnoughData(f"{index_id} has no run yet; do it with: cityflux compute {index_id}")
    if since:
        return _run(runs, since, index_id), later
    known = (later.definition_hash, later.position)
    for run in reversed(runs[: runs.index(later)]):
        if (run.definition_hash, run.position) != known:
            return run, later
    raise NotEnoughData(
        f"{index_id}: no run before run {later.run_id} knew other figures or another definition, "
        "so there is nothing to compare"
    )


def state_of(connection: sqlite3.Connection, index_id: str, run: StoredRun) -> State:
    """The index as a run knew it: its definition, and the figures right after its last change.

    Args:
        connection: any connection.
        index_id: the index.
        run: one of its runs.

    Raises:
        NotEnoughData: the definition of the run was not kept.
        StorageError: the log of changes does not reach back so far.
    """
    if run.definition is None:
        raise NotEnoughData(
            f"{index_id}: the definition of run {run.run_id} was not kept, as an earlier version "
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

    definition = Definition.model_validate_json(run.definition)
    return State(definition, read_directions(connection, run.position), panel)


def _run(runs: Sequence[StoredRun], name: str, index_id: str) -> StoredRun:
    by_number = {str(run.run_id): run for run in runs}
    if name in by_number:
        return by_number[name]
    earlier = [run for run in runs if "-" in name and run.started[: len(name)] <= name]
    if not earlier:
        raise NotEnoughData(
            f"{index_id} has no run {name}; see them with: cityflux compare {index_id} --runs"
        )
    return earlier[-1]
