"""Where the next figure comes from: what is printed where, and how it is taken in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cityflux.core.model.nouns import Publication, Source
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.core.refresh.tasks import missing_secret

#: The publication of what is printed for other years or cities alone.
UNPRINTED = "not printed"


class Printed(NamedTuple):
    """Where a figure is printed.

    Attributes:
        publication: its name.
        edition: the year of the edition; None where it has none.
        table: the title of the table, or the page.
        series: what the figure is called there.
        address: where to look.
        command: what takes it in.
    """

    publication: str
    edition: int | None
    table: str
    series: str
    address: str
    command: str


def printed_in(
    plugins: Plugins, secrets: dict[str, str], name: str, city: str, year: int
) -> list[Printed]:
    """Where a figure is printed, the surest place first; nothing where nobody knows.

    Args:
        plugins: all plugins.
        secrets: the environment variable of each secret.
        name: the id of an indicator.
        city: the city.
        year: the year.
    """
    plugin = plugins.indicators.get(name)
    if plugin is None:
        return []
    found = [*_places(plugin, secrets, city, year)]
    return found or [_unprinted(each) for each in plugin.indicator.publications]


def _places(
    plugin: IndicatorPlugin, secrets: dict[str, str], city: str, year: int
) -> Iterator[Printed]:
    indicator = plugin.indicator
    if indicator.inputs:
        told = ", ".join(indicator.inputs)
        yield Printed("computed", None, "", told, "", "bring the figures that it is computed from")
    for each in indicator.publications:
        within = (each.first or year) <= year <= (each.last or year)
        if within and (not each.cities or city in each.cities):
            yield Printed(
                each.name,
                year + each.lag,
                each.table,
                each.series,
                each.address,
                each.command.replace("YEAR", str(year)).replace("CITY", city),
            )
    # What one page says of all cities comes before the page of each.
    for source in sorted(plugin.sources, key=lambda each: "city" in each.params):
        if source.access in ("live", "declared") and source.params.get("city", city) == city:
            yield _at(source, indicator.id, indicator.name_zh, secrets, city, year)


def _unprinted(printed: Publication) -> Printed:
    """Where it is printed for other years or cities."""
    years = f"from {printed.first} " if printed.first else ""
    years += f"to {printed.last} " if printed.last else ""
    cities = f"for {', '.join(printed.cities)}" if printed.cities else ""
    told = f"{printed.name} prints {printed.series} {years}{cities}".strip()
    return Printed(UNPRINTED, None, told, printed.series, printed.address, "")


def _at(
    source: Source, name: str, called: str, secrets: dict[str, str], city: str, year: int
) -> Printed:
    """A page that is fetched, or that somebody must save."""
    if source.access == "live":
        variable = missing_secret(source, secrets)
        command = f"{f'{variable}=… ' if variable else ''}cityflux refresh {source.id}"
    else:
        command = f"cityflux import FILE --indicator {name} --city {city} --period {year}"
    page = f"{source.publisher} {source.reference}".strip()
    return Printed(page, None, "", called, source.address, command)
