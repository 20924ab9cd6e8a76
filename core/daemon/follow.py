"""Recompute on change: from the position up to which all changes are known to the indices."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from cityflux.core.engine.compute import Computed, compute
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import CityfluxError
from cityflux.core.plugin.manager import Plugins
from cityflux.core.refresh.derive import derive_all
from cityflux.core.refresh.isolation.derivations import Derivations
from cityflux.storage.observations import position


@dataclass(frozen=True)
class Followed:
    """What came of following the changes.

    Attributes:
        position: the last change that is now known.
        changes: how many there were.
        derived: how many computed figures changed.
        computed: the indices that depend on what changed.
        failed: indices and computed indicators that could not be brought up to date, and why.
        seconds: how long it took.
    """

    position: int
    changes: int
    derived: int
    computed: tuple[Computed, ...]
    failed: tuple[tuple[str, str], ...]
    seconds: float


def follow(
    connection: sqlite3.Connection,
    since: int,
    plugins: Plugins,
    definitions: Iterable[Definition],
    methods: Methods,
    version: str,
    derivations: Derivations | None = None,
) -> Followed:
    """Bring the computed figures and the indices that depend on new changes up to date.

    Args:
        connection: for writing.
        since: the last change that is known.
        plugins: all plugins.
        definitions: all indices.
        methods: what they may name.
        version: of cityflux, for the record.
        derivations: as in `core.refresh.derive.derive_all`.
    """
    started = time.perf_counter()
    last, touched = _touched(connection, since)
    changes = last - since
    failed: list[tuple[str, str]] = []
    derived, errors = derive_all(connection, plugins, touched, derivations)
    failed += errors.items()
    if derived:
        before, (last, touched) = last, _touched(connection, since)
        if _is_input(plugins, _touched(connection, before)[1]):
            last = before  # it changed while they were computed: it is not known yet
    computed = []
    for definition in definitions:
        if touched is not None and not touched & set(definition.figures):
            continue
        try:
            computed.append(compute(connection, definition, methods, version))
        except CityfluxError as error:
            failed.append((definition.id, str(error)))
    seconds = time.perf_counter() - started
    return Followed(last, changes, derived, tuple(computed), tuple(failed), seconds)


def _is_input(plugins: Plugins, changed: set[str] | None) -> bool:
    """Whether indicators are computed from one of those that changed and are not computed."""
    derived = {name for name, plugin in plugins.indicators.items() if plugin.derived}
    inputs = {name for each in derived for name in plugins.indicators[each].indicator.inputs}
    return changed is None or bool(changed & (inputs - derived))


def _touched(connection: sqlite3.Connection, since: int) -> tuple[int, set[str] | None]:
    """The last change, and the indicators that changed; None where a change is about all."""
    last = position(connection)
    names = {
        name
        for (name,) in connection.execute(
            "SELECT DISTINCT indicator_id FROM changes WHERE seq > ? AND seq <= ?", (since, last)
        )
    }
    return last, None if None in names else names
