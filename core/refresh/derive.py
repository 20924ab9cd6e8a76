"""Figures that are computed from other figures, each after those that it is computed from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from cityflux.core.plugin.inputs import Inputs, inputs_of
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.core.refresh.catalog import sources_of
from cityflux.core.refresh.derivation import Derived, derive_one
from cityflux.storage import catalog
from cityflux.storage.changes import changed_indicators, position
from cityflux.storage.complaints import MEND
from cityflux.storage.database import write
from cityflux.storage.flows import read_flows, read_places, save_flow_derivations
from cityflux.storage.observations import read_current, remove_figures, store_figures

if TYPE_CHECKING:
    from cityflux.core.refresh.isolation.derivations import Derivations

#: Derived indicators, each with the derived ones among its inputs.
Needs = Mapping[str, Sequence[str]]


@dataclass
class Pass:
    """What one pass over the derived indicators came to.

    Attributes:
        position: the last change that they know for sure.
        touched: the indicators that changed, derived or not; None where all may have.
        changed: how many derived figures are new, different or gone.
        errors: what went wrong, by indicator.
    """

    position: int
    touched: set[str] | None = None
    changed: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    def concerns(self, plugin: IndicatorPlugin) -> bool:
        """Whether any input of a derived indicator changed."""
        return self.touched is None or not self.touched.isdisjoint(plugin.indicator.inputs)


def derive_all(
    connection: sqlite3.Connection,
    plugins: Plugins,
    since: int | None = None,
    derivations: Derivations | None = None,
) -> Pass:
    """Bring derived indicators up to date with their inputs, which may be derived themselves.

    A derived figure whose inputs are gone goes as well; its lineage is kept cell by cell in
    ``derivations``. Indicators that are computed from each other in a circle stay as they are.

    Args:
        connection: for writing.
        plugins: all plugins.
        since: what depends on no change after this position is left alone; nothing is without it.
        derivations: for plugins that are not built in; made and ended here if left out.
    """
    done = Pass(position(connection))  # first: what comes meanwhile is looked at again
    if since is not None:
        done.touched = changed_indicators(connection, since)
    derived = {name: each for name, each in plugins.indicators.items() if each.derived}
    if not any(map(done.concerns, derived.values())):
        return done
    needs = {
        name: [*filter(derived.__contains__, plugin.indicator.inputs)]
        for name, plugin in derived.items()
    }
    groups, circles = _in_order(needs)
    for name, error in circles.items():
        if done.concerns(derived[name]):
            done.errors[name] = error
    seen, alone = done.position, True
    cities = catalog.known_ids(connection, "cities")
    with ExitStack() as stack:
        if derivations is None and any(plugin.apart for plugin in derived.values()):
            from cityflux.core.refresh.isolation.derivations import Derivations

            derivations = stack.enter_context(Derivations(cities))
        for names in groups:
            if due := [derived[name] for name in names if done.concerns(derived[name])]:
                inputs = read_inputs(connection, due)
                results = [(each, _derive(each, inputs, cities, derivations)) for each in due]
                try:
                    # Only now, so that nobody waits for the plugins to write; and what a power cut
                    # takes away of it is computed again by the next start.
                    with write(connection, lasting=False):
                        alone = alone and position(connection) == seen
                        _store_all(connection, results, done)
                        seen = position(connection)
                except sqlite3.IntegrityError as error:  # a hand took away what they refer to
                    done.errors |= {each.indicator.id: f"{error}; {MEND}" for each in due}
    if alone:  # otherwise others changed figures meanwhile, perhaps inputs that had been read
        done.position = seen
    return done


def _in_order(needs: Needs) -> tuple[list[tuple[str, ...]], dict[str, str]]:
    """The indicators in groups, each after those that hold its inputs, and those in circles.

    Args:
        needs: the derived inputs of each derived indicator.

    Returns:
        The groups without what is in a circle, and for each that is in one the error.
    """
    circles: dict[str, str] = {}
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError:
        for name in needs:
            if way := _circle(name, needs):
                circles[name] = f"is computed from itself: {' ← '.join(way)}; cut it at one input"
        sound = {
            name: [each for each in inputs if each not in circles]
            for name, inputs in needs.items()
            if name not in circles
        }
        sorter = TopologicalSorter(sound)
        sorter.prepare()
    groups = []
    while names := sorter.get_ready():
        groups.append(names)
        sorter.done(*names)
    return groups, circles


def _circle(name: str, needs: Needs) -> list[str]:
    """The shortest way from an indicator through its inputs back to itself; empty if none is."""
    ways = [[name]]
    reached = set[str]()
    for way in ways:  # which grows meanwhile
        for each in needs[way[-1]]:
            if each == name:
                return [*way, name]
            if each not in reached:
                reached.add(each)
                ways.append([*way, each])
    return []


def _derive(
    plugin: IndicatorPlugin,
    inputs: Inputs,
    cities: set[str],
    derivations: Derivations | None,
) -> Derived:
    """Compute one derived indicator, here or in a worker; what goes wrong becomes the error."""
    own = inputs.of(plugin)
    if not own.rows:
        return Derived([], [], [])
    if plugin.apart and derivations:
        return derivations.derive(plugin, own)
    try:
        return derive_one(plugin, own, cities)
    except (Exception, SystemExit) as error:
        return Derived([], [], [], plugin.told(error))


def read_inputs(connection: sqlite3.Connection, derived: Iterable[IndicatorPlugin]) -> Inputs:
    """The current figures and flows of all inputs."""
    wanted = sorted({name for plugin in derived for name in plugin.indicator.inputs})
    flows = read_flows(connection, wanted)
    places = read_places(connection) if flows else []
    return inputs_of(read_current(connection, wanted), flows, places)


def _store_all(
    connection: sqlite3.Connection,
    results: Iterable[tuple[IndicatorPlugin, Derived]],
    done: Pass,
) -> None:
    """Store what was computed, and note what came of it."""
    for plugin, result in results:
        name = plugin.indicator.id
        if result.error:
            done.errors[name] = result.error
            continue
        source_id = next(source.id for source in sources_of(plugin) if source.access == "derived")
        changed = store_figures(connection, name, source_id, result.found)
        changed += remove_figures(connection, name, source_id, result.found)
        catalog.save_derivations(connection, name, result.lineage)
        save_flow_derivations(connection, name, result.flows)
        done.changed += changed
        if changed and done.touched is not None:
            done.touched.add(name)
