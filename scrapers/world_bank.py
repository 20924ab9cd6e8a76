"""The World Bank's indicator API, version 2: countries and city-states, by year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.http import Http
from cityflux.core.model.written_period import iso_period
from cityflux.scrapers.expect import field, number, unexpected
from cityflux.scrapers.foreign import reader

ADDRESS = "https://api.worldbank.org/v2"

_COLUMNS = {
    "country": pl.String,
    "name": pl.String,
    "indicator": pl.String,
    "period": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
}


def fetch(
    http: Http,
    countries: Sequence[str],
    indicator: str,
    first: int,
    last: int,
    *,
    address: str = ADDRESS,
    per_page: int = 1000,
) -> list[Document]:
    """Fetch all pages of an indicator for some countries and years.

    Args:
        http: the client.
        countries: ISO 3166 codes, two letters or three: ``["CN", "SGP", "HKG"]``.
        indicator: its code: ``NY.GDP.MKTP.CD``.
        first: the first year.
        last: the last year.
        address: the API.
        per_page: how many figures a page holds.

    Raises:
        Unexpected: when the API answers with an error, which comes under HTTP 200.
    """
    place = f"{address}/country/{';'.join(countries)}/indicator/{indicator}"
    documents: list[Document] = []
    pages = 1
    while len(documents) < pages:
        asked = {"date": f"{first}:{last}", "per_page": str(per_page)}
        page = str(len(documents) + 1)
        document = http.get(place, params={"format": "json", **asked, "page": page})
        header, _ = _answer(document)
        pages = int(field(document, header, "pages"))
        documents.append(document)
    return documents


@reader("an answer of the World Bank")
def parse(document: Document) -> pl.DataFrame:
    """Read a page.

    Returns:
        country (three letters), name, indicator, period, value (null where there is none) and
        unit; no rows when nothing fits.

    Raises:
        Unexpected: when the page is an error, or a key is missing or renamed.
    """
    _, entries = _answer(document)
    table = []
    for entry in entries:
        when = str(field(document, entry, "date"))
        try:
            period = iso_period(when)
        except ValueError as error:
            raise unexpected(document, "a period of time", str(error)) from error
        table.append(
            (
                field(document, entry, "countryiso3code")
                or field(document, entry, "country", "id"),
                field(document, entry, "country", "value"),
                field(document, entry, "indicator", "id"),
                period,
                number(document, field(document, entry, "value")),
                entry.get("unit") or "",
            )
        )
    return pl.DataFrame(table, schema=_COLUMNS, orient="row")


def _answer(document: Document) -> tuple[dict[str, Any], list[Any]]:
    """The header and the entries: a list of two, where an error is a list of one."""
    match document.json():
        case [dict(header), list(entries)]:
            return header, entries
        case [dict(header), None]:
            return header, []
        case [{"message": [*messages]}]:
            said = "; ".join(f"{m.get('key')}: {m.get('value')}" for m in messages)
            raise unexpected(document, "figures", f"the error {said}")
        case other:
            raise unexpected(document, "a list of a header and figures", other)
