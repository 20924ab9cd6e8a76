"""What was traded on the exchanges of Shanghai, by the day, and Shenzhen, by region and month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from cityflux import Page, Source
from cityflux.plugins.bundle import Printed, frame

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http

#: How far back the first look goes.
FIRST_DAYS = timedelta(days=30)
UNIT = "亿元"
ALL_SHARES = "17"
#: 杭州 is seen only within 浙江.
REGIONS = {"上海": "shanghai", "北京": "beijing", "深圳": "shenzhen", "广州": "guangzhou"}


def page(source: Source) -> Page:
    """The shares traded on an exchange; the place is its name, as the parameter ``exchange``."""
    return Page(source, partial(read, source), fetch)


def fetch(http: Http, source: Source, since: str | None) -> Iterable[Document]:
    """The days of Shanghai, or the months of Shenzhen, that are not kept yet."""
    from cityflux.scrapers import exchange

    today = date.today()
    if source.params["exchange"] == "shanghai":
        first = date.fromisoformat(since) if since else today - FIRST_DAYS
        days = (first + timedelta(days=n) for n in range((today - first).days))
        weekdays = (day for day in days if day.weekday() < 5)
        return exchange.fetch_sse(http, weekdays, products=[ALL_SHARES], address=source.address)
    return exchange.fetch_szse_regions(http, _months(since, today), address=source.address)


def read(source: Source, documents: Sequence[Document]) -> pl.DataFrame:
    """The value of the shares traded."""
    name = source.params["exchange"]
    figures = _shanghai if name == "shanghai" else _shenzhen
    return frame(
        Printed(name, city, period, value, UNIT, "ok", note)
        for document in documents
        for city, period, value, note in figures(document)
    )


def _shanghai(document: Document) -> Iterator[tuple[str, str, float, str]]:
    from cityflux.scrapers import exchange

    found = exchange.parse_sse(document).filter(product=ALL_SHARES)
    for period, value in found.select("period", "turnover").drop_nulls().iter_rows():
        yield "shanghai", period, value, "all shares (17)"


def _shenzhen(document: Document) -> Iterator[tuple[str, str, float, str]]:
    from cityflux.scrapers import exchange

    shares = exchange.parse_szse_regions(document).select("region", "period", "shares")
    for region, period, value in shares.drop_nulls().iter_rows():
        if region in REGIONS:
            yield REGIONS[region], period, value, f"股票交易额, {region}"


def _months(since: str | None, today: date) -> list[str]:
    """The months from the last known one, or from last month, to last month."""
    last = today.replace(day=1) - timedelta(days=1)
    year, month = (int(part) for part in since.split("-")) if since else (last.year, last.month)
    found = []
    while (year, month) <= (last.year, last.month):
        found.append(f"{year}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
