"""What an index lacks, in the order of what a figure brings, and where it is printed."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cityflux.core.engine.compute import compute
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.reading.indices import definition_of
from cityflux.core.reading.worklist import gaps
from tests.conftest import answer
from tests.core.engine.test_open_periods import fill
from tests.core.engine.test_pipeline import database, index

__all__ = ["database"]  # a fixture

ENDED = {
    "goods_commerce.inward_fdi",
    "goods_commerce.goods_exports",
    "goods_commerce.goods_imports",
    "science_innovation.patents_granted",
    "transport.road_passengers_to_2012",
    "transport.road_passengers_from_2014",
    "transport.freight_total",
}


def test_what_brings_most_comes_first(database: sqlite3.Connection) -> None:
    fill(database, "x", "2019", "2020")
    fill(database, "y", "2019", cities=3)  # one more, and all four compare
    fill(database, "y", "2020", cities=2)
    fill(database, "z", "2019/2020")  # a figure of the span is none of its years
    asked = index(periods={"of": ["2019/2020"]}, indicators=["x", "y", "z"])
    compute(database, asked, Methods(), "1")
    found = [gap[:4] for gap in gaps(database, definition_of(database, "i"))]
    assert found[:3] == [("y", "d", 2019, 4.0), ("y", "c", 2020, 2.0), ("y", "d", 2020, 2.0)]
    assert {gap[:1] + gap[2:] for gap in found[3:]} == {("z", 2019, 1.0), ("z", 2020, 1.0)}
    assert len(found) == 3 + 8


def listed(run: Callable[..., Result], name: str) -> list[dict[str, Any]]:
    found = answer(run, "indicators", "--missing", "--index", name)
    assert isinstance(found, list)
    return found


def test_each_missing_cell_of_the_main_cities_has_its_place(
    read_only: Callable[..., Result], made_once: Path
) -> None:
    found = listed(read_only, "main_cities_index")
    with sqlite3.connect(made_once / "data" / "cityflux.db") as connection:
        definition = definition_of(connection, "main_cities_index")
        ((known,),) = connection.execute(
            "SELECT count(DISTINCT o.indicator_id || o.city_id || o.period) "
            "FROM current_observations o JOIN nodes n ON n.indicator_id = o.indicator_id "
            "JOIN scores s ON s.index_id = n.index_id AND s.node_id = n.node_id "
            "AND s.city_id = o.city_id AND s.period = o.period "
            "WHERE n.index_id = 'main_cities_index'"
        ).fetchall()
    cells = len(definition.leaves) * len(definition.cities) * len(definition.periods.of)
    assert len(found) == cells - known > 2000
    assert [row["cells"] for row in found] == sorted((row["cells"] for row in found), reverse=True)
    deposits = [row for row in found if row["indicator"] == "capital.deposits"]
    for row in deposits:
        assert (row["publication"], row["edition"]) == ("中国城市统计年鉴", row["year"] + 1)
        assert row["table"] == "2-10 年末金融机构存贷款余额"
        assert row["command"] == "cityflux import FOLDER"
    unprinted = [row for row in found if not row["command"]]
    assert {row["publication"] for row in unprinted} == {"not printed"}
    assert {row["indicator"] for row in unprinted} == ENDED  # the yearbook has other years alone


def test_the_search_indices_come_by_one_command(
    read_only: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CITYFLUX_BAIDU_COOKIE", raising=False)
    found = listed(read_only, "flow_index")
    command = "CITYFLUX_BAIDU_COOKIE=… cityflux refresh baidu.index"
    searched = [row for row in found if row["command"] == command]
    assert Counter(row["city"] for row in searched) == dict.fromkeys(
        ("shanghai", "beijing", "shenzhen", "guangzhou", "hangzhou"), 65 * 10
    )
    premiums = [row for row in found if row["indicator"] == "capital.insurance_turnover"]
    places = {row["publication"] for row in premiums if row["city"] == "shenzhen"}
    assert places == {"国家金融监督管理总局 保险业数据"}
    text = read_only("indicators", "--missing", "--index", "flow_index").output
    assert "figures that flow_index lacks, the table that brings most first" in text
