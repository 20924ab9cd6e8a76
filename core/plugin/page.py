"""A page that serves many indicators: it is fetched once, read once and checked once for all.

::

    page = Page(source, read=read)                      # what is fetched, and how it is read
    plugin = page.indicator(Indicator(...), "常住人口")    # an indicator, and its place on the page

Each indicator stays a plugin of its own with the ordinary hooks, so that wrapping plugins stand
around them as around all others; the refresh sees that they share a page.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.model.errors import PluginError, Unexpected
from cityflux.core.model.nouns import Indicator, Source
from cityflux.core.plugin.hookspecs import hookimpl

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.model.document import Document
    from cityflux.core.model.http import Http
    from cityflux.core.plugin.sheet import Sheet

Fetch = Callable[..., "Iterable[Document]"]
Read = Callable[["Sequence[Document]"], "pl.DataFrame"]

_GIVEN = ("city", "period", "value", "status", "note")


def get_address(http: Http, source: Source) -> list[Document]:
    """Get what stands at the address of a source."""
    return [http.get(source.address)]


class Page:
    """What many indicators are read from.

    Args:
        source: who publishes the figures that stand on it; several where the page says of each
            figure whose it is. They have one address and one schedule.
        read: turns the documents into a frame: ``place`` (text: which figure of the page it is, as
            `indicator` names it), ``city``, ``period`` and ``value``, and perhaps ``unit``, in
            which the value is given, ``status`` and ``note``; ``source`` (an id) where there are
            several. Pure: no network, no clock.
        fetch: brings home the documents, as the hook ``fetch`` does, and like it takes what it
            needs of ``http``, ``source`` and ``since``; gets the address if left out.

    Raises:
        PluginError: there is no source, the sources are not to be had by one fetch, or `fetch`
            wants something else.
    """

    def __init__(
        self, source: Source | Sequence[Source], read: Read, fetch: Fetch = get_address
    ) -> None:
        self.sources = (source,) if isinstance(source, Source) else tuple(source)
        self.read, self._fetch = read, fetch
        self._wanted = [*inspect.signature(fetch).parameters]
        if others := [name for name in self._wanted if name not in ("http", "source", "since")]:
            raise PluginError(
                f"fetch() of a page takes {others[0]!r}; there are http, source and since"
            )
        ways = {*map(attrgetter("address", "access", "secrets", "schedule"), self.sources)}
        if len(ways) != 1:
            raise PluginError(
                f"a page has {len(ways)} addresses, schedules or ways to it; make it a page for "
                "each, and name them all with cityflux.OnPages(indicator, page.at(place), …)"
            )

    def fetch(self, http: Http, source: Source, since: str | None) -> Iterable[Document]:
        """Bring home the documents, as the hook ``fetch`` does."""
        known = {"http": http, "source": source, "since": since}
        return self._fetch(**{name: known[name] for name in self._wanted})

    def sheet(self, documents: Sequence[Document]) -> Sheet:
        """What is read from the documents, which remember it for the next indicator."""
        from cityflux.core.plugin.sheet import Documents, Sheet

        known = documents if isinstance(documents, Documents) else Documents(documents)
        if self not in known.sheets:
            known.sheets[self] = Sheet(self.read(known), has_sources=len(self.sources) > 1)
        return known.sheets[self]

    def at(self, place: str = "", sources: Collection[str] = ()) -> Place:
        """A place on the page, for `OnPages`.

        Args:
            place: as the frame names it; the id of the indicator if left out.
            sources: the ids of those sources that give figures there; all if left out.
        """
        chosen = tuple(each for each in self.sources if not sources or each.id in sources)
        return Place(self, place, chosen)

    def indicator(self, indicator: Indicator, place: str = "") -> OnPages:
        """A plugin for an indicator that is read from this page; hand it to ``register``.

        Args:
            indicator: the declaration; figures are converted into its unit.
            place: where it stands, as the frame names it; its id if left out.
        """
        return OnPages(indicator, self.at(place))


class Place(NamedTuple):
    """Where an indicator stands: which page, how the place is called there, whose figures."""

    page: Page
    name: str
    sources: tuple[Source, ...]


class OnPages:
    """An indicator that is read from one page or several, as a plugin.

    Args:
        indicator: the declaration; figures are converted into its unit.
        places: from `Page.at`.
        declared: sources besides that nobody fetches yet.

    Raises:
        PluginError: two of the places are of one source.
    """

    def __init__(
        self, indicator: Indicator, *places: Place, declared: Sequence[Source] = ()
    ) -> None:
        self._indicator = indicator
        self._sources = sorted(
            (*chain.from_iterable(map(attrgetter("sources"), places)), *declared),
            key=attrgetter("priority"),
        )
        self._places: dict[str, Place] = {}
        for place in places:
            for source in place.sources:
                if self._places.setdefault(source.id, place) is not place:
                    raise PluginError(
                        f"{indicator.id} stands at two places of the source {source.id}; give "
                        "each page a source of its own"
                    )

    def page_of(self, source: Source) -> Page | None:
        """The page on which the figures of a source stand; None for one that nobody fetches."""
        place = self._places.get(source.id)
        return place and place.page

    @hookimpl
    def indicator(self) -> Indicator:
        """Declare the indicator."""
        return self._indicator

    @hookimpl
    def source(self) -> list[Source]:
        """Declare all sources, the preferred one first."""
        return self._sources

    @hookimpl
    def fetch(self, http: Http, source: Source, since: str | None) -> Iterable[Document]:
        """Fetch the page of a source.

        Raises:
            Unexpected: nobody reads it.
        """
        page = self.page_of(source)
        if page is None:
            raise Unexpected(
                f"{source.id}: no scraper reads {source.address} for {self._indicator.id}; "
                "bring its figures in with `cityflux import`",
                address=source.address,
            )
        return page.fetch(http, source, since)

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        """Pick the figures of this indicator, in its unit, from what the page gives.

        Raises:
            PluginError: a figure is no number.
            UnitError: a unit is unknown, or counts something else.
        """
        import polars as pl

        part = self._part(documents)
        if part is None:
            return pl.DataFrame(schema=dict.fromkeys(_GIVEN, pl.String) | {"value": pl.Float64})
        # Columns are put side by side: for so small a frame an expression takes far longer.
        values = pl.Series("value", self._values(part), dtype=pl.Float64)
        return part[[name for name in _GIVEN if name in part.columns and name != "value"]].hstack(
            [values]
        )

    def missed(self, documents: Sequence[Document]) -> str:
        """What the page has instead where it lacks the place of this indicator; else ``""``."""
        if not documents or self._part(documents) is not None:
            return ""
        sheet, place, source_id = self._looked_up(documents)
        places = sheet.places(source_id)
        near = difflib.get_close_matches(place, places, n=3) or places[:3]
        return f"the page has no place {place!r}; it has {', '.join(map(repr, near)) or 'none'}"

    def _part(self, documents: Sequence[Document]) -> pl.DataFrame | None:
        """What stands at the place of this indicator; None where nothing does."""
        if not documents:
            return None
        sheet, place, source_id = self._looked_up(documents)
        return sheet.part(place, source_id)

    def _looked_up(self, documents: Sequence[Document]) -> tuple[Sheet, str, str]:
        """What was read from the page, the place of this indicator on it, and the source."""
        source_id = documents[0].source_id
        page, name, _ = self._places[source_id]
        return page.sheet(documents), name or self._indicator.id, source_id

    def _values(self, part: pl.DataFrame) -> list[float | None]:
        """The figures in the unit of this indicator."""
        from cityflux.core.plugin.sheet import in_unit

        wanted = self._indicator.unit
        units = part["unit"].to_list() if "unit" in part.columns else [None] * part.height
        return [
            None if value is None else in_unit(value, unit, wanted)
            for value, unit in zip(part["value"].to_list(), units, strict=True)
        ]
