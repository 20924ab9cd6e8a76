"""The stock exchanges of Shanghai (上交所) and Shenzhen (深交所): what was traded in a day.

Shanghai answers in JSON, one object for each product; Shenzhen sends a workbook, one row for each
kind of security, or for each region in which the orders were placed. Money is 亿元 throughout.

Columns have come, gone and changed places over the years on both sites, so everything is read by
its name. Workbooks need the extra ``cityflux[excel]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from importlib.util import find_spec

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected, UnitError
from cityflux.core.model.http import Http, Params, backfill
from cityflux.core.model.units import convert
from cityflux.scrapers.expect import day, field, number, parameter, rows, unexpected
from cityflux.scrapers.foreign import reader
from cityflux.scrapers.tables.workbook import read_sheets

SSE = "https://query.sse.com.cn/commonQuery.do"
SZSE = "https://www.szse.cn/api/report/ShowReport"

#: Shanghai's codes: 主板A, 主板B, 科创板, 股票回购, and 17 for all shares together.
PRODUCTS = ("01", "02", "03", "11", "17")

_SSE_FIELDS = {
    "TRADE_AMT": "turnover",
    "TOTAL_VALUE": "market_value",
    "NEGO_VALUE": "float_value",
}
_SZSE_FIELDS = {"成交金额": "turnover", "总市值": "market_value", "流通市值": "float_value"}
_REGION_FIELDS = {
    "总交易额": "turnover",
    "股票交易额": "shares",
    "基金交易额": "funds",
    "债券交易额": "bonds",
}
_HEADER = re.compile(r"([^(（<\s]+)\s*(?:<br\s*/?>)?\s*(?:[(（]([^)）]*)[)）])?")
_NOTHING_FOUND = "没有找到符合条件的数据"


def fetch_sse(
    http: Http,
    days: Iterable[date],
    *,
    products: Iterable[str] = PRODUCTS,
    address: str = SSE,
    today: date | None = None,
) -> Iterator[Document]:
    """Yield Shanghai's summary of each day that is not kept yet; the running day is asked anew."""
    today = today or date.today()
    asked = ",".join(products)
    requests: Iterator[tuple[Params, bool]] = (
        (
            {
                "sqlId": "COMMON_SSE_SJ_GPSJ_CJGK_MRGK_C",
                "PRODUCT_CODE": asked,
                "type": "inParams",
                "SEARCH_DATE": when.isoformat(),
            },
            when < today,
        )
        for when in days
    )
    # Without this referrer the site answers 403.
    return backfill(http, address, requests, headers={"Referer": "https://www.sse.com.cn/"})


@reader("an answer of the exchange")
def parse_sse(document: Document) -> pl.DataFrame:
    """Read Shanghai's summary of a day.

    Returns:
        product, period (the day that the answer names), turnover, market_value and float_value
        in 亿元, null where the site has none; no rows for a day without trade.

    Raises:
        Unexpected: when the answer is not JSON, or a key is missing or renamed.
    """
    table = []
    for row in rows(document, document.json(), "result"):
        product = str(field(document, row, "PRODUCT_CODE"))
        values = [number(document, field(document, row, key)) for key in _SSE_FIELDS]
        when = field(document, row, "TRADE_DATE")
        if when:  # a product in which nothing was traded
            table.append((product, day(document, when).isoformat(), *values))
    return pl.DataFrame(table, schema=_schema("product", _SSE_FIELDS), orient="row")


def fetch_szse(
    http: Http, days: Iterable[date], *, address: str = SZSE, today: date | None = None
) -> Iterator[Document]:
    """Yield Shenzhen's workbook of each day that is not kept yet; the running day is asked anew."""
    today = today or date.today()
    return backfill(
        http,
        address,
        ((_report("tab1", txtQueryDate=when.isoformat()), when < today) for when in days),
    )


@reader("a workbook of the exchange")
def parse_szse(document: Document) -> pl.DataFrame:
    """Read Shenzhen's summary of a day by kind of security (证券类别统计).

    Returns:
        product (股票 for all shares, then its parts, 基金, 债券 …), period, turnover,
        market_value and float_value in 亿元; no rows for a day without trade.

    Raises:
        Unexpected: when the answer is no workbook, or a column is missing or renamed.
    """
    period = day(document, parameter(document, "txtQueryDate")).isoformat()
    return _table(document, "证券类别", "product", period, _SZSE_FIELDS)


def fetch_szse_regions(
    http: Http, months: Iterable[str], *, address: str = SZSE, today: date | None = None
) -> Iterator[Document]:
    """Yield Shenzhen's workbook by region of each month (``2020-07``) that is not kept yet.

    The running month and the one before, which may be published late, are asked anew.
    """
    last_month = ((today or date.today()).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    return backfill(
        http, address, ((_report("tab2", DATETIME=month), month < last_month) for month in months)
    )


@reader("a workbook of the exchange")
def parse_szse_regions(document: Document) -> pl.DataFrame:
    """Read Shenzhen's turnover by the region of the branch in which orders were placed.

    Returns:
        region (上海, 深圳, 浙江 …), period (a month), turnover, shares, funds and bonds in 亿元.

    Raises:
        Unexpected: when the answer is no workbook, or a column is missing or renamed.
    """
    return _table(document, "地区", "region", parameter(document, "DATETIME"), _REGION_FIELDS)


def _report(tab: str, **when: str) -> Params:
    return {"SHOWTYPE": "xlsx", "CATALOGID": "1803_sczm", "TABKEY": tab, **when}


def _schema(key: str, fields: Mapping[str, str]) -> dict[str, type[pl.DataType]]:
    return {key: pl.String, "period": pl.String, **dict.fromkeys(fields.values(), pl.Float64)}


def _table(
    document: Document, label: str, key: str, period: str, fields: Mapping[str, str]
) -> pl.DataFrame:
    """Pick columns of a workbook by their names, and turn their money into 亿元."""
    table = []
    header, *lines = _sheet(document) or [[_NOTHING_FOUND]]
    if _NOTHING_FOUND not in "".join(header):
        columns = _columns(document, header)
        name, _ = field(document, columns, label)
        asked = [field(document, columns, column) for column in fields]
        for line in lines:
            values = [_amount(document, line[place], unit) for place, unit in asked]
            if line[name].strip():
                table.append((line[name].strip(), period, *values))
    return pl.DataFrame(table, schema=_schema(key, fields), orient="row")


def _amount(document: Document, cell: str, unit: str) -> float | None:
    """An amount of money in 亿元; a header without a unit means 元."""
    figure = number(document, cell)
    try:
        return None if figure is None else convert(figure, unit or "元", "亿元")
    except UnitError as error:
        raise unexpected(document, "a column in 元, 万元 or 亿元", unit) from error


def _columns(document: Document, header: list[str]) -> dict[str, tuple[int, str]]:
    """Where each column stands and what its unit is: ``成交金额(元)`` is 成交金额 in 元."""
    columns = {}
    for place, cell in enumerate(header):
        if match := _HEADER.match(cell.strip()):
            columns[match[1]] = (place, (match[2] or "").strip())
    return columns


def _sheet(document: Document) -> list[list[str]]:
    """The cells of the first sheet of a workbook, as text."""
    if not document.body.startswith(b"PK"):
        raise unexpected(document, "an XLSX workbook", document.text[:60])
    if find_spec("fastexcel") is None:
        raise Unexpected(
            f"{document.address}: a workbook came; to read one, pip install 'cityflux[excel]'",
            address=document.address,
        )
    return next((sheet.grid for sheet in read_sheets(document, "xlsx").values()), [])
