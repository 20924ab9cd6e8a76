"""What the plugins are told: which figures changed, which source failed, which index is new."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cityflux.core.plugin.manager import Plugins
from cityflux.storage.changes import read_changes

if TYPE_CHECKING:
    from cityflux.core.engine.compute import Computed

#: How many changes a plugin hears of at a time.
_PORTION = 5_000


def announce_changes(
    connection: sqlite3.Connection, plugins: Plugins, since: int, until: int
) -> None:
    """Tell which figures changed after a position up to another, of many in portions."""
    hook = plugins.manager.hook.observations_changed
    if hook.get_hookimpls():
        for changes in read_changes(connection, since, until, _PORTION):
            hook(changes=changes)


def announce_failures(plugins: Plugins, failures: Iterable[tuple[str, str, str]]) -> None:
    """Tell what failed in a refresh: indicator, source and error of each."""
    for indicator_id, source_id, error in failures:
        plugins.manager.hook.refresh_failed(
            indicator_id=indicator_id, source_id=source_id, error=error
        )


def announce_indices(plugins: Plugins, computed: Iterable[Computed]) -> None:
    """Tell which indices were computed."""
    for each in computed:
        plugins.manager.hook.index_computed(
            index_id=each.index_id, run_id=each.run_id, changed=each.changed
        )
