"""``cityflux import --flows`` and ``--firms``: tables of people, taken in whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import ImportRefused
from cityflux.core.refresh.importing.names import names_of
from cityflux.core.refresh.importing.od import Asked, Kinds, Read, read_firms, read_flows
from tests.conftest import run_module

LONG = """起点,终点,年份,流量,单位
上海,北京,2020年,1.5,亿吨
Beijing,shanghai,2020年,12000,万吨
上海,伦敦,2020年,–,万吨
"""
MATRIX = """万吨,Shanghai,Beijing,Hangzhou
Shanghai,,"1,200",30
Beijing,900,–,0
Hangzhou,25,…,
"""
FIRMS = """firm,上海,北京,London
A,5,3,1
B,2,2,
"""


@pytest.fixture(scope="module")
def shelf(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("od")
    shutil.copytree(made_once, folder, dirs_exist_ok=True)
    return folder


CITIES = [("shanghai", "上海"), ("beijing", "北京"), ("hangzhou", "杭州")]
NAMES = names_of(CITIES, [], {}, {}, [])


def document(text: str) -> Document:
    return Document("file:od.csv", text.encode())


def read(text: str, asked: Asked) -> Read:
    return read_flows(document(text), NAMES, Kinds({"goods": "万吨"}), asked)


def take(folder: Path, text: str, *more: str, option: str = "--flows") -> tuple[int, str]:
    (folder / "od.csv").write_text(text, encoding="utf-8")
    done = run_module("cityflux", "import", "od.csv", option, *more, cwd=folder)
    return done.returncode, done.stdout + done.stderr


def stored(
    folder: Path, query: str = "kind, origin_id, destination_id, period, value"
) -> list[Any]:
    with closing(sqlite3.connect(folder / "data" / "cityflux.db")) as connection:
        rows = connection.execute(f"SELECT {query} FROM flows").fetchall()
        connection.execute("DELETE FROM flows")
        connection.commit()
    return rows


def test_a_row_for_each_flow_in_units_of_the_kind(shelf: Path) -> None:
    code, said = take(shelf, LONG, "--indicator", "goods")
    assert (code, "2 flows taken in as the source" in said) == (0, True)
    assert "1 cells say that there is no flow" in said
    assert stored(shelf) == [
        ("goods", "beijing", "shanghai", "2020", 12_000),
        ("goods", "shanghai", "beijing", "2020", 15_000),
    ]


def test_a_matrix_with_the_cities_down_and_across(shelf: Path) -> None:
    told = ("--indicator", "goods", "--period", "2021")
    code, said = take(shelf, MATRIX, *told, "--dry-run")
    assert (code, "nothing was stored (dry run)" in said, stored(shelf)) == (0, True, [])
    assert take(shelf, MATRIX, *told)[0] == 0
    code, said = take(shelf, MATRIX.replace("30", ""), *told)
    assert "1 flows that it gave before are no longer in it, and are out" in said
    assert sorted(stored(shelf, "origin_id, destination_id, value")) == [
        *[("beijing", "hangzhou", 0), ("beijing", "shanghai", 900), ("hangzhou", "shanghai", 25)],
        ("shanghai", "beijing", 1200),
    ]


HEAD = "from,to,value"
SAME = "the matrix is not square: Beijing stands across and not down"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}\nshanghai,beijing,1\n上海,Shanghai,2\n", "line 3: shanghai to itself"),
        (f"{HEAD}\nshanghai,beijing,-4\n", "line 2: -4 from shanghai to beijing is below zero"),
        (f"{HEAD}\nshanghai,Shanghia,4\n", "no city is called 'Shanghia'; did you mean shanghai?"),
        (
            f"{HEAD}\nshanghai,beijing,1\n上海,北京,2\n",
            "line 3: goods shanghai beijing 2020 stands on line 2 already; keep one",
        ),
        (",Shanghai,Beijing\nShanghai,,3\n", SAME),
        (",Shanghai,Beijing\nShanghai,,3\nShanghai,1,2\nBeijing,1,\n", "Shanghai stands twice"),
        (",Shanghai,Beijing\nShanghai,7,3\nBeijing,1,\n", "line 2: shanghai to itself"),
        (f"{HEAD}\nshanghai,beijing,many\n", "line 2: 'many' is not a number"),
        (f"{HEAD}\nshanghai,,3\n", "line 2: a city is missing"),
        ("from,to,tonnes\nshanghai,beijing,3\n", "no column is the value; the head is from, to"),
        (f"{HEAD}\nshanghai,beijing,–\n", "there is no flow in it"),
    ],
)
def test_what_is_bad_is_one_line_and_no_row_is_good(text: str, said: str) -> None:
    good = "hangzhou,beijing,5\n" if text.startswith(HEAD) and "–" not in text else ""
    with pytest.raises(ImportRefused, match="nothing was taken in") as refused:
        read(text + good, Asked("goods", period="2020"))
    assert any(said in reason for reason in refused.value.reasons)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(), "no kind of flow is stated; say it with --indicator, such as goods"),
        (Asked("goods"), "no period is stated; say it with --period, such as 2020"),
        (Asked("parcels", period="2020"), "kind 'parcels' is new; say its unit"),
        (Asked("Parcel post", period="2020"), "write one of goods, or an id of small letters"),
        (Asked("goods", "亿元", "2020"), "cannot turn"),
        (Asked("goods", period="2020-13"), "period '2020-13' is not a year"),
    ],
)
def test_what_the_file_does_not_say_is_asked_for(asked: Asked, said: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(f"{HEAD}\nshanghai,beijing,3\n", asked)
    assert said in refused.value.reasons[0]


def test_a_bad_row_leaves_the_database_as_it_is(shelf: Path) -> None:
    text = f"{HEAD}\nshanghai,beijing,3\nshanghai,shanghai,1\nbeijing,hangzhou,-1\n"
    code, said = take(shelf, text, "--indicator", "goods", "--period", "2020")
    assert (code, stored(shelf)) == (1, [])
    assert "od.csv: line 3: shanghai to itself" in said
    assert "2 bad, so nothing was taken in" in said


def test_a_new_kind_is_taken_with_its_unit_and_shown(shelf: Path) -> None:
    told = ("--indicator", "parcels", "--unit", "万件", "--period", "2020")
    assert take(shelf, f"{HEAD}\nshanghai,beijing,3\n", *told)[0] == 0
    shown = run_module("cityflux", "flows", "show", "parcels", cwd=shelf)
    assert "parcels 2020: 2 cities, 1 links, 3 万件" in shown.stdout
    back = run_module("cityflux", "import", "--undo", "od.csv", cwd=shelf)
    assert "1 figures are out" in back.stdout
    assert stored(shelf) == []


def test_firms_link_cities(shelf: Path) -> None:
    code, said = take(shelf, FIRMS, "--period", "2020", option="--firms")
    assert (code, "2 firms in 3 cities give 6 links" in said) == (0, True)
    assert stored(shelf, "kind, origin_id, destination_id, value")[:3] == [
        ("firms", "beijing", "london", 3),
        ("firms", "beijing", "shanghai", 19),
        ("firms", "london", "beijing", 3),
    ]
    doubled = "firm,city,value\nA,上海,3\nA,Shanghai,2\nB,上海,-1\n"
    with pytest.raises(ImportRefused) as refused:
        read_firms(document(doubled), NAMES, Asked("firms", "指数", "2020"), lambda each: each)
    assert refused.value.reasons == [
        "line 3: A in shanghai stands twice; keep one",
        "line 4: the service value -1 is below zero",
    ]


def test_a_city_without_coordinates_is_named_and_taken(shelf: Path) -> None:
    with closing(sqlite3.connect(shelf / "data" / "cityflux.db")) as connection:
        query = "SELECT id FROM cities WHERE latitude IS NULL"
        (city,) = connection.execute(query).fetchone()
    told = ("--indicator", "goods", "--period", "2020", "--dry-run")
    code, said = take(shelf, f"{HEAD}\nshanghai,{city},3\n", *told)
    assert code == 0
    assert f"no coordinates are known of {city}: distances leave them out" in said
