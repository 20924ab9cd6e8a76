"""``cityflux flows``: the network, a city of it, ranks and pictures."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import run_module

ROUTES = {
    "2013": [("shanghai", "beijing", 4), ("beijing", "shanghai", 4), ("hangzhou", "shanghai", 1)],
    "2014": [
        *[("shanghai", "beijing", 6), ("beijing", "shanghai", 6), ("shanghai", "london", 2)],
        *[("london", "shanghai", 2), ("hangzhou", "shanghai", 3), ("hangzhou", "hangzhou", 9)],
    ],
}


@pytest.fixture(scope="module")
def flowing(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The main job's folder, with flows of two years that a hand wrote."""
    folder = tmp_path_factory.mktemp("flowing")
    shutil.copytree(made_once, folder, dirs_exist_ok=True)
    with closing(sqlite3.connect(folder / "data" / "cityflux.db")) as connection:
        connection.executemany(
            "INSERT INTO flows VALUES ('goods', ?, ?, ?, 'baidu.migration', ?, '万吨', NULL)",
            [(o, d, year, value) for year, rows in ROUTES.items() for o, d, value in rows],
        )
        connection.commit()
    return folder


def told(folder: Path, *arguments: str, code: int = 0) -> str:
    done = run_module("cityflux", "flows", *arguments, cwd=folder)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def test_a_network_is_told_as_a_whole(flowing: Path) -> None:
    found = told(flowing, "show", "goods", "--lang", "en")
    assert "goods 2014: 4 cities, 5 links, 19 万吨, density 42%, 1 components" in found
    assert "1 rows left out: each goes from a city to itself" in found
    lines = {line.split()[0]: line.split() for line in found.splitlines() if line}
    assert lines["Beijing"][-1] == "Shanghai"  # 11 come to Shanghai, 6 to Beijing
    rows = {
        row["city"]: row for row in json.loads(told(flowing, "show", "goods", "--json"))["rows"]
    }
    assert rows["shanghai"]["subordinates"] == 3
    assert rows["shanghai"]["growth"] == pytest.approx(19 / 9 - 1)
    assert rows["london"]["growth"] is None
    assert rows["shanghai"]["per_day"] is None  # tonnes are no movements


def test_a_city_has_measures_with_ranks_and_partners(flowing: Path) -> None:
    found = json.loads(told(flowing, "show", "goods", "上海", "--json"))
    measures = {each["measure"]: each for each in found["measures"]}
    assert (measures["throughflow"]["value"], measures["throughflow"]["rank"]) == (19, 1)
    assert measures["own_region"]["value"] == pytest.approx(3 / 19)
    partners = [(each["partner"], each["dominates"]) for each in found["partners"]]
    assert partners == [("beijing", "city"), ("london", "city"), ("hangzhou", "city")]
    assert "is above" in told(flowing, "show", "goods", "beijing", "--lang", "en")


def test_cities_are_ranked_by_a_measure(flowing: Path) -> None:
    rows = json.loads(told(flowing, "rank", "goods", "--by", "destinations", "--json"))
    assert [(row["city"], row["rank"]) for row in rows] == [
        *[("shanghai", 1), ("beijing", 2), ("hangzhou", 2), ("london", 2)]
    ]
    assert "2 of 4" in told(flowing, "rank", "goods", "--by", "destinations", "--limit", "2")
    assert "no measure is called 'size'" in told(flowing, "rank", "goods", "--by", "size", code=1)


def test_two_periods_and_two_kinds_are_compared(flowing: Path) -> None:
    found = told(flowing, "compare", "goods", "--with", "2013", "--lang", "en")
    assert "rank correlation (Spearman) of the 3 cities that have both: 1.000" in found
    assert "Usage" in told(flowing, "compare", "goods", code=2)


def test_what_is_not_there_is_named_with_what_is(flowing: Path) -> None:
    assert "there are: goods; fetch them with" in told(flowing, "show", "letters", code=1)
    assert "there are: 2013, 2014" in told(flowing, "show", "goods", "--period", "1999", code=1)
    assert "tokyo has no flow goods in 2014" in told(flowing, "show", "goods", "tokyo", code=1)


def test_flows_are_drawn_as_a_map_and_a_matrix(flowing: Path, tmp_path: Path) -> None:
    drawn = {name: tmp_path / f"{name}.svg" for name in ("map", "matrix")}
    files = [each for name, file in drawn.items() for each in (f"--{name}", str(file))]
    told(flowing, "show", "goods", *files, "--lang", "en")
    for file in drawn.values():
        assert ElementTree.parse(file).getroot().tag.endswith("svg")
        assert "London" in file.read_text(encoding="utf-8")
