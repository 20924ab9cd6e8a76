"""Bad input: one clear line that says what, where and what to do, and nothing stored by half."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Cityflux

INDEX = """
id = "mine"
name_zh = "我的"
name_en = "Mine"
cities = ["shanghai", "beijing"]
[periods]
of = ["2011/2020"]
[[nodes]]
id = "a"
name_zh = "甲"
name_en = "A"
indicators = ["overall_economy.gdp"]
"""


def contents(home: Path) -> str:
    """A fingerprint of everything that is stored but the catalogue."""
    with sqlite3.connect(home / "data" / "cityflux.db") as connection:
        tables = ("observations", "revisions", "changes", "indices", "nodes", "runs", "scores")
        rows = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


BAD_ROWS = [
    ("overall_economy.gdp,atlantis,2020,1,", "city 'atlantis' is unknown"),
    ("overall_economy.gdp,shanghai,2020,1,bushel", "unit 'bushel' is not known"),
    ("overall_economy.gdp,shanghai,2020,1,亿美元", "an exchange rate is needed"),
    ("overall_economy.gdp,shanghai,2020-13,1,", "period '2020-13' does not parse"),
    ("overall_economy.gpd,shanghai,2020,1,", "did you mean overall_economy.gdp?"),
    ("overall_economy.gdp,shanghai,2020,many,", "value 'many' is not a number"),
    ("overall_economy.gdp,shanghai,2020,1_000,", "value '1_000' is not a number"),
    ("overall_economy.gdp,shanghai,2020,12 / 13,", "value '12 / 13' is not a number; leave"),
    ("overall_economy.gdp,beijing,2020,2,", "stands in line 2 already"),
]


def test_import_names_each_bad_row(home: Path, cityflux: Cityflux) -> None:
    before = contents(home)
    head = "indicator,city,period,value,unit\noverall_economy.gdp,beijing,2020,1,\n"
    (home / "rows.csv").write_text(head + "".join(f"{row}\n" for row, _ in BAD_ROWS))
    for arguments in (("--dry-run",), ()):
        done = cityflux("import", "rows.csv", *arguments)
        assert done.returncode == 1
        for line, (_, reason) in enumerate(BAD_ROWS, 3):
            (said,) = (each for each in done.stderr.splitlines() if f"line {line}:" in each)
            assert reason in said
        assert "Traceback" not in done.stderr
    assert contents(home) == before


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('indicators = ["overall', 'weight = 0\nindicators = ["overall', "must be above zero"),
        ('indicators = ["overall', 'weight = -1\nindicators = ["overall', "must be above zero"),
        ('id = "a"', 'id = "a"\nparent = "ghost"', "orphan"),
        ('id = "a"', 'id = "a"\nparent = "a"', "cycle"),
        ('["shanghai", "beijing"]', '["shanghai"]', "compares nothing"),
        ('["shanghai", "beijing"]', '["shanghai", "shanghai"]', "named twice"),
        ('["shanghai", "beijing"]', '["shanghai", "atlantis"]', "atlantis"),
        ("overall_economy.gdp", "overall_economy.gpd", "overall_economy.gpd"),
        ('"2011/2020"', '"2020/2011"', "ends before it starts"),
        ('"2011/2020"', '"1900"', "has no data"),
        ("[periods]", '[standardization]\nmethod = "zscroe"\n[periods]', "zscore"),
        ("[periods]", "citties = []\n[periods]", "did you mean cities?"),
        ('indicators = ["overall_economy.gdp"]', "", "no node names an indicator"),
    ],
)
def test_an_index_that_cannot_be_computed(
    home: Path, cityflux: Cityflux, old: str, new: str, reason: str
) -> None:
    before = contents(home)
    assert old in INDEX
    (home / "mine.toml").write_text(INDEX.replace(old, new))
    (home / "config.toml").write_text('[indices]\nfiles = ["mine.toml"]\n')
    done = cityflux("compute", "mine")
    assert done.returncode == 1
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert contents(home) == before


def test_a_column_of_equal_values_is_named(home: Path, cityflux: Cityflux) -> None:
    rows = [
        f"information.mobile_subscribers,{city},2011/2020,5," for city in ("shanghai", "beijing")
    ]
    (home / "rows.csv").write_text("\n".join(["indicator,city,period,value,unit", *rows]))
    assert cityflux("import", "rows.csv").returncode == 0
    leaf = 'indicators = ["overall_economy.gdp", "information.mobile_subscribers"]'
    (home / "mine.toml").write_text(INDEX.replace('indicators = ["overall_economy.gdp"]', leaf))
    (home / "config.toml").write_text('[indices]\nfiles = ["mine.toml"]\n')
    done = cityflux("compute", "mine")
    assert done.returncode == 0
    assert "information.mobile_subscribers: all figures are equal" in done.stderr
    assert cityflux("show", "mine").stdout.count("50%") == 2


def test_a_config_key_that_does_not_exist(tmp_path: Path, cityflux: Cityflux) -> None:
    (tmp_path / "config.toml").write_text('[database]\npaht = "x.db"\n')
    done = cityflux("run", "--once", "--offline")
    assert done.returncode == 1
    assert "there is no key database.paht; did you mean path?" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_no_database(tmp_path: Path, cityflux: Cityflux) -> None:
    (tmp_path / "text.db").write_text("this is a letter, and no database at all\n" * 100)
    done = cityflux("--database", "text.db", "run", "--once", "--offline")
    assert done.returncode == 1
    assert "is no SQLite database" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_database_of_a_newer_version(home: Path, cityflux: Cityflux) -> None:
    with sqlite3.connect(home / "data" / "cityflux.db") as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('cityflux', 'telepathy', '2036-01-01')"
        )
    for arguments in (("show",), ("run", "--once", "--offline")):
        done = cityflux(*arguments)
        assert done.returncode == 1
        assert "made by a later version of cityflux" in done.stderr


def test_a_read_only_file(home: Path, cityflux: Cityflux) -> None:
    database = home / "data" / "cityflux.db"
    database.chmod(0o444)
    done = cityflux("compute")
    assert done.returncode == 1
    assert "read-only" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert cityflux("show").returncode == 0


def test_an_unknown_command_is_wrong_usage(tmp_path: Path, cityflux: Cityflux) -> None:
    assert cityflux("rnu").returncode == 2
    assert cityflux("show", "--jsn").returncode == 2
    done = cityflux("show", "flow_index")
    assert done.returncode == 1
    assert "cityflux run --once" in done.stderr
