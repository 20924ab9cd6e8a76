"""The family of the published indicators: a live source, and the figures shipped with us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from cityflux import Document, Indicator, Source, convert, hookimpl
from cityflux.core.model.errors import Unexpected
from cityflux.core.model.http import Http
from cityflux.plugins import bundle, communiques, exchanges, keywords, main_cities

if TYPE_CHECKING:
    import polars as pl


class Reader(Protocol):
    """How the figures of a kind of live source are fetched and read."""

    def fetch(
        self, http: Http, indicator_id: str, source: Source, since: str | None
    ) -> Iterable[Document]:
        """Bring home what holds the figures of an indicator."""

    def read(
        self, indicator_id: str, source: Source, documents: Sequence[Document]
    ) -> Iterable[bundle.Printed]:
        """Read them."""


#: By the name of the scraper.
READERS: Mapping[str, Reader] = {
    "communique": communiques,
    "nbs": main_cities,
    "baidu_index": keywords,
    "exchange": exchanges,
}


class Published:
    """An indicator whose figures somebody publishes.

    Args:
        indicator: the declaration; its unit is the one into which published figures are converted.
        live: the sources on the network that give it; those that nothing reads are declared.
    """

    def __init__(self, indicator: Indicator, live: Sequence[Source] = ()) -> None:
        self._indicator = indicator
        self._live = tuple(live)

    @hookimpl
    def indicator(self) -> Indicator:
        """Declare the indicator."""
        return self._indicator

    @hookimpl
    def source(self) -> list[Source]:
        """Declare the live sources and the bundled ones, the preferred one first."""
        bundled = bundle.sources_of(self._indicator.id)
        return sorted((*bundled, *self._live), key=lambda source: source.priority)

    @hookimpl
    def fetch(self, http: Http, source: Source, since: str | None) -> Iterable[Document]:
        """Read the bundled table in which the figures of a source stand, or ask a live source.

        Raises:
            Unexpected: when the source is one that no scraper reads.
        """
        if source.access == "bundled":
            return [bundle.open_table(source.address)]
        if source.access == "declared":
            raise Unexpected(
                f"{source.id}: no scraper reads {source.address} for {self._indicator.id}; "
                "bring its figures in with `cityflux import`",
                address=source.address,
            )
        return READERS[source.scraper].fetch(http, self._indicator.id, source, since)

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        """Pick the figures of this indicator and convert them into its unit."""
        import polars as pl

        rows = [
            (
                figure.city,
                figure.period,
                convert(figure.value, figure.unit, self._indicator.unit),
                figure.status,
                figure.note,
            )
            for figure in self._figures(documents)
        ]
        schema = {
            "city": pl.String,
            "period": pl.String,
            "value": pl.Float64,
            "status": pl.String,
            "note": pl.String,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _figures(self, documents: Sequence[Document]) -> Iterator[bundle.Printed]:
        live = {source.id: source for source in self._live}
        for source_id, found in groupby(documents, key=lambda document: document.source_id):
            if source := live.get(source_id):
                yield from READERS[source.scraper].read(self._indicator.id, source, tuple(found))
                continue
            for document in found:
                yield from bundle.parse(document.text).get((self._indicator.id, source_id), ())
