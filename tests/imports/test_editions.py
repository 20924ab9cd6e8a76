"""An edition of 中国城市统计年鉴 in one command: every table, each city, the right year."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import xlsxwriter

from tests.conftest import run_module
from tests.plugins.test_main_cities import DEFINITION

MANY = 10_000.0
#: By table the column of the whole city for each indicator, and its unit in that of the indicator.
COLUMNS: dict[str, dict[str, tuple[int, float]]] = {
    "2-10": {"capital.deposits": (2, MANY), "capital.loans": (4, MANY)},
    "2-12": {"goods_commerce.goods_imports": (2, MANY), "goods_commerce.goods_exports": (3, MANY)},
    "2-16": {
        "goods_commerce.retail_sales": (2, MANY),
        "goods_commerce.retail_sales_first_print": (2, MANY),
    },
    "2-1": {"people.population": (2, 1.0)},
    "2-28": {"information.mobile_subscribers": (4, 1.0)},
    "2-6": {
        "overall_economy.gdp": (2, 1.0),
        "overall_economy.gdp_first_print": (2, 1.0),
        "gdp_per_capita": (4, 1.0),
    },
    "2-18": {"people.urban_unit_staff": (2, MANY)},
}
_STORED = """
SELECT o.indicator_id, o.city_id, o.period, o.value, o.status, s.publisher, s.class, s.reference
FROM observations o JOIN sources s ON s.id = o.source_id WHERE s.scraper = 'import'
"""


def stored(folder: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / "data" / "cityflux.db") as connection:
        return connection.execute(_STORED).fetchall()


def plainly(folder: Path, names: dict[str, str]) -> dict[tuple[str, str, str], float]:
    """The cells of some cities as anybody would take them from the sheets: column and row.

    Args:
        folder: the workbooks.
        names: the ids of cities by their Chinese names.
    """
    found: dict[tuple[str, str, str], float] = {}
    for path in folder.glob("*.xlsx"):
        (table,) = re.findall(r"2-\d+", path.name)
        year = "2022" if path.name.startswith("2023") else "2023"
        book = fastexcel.read_excel(path)
        sheet = book.load_sheet(book.sheet_names[0], header_row=None, dtypes="string")
        for row in sheet.to_polars().rows():
            city = names.get(re.sub(r"\s", "", row[0] or "").removesuffix("市"))
            for indicator, (column, unit) in COLUMNS.get(table, {}).items() if city else ():
                if row[column]:
                    found[indicator, str(city), year] = float(row[column]) / unit
    return found


@pytest.mark.deep
def test_the_edition_of_2024_as_it_was_downloaded(home: Path, shared: Path) -> None:
    folder = shared / "samples" / "yearbook_2024"
    with sqlite3.connect(home / "data" / "cityflux.db") as connection:
        known = dict(connection.execute("SELECT name_zh, id FROM cities"))
    main = {name: city for name, city in known.items() if city in DEFINITION["cities"]}
    wanted = plainly(folder, main)
    assert len(wanted) >= 36 * 11
    done = run_module("cityflux", "import", str(folder), cwd=home)
    assert done.returncode == 0, done.stderr
    assert "of 8 files 7 were taken in, 1 hold no figure of a known city and series" in done.stdout
    rows = stored(home)
    found = {row[:3]: row[3] for row in rows if row[1] in DEFINITION["cities"]}
    assert found.keys() == wanted.keys()
    for cell, value in wanted.items():
        assert found[cell] == pytest.approx(value, rel=1e-9), cell
    assert {row[4] for row in rows if row[:3] in wanted} == {"ok"}
    assert {row[5:7] for row in rows} == {("国家统计局 (中国城市统计年鉴)", "official table")}
    assert any(row[7].startswith("《中国城市统计年鉴2024》 表2-10") for row in rows)


def table(path: Path, title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A table as the yearbook prints it: each column for the whole city and for its districts."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [title])
    sheet.write_row(2, 0, ["城 市", "City", *(each for name in columns for each in (name, ""))])
    sheet.write_row(
        3, 0, ["", "", *("全市 Total City", "市辖区 Districts under City") * len(columns)]
    )
    for number, row in enumerate(rows, 4):
        sheet.write_row(number, 0, row)
    book.close()


@pytest.fixture
def edition(home: Path) -> Path:
    """An edition of our own making, of 2031."""
    folder = home / "yearbook_2031"
    (folder / "second half").mkdir(parents=True)
    table(
        folder / "2-6_地区生产总值.xlsx",
        "2-6地区生产总值",
        ["地区生产总值（当年价格） （亿元） Gross Regional Product"],
        [
            ["河北省", "Hebei", "", ""],
            ["  石 家 庄 市", "Shijiazhuang", 9000.5, 4000.25],
            ["杭州市", "Hangzhou", 24000, 23000],
            ["泰州市", "Taizhou", 7000, 2000],
        ],
    )
    table(
        folder / "second half" / "2-10_年末金融机构存贷款余额.xlsx",
        "2-10年末金融机构存贷款余额",
        [
            "年末金融机构 人民币各项存款余额 (万元) Deposits",
            "年末金融机构 人民币各项贷款余额 (万元) Loans",
        ],
        [["杭州市", "Hangzhou", 9_000_000, 8_000_000, 7_000_000, 6_000_000]],
    )
    table(
        folder / "2-27_城市交通状况.xlsx", "2-27城市交通状况", ["缆车 (辆)"], [["杭州市", "", 3, 2]]
    )
    (folder / "README.md").write_text("not a table")
    return folder


def test_a_small_edition_of_our_own(edition: Path, home: Path) -> None:
    done = run_module("cityflux", "import", "yearbook_2031", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    assert [each["rows"] for each in json.loads(done.stdout)] == [6, 2]
    found = {(row[0], row[1]): row[3] for row in stored(home)}
    assert {row[2] for row in stored(home)} == {"2030"}
    assert found == {
        ("overall_economy.gdp", "shijiazhuang"): 9000.5,
        ("overall_economy.gdp", "hangzhou"): 24000,
        ("overall_economy.gdp", "taizhou_jiangsu"): 7000,
        ("overall_economy.gdp_first_print", "shijiazhuang"): 9000.5,
        ("overall_economy.gdp_first_print", "hangzhou"): 24000,
        ("overall_economy.gdp_first_print", "taizhou_jiangsu"): 7000,
        ("capital.deposits", "hangzhou"): 900,
        ("capital.loans", "hangzhou"): 700,
    }


def test_what_is_wrong_with_a_folder_is_said(edition: Path, home: Path) -> None:
    nameless = edition.rename(home / "tables")
    done = run_module("cityflux", "import", "tables", cwd=home)
    assert done.returncode == 1
    assert "of which edition? put its year into the name of the folder" in done.stderr
    assert not stored(home)
    done = run_module("cityflux", "import", "tables", "--period", "2030", "--dry-run", cwd=home)
    assert done.returncode == 0
    assert "2 can be taken in, 1 hold no figure" in done.stdout
    assert not stored(home)
    for path in nameless.rglob("*.xlsx"):
        path.unlink()
    done = run_module("cityflux", "import", "tables", cwd=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no table in it" in done.stderr
