"""A workbook that declares its indicators becomes an index: two commands, and by hand the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cityflux.core.model.errors import CityfluxError
from cityflux.core.refresh.importing.coin_tool import read_coin_tool
from cityflux.core.refresh.importing.declared import Declaration, declaration
from cityflux.core.refresh.importing.listed import Listed, listed_in, units_of
from cityflux.scrapers.handed.sheets import Sheet
from tests.conftest import Cityflux
from tests.imports.shapes import GDP, names

#: The id of the last one looks like a unit.
INDICATORS: list[list[Any]] = [
    ["id", "name_zh", "name_en", "unit", "direction", "weight", "parent", "publisher", "licence"],
    ["vitality", "活力指数", "Vitality"],
    ["economy", "经济", "Economy", "", "", 2, "vitality"],
    ["life", "生活", "Life", "", "", 1, "vitality"],
    ["cinemas", "电影院", "Cinemas", "家", 1, 1, "economy", "文旅局", "CC-BY"],
    ["cafes", "咖啡馆", "Cafes", "家", 1, 3, "economy", "文旅局", "CC-BY"],
    ["h", "噪声", "Noise", "分贝", -1, 1, "life", "文旅局", "CC-BY"],
]
CITIES = [["id", "name_zh", "name_en"], ["newtown", "新城", "Newtown"], ["hz", "杭州", "Hangzhou"]]
FIGURES: list[list[Any]] = [
    ["城市", "年份", "电影院", "咖啡馆(万人)", "h"],
    ["杭州", 2031, 300, 20, 55],
    ["上海市", 2031, 500, 90, 60],
    ["新城", 2031, 100, 10, 50],
]


def book(path: Path, **sheets: Sequence[Sequence[Any]]) -> None:
    with xlsxwriter.Workbook(path) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def test_a_workbook_is_a_ranked_index_after_two_commands(
    tmp_path: Path, cityflux: Cityflux
) -> None:
    # 万人 are no 家, which takes the whole file back: nothing of it is there.
    book(tmp_path / "town.xlsx", indicators=INDICATORS, cities=CITIES, figures=FIGURES)
    done = cityflux("import", "town.xlsx")
    assert (done.returncode, "cannot turn 万人 into 家" in done.stderr) == (1, True)
    assert not (tmp_path / "my_plugins").exists()
    figures = [[*FIGURES[0][:3], "咖啡馆(百家)", "h"], *FIGURES[1:]]
    book(tmp_path / "town.xlsx", indicators=INDICATORS, cities=CITIES, figures=figures)
    done = cityflux("import", "town.xlsx", "--dry-run")
    assert "declares 3 indicators, 1 cities, the index town of 3 indicators in 2 groups" in (
        done.stdout
    )
    assert not (tmp_path / "my_plugins").exists()

    assert cityflux("import", "town.xlsx").returncode == 0
    shown = json.loads(cityflux("show", "town", "--json").stdout)
    shown = [each for each in shown if each["node"] == "town"]
    # By hand: economy (cinemas + 3 cafes) / 4 and life, all from 0 to 100; then (2 e + l) / 3.
    assert {each["city"]: round(each["score"], 6) for each in shown} == {
        "hangzhou": round((2 * (50 + 3 * 12.5) / 4 + 50) / 3, 6),
        "shanghai": round((2 * 100 + 0) / 3, 6),
        "newtown": round((2 * 0 + 100) / 3, 6),
    }
    assert [each["rank"] for each in shown] == [1, 2, 3]
    sources = json.loads(cityflux("sources", "--json").stdout)
    (mine,) = [each for each in sources if each["id"] == "import.town"]
    assert (mine["publisher"], mine["licence"]) == ("文旅局", "CC-BY")

    # Again, with a parent that makes a circle: all is as it was.
    before = {path: path.read_text("utf-8") for path in (tmp_path / "my_plugins").iterdir()}
    wrong = [[*row[:6], "life", *row[7:]] if row[0] == "life" else row for row in INDICATORS]
    book(tmp_path / "town.xlsx", indicators=wrong, cities=CITIES, figures=figures)
    done = cityflux("import", "town.xlsx")
    assert (done.returncode, "the tree has a cycle" in done.stderr) == (1, True), done.stderr
    assert {path: path.read_text("utf-8") for path in before} == before


def test_a_metadata_file_beside_the_data_declares_as_well(
    tmp_path: Path, cityflux: Cityflux
) -> None:
    (tmp_path / "parks.csv").write_text("city,2031\nhangzhou,5\nshanghai,7\nbeijing,6\n")
    (tmp_path / "parks.meta.toml").write_text(
        '[index]\nname_zh = "公园"\nname_en = "Parks"\n'
        '[[indicators]]\nid = "area"\nname = "绿地面积"\nunit = "公顷"\nweight = 1\n'
    )
    done = cityflux("import", "parks.csv", "--indicator", "parks.area", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["indicators"], told["index"], told["rows"]) == (["parks.area"], "parks", 3)
    ranks = json.loads(cityflux("show", "parks", "--json").stdout)
    assert [(each["city"], each["rank"]) for each in ranks if each["node"] == "parks"] == [
        ("shanghai", 1),
        ("beijing", 2),
        ("hangzhou", 3),
    ]
    # One more city takes one command; the file again, with its figure, and the index has it.
    assert cityflux("add", "city", "newtown", "新城", "Newtown").returncode == 0
    with (tmp_path / "parks.csv").open("a") as file:
        file.write("newtown,9\n")
    assert cityflux("import", "parks.csv", "--indicator", "parks.area").returncode == 0
    ranks = json.loads(cityflux("show", "parks", "--json").stdout)
    of_index = [each for each in ranks if each["node"] == "parks"]
    assert [(each["city"], each["rank"], each["n"]) for each in of_index][:2] == [
        ("newtown", 1, 4),
        ("shanghai", 2, 4),
    ]
    (tmp_path / "my_plugins" / "parks.meta.toml").write_text("")
    done = cityflux("import", "parks.csv", "--indicator", "parks.area")
    assert (done.returncode, "is there already; give the file" in done.stderr) == (1, True)


META = [
    ["Level", "iCode", "iName", "Direction", "Weight", "Unit", "Parent", "Type"],
    ["1", "LPI", "Logistics", "1", "1", "Score 1-5", "Physical", "Indicator"],
    ["1", "Cost", "Cost to trade", "-1", "0.5", "%", "Political", "Indicator"],
    ["NA", "Pop", "Population", "NA", "NA", "Millions", "NA", "Denominator"],
    ["2", "Physical", "Physical links", "1", "2", "Score", "Conn", "Aggregate"],
    ["2", "Political", "Political links", "1", "1", "Score", "Conn", "Aggregate"],
    ["3", "Conn", "Connectivity", "1", "1", "Score", "NA", "Aggregate"],
]
DATA = [["uCode", "uName", "Time", "LPI"], ["AUT", "Austria", "2018", "4"], ["SH", "Shanghai"]]


def test_levels_in_columns_of_their_own_make_a_tree() -> None:
    head = ["一级指标", "二级指标", "三级指标", "单位", "属性", "权重"]
    rows = [
        ["活力", "经济", "电影院数", "家", "正向", "0.3"],
        ["活力", "经济", "咖啡馆数", "家", "正向", "0.4"],
        ["活力", "生活", "噪声", "分贝", "负向", "0.3"],
    ]
    found = declared(Sheet([head, *rows], "指标体系"))
    assert [(each["name_zh"], each["direction"]) for each in found.indicators] == [
        ("电影院数", 1),
        ("咖啡馆数", 1),
        ("噪声", -1),
    ]
    tree = found.tree
    assert tree is not None
    # A group without a weight weighs what is under it weighs.
    assert (tree.name_zh, [(each.name_zh, each.parent, each.weight) for each in tree.groups]) == (
        "活力",
        [("经济", "", 0.7), ("生活", "", 0.3)],
    )
    # The ids of names that are not in Latin letters stay, whatever their order.
    again = declared(Sheet([head, *rows[::-1]], "指标体系"))
    assert {each["id"] for each in again.indicators} == {each["id"] for each in found.indicators}
    cycle = [["id", "name", "parent", "unit"], ["a", "甲", "b", "家"], ["b", "乙", "a", "家"]]
    assert declared(Sheet(cycle, "indicators")).indicators == ()


def test_a_level_that_is_none_makes_no_group() -> None:
    rows = [[*META[0]], ["9" * 5000, *META[1][1:]], *META[2:]]
    assert len(declared(Sheet(rows, "iMeta")).indicators) == 3


def declared(*sheets: Sheet, unit: str = "score") -> Declaration:
    listed, _ = listed_in(sheets)
    return declaration(listed, names(), "asem", unit)


def test_the_lists_of_coinr_are_understood() -> None:
    found = declared(Sheet(META, "iMeta"), Sheet(DATA, "iData"))
    assert [(each["id"], each["unit"], each["direction"]) for each in found.indicators] == [
        ("asem.lpi", "score", 1),
        ("asem.cost", "%", -1),
        ("asem.pop", "score", 1),
    ]
    assert found.indicators[0]["definition"] == "unit as written: Score 1-5"
    assert [each["id"] for each in found.cities] == ["aut"]  # Shanghai is there
    assert found.places["shanghai"][0] == "SH"
    tree = found.tree
    assert tree is not None
    assert (tree.name_en, [(each.id, each.parent, each.weight) for each in tree.groups]) == (
        "Connectivity",
        [("physical", "", 2.0), ("political", "", 1.0)],
    )
    assert [(each.id, each.parent, each.weight, each.direction) for each in tree.leaves] == [
        ("asem.lpi", "physical", 1.0, 1),
        ("asem.cost", "political", 0.5, -1),
    ]


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (["a", "甲", "furlong", "1"], "a: its unit 'furlong' is not known"),
        (["a", "甲", "", "1"], "a: no unit is stated"),
        (["a", "甲", "家", "down"], "a: direction is 'down'; write 1 or -1"),
        (["b!", "乙", "家", "1"], "b and b! are both asem.b"),
        (["q", "乙", "家", "1"], "q: asem.q is there already"),
    ],
)
def test_what_is_declared_wrong_is_refused(row: list[str], wrong: str) -> None:
    head = ["id", "name", "unit", "direction"]
    sheet = Sheet([head, row, ["b", "丙", "家", "1"]], "indicators")
    there = names()
    listed, _ = listed_in([sheet])
    there = type(there)(
        {**there.units, "asem.q": "家"},
        there.frequencies,
        there.sources,
        there.cities,
        there.indicators,
    )
    with pytest.raises(CityfluxError) as error:
        declaration(listed, there, "asem")
    assert wrong in str(error.value)
    said = [[*row[:2], "家", "1"] for row in ([GDP, "x"], ["b", "y"])]
    listed, _ = listed_in([Sheet([head, *said], "indicators")])
    assert [each["id"] for each in declaration(listed, there, "asem").indicators] == ["asem.b"]


def test_a_workbook_of_the_coin_tool_is_read() -> None:
    blank = [[""] * 8 for _ in range(6)]
    database = Sheet(
        [
            *blank,
            ["", "", "", "Weight", "0.5", "0.5", "1", "1"],
            ["", "", "", "Direction", "1", "-1", "1", "1"],
            ["", "", "", "Lower", "0", "0", "0", ""],
            ["", "", "", "Upper", "1", "1", "1", ""],
            ["", "", "", "", "Index", "Index", "Index", "Index"],
            ["", "", "", "", "si.01", "si.01", "si.01", "si.01"],
            ["", "", "", "", "p.01", "p.01", "p.02", "p.02"],
            ["", "", "", "", "sp.01", "sp.01", "sp.01", "sp.01"],
            ["", "", "", "", "Roads", "Noise", "Schools", ""],
            ["", "Unit", "Code", "", "Ind.01", "Ind.02", "Ind.03", "Ind.04"],
            ["", "Austria", "AT", "", "1.5", "n/a", "3", ""],
            ["", "Belgium", "BE", "", "2", "4", "5", ""],
        ],
        "Database",
    )
    framework = Sheet(
        [
            [""] * 8,
            ["", "", "Code", "Level", "Weight", "", "", "Dimension/indicator"],
            ["", "", "p.01", "", "2", "", "", "Transport"],
            ["", "", "p.02", "", "1", "", "", "Learning"],
            ["", "", "--", "", "", "", "", "--"],
            ["", "", "Index", "", "1", "", "", "Quality of life"],
        ],
        "Framework",
    )
    found = read_coin_tool([database, framework])
    assert found is not None
    rows, figures = found
    more = declaration(Listed(rows, units_of(figures)), names(), "tool", "score")
    assert [(each["id"], each["name_en"], each["direction"]) for each in more.indicators] == [
        ("tool.ind_01", "Roads", 1),
        ("tool.ind_02", "Noise", -1),
        ("tool.ind_03", "Schools", 1),
    ]
    tree = more.tree
    assert tree is not None
    assert tree.name_en == "Quality of life"
    assert [(each.name_en, each.parent, each.weight) for each in tree.groups] == [
        ("Transport", "", 2.0),
        ("Learning", "", 1.0),
    ]
    assert [(each.parent, each.weight) for each in tree.leaves] == [
        ("p_01", 0.5),
        ("p_01", 0.5),
        ("p_02", 1.0),
    ]
    assert [each["id"] for each in more.cities] == ["at", "be"]
    assert figures.grid[1] == ["AT", "Austria", "1.5", "n/a", "3", ""]
