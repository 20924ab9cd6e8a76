r"""OpenFlights: which airlines flew between which airports, as of June 2014.

The two files have no header; ``\N`` is null. A record is one airline on one directed pair of
airports, however often it flies.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.http import Http
from cityflux.scrapers.expect import looks_like_html, unexpected
from cityflux.scrapers.foreign import bounded, reader

ADDRESS = "https://raw.githubusercontent.com/jpatokal/openflights/master/data"
#: The routes have not been kept up since.
STATE = "2014-06"

_MOST_COLUMNS = 1_000
_ROUTES = (
    *("airline", "airline_id", "origin", "origin_id", "destination", "destination_id"),
    *("codeshare", "stops", "equipment"),
)
_AIRPORTS = (
    *("id", "name", "city", "country", "iata", "icao", "latitude", "longitude", "altitude"),
    *("utc_offset", "dst", "timezone", "type", "source"),
)


def fetch(http: Http, *, address: str = ADDRESS) -> list[Document]:
    """Fetch the routes and the airports, in this order."""
    return [http.get(f"{address}/routes.dat"), http.get(f"{address}/airports.dat")]


@reader("routes of OpenFlights")
def parse_routes(document: Document) -> pl.DataFrame:
    """Read ``routes.dat``: nine columns, airports by their IATA or ICAO codes, stops a number.

    Raises:
        Unexpected: when the file is none of nine columns.
    """
    return _table(document, _ROUTES, pl.col("stops").cast(pl.Int64))


@reader("airports of OpenFlights")
def parse_airports(document: Document) -> pl.DataFrame:
    """Read ``airports.dat``: fourteen columns, latitude and longitude in degrees.

    Raises:
        Unexpected: when the file is none of fourteen columns.
    """
    degrees = pl.col("latitude", "longitude").cast(pl.Float64)
    unescaped = pl.col("name", "city").str.replace_all("\\'", "'", literal=True)
    return _table(document, _AIRPORTS, degrees, unescaped)


def metro_of(airports: pl.DataFrame, metros: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Turn a list of airports for each metro area round: the metro area of each airport.

    Args:
        airports: rows of `parse_airports`, for checking the codes.
        metros: IATA codes of the airports of each metro area.

    Raises:
        ValueError: when a code is unknown, or an airport belongs to two areas.
    """
    pairs = [(airport, metro) for metro, codes in metros.items() for airport in codes]
    metro_by_airport = dict(pairs)
    if strangers := sorted(metro_by_airport.keys() - set(airports["iata"])):
        raise ValueError(f"OpenFlights knows no airport {', '.join(strangers)}")
    if len(metro_by_airport) < len(pairs):
        raise ValueError("an airport stands in two metro areas, or twice in one")
    return metro_by_airport


def flows(routes: pl.DataFrame, metros: Mapping[str, str], period: str = STATE) -> pl.DataFrame:
    """Count what connects metro areas non-stop.

    Args:
        routes: rows of `parse_routes`.
        metros: the metro area of each airport (see `metro_of`).
        period: the state of the routes.

    Returns:
        kind (``air_routes``: airline-route records; ``airlines``: distinct airlines), origin,
        destination, period, value and unit; a pair without a route has no row.
    """
    pairs = (
        routes.filter(stops=0)
        .select("airline", *(_metro(end, metros) for end in ("origin", "destination")))
        .drop_nulls()
        .filter(pl.col("origin") != pl.col("destination"))
        .group_by("origin", "destination")
        .agg(air_routes=pl.len(), airlines=pl.col("airline").n_unique())
    )
    return (
        pairs.unpivot(
            ["air_routes", "airlines"], index=["origin", "destination"], variable_name="kind"
        )
        .with_columns(
            pl.lit(period).alias("period"),
            pl.col("value").cast(pl.Float64),
            pl.col("kind").replace({"air_routes": "条", "airlines": "家"}).alias("unit"),
        )
        .select("kind", "origin", "destination", "period", "value", "unit")
        .sort("kind", "origin", "destination")
    )


def destinations(
    routes: pl.DataFrame, metros: Mapping[str, str], period: str = STATE
) -> pl.DataFrame:
    """Count the distinct airports that each metro area has a route to.

    Airports are counted, not cities: flights from one area to two airports of another count two,
    and flights between two airports of one area count too.

    Returns:
        origin, period and value.
    """
    return (
        routes.select("destination", _metro("origin", metros))
        .drop_nulls("origin")
        .group_by("origin")
        .agg(value=pl.col("destination").n_unique().cast(pl.Float64))
        .select("origin", pl.lit(period).alias("period"), "value")
        .sort("origin")
    )


def _metro(end: str, metros: Mapping[str, str]) -> pl.Expr:
    return pl.col(end).replace_strict(metros, default=None, return_dtype=pl.String)


def _table(document: Document, names: Sequence[str], *columns: pl.Expr) -> pl.DataFrame:
    """Read a file without a header, then turn some of its columns into what they mean."""
    expected = f"a table of {len(names)} columns"
    if looks_like_html(document):
        raise unexpected(document, expected, document.text[:60])
    bounded(document, "columns", document.text.partition("\n")[0].count(",") + 1, _MOST_COLUMNS)
    try:
        frame = pl.read_csv(
            io.StringIO(document.text), has_header=False, infer_schema=False, null_values="\\N"
        )
        if frame.width != len(names):
            raise unexpected(document, expected, f"{frame.width} columns")
        named = frame.rename(dict(zip(frame.columns, names, strict=True)))
        return named.with_columns(*columns)
    except pl.exceptions.PolarsError as error:
        why = str(error).partition("\n")[0]
        raise unexpected(document, expected, f"a broken one ({why})") from error
