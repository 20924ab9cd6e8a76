"""Baidu Migration (百度迁徙): from where to where the people of China travel, day by day.

A rank gives the share of each of a hundred cities in a city's inflow or outflow; a curve gives
the size of that flow as an index that can be compared between cities. Their product is a flow
that can be compared between pairs of cities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl

from cityflux.core.model.document import Document, read_json
from cityflux.core.model.errors import Unexpected
from cityflux.core.model.http import Http, backfill
from cityflux.scrapers.expect import day, field, number, parameter, rows, unexpected
from cityflux.scrapers.foreign import reader

ADDRESS = "https://huiyan.baidu.com/migration"

Direction = Literal["move_in", "move_out"]
BOTH: tuple[Direction, ...] = ("move_in", "move_out")
UNIT = "迁徙规模指数"

_RANK = {
    "city": pl.String,
    "direction": pl.String,
    "period": pl.String,
    "partner": pl.String,
    "share": pl.Float64,
}
_CURVE = {"city": pl.String, "direction": pl.String, "period": pl.String, "value": pl.Float64}


def fetch_ranks(
    http: Http,
    cities: Sequence[str],
    days: Iterable[date],
    *,
    directions: Sequence[Direction] = BOTH,
    address: str = ADDRESS,
    today: date | None = None,
) -> Iterator[Document]:
    """Yield the partners of each city on each day, leaving out what is kept.

    The last two days, which may be published late, are asked anew.

    Args:
        http: the client.
        cities: administrative codes of six digits: ``310000``.
        days: from 2020-01-01 to yesterday.
        directions: where people come from, where they go to, or both.
        address: the service.
        today: the day on which this runs; the real one if left out.
    """
    final = (today or date.today()) - timedelta(days=2)
    asked = (
        (
            {"dt": "city", "id": city, "type": direction, "date": when.strftime("%Y%m%d")},
            when < final,
        )
        for when in days
        for city in cities
        for direction in directions
    )
    return backfill(http, f"{address}/cityrank.jsonp", asked)


def fetch_curves(
    http: Http,
    cities: Sequence[str],
    *,
    directions: Sequence[Direction] = BOTH,
    address: str = ADDRESS,
) -> Iterator[Document]:
    """Yield the size of each city's flows over all days; it grows daily, so it is asked anew."""
    asked = (
        ({"dt": "city", "id": city, "type": direction}, False)
        for city in cities
        for direction in directions
    )
    return backfill(http, f"{address}/historycurve.jsonp", asked)


@reader("an answer of Baidu Migration")
def parse_rank(document: Document) -> pl.DataFrame:
    """Read the partners of a city on a day.

    Returns:
        city (the code asked for), direction, period, partner (its Chinese name, as 杭州市) and
        share (percent of the city's whole flow in that direction).

    Raises:
        Unexpected: when the answer has an error number, or a key is missing or renamed.
    """
    asked = parameter(document, "id"), parameter(document, "type")
    when = day(document, parameter(document, "date")).isoformat()
    table = [
        (
            *asked,
            when,
            str(field(document, entry, "city_name")),
            number(document, field(document, entry, "value")),
        )
        for entry in rows(document, _data(document), "list")
    ]
    return pl.DataFrame(table, schema=_RANK, orient="row").drop_nulls("share")


@reader("an answer of Baidu Migration")
def parse_curve(document: Document) -> pl.DataFrame:
    """Read the size of a city's flow, day by day; a day that the service lacks has no row.

    Returns:
        city, direction, period (a day) and value (the index 迁徙规模指数).

    Raises:
        Unexpected: when the answer has an error number, or a key is missing or renamed.
    """
    asked = parameter(document, "id"), parameter(document, "type")
    curve = field(document, _data(document), "list")
    if not isinstance(curve, dict) and curve != []:  # PHP writes an empty object as []
        raise unexpected(document, "an object of days under 'list'", curve)
    table = [
        (*asked, day(document, when).isoformat(), number(document, index))
        for when, index in dict(curve).items()
    ]
    return pl.DataFrame(table, schema=_CURVE, orient="row").drop_nulls("value").sort("period")


def flows(
    ranks: pl.DataFrame,
    curves: pl.DataFrame,
    codes: Mapping[str, str],
    names: Mapping[str, str],
) -> pl.DataFrame:
    """Turn shares into flows that can be compared: share times index.

    A pair is seen from both of its ends, so each end has a kind of its own. A day for which the
    curve has no index has no flow.

    Args:
        ranks: rows of `parse_rank`.
        curves: rows of `parse_curve`.
        codes: the city id for each administrative code.
        names: the city id for each Chinese name; partners without one are left out.

    Returns:
        kind (``migration_move_in``, ``migration_move_out``), origin, destination, period, value
        and unit.

    Raises:
        ValueError: when a code has no city id.
    """
    if strangers := sorted(set(ranks["city"]) - codes.keys()):
        raise ValueError(f"no city id for the codes {', '.join(strangers)}")
    inward = pl.col("direction") == "move_in"
    city = pl.col("city").replace_strict(codes, return_dtype=pl.String)
    partner = pl.col("partner").replace_strict(names, default=None, return_dtype=pl.String)
    return (
        ranks.join(curves, on=["city", "direction", "period"])
        .with_columns(city=city, partner=partner)
        .drop_nulls("partner")
        .select(
            kind=pl.lit("migration_") + pl.col("direction"),
            origin=pl.when(inward).then("partner").otherwise("city"),
            destination=pl.when(inward).then("city").otherwise("partner"),
            period="period",
            value=pl.col("share") / 100 * pl.col("value"),
            unit=pl.lit(UNIT),
        )
    )


def _data(document: Document) -> Any:
    """What an answer holds inside its callback: ``cb({"errno":0,"data":…})``."""
    text = document.text.strip()
    inside = text if text.startswith("{") else text[text.find("(") + 1 : text.rfind(")")]
    try:
        answer = read_json(inside)
    except ValueError as error:
        raise Unexpected(
            f"{document.address}: expected JSON in a callback, got {text[:60]!r} ({error})",
            address=document.address,
        ) from error
    if field(document, answer, "errno") != 0:
        said = f"{answer['errno']}: {answer.get('errmsg', '')}"
        raise unexpected(document, "errno 0", said)
    return field(document, answer, "data")
