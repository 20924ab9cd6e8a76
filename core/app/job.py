"""The main job: refresh the figures, derive what follows from them, compute the indices."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from cityflux.core.engine.compute import Computed, compute, is_current
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.plugin.manager import Plugins
from cityflux.core.refresh.derive import derive_all
from cityflux.core.refresh.isolation.derivations import Derivations
from cityflux.storage import fetches
from cityflux.storage.database import now, write

#: How many changes a plugin hears of at a time.
_PORTION = 5_000


@dataclass
class Outcome:
    """What the computation of several indices came to."""

    derived: int = 0
    computed: list[Computed] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def note_broken(connection: sqlite3.Connection, plugins: Plugins) -> list[tuple[str, str]]:
    """Write down in ``fetches`` which plugins are broken; returns their names and errors."""
    with write(connection):
        for record in plugins.broken:
            fetch = fetches.begin_fetch(connection, record.name, "", record.origin, now())
            fetches.end_fetch(connection, fetch, "failed", error=record.error)
    return [(record.name, record.error) for record in plugins.broken]


def announce_changes(connection: sqlite3.Connection, plugins: Plugins, since: int) -> None:
    """Tell the plugins which figures changed after a position.

    They hear of many in portions, so that nobody has to hold all of them.
    """
    hook = plugins.manager.hook.observations_changed
    if not hook.get_hookimpls():
        return
    cursor = connection.execute("SELECT * FROM changes WHERE seq > ? ORDER BY seq", (since,))
    names = [column[0] for column in cursor.description]
    while rows := cursor.fetchmany(_PORTION):
        hook(changes=[dict(zip(names, row, strict=True)) for row in rows])


def compute_all(
    connection: sqlite3.Connection,
    plugins: Plugins,
    definitions: Iterable[Definition],
    methods: Methods,
    version: str,
    *,
    force: bool = False,
    derivations: Derivations | None = None,
) -> Outcome:
    """Bring the derived figures and then the indices up to date.

    Args:
        connection: for writing.
        plugins: all plugins; the derived indicators among them, and who hears of it.
        definitions: the indices that are wanted.
        methods: what they may name.
        version: of cityflux, for the record.
        force: compute also what knows all changes already.
        derivations: as in `core.refresh.derive.derive_all`.
    """
    changed, errors = derive_all(connection, plugins, derivations=derivations)
    outcome = Outcome(derived=changed, failed=list(errors.items()))
    for definition in definitions:
        if not force and is_current(connection, definition):
            continue
        try:
            done = compute(connection, definition, methods, version)
        except NotEnoughData as error:
            outcome.failed.append((definition.id, str(error)))
            continue
        outcome.computed.append(done)
        plugins.manager.hook.index_computed(
            index_id=done.index_id, run_id=done.run_id, changed=done.changed
        )
    return outcome
