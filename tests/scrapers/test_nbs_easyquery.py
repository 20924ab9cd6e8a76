from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.model.document import Document, read_file
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.scrapers.nbs import SCHEMA, easyquery, select
from cityflux.scrapers.nbs.rows import period_of_code

ADDRESS = "https://data.stats.gov.cn/easyquery.htm?m=QueryData&dbcode=csnd"


def node(region: str, period: str, published: str, data: float = 0.0) -> dict[str, Any]:
    return {
        "code": f"zb.A0101_reg.{region}_sj.{period}",
        "data": {"data": data, "hasdata": bool(published), "strdata": published},
        "wds": [
            {"wdcode": "zb", "valuecode": "A0101"},
            {"wdcode": "reg", "valuecode": region},
            {"wdcode": "sj", "valuecode": period},
        ],
    }


def answer(*nodes: dict[str, Any], returncode: int = 200) -> dict[str, Any]:
    names = [
        {
            "wdcode": "zb",
            "nodes": [{"code": "A0101", "cname": "GDP", "unit": "亿元", "memo": "a||b"}],
        },
        {"wdcode": "reg", "nodes": [{"code": "310000", "cname": "上海", "unit": "", "memo": ""}]},
        {"wdcode": "sj", "nodes": []},
    ]
    return {"returncode": returncode, "returndata": {"datanodes": list(nodes), "wdnodes": names}}


def document(body: object, status: int = 200) -> Document:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Document(ADDRESS, content, status=status)


@pytest.mark.parametrize(
    ("name", "missing"), [("easyquery_gdp.json", 0), ("easyquery_house_investment.json", 86)]
)
def test_every_figure_of_the_samples(shared: Path, name: str, missing: int) -> None:
    sample = read_file(shared / "samples" / "nbs_api" / name)
    frame = easyquery.parse(sample)
    data = json.loads(sample.body)["returndata"]
    names = {node["code"]: node for group in data["wdnodes"] for node in group["nodes"]}
    assert dict(frame.schema) == SCHEMA
    assert frame.height == len(data["datanodes"])
    for row, raw in zip(frame.iter_rows(named=True), data["datanodes"], strict=True):
        indicator, period = (dimension["valuecode"] for dimension in raw["wds"])
        published = raw["data"]["strdata"]
        assert row["value"] == (float(published) if raw["data"]["hasdata"] else None)
        assert row["indicator_code"] == indicator
        assert row["indicator"] == names[indicator]["cname"]
        assert row["unit"] == (names[indicator]["unit"] or None)
        assert row["period"] == period_of_code(period)
    assert frame["value"].null_count() == missing


def test_no_figure_never_becomes_zero_and_the_published_one_counts() -> None:
    frame = easyquery.parse(
        document(answer(node("310000", "2020", ""), node("310000", "2019", "100.7", 100.71505336)))
    )
    assert frame["value"].to_list() == [None, 100.7]
    assert frame.select("database", "region", "region_code", "note").row(0) == (
        *("主要城市年度数据", "上海", "310000", "a b"),
    )
    taken = select(frame, unit="亿元", cities={"310000": "shanghai"})
    assert taken.rows() == [("shanghai", "2019", 100.7, "a b")]


@pytest.mark.parametrize(
    ("code", "period"),
    [
        *(("2019", "2019"), ("2019A", "2019-Q1"), ("2019D", "2019-Q4"), ("201909", "2019-09")),
        *(("2019YY", "2019"), ("201904SS", "2019-Q4"), ("201912MM", "2019-12")),
        *(("2019E", None), ("201913", None), ("201905SS", None), ("LAST5", None), ("", None)),
    ],
)
def test_period_codes_of_both_interfaces(code: str, period: str | None) -> None:
    assert period_of_code(code) == period


def test_the_closed_interface_is_a_refusal_that_says_what_to_do() -> None:
    blocked = b"<html><head><title>403</title></head><body>reason:UrlACL</body></html>"
    for status in (403, 200):
        with pytest.raises(Refused, match=r"refused \(UrlACL\); .*download the table by hand"):
            easyquery.parse(document(blocked, status))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<!DOCTYPE html><title>oops</title>", r"expected JSON, got an HTML page .*'oops'"),
        (b"not json", "expected JSON, got"),
        (answer(returncode=501), "the query failed: returncode 501"),
        (answer(), "the answer holds no figure"),
        ({"returncode": 200, "data": []}, "the answer: .* got 'None'; the shape of the answer has"),
        (answer(node("999999", "2019", "1")), r"do not name \('reg', '999999'\)"),
        (answer(node("310000", "2019X", "1")), "'2019X' is not a period code"),
        (answer(node("310000", "2019", "n/a")), "hasdata is true, but strdata holds no figure"),
        (answer(node("310000", "2019", "1.2.3")), "'1.2.3' is not a number"),
    ],
)
def test_answers_that_are_not_the_expected_one(body: object, told: str) -> None:
    with pytest.raises(Unexpected, match=told):
        easyquery.parse(document(body))


def test_a_login_page_with_status_200() -> None:
    with pytest.raises(Refused, match="asks for a login"):
        easyquery.parse(document(b"<html><form><input type='password'></form></html>"))
