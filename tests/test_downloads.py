"""Tables downloaded by hand go in with one command each, and the values are those of the files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from cityflux.core.model.units import convert
from cityflux.scrapers.nbs import read_download
from tests.conftest import run_module

#: File, indicator, and what the file does not say or has several of.
FILES = [
    ("main_city_gdp_2006_2024.gbk.csv", "overall_economy.gdp", None, None),
    (
        "main_city_no_indicator_header.gbk.csv",
        "goods_commerce.retail_sales",
        "社会消费品零售总额",
        "亿元",
    ),
    ("nbs_city_sh.xls", "capital.real_estate_investment", "房地产开发投资额", None),
    (
        "province_patents_granted.utf8bom_tabs.csv",
        "science_innovation.patents_granted",
        "专利授权量",
        "件",
    ),
    ("province_resident_population.gbk.csv", "people.population", None, None),
    ("province_urban_unit_employees.gbk.csv", "people.urban_unit_staff", None, None),
]


def test_every_file_of_the_samples_is_tried(shared: Path) -> None:
    found = {path.name for path in (shared / "samples" / "nbs_download").iterdir()}
    assert found == {name for name, *_ in FILES}


@pytest.mark.parametrize(("name", "indicator", "series", "unit"), FILES)
def test_a_download_is_taken_in_with_one_command(
    shared: Path, home: Path, name: str, indicator: str, series: str | None, unit: str | None
) -> None:
    file = shared / "samples" / "nbs_download" / name
    options = [*(("--series", series) if series else ()), *(("--unit", unit) if unit else ())]
    command = ("import", str(file), "--format", "nbs", "--indicator", indicator, "--json")
    done = run_module("cityflux", *command, "--source", "my.download", *options, cwd=home)
    assert done.returncode == 0, done.stderr

    connection = sqlite3.connect(home / "data" / "cityflux.db")
    cities = dict(connection.execute("SELECT name_zh, id FROM cities").fetchall())
    ((target,),) = connection.execute("SELECT unit FROM indicators WHERE id = ?", (indicator,))
    stored = {
        (city, period): value
        for city, period, value in connection.execute(
            "SELECT city_id, period, value FROM observations WHERE source_id = 'my.download'"
        )
    }
    connection.close()
    told = {"indicator": series, "unit": unit} if unit else {}
    rows = read_download(file, **told).drop_nulls("value")
    expected = {
        (cities[place], row["period"]): convert(row["value"], row["unit"], target)
        for row in rows.iter_rows(named=True)
        if (place := row["region"].removesuffix("市")) in cities
        and (not series or row["indicator"] == series)
    }
    assert stored == expected
    assert json.loads(done.stdout)["rows"] == len(expected) > 0


def test_what_is_not_said_is_asked_for(shared: Path, home: Path) -> None:
    file = str(shared / "samples" / "nbs_download" / "nbs_city_sh.xls")
    done = run_module("cityflux", "import", file, "--format", "nbs", cwd=home)
    assert (done.returncode, "--format needs --indicator" in done.stderr) == (2, True)
    options = ("--format", "nbs", "--indicator", "capital.real_estate_investment")
    done = run_module("cityflux", "import", file, *options, cwd=home)
    assert done.returncode == 1
    assert "name one with --series: " in done.stderr
    done = run_module("cityflux", "import", file, "--format", "x", *options[2:], cwd=home)
    assert "there is no format 'x'; there are: nbs" in done.stderr
    wrong = ("--format", "nbs", "--indicator", "people.population", "--series", "房地产开发投资额")
    done = run_module("cityflux", "import", file, *wrong, cwd=home)
    assert done.returncode == 1  # 亿元 are no 万人
