from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.scrapers import baidu_migration
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, reply, serve
from tests.scrapers.plugin_examples import example, run

DAY = date(2023, 9, 22)
CODES = {"310000": "shanghai", "330100": "hangzhou"}
NAMES = {"上海市": "shanghai", "杭州市": "hangzhou"}


def jsonp(data: Any, errno: int = 0, errmsg: str = "SUCCESS") -> Reply:
    body = json.dumps({"errno": errno, "errmsg": errmsg, "data": data}, ensure_ascii=False)
    return Reply(f"cb({body});".encode(), "application/javascript")


def entry(city: str, value: Any) -> dict[str, Any]:
    return {"city_name": city, "province_name": "某省(区)", "value": value}


def answers(asked: Asked) -> Reply:
    """Shanghai takes in 12.5 % from Hangzhou and sends 10 % there, with indices 8 and 4."""
    inward = asked.one("type") == "move_in"
    if asked.path.endswith("/historycurve.jsonp"):
        return jsonp({"list": {"20230922": 8.0 if inward else 4.0, "20230924": 9}})
    return jsonp({"list": [entry("杭州市", 12.5 if inward else 10), entry("苏州市", 20.1)]})


def rank(answer: Reply) -> Document:
    with serve(lambda asked: answer) as site:
        (document,) = baidu_migration.fetch_ranks(
            LoopbackClient(), ["310000"], [DAY], directions=["move_in"], address=site.address
        )
    return document


def curve(answer: Reply) -> Document:
    with serve(lambda asked: answer) as site:
        (document,) = baidu_migration.fetch_curves(
            LoopbackClient(), ["310000"], directions=["move_in"], address=site.address
        )
    return document


def test_the_partners_of_a_day_are_read() -> None:
    with serve(answers) as site:
        documents = list(
            baidu_migration.fetch_ranks(LoopbackClient(), ["310000"], [DAY], address=site.address)
        )
    assert [asked.path for asked in site.asked] == ["/cityrank.jsonp"] * 2
    assert site.asked[1].query == {
        "dt": ["city"],
        "id": ["310000"],
        "type": ["move_out"],
        "date": ["20230922"],
    }
    assert baidu_migration.parse_rank(documents[1]).rows() == [
        ("310000", "move_out", "2023-09-22", "杭州市", 10.0),
        ("310000", "move_out", "2023-09-22", "苏州市", 20.1),
    ]


def test_days_that_are_kept_are_left_out_but_the_last_two() -> None:
    http = LoopbackClient()
    days = [date(2023, 9, number) for number in (20, 21, 22)]
    with serve(answers) as site:
        for _ in range(2):
            for document in baidu_migration.fetch_ranks(
                http,
                ["310000"],
                days,
                directions=["move_in"],
                address=site.address,
                today=date(2023, 9, 23),
            ):
                http.keep(document)
    asked = [request.one("date")[-2:] for request in site.asked]
    assert asked == ["20", "21", "22", "21", "22"]


def test_a_curve_is_asked_anew() -> None:
    http = LoopbackClient()
    with serve(answers) as site:
        for _ in range(2):
            for document in baidu_migration.fetch_curves(http, ["310000"], address=site.address):
                http.keep(document)
    assert len(site.asked) == 4


def test_a_gap_in_the_curve_has_no_row() -> None:
    document = curve(jsonp({"list": {"20200921": None, "20200507": 3.1, "20200506": "-"}}))
    assert baidu_migration.parse_curve(document).rows() == [
        ("310000", "move_in", "2020-05-07", 3.1)
    ]


@pytest.mark.parametrize("nothing", [{}, []])
def test_an_empty_curve_has_no_rows(nothing: Any) -> None:
    assert baidu_migration.parse_curve(curve(jsonp({"list": nothing}))).is_empty()


def test_an_empty_rank_has_no_rows() -> None:
    assert baidu_migration.parse_rank(rank(jsonp({"list": []}))).is_empty()


def test_brackets_inside_and_answers_without_a_callback_are_read() -> None:
    bare = reply({"errno": 0, "data": {"list": [entry("湘西(州)", 1)]}})
    for answer in (jsonp({"list": [entry("湘西(州)", 1)]}), bare):
        assert baidu_migration.parse_rank(rank(answer))["partner"].to_list() == ["湘西(州)"]


def test_share_times_index_is_a_flow_between_cities() -> None:
    http = LoopbackClient()
    days = [DAY, date(2023, 9, 23)]  # the curve lacks the second day
    with serve(answers) as site:
        ranks = [
            baidu_migration.parse_rank(document)
            for document in baidu_migration.fetch_ranks(
                http, ["310000"], days, address=site.address
            )
        ]
        curves = [
            baidu_migration.parse_curve(document)
            for document in baidu_migration.fetch_curves(http, ["310000"], address=site.address)
        ]
    frame = baidu_migration.flows(
        ranks[0].vstack(ranks[1]).vstack(ranks[2]), curves[0].vstack(curves[1]), CODES, NAMES
    )
    assert frame.rows() == [
        ("migration_move_in", "hangzhou", "shanghai", "2023-09-22", 1.0, "迁徙规模指数"),
        ("migration_move_out", "shanghai", "hangzhou", "2023-09-22", 0.4, "迁徙规模指数"),
    ]
    with pytest.raises(ValueError, match="no city id for the codes 310000"):
        baidu_migration.flows(ranks[0], curves[0], {}, NAMES)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (jsonp(None, 3, "param error"), "expected errno 0, got 3: param error"),
        (HTML, "expected JSON in a callback"),
        (Reply(b'cb({"errno":0,"data":{"li'), "expected JSON in a callback"),
        (jsonp({"rows": []}), "expected the key 'list', got the keys 'rows'"),
        (jsonp({"list": [{"city": "杭州市"}]}), "expected the key 'city_name'"),
        (jsonp({"list": [entry("杭州市", "many")]}), "expected a number, got many"),
    ],
)
def test_a_rank_that_is_none_is_unexpected(answer: Reply, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint):
        baidu_migration.parse_rank(rank(answer))


@pytest.mark.parametrize(
    ("days", "complaint"),
    [({"yesterday": 1}, "expected a day"), ([1, 2], "expected an object of days")],
)
def test_a_curve_that_is_none_is_unexpected(days: Any, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint):
        baidu_migration.parse_curve(curve(jsonp({"list": days})))


def test_a_refusal_ends_the_backfill() -> None:
    with serve(lambda asked: reply({}, 403)) as site, pytest.raises(Refused):
        list(baidu_migration.fetch_ranks(LoopbackClient(), ["1", "2"], [DAY], address=site.address))
    assert len(site.asked) == 1


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    with serve(answers) as site:
        frame = run(example("baidu_migration", tmp_path), LoopbackClient(), site.address)
    assert frame.filter(city="shanghai").rows() == [
        ("shanghai", "2023-09-22", 8.0),
        ("shanghai", "2023-09-24", 9.0),
    ]
    assert {asked.one("type") for asked in site.asked} == {"move_in"}
