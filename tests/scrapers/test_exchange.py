from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.scrapers import exchange
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, reply, serve
from tests.scrapers.plugin_examples import example, run

MONDAY, TUESDAY = date(2020, 6, 15), date(2020, 6, 16)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUMMARY = ["证券类别", "数量(只)", "成交金额(元)", "总市值(元)", "流通市值(元)"]
REGIONS = [
    "序号",
    "地区",
    "总交易额(元)",
    "占市场%",
    "股票交易额(元)",
    "基金交易额(元)",
    "债券交易额(元)",
]


def workbook(*lines: list[Any]) -> Reply:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    return Reply(buffer.getvalue(), XLSX)


def sse_row(product: str, amount: Any, when: str = "20200615") -> dict[str, Any]:
    return {
        "TOTAL_VALUE": "380,000.5",
        "TRADE_VOL": "300.1",
        "AVG_PE_RATE": "14.1",
        "TRADE_AMT": amount,
        "PRODUCT_CODE": product,
        "NEGO_VALUE": "-",
        "TRADE_DATE": when,
        "LIST_NUM": "1500",
    }


def sse(answer: Callable[[Asked], Reply]) -> tuple[Document, Asked]:
    with serve(answer) as site:
        (document,) = exchange.fetch_sse(LoopbackClient(), [MONDAY], address=site.address)
    return document, site.asked[0]


def szse(sheet: Reply) -> Document:
    with serve(lambda asked: sheet) as site:
        (document,) = exchange.fetch_szse(LoopbackClient(), [MONDAY], address=site.address)
    return document


def szse_regions(sheet: Reply) -> Document:
    with serve(lambda asked: sheet) as site:
        http = LoopbackClient()
        (document,) = exchange.fetch_szse_regions(http, ["2020-06"], address=site.address)
    return document


def test_shanghai_is_asked_with_its_referrer_and_read_by_key() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("Referer") != "https://www.sse.com.cn/":
            return reply({}, 403)
        # The products come in any order, and with any keys between those that count.
        return reply({"result": [sse_row("17", "3456.78"), sse_row("01", " - ")], "pageHelp": {}})

    document, asked = sse(answer)
    assert asked.one("SEARCH_DATE") == "2020-06-15"
    assert asked.one("PRODUCT_CODE") == "01,02,03,11,17"
    assert exchange.parse_sse(document).rows() == [
        ("17", "2020-06-15", 3456.78, 380000.5, None),
        ("01", "2020-06-15", None, 380000.5, None),
    ]


def test_shanghai_on_a_holiday_has_no_rows() -> None:
    empty, _ = sse(lambda asked: reply({"result": []}))
    assert exchange.parse_sse(empty).is_empty()
    blank, _ = sse(lambda asked: reply({"result": [sse_row("17", "", when="")]}))
    assert exchange.parse_sse(blank).is_empty()


@pytest.mark.parametrize("key", ["TRADE_AMT", "PRODUCT_CODE", "TRADE_DATE", "NEGO_VALUE"])
def test_a_renamed_key_of_shanghai_says_expected_and_got(key: str) -> None:
    row = sse_row("17", "1")
    row["NEW_" + key] = row.pop(key)
    document, _ = sse(lambda asked: reply({"result": [row]}))
    with pytest.raises(Unexpected, match=f"expected the key '{key}', got .*'NEW_{key}'"):
        exchange.parse_sse(document)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (HTML, "expected JSON"),
        (Reply(b'{"result": [{"TRADE_'), "expected JSON"),
        (reply({"error": 1}), "expected the key 'result'"),
        (reply({"result": None}), "expected a list under 'result', got None"),
        (reply({"result": ["17"]}), "expected the key 'PRODUCT_CODE', got 17"),
        (reply({"result": [sse_row("17", "many")]}), "expected a number, got many"),
        (reply({"result": [sse_row("17", "1", when="June")]}), "expected a day .* got June"),
    ],
)
def test_an_answer_of_shanghai_that_is_none_is_unexpected(body: Reply, complaint: str) -> None:
    document, _ = sse(lambda asked: body)
    with pytest.raises(Unexpected, match=complaint):
        exchange.parse_sse(document)


def test_a_refusal_ends_the_backfill() -> None:
    http = LoopbackClient()
    with serve(lambda asked: reply({}, 403)) as site:
        documents = exchange.fetch_sse(http, [MONDAY, TUESDAY], address=site.address)
        with pytest.raises(Refused):
            list(documents)
    assert len(site.asked) == 1


def test_a_day_that_is_kept_is_not_asked_again_unless_it_is_running() -> None:
    http = LoopbackClient()
    with serve(lambda asked: reply({"result": []})) as site:
        for _ in range(2):
            for document in exchange.fetch_sse(
                http, [MONDAY, TUESDAY], address=site.address, today=TUESDAY
            ):
                http.keep(document)
    days = [asked.one("SEARCH_DATE") for asked in site.asked]
    assert days == ["2020-06-15", "2020-06-16", "2020-06-16"]


def test_shenzhen_is_read_by_column_name_and_turned_into_yi() -> None:
    lines: list[list[Any]] = [
        ["股票", "2,284", "464,774,900,000.12", "27,065,140,000,000", "21,045,460,000,000.00"],
        [" \u3000主板A股", "460", "97,759,500,000", "", "-"],
        ["期权", "12", 250000000, "", ""],
    ]
    document = szse(workbook(SUMMARY, *lines))
    assert exchange.parse_szse(document).rows() == [
        ("股票", "2020-06-15", 4647.7490000012, 270651.4, 210454.6),
        ("主板A股", "2020-06-15", 977.595, None, None),
        ("期权", "2020-06-15", 2.5, None, None),
    ]


@pytest.mark.parametrize(
    ("header", "figure", "turnover"),
    [
        ("成交金额（亿元）", "4,647.75", 4647.75),
        ("成交金额<br>(万元)", "12,345", 1.2345),
        ("成交金额", "250,000,000", 2.5),
    ],
)
def test_the_unit_stands_in_the_header(header: str, figure: str, turnover: float) -> None:
    names = ["流通市值(元)", header, "成交量", "证券类别", "总市值(元)"]  # columns moved and added
    document = szse(workbook(names, ["1", figure, "7", "股票", "1"]))
    assert exchange.parse_szse(document)["turnover"].to_list() == [turnover]


def test_turnover_by_region_and_month() -> None:
    lines = [
        ["1", "上海", "3,216,000,000,000", "15.2", "3,000,000,000,000", "1,000,000,000", "2"],
        ["2", "浙江", "1,500,000,000,000", "7.1", "1,400,000,000,000", "", "0"],
    ]
    document = szse_regions(workbook(REGIONS, *lines))
    assert exchange.parse_szse_regions(document).rows() == [
        ("上海", "2020-06", 32160.0, 30000.0, 10.0, 2e-8),
        ("浙江", "2020-06", 15000.0, 14000.0, None, 0.0),
    ]


def test_the_last_two_months_are_asked_anew() -> None:
    http = LoopbackClient()
    months = ["2020-04", "2020-05", "2020-06"]
    with serve(lambda asked: workbook(REGIONS)) as site:
        for _ in range(2):
            for document in exchange.fetch_szse_regions(
                http, months, address=site.address, today=MONDAY
            ):
                http.keep(document)
    assert [asked.one("DATETIME") for asked in site.asked] == [*months, *months[1:]]
    assert {asked.one("TABKEY") for asked in site.asked} == {"tab2"}


@pytest.mark.parametrize(
    "sheet", [workbook(SUMMARY), workbook(), workbook(["没有找到符合条件的数据！"])]
)
def test_shenzhen_on_a_holiday_has_no_rows(sheet: Reply) -> None:
    assert exchange.parse_szse(szse(sheet)).is_empty()


@pytest.mark.parametrize(
    ("sheet", "complaint"),
    [
        (HTML, "expected an XLSX workbook, got <!DOCTYPE"),
        (Reply("<p>\n系统维护".encode(), "text/html"), "expected an XLSX workbook, got <p> 系统"),
        (Reply(b"PK\x03\x04 cut off", XLSX), "cannot be read as Excel, it seems damaged"),
        (workbook(["证券类别", "成交额(元)"], ["股票", "1"]), "the key '成交金额', got .*'成交额'"),
        (workbook(["类别", *SUMMARY[1:]], ["股票", "1"]), "the key '证券类别', got .*'类别'"),
        (
            workbook(["证券类别", "成交金额(美元)", "总市值", "流通市值"], ["股票", "1", "", ""]),
            "a column in 元, 万元 or 亿元, got 美元",
        ),
        (workbook(SUMMARY, ["股票", "1", "many", "", ""]), "expected a number, got many"),
    ],
)
def test_a_workbook_that_changed_says_expected_and_got(sheet: Reply, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint) as caught:
        exchange.parse_szse(szse(sheet))
    assert "\n" not in str(caught.value)


def test_without_the_excel_extra_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    document = szse(workbook(SUMMARY))
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(Unexpected, match=r"cityflux\[excel\]"):
        exchange.parse_szse(document)


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        when = asked.one("SEARCH_DATE").replace("-", "")
        return reply({"result": [sse_row("17", "100.5", when), sse_row("01", "60", when)]})

    with serve(answer) as site:
        since = date.today() - timedelta(days=7)
        frame = run(example("exchange", tmp_path), LoopbackClient(), site.address, str(since))
    asked = [request.one("SEARCH_DATE") for request in site.asked]
    assert len(asked) >= 5
    assert all(date.fromisoformat(day).weekday() < 5 for day in asked)
    assert frame.rows() == [("shanghai", day, 100.5) for day in asked]
