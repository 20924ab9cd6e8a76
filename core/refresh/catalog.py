"""Writing down in the database what the plugins declare."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, fields, replace

from cityflux.core.model.errors import UnitError
from cityflux.core.model.nouns import COMPUTED, City, Indicator, Source
from cityflux.core.model.secrecy import redact
from cityflux.core.model.version import __version__
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.storage import catalog
from cityflux.storage.breaks import save_breaks
from cityflux.storage.database import write
from cityflux.storage.rescaling import count_figures, turn_figures

log = logging.getLogger(__name__)


def sync_catalog(connection: sqlite3.Connection, plugins: Plugins) -> None:
    """Insert or update the cities, sources and indicators of all plugins, where they are others."""
    everything = (*plugins.indicators.values(), *plugins.flows.values())
    said = [(each.indicator, each.sources, each.record.name) for each in everything]
    mark = hashlib.sha256(repr((__version__, plugins.cities, said)).encode()).hexdigest()
    if catalog.is_written(connection, mark):
        return
    from cityflux.core.refresh.schedule import schedules  # only now: it is seldom written
    from cityflux.core.refresh.tasks import all_parts, first_source

    turned = _turned(connection, plugins)
    found = plugins.indicators.values()
    everything = (*found, *plugins.flows.values())
    planned = schedules(plugins, {})
    # A page may be looked at as a source of which no indicator stands on it.
    named = [first_source(part) for part in all_parts(plugins)]
    for plugin in everything:
        named += sources_of(plugin)
    sources = {
        source.id: replace(source, schedule=planned.get(source.id, source.schedule))
        for source in named
    }
    _tell_renamed(connection, plugins.cities.values())
    with write(connection):
        for indicator_id, (many, of) in turned.items():
            turn_figures(connection, indicator_id, many, of)
        catalog.save_cities(connection, [asdict(city) for city in plugins.cities.values()])
        catalog.save_sources(connection, [source_row(source) for source in sources.values()])
        catalog.save_indicators(
            connection, [_indicator_row(each.indicator, each.record.name) for each in found]
        )
        save_breaks(connection, _break_rows(found, plugins.cities))
        catalog.save_indicator_sources(
            connection,
            [(each.indicator.id, source.id) for each in found for source in sources_of(each)],
        )
        if len(found) + len(plugins.flows) == len(said):  # else it is looked at each time
            catalog.note_written(connection, mark)


def _turned(connection: sqlite3.Connection, plugins: Plugins) -> dict[str, tuple[int, int]]:
    """By indicator with another unit now, what its figures are multiplied with and divided by.

    Where the units do not count the same, the indicator is left out, and its plugin says so.
    """
    turned = {}
    declared = catalog.is_declared(connection)
    for name, unit in catalog.units(connection).items():
        plugin = plugins.indicators.get(name)
        if plugin is None or plugin.indicator.unit == unit:
            continue
        if not (count := count_figures(connection, name)):
            continue
        now = plugin.indicator.unit
        from cityflux.core.model.units import is_known, ratio  # a unit seldom becomes another one

        try:
            turned[name] = ratio(unit, now)
        except UnitError:
            if not (declared or is_known(unit)):
                continue  # some hand wrote it, and no plugin
            plugin.record.mark(
                f"{name}: declares the unit {now}, and {count} figures are stored in {unit}, which "
                "counts something else; give the indicator another id"
            )
            del plugins.indicators[name]
        else:
            log.warning("%s: %s figures in %s are turned into %s", name, count, unit, now)
    return turned


def _tell_renamed(connection: sqlite3.Connection, cities: Iterable[City]) -> None:
    """Say which cities have other names now than those that are stored."""
    before = {each[0]: each[1:3] for each in catalog.city_names(connection)}
    for city in cities:
        names = (city.name_zh, city.name_en)
        if before.get(city.id, names) != names:
            was = " ".join(before[city.id])
            log.warning("the city %s is called %s now, and was %s", city.id, " ".join(names), was)


def sources_of(plugin: IndicatorPlugin) -> tuple[Source, ...]:
    """The sources of an indicator; for a derived one, cityflux itself among them."""
    if plugin.derived and not any(source.access == "derived" for source in plugin.sources):
        return (COMPUTED, *plugin.sources)
    return plugin.sources


def source_row(source: Source) -> dict[str, object]:
    """What the database keeps of a source."""
    # Shallow, as parameters may be anything.
    row = {each.name: getattr(source, each.name) for each in fields(source)}
    del row["params"], row["secrets"]
    row["class"] = row.pop("kind")
    return {**row, "address": redact(source.address)}


def _indicator_row(indicator: Indicator, plugin: str) -> dict[str, object]:
    row = {each.name: getattr(indicator, each.name) for each in fields(indicator)}
    del row["inputs"], row["breaks"], row["aliases"], row["publications"]
    return {**row, "plugin": plugin}


def _break_rows(
    found: Iterable[IndicatorPlugin], cities: Collection[str]
) -> Iterator[dict[str, object]]:
    """The breaks that are declared; one of no known city is told when plugins are loaded."""
    for plugin in found:
        for each in plugin.indicator.breaks:
            if not each.city or each.city in cities:
                row = asdict(each)
                place = {"indicator_id": plugin.indicator.id, "city_id": row.pop("city") or None}
                yield {**place, **row, "plugin": plugin.record.name}
