"""Flows between cities, from a server on loopback into the table ``flows``."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cityflux.plugins.flows import TRAVEL
from tests.conftest import run_module
from tests.plugins.test_live import home, rows
from tests.servers import Answer, LoopbackServer, Seen

PLUGIN = """
from dataclasses import replace

from cityflux import hookimpl
from cityflux.plugins.flows import FLOWS, MIGRATION, ROUTES, AirFlow, Travel


@hookimpl
def register_indicators(register):
    air, airlines, inward, outward = (plugin.indicator() for plugin in FLOWS)
    routes = replace(ROUTES, address="{address}/data")
    travel = replace(MIGRATION, address="{address}/migration")
    register(AirFlow(air, routes))
    register(AirFlow(airlines, routes))
    register(Travel(outward, "move_out", travel))
"""
YESTERDAY = date.today() - timedelta(days=1)


def test_air_routes_agree_with_the_extract(shared: Path, tmp_path: Path) -> None:
    samples = shared / "samples" / "openflights"
    with LoopbackServer() as server:
        for name in ("routes.dat", "airports.dat"):
            server.answer(f"/data/{name}", (samples / name).read_bytes())
        folder = home(tmp_path, PLUGIN.format(address=server.address("")), ("flows",))
        done = run_module("cityflux", "refresh", "air_routes", "airlines", cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert server.count("/data/routes.dat") == 1  # one file for both kinds
    found = {
        (origin, destination): (int(routes), int(airlines))
        for origin, destination, routes, airlines in rows(
            folder,
            "SELECT r.origin_id, r.destination_id, r.value, a.value FROM flows r JOIN flows a "
            "ON a.origin_id = r.origin_id AND a.destination_id = r.destination_id "
            "WHERE r.kind = 'air_routes' AND a.kind = 'airlines'",
        )
    }
    names = dict(rows(folder, "SELECT name_zh, id FROM cities"))
    with (samples / "od_airline_routes_10cities.csv").open(encoding="utf-8", newline="") as file:
        expected = {
            (names[row["origin"]], names[row["destination"]]): (
                int(row["airline_route_records"]),
                int(row["distinct_airlines"]),
            )
            for row in csv.DictReader(file)
        }
    assert found == {pair: counts for pair, counts in expected.items() if counts[0]}

    listed = run_module("cityflux", "flows", "airlines", "--city", "london", "--json", cwd=folder)
    for row in json.loads(listed.stdout):
        assert "london" in (row["origin"], row["destination"])
        assert (row["unit"], row["period"]) == ("家", "2014-06")


def travel(seen: Seen) -> Answer:
    """A share of 25 % for everybody, of an index of 8."""
    if "historycurve" in seen.path:
        data: object = {YESTERDAY.strftime("%Y%m%d"): 8}
    else:
        asked = parse_qs(urlsplit(seen.target).query)
        others = [name for code, name in TRAVEL.values() if code != asked["id"][0]]
        data = [{"city_name": name, "province_name": "x", "value": 25} for name in others]
    body = {"errno": 0, "errmsg": "SUCCESS", "data": {"list": data}}
    return Answer(f"cb({json.dumps(body, ensure_ascii=False)})")


def test_travel_is_a_share_of_a_size_and_is_stored_once(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        for name in ("cityrank", "historycurve"):
            server.answer(f"/migration/{name}.jsonp", travel)
        folder = home(tmp_path, PLUGIN.format(address=server.address("")), ("flows",))
        for changed in (20, 0):
            done = run_module("cityflux", "refresh", "migration_move_out", "--json", cwd=folder)
            assert (done.returncode, json.loads(done.stdout)["changed"]) == (0, changed)
    found = rows(folder, "SELECT DISTINCT period, value, unit, source_id FROM flows")
    assert found == [(YESTERDAY.isoformat(), 2.0, "迁徙规模指数", "baidu.migration")]
    ((outcome,),) = rows(
        folder, "SELECT outcome FROM fetches WHERE indicator_id LIKE 'migration%' LIMIT 1"
    )
    assert outcome == "stored"


BROKEN = """
import polars as pl
from cityflux import Document, Flow, Source, hookimpl


@hookimpl
def indicator():
    return Flow("letters", "信", "Letters", "件")


@hookimpl
def source():
    return Source("post", "p", "file:x", licence="l", access="bundled")


@hookimpl
def fetch(http, source, since):
    return [Document("file:x", b"x")]


@hookimpl
def normalize(documents):
    return pl.DataFrame(FRAME)
"""


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ('{"origin": ["x"]}', "destination and period and value must be among them"),
        (
            '{"origin": ["shanghai"], "destination": ["atlantis"], "period": ["2020"], '
            '"value": [1]}',
            "no city 'atlantis' is known",
        ),
    ],
)
def test_a_flow_that_breaks_its_contract_is_named(tmp_path: Path, frame: str, said: str) -> None:
    folder = home(tmp_path, BROKEN.replace("FRAME", frame), ())
    done = run_module("cityflux", "refresh", "letters", cwd=folder)
    assert done.returncode == 1
    assert said in done.stderr


def test_an_unknown_kind_is_refused_with_those_that_there_are(home: Path) -> None:
    done = run_module("cityflux", "flows", "letters", cwd=home)
    assert done.returncode == 1
    assert (
        "there are: air_routes, airlines, capital, commerce, culture, firms, goods" in done.stderr
    )
