"""The OECD's SDMX service, read as CSV with labels."""

from __future__ import annotations

import io

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Missing
from cityflux.core.model.http import Http
from cityflux.core.model.written_period import iso_period
from cityflux.scrapers.expect import number, unexpected
from cityflux.scrapers.foreign import bounded, reader

_MOST_COLUMNS = 1_000

ADDRESS = "https://sdmx.oecd.org/public/rest/data"


def fetch(
    http: Http,
    flow: str,
    key: str = "all",
    *,
    start: str = "",
    end: str = "",
    address: str = ADDRESS,
) -> Document:
    """Fetch some series of a data flow.

    Args:
        http: the client.
        flow: agency, flow and version: ``OECD.ITF,DSD_TRENDS@DF_TRENDSPASS,1.0``; the version
            may be empty, the comma before it may not.
        key: a code for each dimension, dots between them; empty is all codes, ``+`` joins some:
            ``FRA+DEU.A..``; or ``all``.
        start: the first period, in the notation of the flow.
        end: the last period.
        address: the service.

    Raises:
        Missing: when no series fits the key, which the OECD answers with 404.
    """
    place = f"{address}/{flow}/{key}"
    asked = {
        "startPeriod": start,
        "endPeriod": end,
        "dimensionAtObservation": "AllDimensions",
        "format": "csvfilewithlabels",
    }
    try:
        return http.get(place, params={name: value for name, value in asked.items() if value})
    except Missing as error:
        raise Missing(
            f"{place}: the OECD has no records for it; check the flow, the number of dots in the "
            "key and the order of its dimensions",
            address=error.address,
            status=error.status,
        ) from error


@reader("CSV of the OECD")
def parse(document: Document) -> pl.DataFrame:
    """Read the observations.

    Returns:
        all columns as published, codes and labels, as text; then period and value (as published,
        to be multiplied by ten to the power of ``UNIT_MULT``; null where there is none).

    Raises:
        Unexpected: when the answer is no such CSV, or is not about periods.
    """
    bounded(document, "columns", document.text.partition("\n")[0].count(",") + 1, _MOST_COLUMNS)
    try:
        frame = pl.read_csv(io.StringIO(document.text), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        why = str(error).partition("\n")[0]
        raise unexpected(document, "a CSV", f"a broken one ({why})") from error
    for column in ("TIME_PERIOD", "OBS_VALUE"):
        if column not in frame.columns:
            raise unexpected(document, f"the column {column!r}", ", ".join(frame.columns))
    try:
        periods = {text: iso_period(text) for text in frame["TIME_PERIOD"].unique().drop_nulls()}
    except ValueError as error:
        raise unexpected(document, "periods of time", str(error)) from error
    values = [number(document, text) for text in frame["OBS_VALUE"]]
    return frame.with_columns(
        pl.col("TIME_PERIOD").replace(periods).alias("period"),
        pl.Series("value", values, dtype=pl.Float64),
    )
