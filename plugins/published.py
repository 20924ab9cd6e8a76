"""The family of the published indicators: a live source, and the figures shipped with us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cityflux import Document, Indicator, Source, convert, hookimpl
from plugins import bundle
from scrapers.errors import Unexpected

if TYPE_CHECKING:
    import polars as pl


class Published:
    """An indicator whose figures somebody publishes.

    Args:
        indicator: the declaration; its unit is the one into which published figures are converted.
        live: the sources on the network that give it; declared, until a scraper reads them.
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
    def fetch(self, source: Source) -> list[Document]:
        """Read the bundled table in which the figures of a source stand.

        Raises:
            Unexpected: when the source is one that no scraper reads.
        """
        if source.access != "bundled":
            raise Unexpected(
                f"{source.id}: no scraper reads {source.address} for {self._indicator.id}; "
                "bring its figures in with `cityflux import`",
                address=source.address,
            )
        return [bundle.open_table(source.address)]

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
            for document in documents
            for figure in bundle.parse(document.text).get(
                (self._indicator.id, document.source_id), ()
            )
        ]
        schema = {
            "city": pl.String,
            "period": pl.String,
            "value": pl.Float64,
            "status": pl.String,
            "note": pl.String,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")
