"""Writing down in the database what the plugins declare."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, fields, replace

from cityflux.core.model.nouns import COMPUTED, Indicator, Source
from cityflux.core.model.secrecy import redact
from cityflux.core.model.version import __version__
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.storage import catalog
from cityflux.storage.breaks import save_breaks
from cityflux.storage.database import write


def sync_catalog(connection: sqlite3.Connection, plugins: Plugins) -> None:
    """Insert or update the cities, sources and indicators of all plugins, where they are others."""
    found = plugins.indicators.values()
    everything = (*found, *plugins.flows.values())
    said = [(each.indicator, each.sources, each.record.name) for each in everything]
    mark = hashlib.sha256(repr((__version__, plugins.cities, said)).encode()).hexdigest()
    if catalog.is_written(connection, mark):
        return
    from cityflux.core.refresh.schedule import schedules  # only now: it is seldom written
    from cityflux.core.refresh.tasks import all_parts, first_source

    planned = schedules(plugins, {})
    # A page may be looked at as a source of which no indicator stands on it.
    named = [first_source(part) for part in all_parts(plugins)]
    for plugin in everything:
        named += sources_of(plugin)
    sources = {
        source.id: replace(source, schedule=planned.get(source.id, source.schedule))
        for source in named
    }
    with write(connection):
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
        catalog.note_written(connection, mark)


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
