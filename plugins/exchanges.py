"""What was traded on the exchanges of Shanghai, by the day, and Shenzhen, by region and month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from cityflux import Document, Source
from cityflux.core.model.http import Http
from cityflux.plugins.bundle import Printed

#: How far back the first look goes.
FIRST_DAYS = timedelta(days=30)
UNIT = "亿元"
ALL_SHARES = "17"
#: 杭州 is seen only within 浙江.
REGIONS = {"上海": "shanghai", "北京": "beijing", "深圳": "shenzhen", "广州": "guangzhou"}


def fetch(http: Http, indicator_id: str, source: Source, since: str | None) -> Iterable[Document]:
    """The days of Shanghai, or the months of Shenzhen, that are not kept yet."""
    from cityflux.scrapers import exchange

    today = date.today()
    if source.params["exchange"] == "shanghai":
        first = date.fromisoformat(since) if since else today - FIRST_DAYS
        days = (first + timedelta(days=n) for n in range((today - first).days))
        weekdays = (day for day in days if day.weekday() < 5)
        return exchange.fetch_sse(http, weekdays, products=[ALL_SHARES], address=source.address)
    return exchange.fetch_szse_regions(http, _months(since, today), address=source.address)


def read(indicator_id: str, source: Source, documents: Sequence[Document]) -> Iterator[Printed]:
    """The value of the shares traded."""
    from cityflux.scrapers import exchange

    for document in documents:
        if source.params["exchange"] == "shanghai":
            found = exchange.parse_sse(document).filter(product=ALL_SHARES)
            for period, value in found.select("period", "turnover").drop_nulls().iter_rows():
                yield Printed("shanghai", period, value, UNIT, "ok", "all shares (17)")
            continue
        shares = exchange.parse_szse_regions(document).select("region", "period", "shares")
        for region, period, value in shares.drop_nulls().iter_rows():
            if region in REGIONS:
                yield Printed(REGIONS[region], period, value, UNIT, "ok", f"股票交易额, {region}")


def _months(since: str | None, today: date) -> list[str]:
    """The months from the last known one, or from last month, to last month."""
    last = today.replace(day=1) - timedelta(days=1)
    year, month = (int(part) for part in since.split("-")) if since else (last.year, last.month)
    found = []
    while (year, month) <= (last.year, last.month):
        found.append(f"{year}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
