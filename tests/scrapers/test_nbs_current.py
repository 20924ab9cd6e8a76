from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, SourceError, Unexpected
from cityflux.scrapers.nbs import SCHEMA, current, select
from cityflux.scrapers.nbs.current import CITY_ANNUAL, Entry, Leaf, Query
from tests.scrapers.examples import run_example
from tests.scrapers.loopback import Answer, Pages, PlainHttp, Request, Site, serve

LEAF = Leaf("cid-gdp", "地区生产总值", "root-8", "主要城市年度数据")
TREE = {
    "": [{"_id": "root-8", "name": "主要城市年度数据", "isLeaf": False}],
    "root-8": [{"_id": "accounts", "name": "国民经济核算 ", "isLeaf": False}],
    "accounts": [{"_id": "cid-gdp", "name": "地区生产总值", "isLeaf": True}],
}
INDICATORS = [
    {"_id": "i-gdp", "i_showname": "地区生产总值 (亿元) ", "du_name": "亿元"},
    {"_id": "i-index", "i_showname": "地区生产总值指数 (上年=100)", "du_name": "%"},
]
REGIONS = {
    "all": [
        {"name_value": "310000000000", "show_name": "上海"},
        {"name_value": "110000000000", "show_name": "北京"},
    ],
    "again": [{"name_value": "310000000000", "show_name": "上海"}],
}
FIGURES = {("310000000000", "2019YY"): "37987.6", ("110000000000", "2019YY"): ""}


def success(data: object) -> Answer:
    content = {"success": True, "state": 20000, "message": "成功", "data": data}
    return Answer(content, "application/json")


def tree(request: Request) -> Answer:
    assert request.params["code"] == "8"
    return success(TREE.get(request.params["pid"], []))


def es_data(request: Request) -> Answer:
    body = request.json()
    named = {region["value"]: region["text"] for region in body["das"]}
    values = [
        {
            **{"_id": indicator, "i_showname": "地区生产总值 (亿元) ", "du_name": "亿元"},
            **{"da": code, "da_name": name, "value": FIGURES[code, "2019YY"]},
        }
        for indicator in body["indicatorIds"]
        for code, name in named.items()
    ]
    return success([{"code": "2019YY", "name": "2019年", "values": values}])


PREFIX = "/dg/website/publicrelease/web/external/"
PAGES: Pages = {
    f"{PREFIX}new/queryIndexTreeAsync": tree,
    f"{PREFIX}new/queryIndicatorsByCid": success({"list": INDICATORS, "total": 2}),
    f"{PREFIX}getDaCatalogTreeByIndicatorCid": success([{"_id": "all"}, {"_id": "again"}]),
    f"{PREFIX}getDasByDaCatalogId": lambda request: success(REGIONS[request.params["daCid"]]),
    f"{PREFIX}stream/esData": es_data,
}


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(PAGES) as running:
        yield running


def answered(data: object, status: int = 200, **more: object) -> Document:
    body = json.dumps({"success": True, "data": data, **more}, ensure_ascii=False)
    return Document("https://data.stats.gov.cn/x/stream/esData", body.encode(), status=status)


def period(code: str = "2019YY", **value: Any) -> dict[str, Any]:
    cell = {"_id": "i", "i_showname": "GDP (亿元)", "du_name": "亿元", "value": "1.5"}
    return {"code": code, "values": [{**cell, "da": "310000000000", "da_name": "上海", **value}]}


def test_from_the_tree_to_the_figures_over_loopback(site: Site) -> None:
    http, base = PlainHttp(), site.address + PREFIX
    leaf = current.find_leaf(http, CITY_ANNUAL, ["国民经济核算", "地区生产总值"], base=base)
    assert leaf == LEAF
    entries = current.indicators(http, leaf, base=base)
    assert entries == [
        Entry("i-gdp", "地区生产总值", "亿元"),
        Entry("i-index", "地区生产总值指数 (上年=100)", "%"),
    ]
    regions = current.regions(http, leaf, base=base)
    assert [region.id for region in regions] == ["310000000000", "110000000000"]
    query = Query(leaf, current.choose(entries, ["地区生产总值"]), regions, "2019", "2020")
    frame = current.parse(current.fetch(http, query, base=base), leaf.database)
    assert dict(frame.schema) == SCHEMA
    assert frame.select("region", "period", "value").rows() == [
        ("上海", "2019", 37987.6),
        ("北京", "2019", None),
    ]
    assert frame.row(0, named=True)["indicator"] == "地区生产总值"
    assert frame.row(0, named=True)["database"] == "主要城市年度数据"
    taken = select(frame, unit="亿元", cities={"310000000000": "shanghai", "北京": "beijing"})
    assert taken.rows() == [("shanghai", "2019", 37987.6, "")]

    sent = site.requests[-1]
    assert (sent.method, sent.headers["origin"]) == ("POST", "https://data.stats.gov.cn")
    assert sent.headers["referer"].endswith("/dg/website/page.html")
    assert sent.json() == {
        "cid": "cid-gdp",
        "indicatorIds": ["i-gdp"],
        "daCatalogId": "",
        "das": [
            {"text": "上海", "value": "310000000000"},
            {"text": "北京", "value": "110000000000"},
        ],
        "showType": "3",
        "dts": ["2019YY-2020YY"],
        "rootId": "root-8",
    }


@pytest.mark.parametrize(
    ("first", "last", "dts"),
    [
        ("2011", "2020", "2011YY-2020YY"),
        ("2019-Q1", "2020-Q4", "201901SS-202004SS"),
        ("2019-01", "2020-12", "201901MM-202012MM"),
    ],
)
def test_periods_in_the_codes_of_the_interface(first: str, last: str, dts: str) -> None:
    body = Query(LEAF, [Entry("i", "GDP")], [Entry("1", "上海")], first, last).body()
    assert (body["dts"], body["showType"]) == ([dts], "1")


def test_names_that_are_not_in_the_tree(site: Site) -> None:
    http, base = PlainHttp(), site.address + PREFIX
    with pytest.raises(
        Unexpected, match=r"nothing named '人口' under 主要城市年度数据; .*'国民经济核算'"
    ):
        current.find_leaf(http, CITY_ANNUAL, ["人口"], base=base)
    with pytest.raises(Unexpected, match="国民经济核算 is no table; under it: '地区生产总值'"):
        current.find_leaf(http, CITY_ANNUAL, ["国民经济核算"], base=base)
    with pytest.raises(Unexpected, match="0 entries named '上海市'; similar: '上海'"):
        current.choose([Entry("1", "上海")], ["上海市"])


class Refusing(PlainHttp):
    """A client that raises what the polite one raises for status 403."""

    def get(self, address: str, **_: Any) -> Document:
        error = Refused(f"{address}: answered 403", address=address, status=403)
        error.kept = "cafe"
        raise error

    post = get


def test_a_block_says_what_to_do_instead() -> None:
    http = Refusing()
    query = Query(LEAF, [], [], "2019", "2020")
    for attempt in (
        lambda: current.children(http, CITY_ANNUAL),
        lambda: current.fetch(http, query),
    ):
        with pytest.raises(Refused, match=r"answered 403; .*download the table by hand") as caught:
            attempt()
        assert (caught.value.status, caught.value.kept) == (403, "cafe")
    page = Document("https://x/esData", b"<html>reason:UrlACL</html>", status=403)
    with pytest.raises(Refused, match="UrlACL"):
        current.parse(page)


@pytest.mark.parametrize(
    ("document", "error", "told"),
    [
        (Document("https://x", b"<html><title>WAF</title>"), Unexpected, "got an HTML page .*WAF"),
        (Document("https://x", b"<input type=password>"), Refused, "asks for a login"),
        (
            answered([], success=False, message="参数错误"),
            Unexpected,
            "the site answered: 参数错误",
        ),
        (answered([]), Unexpected, "no figure; check cid, rootId"),
        (answered([{"code": "2019YY", "values": []}]), Unexpected, "no figure; check cid"),
        (answered({"a": 1}), Unexpected, "the answer: Input should be a valid list, got"),
        (
            answered([{"values": []}]),
            Unexpected,
            r"0\.code: Field required, got .* shape .* changed",
        ),
        (
            answered([{"code": "2019YY", "values": [{}]}]),
            Unexpected,
            r"0\.values\.0\._id: Field required",
        ),
        (answered([period("2019")]), None, ""),
        (answered([period("最新")]), Unexpected, "'最新' is not a period code"),
        (answered([period(value="1.2.3")]), Unexpected, "GDP, 上海, 2019: '1.2.3' is not a number"),
    ],
)
def test_answers(document: Document, error: type[SourceError] | None, told: str) -> None:
    if error is None:
        assert current.parse(document)["value"].to_list() == [1.5]
        return
    with pytest.raises(error, match=told):
        current.parse(document)


def test_missing_values_stay_missing() -> None:
    frame = current.parse(answered([period(value=""), period("2020YY", value=None)]))
    assert frame["value"].to_list() == [None, None]
    with pytest.raises(Unexpected, match="NBS: not one figure for 上海"):
        select(frame, unit="亿元", cities={"上海": "shanghai"})


def test_a_changed_unit_and_two_values_are_told() -> None:
    frame = current.parse(answered([period(du_name="万元", i_showname="GDP")]))
    with pytest.raises(Unexpected, match="expected GDP in 亿元, got 万元"):
        select(frame, unit="亿元", cities={"上海": "shanghai"}, indicator="GDP")
    other = current.parse(answered([period(du_name="万元", i_showname="GDP", value="2")]))
    twice = pl.concat([frame, other])
    with pytest.raises(Unexpected, match=r"two figures for shanghai in 2019: 1\.5, 2\.0"):
        select(twice, unit="万元", cities={"上海": "shanghai"}, indicator="GDP")


def test_the_worked_example_for_the_current_interface(site: Site) -> None:
    names = run_example("nbs.md", 1)
    source = names["source"]()

    class Here(PlainHttp):
        """Sends what is meant for the bureau to the site on loopback."""

        def get(self, address: str, **more: Any) -> Document:
            return super().get(address.replace("https://data.stats.gov.cn", site.address), **more)

        def post(self, address: str, **more: Any) -> Document:
            return super().post(address.replace("https://data.stats.gov.cn", site.address), **more)

    documents = names["fetch"](Here(), source, "2018")
    assert site.requests[-1].json()["dts"] == ["2018YY-2030YY"]
    assert names["normalize"](documents).rows() == [("shanghai", "2019", 37987.6, "")]
