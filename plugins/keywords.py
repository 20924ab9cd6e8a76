"""How often a word is searched from a city: reading the Baidu Index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from cityflux import Page, Source
from cityflux.plugins.bundle import Printed, frame

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http

FIRST_YEAR = 2011
UNIT = "指数"

#: The area codes of the Baidu Index. 上海 and 北京 are provinces there, equal to the city.
AREAS: Mapping[str, int] = {
    "shanghai": 910,
    "beijing": 911,
    "shenzhen": 94,
    "guangzhou": 95,
    "hangzhou": 138,
}


def page(source: Source) -> Page:
    """What is known of one word, which is the place; every word is asked for by itself.

    Args:
        source: with the parameters ``keyword`` and ``areas``.
    """
    return Page(source, partial(read, source), fetch)


def fetch(http: Http, source: Source, since: str | None) -> Iterator[Document]:
    """One document for each city and year that is not kept yet; the running year so far."""
    from cityflux.scrapers import baidu_index

    areas = [str(code) for code in source.params["areas"].values()]
    years = range(FIRST_YEAR, date.today().year + 1)
    return baidu_index.fetch_years(
        http, [source.params["keyword"]], areas, years, address=source.address
    )


def read(source: Source, documents: Sequence[Document]) -> pl.DataFrame:
    """The mean of a day, for each city and year that Baidu gives one for."""
    from cityflux.scrapers import baidu_index

    cities = {str(code): city for city, code in source.params["areas"].items()}
    return frame(
        Printed(
            source.params["keyword"],
            cities[row["area"]],
            row["period"],
            row["value"],
            UNIT,
            row["status"],
            row["note"] or "",
        )
        for document in documents
        for row in baidu_index.parse_years(document).drop_nulls("value").iter_rows(named=True)
    )
