"""Charts: as pictures and as tables, with the same figures."""

from __future__ import annotations

import csv
import io
import sqlite3
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cityflux.storage.database import open_database, write
from tests.web import databases
from tests.web.databases import HOSTILE, INDICATORS, SCRIPT
from tests.web.site import Site

KINDS = {
    "ranking": {"index": "flow_index"},
    "groups": {"index": "flow_index"},
    "compare": {"index": "flow_index", "city": "shanghai", "versus": "beijing"},
    "years": {"index": "flow_index_yearly"},
    "series": {"indicator": "overall_economy.gdp"},
    "audit": {"index": "flow_index"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_chart_is_a_picture_and_a_table(site: Site, kind: str) -> None:
    svg = site.get(f"/-/chart/{kind}.svg", "zh", **KINDS[kind])
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.headers["content-security-policy"].endswith("sandbox")
    drawn = ElementTree.fromstring(svg.text)
    assert "上海" in "".join(drawn.itertext())
    assert [each.tag for each in drawn.iter() if each.tag.endswith("}script")] == []
    png = site.get(f"/-/chart/{kind}.png", **KINDS[kind]).content
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG")
    assert width >= 1000
    assert height > 50
    table = site.get(f"/-/chart/{kind}.csv", download=1, **KINDS[kind])
    assert table.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert {"Shanghai"} <= {row["city"] for row in rows}


def test_a_broken_series_is_drawn_with_a_gap_and_named_on_its_page(site: Site) -> None:
    for language, word, census in (
        ("zh", "断点", "2020年断点（各城市）"),
        ("en", "break", "Break of 2020 (every city)"),
    ):
        drawn = site.get("/-/chart/series.svg", language, indicator="gdp_per_capita").text
        assert f">{word}<" in drawn
        assert 'aria-roledescription="rule mark"' in drawn
        page = site.page("/-/indicator/gdp_per_capita", language)
        (listed,) = page.select("ul.breaks")
        assert census in listed.text
        assert "《第七次全国人口普查公报》" in listed.text
    assert not site.page("/-/indicator/overall_economy.gdp").select("ul.breaks")
    asked = {"index": "flow_index", "city": "beijing", "period": "2011/2020"}
    node = "regional_pull.neighbour_1_gdp_per_capita"
    (listed,) = site.page("/-/score", node=node, **asked).select("ul.breaks")
    assert [line.text[:13] for line in listed.select("li")] == ["Break of 2019", "Break of 2020"]
    assert not site.page("/-/score", node="overall_economy.gdp", **asked).select("ul.breaks")


def test_the_table_of_a_chart_holds_the_stored_numbers(site: Site) -> None:
    table = site.get("/-/chart/ranking.csv", index="flow_index").content.decode("utf-8-sig")
    connection = sqlite3.connect(site.database)
    stored = dict(
        connection.execute(
            "SELECT name_en, score FROM scores JOIN cities ON id = city_id "
            "WHERE index_id = 'flow_index' AND node_id = 'flow_index'"
        ).fetchall()
    )
    connection.close()
    rows = csv.DictReader(io.StringIO(table))
    assert {row["city"]: float(row["score"]) for row in rows} == stored


def test_the_map_draws_cities_and_flows(hostile: Site) -> None:
    svg = hostile.get("/-/chart/map.svg", index="strange")
    assert svg.status_code == 200
    drawn = "".join(ElementTree.fromstring(svg.text).itertext())
    assert HOSTILE[1] in drawn
    assert HOSTILE[2][:14] in drawn
    assert HOSTILE[2][:20] not in drawn  # a picture has no room for the whole of it
    rows = hostile.get("/-/chart/map.csv", index="strange", flow=SCRIPT).text
    assert "7.5" in rows


@pytest.mark.deep
def test_two_cities_of_one_name_are_two_in_a_picture(tmp_path: Path) -> None:
    databases.small(tmp_path / "same.db", ["c0", "c1"], ["2020", "2021"])
    with open_database(tmp_path / "same.db") as connection, write(connection):
        connection.execute("UPDATE cities SET name_en = 'Suzhou'")
    with Site(tmp_path / "same.db", tmp_path) as site:
        for kind in ("ranking", "years"):
            svg = site.get(f"/-/chart/{kind}.svg", index="small", lang="en").text
            drawn = " ".join(ElementTree.fromstring(svg).itertext())
            assert "Suzhou (c0)" in drawn, kind
            assert "Suzhou (c1)" in drawn, kind


def test_a_series_of_hostile_names_is_drawn_as_text(hostile: Site) -> None:
    svg = hostile.get("/-/chart/series.svg", indicator=INDICATORS[0])
    assert svg.status_code == 200
    assert [e.tag for e in ElementTree.fromstring(svg.text).iter() if "script" in e.tag] == []


@pytest.mark.deep
def test_a_letter_that_no_picture_may_hold_is_replaced(tmp_path: Path) -> None:
    databases.small(tmp_path / "bell.db", ["c0", "c1"], ["2020"])
    with open_database(tmp_path / "bell.db") as connection, write(connection):
        connection.execute("UPDATE cities SET name_en = 'be\x07ll' WHERE id = 'c1'")
    with Site(tmp_path / "bell.db", tmp_path) as site:
        for kind in ("svg", "png", "csv"):
            drawn = site.get(f"/-/chart/ranking.{kind}", index="small", lang="en")
            assert drawn.status_code == 200, kind
            if kind == "svg":
                assert "be\ufffdll" in "".join(ElementTree.fromstring(drawn.text).itertext())


def test_what_cannot_be_drawn_is_said(site: Site) -> None:
    for path in (
        "/-/chart/ranking.svg",
        "/-/chart/ranking.svg?index=none",
        "/-/chart/none.svg?index=flow_index",
        "/-/chart/map.png?index=none",
    ):
        answer = site.get(path)
        assert (answer.status_code, len(answer.text.splitlines())) == (404, 1), path


@pytest.mark.deep
def test_without_a_chinese_font_a_picture_is_refused_and_the_drawing_is_not(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # no fc-list, which knows the fonts
    with Site(site.database, tmp_path) as poor:
        refused = poor.get("/-/chart/ranking.png", "zh", index="flow_index")
        assert (refused.status_code, len(refused.text.splitlines())) == (503, 1)
        assert "fonts-noto-cjk" in refused.text
        assert poor.get("/-/chart/ranking.svg", "zh", index="flow_index").status_code == 200
