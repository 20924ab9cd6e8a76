"""Eurostat's statistics API: JSON-stat 2.0, no key, at most some hundred thousand cells at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import SourceError, Unexpected
from cityflux.core.model.http import Http
from cityflux.core.model.written_period import iso_period
from cityflux.scrapers import jsonstat
from cityflux.scrapers.expect import field, unexpected
from cityflux.scrapers.foreign import reader

ADDRESS = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data"


def fetch(
    http: Http,
    dataset: str,
    filters: Mapping[str, str | Sequence[str]],
    *,
    address: str = ADDRESS,
) -> Document:
    """Fetch the part of a data set that the filters leave.

    Args:
        http: the client.
        dataset: its code: ``urb_cpop1``.
        filters: dimension and code, or several codes: ``{"cities": ["FR001C", "DE001C"],
            "time": "2020"}``.
        address: the API.

    Raises:
        Unexpected: when the extraction is too big (HTTP 413), with what to do.
    """
    place = f"{address}/{dataset}"
    try:
        return http.get(place, params={"format": "JSON", "lang": "EN", **filters})
    except SourceError as error:
        if error.status != 413:
            raise
        raise Unexpected(
            f"{place}: Eurostat calls the extraction too big (413 EXTRACTION_TOO_BIG); "
            "name codes for more dimensions, or ask year by year",
            address=error.address,
            status=413,
        ) from error


@reader("JSON-stat of Eurostat")
def parse(document: Document) -> pl.DataFrame:
    """Name the figures of an answer.

    Returns:
        a column of codes for each dimension except time, then period, value and flag (Eurostat's
        letters: ``p`` provisional, ``e`` estimated, ``b`` break in the series). Cells without a
        figure have no row.

    Raises:
        Unexpected: when the answer is no cube: an error list, or the note that a big extraction
            is being prepared.
    """
    answer = document.json()
    for kind in ("error", "warning"):
        if isinstance(answer, dict) and kind in answer:
            raise unexpected(document, "a cube of figures", f"{kind}: {_label(answer[kind])}")
    field(document, answer, "dimension", "time")
    frame = jsonstat.table(document, answer)
    try:
        periods = {text: iso_period(text) for text in frame["time"].unique()}
    except ValueError as error:
        raise unexpected(document, "periods of time", str(error)) from error
    period = pl.col("time").replace(periods).alias("period")
    return frame.select(pl.exclude("time", "value", "flag"), period, "value", "flag")


def _label(complaint: Any) -> str:
    entries = complaint if isinstance(complaint, list) else [complaint]
    return "; ".join(str(e.get("label", e)) if isinstance(e, dict) else str(e) for e in entries)
