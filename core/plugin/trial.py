"""One plugin tried out: its hooks are called as a refresh calls them, and nothing is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice, permutations
from typing import TYPE_CHECKING

from cityflux.core.model.document import Document
from cityflux.core.model.errors import PluginError
from cityflux.core.model.nouns import Flow, Frequency, Source
from cityflux.core.plugin.contract import figures, flow_figures, handed_over
from cityflux.core.plugin.inputs import Inputs, inputs_of
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.model.http import Http


def fetch(
    plugin: IndicatorPlugin,
    source: Source,
    http: Http,
    since: str | None = None,
    most: int | None = None,
) -> list[Document]:
    """The documents of one source.

    Args:
        plugin: the indicator.
        source: which of its sources.
        http: the client.
        since: the latest period that is known.
        most: after how many no other is asked for, where `fetch` gives them one by one.

    Raises:
        PluginError: `fetch` breaks its contract. Whatever it raises passes through.
    """
    fetched = plugin.call("fetch", http=http, source=source, since=since)
    documents = handed_over(fetched)
    taken = documents if isinstance(fetched, Sequence) else islice(documents, most)
    return [document.for_source(source.id) for document in taken]


def normalize(
    plugin: IndicatorPlugin, documents: Sequence[Document], cities: Collection[str]
) -> pl.DataFrame:
    """The figures in documents: a frame that keeps the contract.

    Raises:
        PluginError: it does not, or is another one when asked again.
    """
    frame: pl.DataFrame
    frame, again = (plugin.call("normalize", documents=tuple(documents)) for _ in range(2))
    contract = flow_figures if isinstance(plugin.indicator, Flow) else figures
    contract(frame, "normalize", cities)
    if not frame.equals(again):
        raise PluginError("normalize() gave two answers for the same documents; make it pure")
    return frame


def derive(plugin: IndicatorPlugin, inputs: Inputs, cities: Collection[str]) -> pl.DataFrame:
    """The figures that are computed from others: a frame that keeps the contract.

    Raises:
        PluginError: it does not.
    """
    frame: pl.DataFrame = plugin.call("derive", **inputs._asdict())
    figures(frame, "derive", cities)
    return frame


def made_up(plugin: IndicatorPlugin, plugins: Plugins) -> Inputs:
    """What nobody published, of the inputs of an indicator: two cities, or flows of three."""
    figures = [
        (name, city, period, 10.0 + place + 3 * number + step)
        for place, name in enumerate(plugin.indicator.inputs)
        if name not in plugins.flows
        for number, city in enumerate([*plugins.cities][:2])
        for step, period in enumerate(_periods(plugins.indicators[name].indicator.frequency))
    ]
    places = [*plugins.cities.values()][:3]
    flows = [
        (name, origin.id, destination.id, period, 10.0 + number, plugins.flows[name].indicator.unit)
        for name in plugin.indicator.inputs
        if name in plugins.flows
        for period in ("2019", "2020")
        for number, (origin, destination) in enumerate(permutations(places, 2))
    ]
    return inputs_of(
        figures, flows, [(p.id, p.country, p.region, p.latitude, p.longitude) for p in places]
    )


def _periods(frequency: Frequency) -> Iterator[str]:
    """Two years in the periods of a frequency, or two months where they are days."""
    for year in (2019, 2020):
        match frequency:
            case "monthly":
                yield from (f"{year}-{month:02d}" for month in range(1, 13))
            case "quarterly":
                yield from (f"{year}-Q{quarter}" for quarter in range(1, 5))
            case "daily" | "weekly":
                yield from (f"{year}-06-{day:02d}" for day in range(1, 31))
            case _:
                yield str(year)
