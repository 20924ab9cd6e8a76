"""Live sources through the whole command: one site, its page fetched once, every figure traced."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cityflux.core.model.document import Document
from cityflux.plugins import communiques
from cityflux.scrapers.http.client import Client, Policy
from tests.conftest import run_module
from tests.scrapers.plugin_examples import example, run
from tests.servers import Answer, LoopbackServer, Seen

YEAR = date.today().year - 1
NAME = f"{YEAR}年江城市国民经济和社会发展统计公报"
LISTING = f"""<meta charset="utf-8"><ul>
<li><a href="/tjgb/{YEAR + 1}0317/a1.html" title="{NAME}">{NAME}</a></li>
<li><a href="/tjgb/{YEAR}0312/a0.html">{YEAR - 1}年江城市国民经济和社会发展统计公报</a></li></ul>"""
FILLER = "本市坚持稳中求进工作总基调，统筹推进各项工作，人民生活持续改善。" * 6
PAGE = f"""<html><head><meta charset="utf-8"><meta name="PubDate" content="{YEAR + 1}-03-17">
<title>{NAME}</title></head><body><h1>{NAME}</h1><div id="text">
<p>初步核算，全年实现地区生产总值[2]49843.10亿元，比上年增长5.3%。</p>
<p>全年社会消费品零售总额17940.19亿元，比上年下降3.1%。</p>
<p>全年货物进口总额24514.30亿元，增长0.1%；货物出口总额18176.30亿元，增长4.6%。</p>
<p>全年民用航空旅客发送量6100.5万人次，铁路旅客发送量14400.2万人次。</p>
<p>年末全市常住人口2480.26万人。全年专利授权量17.9万件。</p>
<p>全年研究与试验发展（R&amp;D）经费支出2049.60亿元。</p>
<p>{FILLER}</p></div></body></html>"""
WANTED = {
    "overall_economy.gdp": (49843.10, "亿元", "provisional"),
    "goods_commerce.retail_sales": (17940.19, "亿元", "ok"),
    "people.population": (2480.26, "万人", "ok"),
    "science_innovation.patents_granted": (17.9, "万件", "ok"),
    "science_innovation.rd_expenditure": (2049.60, "亿元", "ok"),
}
MODULES = ("overall_economy", "goods_commerce", "people", "science_innovation")
PLUGIN = """
from cityflux import Indicator, Source, hookimpl
from cityflux.plugins import communiques
from cityflux.plugins.published import Published

PAGE = communiques.page(
    Source(
        "river.communique", "江城市统计局", "{address}", scraper="communique", licence="made up",
        reference="made up", params={{"city": "shanghai", "site": {{"listings": ("{address}",)}}}},
    )
)


@hookimpl
def register_indicators(register):
    for name, unit in {units!r}.items():
        register(Published(Indicator(name, name, name, unit), live=(PAGE,)))
"""


def home(tmp_path: Path, plugin: str, disabled: tuple[str, ...]) -> Path:
    """A folder with one plugin and without some of the built-in ones."""
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "live.py").write_text(plugin, encoding="utf-8")
    names = json.dumps([f"plugins.{name}" for name in disabled])
    (tmp_path / "config.toml").write_text(
        f'[plugins]\ndisabled = {names}\n[client]\nallow_hosts = ["127.0.0.1"]\n'
        "requests_per_second = 1000.0\n"
    )
    return tmp_path


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "data" / "cityflux.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


def test_one_page_gives_many_figures_and_is_asked_for_once(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answer("/tjgb/index.html", Answer(LISTING, headers={"ETag": '"l"'}))
    page = f"/tjgb/{YEAR + 1}0317/a1.html"
    server.answer(page, Answer(PAGE, headers={"ETag": '"p"'}))
    units = {name: unit for name, (_, unit, _) in WANTED.items()}
    plugin = PLUGIN.format(address=server.address("/tjgb/index.html"), units=units)
    folder = home(tmp_path, plugin, MODULES)

    done = run_module("cityflux", "refresh", *WANTED, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert (server.count(page), server.count("/tjgb/index.html")) == (1, 1)
    live = "FROM observations WHERE source_id = 'river.communique' ORDER BY 1"
    found = rows(folder, f"SELECT indicator_id, value, status {live}")
    assert found == [(name, value, status) for name, (value, _, status) in sorted(WANTED.items())]

    # From the figure back to its sentence, its day of publication and its address.
    ((note, address),) = rows(
        folder,
        "SELECT o.note, f.address FROM observations o JOIN fetches f ON f.id = o.fetch_id "
        "WHERE o.indicator_id = 'goods_commerce.retail_sales' AND o.source_id LIKE 'river.%'",
    )
    assert "社会消费品零售总额17940.19亿元，比上年下降3.1%" in str(note)
    assert str(note).endswith(f"(published {YEAR + 1}-03-17)")
    assert address == server.address(page)

    again = run_module("cityflux", "refresh", *WANTED, cwd=folder)
    assert ": 0 figures read, 0 new or different" in again.stdout
    assert [seen.headers.get("if-none-match") for seen in server.requests][-2:] == ['"l"', '"p"']


def test_a_communique_that_is_not_out_yet_is_no_fault(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answer("/tjgb/index.html", LISTING.replace(f"{YEAR}年", f"{YEAR - 2}年"))
    plugin = PLUGIN.format(
        address=server.address("/tjgb/index.html"), units={"overall_economy.gdp": "亿元"}
    )
    folder = home(tmp_path, plugin, MODULES)
    done = run_module("cityflux", "refresh", "overall_economy.gdp", cwd=folder)
    assert done.returncode == 0, done.stderr
    outcomes = rows(folder, "SELECT outcome FROM fetches WHERE source_id = 'river.communique'")
    assert outcomes == [("empty",)]


def test_what_fails_together_is_named_once(server: LoopbackServer, tmp_path: Path) -> None:
    units = {name: unit for name, (_, unit, _) in WANTED.items()}
    plugin = PLUGIN.format(address=server.address("/tjgb/index.html"), units=units)
    folder = home(tmp_path, plugin, MODULES)  # the server answers 404
    done = run_module("cityflux", "refresh", *WANTED, cwd=folder)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"failed: {len(WANTED)} indicators from river.communique: ")
    assert server.count() == 1


KEYWORDS = """
from cityflux import Indicator, Source, hookimpl
from cityflux.plugins import keywords
from cityflux.plugins.published import Published


@hookimpl
def register_indicators(register):
    for name, word in (("people.word_0", "旅游"), ("people.word_1", "供应链")):
        source = Source(
            "baidu.index", "百度指数", "{address}", scraper="baidu_index", licence="terms",
            reference="r", secrets=("baidu_cookie",),
            params={{"keyword": word, "areas": keywords.AREAS}},
        )
        place = keywords.page(source).at(word)
        register(Published(Indicator(name, word, word, "指数"), live=(place,)))
"""
WORDS = ("people.word_0", "people.word_1")


def answer_of(seen: Seen, status: int = 0) -> Answer:
    """What Baidu answers to a request for one word."""
    if status:
        return Answer(json.dumps({"status": status, "message": "no", "data": ""}))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
    (words,) = json.loads(asked["word"])
    start, end = asked["startDate"], asked["endDate"]
    mean = float(asked["area"]) + int(start[:4])
    data = {
        "userIndexes": [
            {"word": words, "all": {"startDate": start, "endDate": end, "data": "x"}, "type": "day"}
        ],
        "generalRatio": [{"word": words, "all": {"avg": mean, "yoy": 1, "qoq": 1}}],
        "uniqid": "u",
    }
    return Answer(json.dumps({"status": 0, "data": data}, ensure_ascii=False))


@pytest.mark.deep
def test_a_backfill_that_is_turned_away_goes_on_where_it_was(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def some_then_no(seen: Seen) -> Answer:
        asked.append(seen.target)
        return answer_of(seen, 10001 if len(asked) > 7 else 0)

    server.answer("/api/SearchApi/index", some_then_no)
    folder = home(tmp_path, KEYWORDS.format(address=server.address("").rstrip("/")), ())

    done = run_module("cityflux", "refresh", *WORDS, cwd=folder)
    assert (done.returncode, len(asked)) == (0, 0)  # without a cookie nobody is asked

    monkeypatch.setenv("CITYFLUX_BAIDU_COOKIE", "BDUSS=secret")
    done = run_module("cityflux", "refresh", *WORDS, cwd=folder)
    assert done.returncode == 1
    assert "10001" in done.stderr
    assert "BDUSS" not in done.stderr + done.stdout
    # Both words stop at the first no, at most one request each is under way by then.
    assert 8 <= len(asked) <= 9
    ((kept,),) = rows(folder, "SELECT count(*) FROM observations WHERE source_id = 'baidu.index'")
    assert kept == 7

    server.answer("/api/SearchApi/index", answer_of)
    before = len(server.requests)
    done = run_module("cityflux", "refresh", *WORDS, cwd=folder)
    assert done.returncode == 0, done.stderr
    ((kept,),) = rows(folder, "SELECT count(*) FROM observations WHERE source_id = 'baidu.index'")
    years = range(2011, date.today().year + 1)
    running_year = sum("endDate" in seen.target for seen in server.requests[before:])
    assert kept == 2 * 5 * len(years) or date.today().timetuple().tm_yday <= 2
    assert running_year == kept - 7  # what is kept is not asked again


def test_the_worked_example_of_the_documents(server: LoopbackServer, tmp_path: Path) -> None:
    server.answer("/tjgb/index.html", LISTING)
    server.answer(f"/tjgb/{YEAR + 1}0317/a1.html", PAGE)
    plugin = example("communique", tmp_path)
    client = Client(Policy(allow_hosts=frozenset({"127.0.0.1"})))
    with client as http:
        (row,) = run(plugin, http, server.address("/tjgb/index.html")).rows()
    assert row[:4] == ("shanghai", str(YEAR), 2480.26, "ok")
    assert "年末全市常住人口2480.26万人" in row[4]


def test_the_day_of_publication_is_read_from_the_page_or_its_address() -> None:
    def page(text: str, address: str = "https://example.org/x.html") -> str:
        return communiques.published(Document(address, text.encode(), "text/html"))

    assert page('<meta name="PubDate" content="2021-03-19 10:00">') == "2021-03-19"
    assert page("<p>", "http://tjj.example.org/tjgb/20210317/a.html") == "2021-03-17"
    assert page("<p>", "https://news.example.org/2026-04/30/content_9.htm") == "2026-04-30"
    assert page("<p>20203456789</p>") == ""


CODES = {"上海": "31", "北京": "11", "深圳": "4403", "广州": "4401", "杭州": "3301"}
NODES = {
    "": [{"_id": "root", "name": "主要城市年度数据", "isLeaf": False}],
    "root": [
        {"_id": "people", "name": "人口", "isLeaf": True},
        {"_id": "accounts", "name": "国民经济核算", "isLeaf": False},
    ],
    "accounts": [{"_id": "gdp", "name": "地区生产总值", "isLeaf": True}],
}
TABLES = {
    "people": [{"_id": "p", "i_showname": "年末户籍人口 (万人)", "du_name": "万人"}],
    "gdp": [{"_id": "g", "i_showname": "地区生产总值(当年价格) (亿元)", "du_name": "亿元"}],
}


def bureau(seen: Seen) -> Answer:
    """The interface of the National Bureau, as far as it is asked."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
    match seen.path.rpartition("/")[2]:
        case "queryIndexTreeAsync":
            data: object = NODES.get(asked.get("pid", ""), [])
        case "queryIndicatorsByCid":
            data = {"list": TABLES[asked["cid"]]}
        case "getDaCatalogTreeByIndicatorCid":
            data = [{"_id": "cities"}]
        case "getDasByDaCatalogId":
            data = [{"name_value": code, "show_name": name} for name, code in CODES.items()]
        case _:
            body = json.loads(seen.body)
            values = [
                {
                    **{"_id": "g", "i_showname": "地区生产总值", "du_name": "亿元"},
                    **{"da": das["value"], "da_name": das["text"], "value": f"{das['value']}.5"},
                }
                for das in body["das"]
            ]
            data = [{"code": "2020YY", "name": "2020年", "values": values}]
    return Answer(json.dumps({"success": True, "state": 20000, "data": data}, ensure_ascii=False))


BUREAU = """
from cityflux import Indicator, Source, hookimpl
from cityflux.plugins import main_cities
from cityflux.plugins.published import Published


@hookimpl
def register_indicators(register):
    source = Source(
        "nbs.main_cities", "国家统计局", "{address}", scraper="nbs", licence="l", reference="r",
        params={{"base": "{address}"}},
    )
    page = main_cities.page(source, "overall_economy.gdp")
    register(Published(Indicator("overall_economy.gdp", "甲", "G", "万亿元"), live=(page,)))
"""


def test_the_bureau_is_searched_for_the_table_that_has_the_indicator(
    server: LoopbackServer, tmp_path: Path
) -> None:
    for name in ("new/queryIndexTreeAsync", "new/queryIndicatorsByCid", "stream/esData"):
        server.answer(f"/x/{name}", bureau)
    for name in ("getDaCatalogTreeByIndicatorCid", "getDasByDaCatalogId"):
        server.answer(f"/x/{name}", bureau)
    folder = home(tmp_path, BUREAU.format(address=server.address("/x/")), MODULES)
    done = run_module("cityflux", "refresh", "overall_economy.gdp", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(
        folder,
        "SELECT city_id, period, value FROM observations WHERE source_id = 'nbs.main_cities' "
        "ORDER BY value",
    )
    assert [row[0] for row in found] == ["beijing", "shanghai", "hangzhou", "guangzhou", "shenzhen"]
    assert found[1] == ("shanghai", "2020", pytest.approx(31.5e-4))


EXCHANGE = """
from dataclasses import replace

from cityflux import hookimpl
from cityflux.plugins import exchanges
from cityflux.plugins.capital import STATISTICS
from cityflux.plugins.live import SSE_DAILY
from cityflux.plugins.published import Published


@hookimpl
def register_indicators(register):
    (daily,) = (p for p in STATISTICS if p.indicator().id == "capital.sse_share_turnover")
    page = exchanges.page(replace(SSE_DAILY, address="{address}"))
    register(Published(daily.indicator(), live=(page.at("shanghai"),)))
"""


def test_the_exchange_is_asked_for_each_weekday_once(
    server: LoopbackServer, tmp_path: Path
) -> None:
    def day(seen: Seen) -> Answer:
        (when,) = parse_qs(urlsplit(seen.target).query)["SEARCH_DATE"]
        row = {
            **{"PRODUCT_CODE": "17", "TRADE_DATE": when.replace("-", "")},
            **{"TRADE_AMT": "4321.5", "TOTAL_VALUE": "1", "NEGO_VALUE": "1"},
        }
        return Answer(json.dumps({"result": [row]}))

    server.answer("/q", day)
    plugin = EXCHANGE.format(address=server.address("/q"))
    folder = home(tmp_path, plugin, ("capital",))
    done = run_module("cityflux", "refresh", "capital.sse_share_turnover", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(
        folder, "SELECT period, value, city_id FROM observations WHERE source_id = 'sse.daily'"
    )
    assert len(found) == server.count("/q") >= 20
    assert {row[1:] for row in found} == {(4321.5, "shanghai")}
    assert all(date.fromisoformat(period).weekday() < 5 for period, _, _ in found)
    run_module("cityflux", "refresh", "capital.sse_share_turnover", cwd=folder)
    assert server.count("/q") == len(found)


@pytest.mark.deep
def test_kept_pages_are_read_again_without_asking_anybody(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answer("/tjgb/index.html", LISTING)
    server.answer(f"/tjgb/{YEAR + 1}0317/a1.html", PAGE)
    units = {name: unit for name, (_, unit, _) in WANTED.items()}
    plugin = PLUGIN.format(address=server.address("/tjgb/index.html"), units=units)
    folder = home(tmp_path, plugin, MODULES)
    assert run_module("cityflux", "refresh", *WANTED, cwd=folder).returncode == 0
    asked = len(server.requests)

    again = ("cityflux", "refresh", "--from-snapshots", "--json", *WANTED)
    assert json.loads(run_module(*again, cwd=folder).stdout)["changed"] == 0

    # The parser is mended: there are twice as many people.
    mended = (
        plugin
        + """
import polars as pl

read, more = PAGE.read, pl.when(place="people.population").then(2).otherwise(1)
PAGE.read = lambda documents: read(documents).with_columns(pl.col("value") * more)
"""
    )
    (folder / "my_plugins" / "live.py").write_text(mended, encoding="utf-8")
    done = run_module(*again, cwd=folder)
    assert json.loads(done.stdout)["changed"] == 1
    found = rows(
        folder,
        "SELECT value, period, fetch_id FROM observations WHERE source_id = 'river.communique' "
        "AND indicator_id = 'people.population'",
    )
    assert found[0][:2] == (2 * 2480.26, str(YEAR))
    assert len(server.requests) == asked
    ((address, snapshot),) = rows(
        folder, f"SELECT address, snapshot FROM fetches WHERE id = {found[0][2]}"
    )
    assert address.endswith("/a1.html")
    assert snapshot


def test_several_fetches_are_read_as_one_and_the_later_one_stands(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYFLUX_BAIDU_COOKIE", "BDUSS=secret")
    server.answer("/api/SearchApi/index", answer_of)
    folder = home(tmp_path, KEYWORDS.format(address=server.address("")), ())
    assert run_module("cityflux", "refresh", WORDS[0], cwd=folder).returncode == 0
    before = rows(folder, "SELECT * FROM observations WHERE source_id = 'baidu.index'")
    again = ("cityflux", "refresh", "--from-snapshots", "--json", WORDS[0])
    monkeypatch.delenv("CITYFLUX_BAIDU_COOKIE")
    assert json.loads(run_module(*again, cwd=folder).stdout)["changed"] == 0
    assert rows(folder, "SELECT * FROM observations WHERE source_id = 'baidu.index'") == before
