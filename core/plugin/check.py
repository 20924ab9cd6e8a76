"""Running a plugin against its contract."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cityflux.core.model.errors import PluginError
from cityflux.core.model.near import meant
from cityflux.core.model.nouns import Source
from cityflux.core.plugin.declaration import check_declaration, missing_input
from cityflux.core.plugin.dispatch import alone
from cityflux.core.plugin.inputs import Inputs
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.core.plugin.page import OnPages
from cityflux.core.plugin.record import PluginRecord
from cityflux.core.plugin.trial import derive, fetch, made_up, normalize

if TYPE_CHECKING:
    from cityflux.core.model.http import Http


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what came of it.

    Attributes:
        what: the plugin, or the indicator and its part.
        problem: what is wrong; ``""`` where nothing is.
        note: what else there is to say.
    """

    what: str
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Means:
    """What a check has at hand.

    Attributes:
        client: gives the client for a source; None where it is not to be asked.
        most: how many documents are taken of a `fetch` that gives them one by one; None for all.
        stored: gives the stored figures of the inputs of an indicator, none perhaps.
    """

    client: Callable[[Source], Http | None]
    most: int | None
    stored: Callable[[IndicatorPlugin], Inputs]


def find_record(plugins: Plugins, name: str) -> PluginRecord:
    """The plugin of a name.

    Raises:
        PluginError: there is none.
    """
    for record in plugins.records:
        if record.name == name:
            return record
    names = [record.name for record in plugins.records]
    hint = meant(name, names, "list them with: cityflux plugins list")
    raise PluginError(f"there is no plugin {name!r}; {hint}")


def check(plugins: Plugins, record: PluginRecord, means: Means) -> Iterator[Checked]:
    """Look at what a plugin declares, and run its hooks where there is something to run them on."""
    if record.error:
        yield Checked(record.name, record.error)
    for plugin in (*plugins.indicators.values(), *plugins.flows.values()):
        if plugin.record is not record:
            continue
        name = plugin.indicator.id
        yield Checked(f"{name}: declaration", _declaration(plugin))
        for source in plugin.sources:
            if http := means.client(source):
                yield _read(plugin, source, plugins, http, means.most)
        if plugin.derived:
            yield _derive(plugin, plugins, means)


def _declaration(plugin: IndicatorPlugin) -> str:
    try:
        check_declaration(plugin.indicator, plugin.sources)
    except PluginError as error:
        return str(error)
    return ""


def _read(
    plugin: IndicatorPlugin, source: Source, plugins: Plugins, http: Http, most: int | None
) -> Checked:
    what = f"{plugin.indicator.id}: {source.id}"
    try:
        with alone(math.inf):
            documents = fetch(plugin, source, http, most=most)
            found = normalize(plugin, documents, plugins.cities)["value"].count()
    except (Exception, SystemExit) as error:
        return Checked(what, plugin.told(error))
    if not found:
        missed = plugin.plugin.missed(documents) if isinstance(plugin.plugin, OnPages) else ""
        nothing = f"normalize() gave no figure of {_count(len(documents), 'document')}"
        return Checked(what, missed or nothing)
    return Checked(what, note=f"{_count(found, 'figure')} of {_count(len(documents), 'document')}")


def _derive(plugin: IndicatorPlugin, plugins: Plugins, means: Means) -> Checked:
    what = f"{plugin.indicator.id}: derive"
    if lost := missing_input(plugin.indicator, {**plugins.indicators, **plugins.flows}):
        return Checked(what, lost)
    try:
        inputs, kind = means.stored(plugin), "stored"
        if not inputs.rows:
            inputs, kind = made_up(plugin, plugins), "made-up"
        with alone(math.inf):
            found = derive(plugin, inputs, plugins.cities)["value"].count()
    except (Exception, SystemExit) as error:
        return Checked(what, plugin.told(error))
    given = _count(inputs.rows, f"{kind} figure")
    return Checked(what, note=f"{_count(found, 'figure')} of {given} of its inputs")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
