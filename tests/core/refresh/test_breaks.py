"""Breaks of series, and scales: declared by plugins, or entered by hand into the table."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from cityflux import Break, Indicator
from cityflux.core.model.errors import PluginError
from cityflux.core.plugin.declaration import check_declaration
from cityflux.core.plugin.manager import load_plugins
from cityflux.core.refresh.catalog import sync_catalog
from cityflux.plugins.bundle import BREAKS
from cityflux.storage.database import open_database
from tests.conftest import run_module
from tests.core.plugin.written import GOOD, write

KEY = ("indicator_id", "city_id", "period")
CENSUS = Break("2020", "普查", "census", "国家统计局", "公报")


def known(path: Path, only: str = "1") -> list[tuple[str, str | None, str, str]]:
    with open_database(path) as connection:
        query = f"SELECT {', '.join(KEY)}, plugin FROM breaks WHERE {only} ORDER BY 1, 2, 3"
        return connection.execute(query).fetchall()


def test_the_known_breaks_stand_in_the_catalogue_each_with_who_says_so(made_once: Path) -> None:
    with BREAKS.open(encoding="utf-8", newline="") as file:
        declared = [*csv.DictReader(file)]
    assert all(all(row[name] for name in row if name != "city") for row in declared)
    stored = known(made_once / "data" / "cityflux.db")
    assert [row[:3] for row in stored] == sorted(
        ((row["indicator"], row["city"] or None, row["period"]) for row in declared),
        key=lambda row: (row[0], row[1] or "", row[2]),
    )
    wanted = {
        ("gdp_per_capita", None, "2020"),
        ("gdp_per_capita", "tianjin", "2019"),
        ("gdp_per_capita", "shenyang", "2016"),
        ("transport.road_area_per_capita", "beijing", "2012"),
        ("transport.road_passengers", None, "2013"),
    }
    assert wanted <= {row[:3] for row in stored}


def test_what_is_negative_is_a_difference(made_once: Path) -> None:
    with open_database(made_once / "data" / "cityflux.db") as connection:
        rows = connection.execute(
            "SELECT DISTINCT i.id, scale, value < 0 FROM indicators i "
            "JOIN current_observations o ON o.indicator_id = i.id"
        ).fetchall()
        scales = dict(connection.execute("SELECT id, scale FROM indicators").fetchall())
    assert all(scale == "difference" for _, scale, negative in rows if negative)
    assert scales["science_innovation.schools_change"] == "difference"
    assert scales["overall_economy.gdp"] == "ratio"


def test_the_table_takes_single_periods_only(made_once: Path, tmp_path: Path) -> None:
    db = Database(tmp_path / "copy.db")
    with sqlite3.connect(made_once / "data" / "cityflux.db") as connection:
        connection.backup(db.conn)
    row = {"indicator_id": "gdp_per_capita", "reason_zh": "", "reason_en": "", "publisher": "p"}
    right = ("2021", "2021-Q4", "2021-02", "2020-02-29")
    for period in right:
        db.table("breaks").insert({**row, "period": period})
    for period in ("2020/2021", "2020-13", "2021-02-29", "20", "2020-Q5", "", *right):
        with pytest.raises(sqlite3.IntegrityError):
            db.table("breaks").insert({**row, "period": period})
    db.close()


def test_a_plugin_declares_its_breaks_and_a_hand_adds_others(home: Path) -> None:
    said = '"个", scale="difference", breaks=(BREAK,))'
    code = GOOD.replace("import Document", "import Break, Document").replace('"个")', said)
    path = home / "more" / "mine.py"
    made = 'Break("2015", "甲", "moved", "p", "r", city="shanghai")'
    write(path, code.replace("BREAK", made))
    database = home / "data" / "cityflux.db"
    with open_database(database) as connection:
        sync_catalog(connection, load_plugins([path.parent]))
        scale = "SELECT scale FROM indicators WHERE id = 'local.mine'"
        assert connection.execute(scale).fetchone() == ("difference",)
    assert known(database, "plugin <> '' AND indicator_id = 'local.mine'") == [
        ("local.mine", "shanghai", "2015", str(path))
    ]
    by_hand = home / "break.json"
    row = {"indicator_id": "local.mine", "period": "2018", "publisher": "p", "reference": "r"}
    by_hand.write_text(json.dumps(row | {"reason_zh": "乙", "reason_en": "more"}))
    done = run_module("sqlite_utils", "insert", str(database), "breaks", str(by_hand), cwd=home)
    assert done.returncode == 0, done.stderr
    write(path, code.replace("BREAK", made.replace("2015", "2016")))
    with open_database(database) as connection:
        sync_catalog(connection, load_plugins([path.parent]))
    assert known(database, "indicator_id = 'local.mine'") == [
        ("local.mine", None, "2018", ""),
        ("local.mine", "shanghai", "2016", str(path)),
    ]


def test_a_break_of_no_known_city_costs_itself_alone(home: Path) -> None:
    path = home / "more" / "mine.py"
    both = 'breaks=(Break("2015", "甲", "a", "p", city="atlantis"), Break("2016", "乙", "b", "p")))'
    code = GOOD.replace("import Document", "import Break, Document")
    write(path, code.replace('"个")', f'"个", {both}'))
    plugins = load_plugins([path.parent])
    (broken,) = plugins.broken
    assert "local.mine declares a break of no known city: 'atlantis'" in broken.error
    database = home / "data" / "cityflux.db"
    with open_database(database) as connection:
        sync_catalog(connection, plugins)
    assert known(database, "indicator_id = 'local.mine'") == [
        ("local.mine", None, "2016", str(path))
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"scale": "interval"}, "scale is 'interval'; there are ratio, difference"),
        ({"breaks": "2020"}, "breaks is '2020'; write a tuple of cityflux.Break"),
        ({"breaks": ("2020",)}, "write a tuple of cityflux.Break"),
        ({"breaks": (Break("2011/2020", "甲", "a", "p"),)}, "'2011/2020' is a span"),
        (
            {"breaks": (Break("next year", "甲", "a", "p"),)},
            "a break: period 'next year' does not parse",
        ),
        ({"breaks": (Break("2020", "甲", "", "p"),)}, "lacks a reason or its publisher"),
        ({"breaks": (Break("2020", "甲", "a", 7),)}, "publisher is 7; write text"),  # type: ignore[arg-type]
        ({"breaks": (CENSUS, CENSUS)}, "break '2020' is declared twice"),
    ],
)
def test_a_wrong_declaration_is_named(said: dict[str, object], told: str) -> None:
    with pytest.raises(PluginError, match=r"^x: ") as caught:
        check_declaration(Indicator("x", "甲", "x", "个", **said), ())  # type: ignore[arg-type]
    assert told in str(caught.value)
