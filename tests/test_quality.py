"""The quality gate through the whole command: suspect, shown, kept out, accepted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_module

PLUGIN = """
import csv
import io
from pathlib import Path

import polars as pl
from cityflux import Document, Indicator, Source, hookimpl

FILE = Path(__file__).with_name("figures.csv")


@hookimpl
def indicator():
    return Indicator("local.visitors", "游客", "Visitors", "UNIT")


@hookimpl
def source():
    return Source("local.office", "p", "file:figures.csv", licence="l", access="bundled")


@hookimpl
def fetch(http, source, since):
    return [Document("file:figures.csv", FILE.read_bytes())]


@hookimpl
def normalize(documents):
    frame = pl.read_csv(io.BytesIO(documents[0].body), schema_overrides={"period": pl.String})
    return frame.with_columns(pl.col("value").cast(pl.Float64))
"""
GOOD = {("shanghai", str(year)): 100.0 + year - 2011 for year in range(2011, 2020)}
Figures = dict[tuple[str, str], float]


class Home:
    """A folder with one plugin that reads what the test writes."""

    def __init__(self, folder: Path, unit: str = "万人次") -> None:
        self.folder = folder
        plugins = folder / "my_plugins"
        plugins.mkdir()
        (plugins / "local.py").write_text(PLUGIN.replace("UNIT", unit), encoding="utf-8")
        self.file = plugins / "figures.csv"

    def refresh(self, figures: Figures) -> Any:
        lines = [f"{city},{period},{value}" for (city, period), value in figures.items()]
        self.file.write_text("\n".join(["city,period,value", *lines]))
        return run_module("cityflux", "refresh", "local.visitors", cwd=self.folder)

    def run(self, *arguments: str) -> Any:
        return run_module("cityflux", *arguments, cwd=self.folder)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.folder / "data" / "cityflux.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def status(self, period: str = "2020") -> tuple[str, str]:
        ((status, note),) = self.rows(
            f"SELECT status, note FROM observations WHERE period = '{period}' "
            "AND indicator_id = 'local.visitors' AND city_id = 'shanghai'"
        )
        return status, note


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Home]:
    return lambda unit="万人次": Home(tmp_path, unit)


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [
        (111.0, "ok", ""),
        pytest.param(240.0, "ok", "", marks=pytest.mark.deep),  # much, but it happens
        (1110.0, "suspect", "10.5 times, as a slip of unit makes it"),
        pytest.param(
            1_110_000.0,
            "suspect",
            "1.05e+04 times, as a slip of unit makes it",
            marks=pytest.mark.deep,
        ),
        pytest.param(1.11e-6, "suspect", "as a slip of unit makes it", marks=pytest.mark.deep),
        (640.0, "suspect", "a jump to 6.04 times its own figures of the nearest periods"),
        (-111.0, "suspect", "negative, and it counts what cannot be"),
    ],
)
def test_what_cannot_be_right_is_marked_with_its_reason(
    make: Callable[..., Home], value: float, status: str, reason: str
) -> None:
    home = make()
    assert home.refresh(GOOD).returncode == 0
    assert home.refresh(GOOD | {("shanghai", "2020"): value}).returncode == 0
    found, note = home.status()
    assert found == status
    assert reason in note


def test_a_growth_rate_may_be_negative(make: Callable[..., Home]) -> None:
    home = make("%")
    home.refresh(GOOD | {("shanghai", "2020"): -3.0})
    assert home.status() == ("ok", "")


def test_a_first_figure_is_measured_by_the_other_cities(make: Callable[..., Home]) -> None:
    home = make()
    cities = {(city, "2020"): 300.0 for city in ("beijing", "shenzhen", "guangzhou")}
    home.refresh(cities | {("shanghai", "2020"): 4_000_000.0, ("hangzhou", "2020"): 20.0})
    status, note = home.status()
    assert status == "suspect"
    assert "times the other cities" in note
    assert home.rows("SELECT count(*) FROM observations WHERE status = 'suspect'") == [(1,)]


def test_a_suspect_figure_enters_nothing_until_it_is_accepted_and_then_stays(
    make: Callable[..., Home],
) -> None:
    home = make()
    home.refresh(GOOD)
    wild = GOOD | {("shanghai", "2020"): 990.0}
    home.refresh(wild)
    assert home.rows("SELECT count(*) FROM current_observations WHERE period = '2020'") == [(0,)]
    listed = json.loads(home.run("indicators", "--suspect", "--json").stdout)
    assert [(row["indicator_id"], row["value"]) for row in listed] == [("local.visitors", 990.0)]

    ((before,),) = home.rows("SELECT max(seq) FROM changes")
    done = home.run("indicators", "accept", "local.visitors", "--city", "shanghai")
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "local.visitors: 1 figure accepted",
    )
    status, note = home.status()
    assert status == "ok"
    assert note.startswith("accepted; was suspect: ")
    assert home.rows(f"SELECT count(*) FROM changes WHERE seq > {before}") == [(1,)]
    assert home.rows("SELECT status FROM revisions WHERE period = '2020'") == [("suspect",)]

    home.file.write_text("")  # other bytes, the same figure
    home.refresh(wild | {("beijing", "2020"): 500.0})
    assert home.status() == ("ok", note)
    home.refresh(wild | {("shanghai", "2020"): 990_000.0})  # another value is judged anew
    assert home.status()[0] == "suspect"
    assert home.run("indicators", "accept", "no.such").returncode == 1
    assert "nothing is suspect" in home.run("indicators", "accept", "overall_economy.gdp").stdout


def test_a_page_that_lost_half_of_its_figures_is_refused(make: Callable[..., Home]) -> None:
    home = make()
    home.refresh(GOOD)
    few = dict(list(GOOD.items())[:4])
    done = home.refresh({key: value + 1 for key, value in few.items()})
    assert done.returncode == 1
    assert "gave 4 figures, and 9 the last time" in done.stderr
    assert dict(home.rows("SELECT period, value FROM observations")) == {
        period: value for (_, period), value in GOOD.items()
    }
    assert home.refresh(dict(list(GOOD.items())[:5])).returncode == 0


PAGE = """
from pathlib import Path

import polars as pl
from cityflux import Document, Indicator, Source, hookimpl

FILE = Path(__file__).with_name("page.txt")
OFFICE = Source("local.office", "p", "file:page.txt", licence="l")


class Line:
    def __init__(self, name):
        self.name = name

    @hookimpl
    def indicator(self):
        return Indicator(f"local.{self.name}", self.name, self.name, "万人次")

    @hookimpl
    def source(self):
        return OFFICE

    @hookimpl
    def fetch(self, http, source, since):
        return [Document(source.address, FILE.read_bytes())]

    @hookimpl
    def normalize(self, documents):
        lines = dict(line.split() for line in documents[0].text.splitlines())
        value = float(lines[self.name]) if self.name in lines else None
        return pl.DataFrame(
            {"city": ["shanghai"], "period": ["2020"], "value": [value]},
            schema_overrides={"value": pl.Float64},
        )


@hookimpl
def register_indicators(register):
    for name in "abcdef":
        register(Line(name))
"""


def test_a_page_that_lost_half_of_its_indicators_is_doubted_as_a_whole(tmp_path: Path) -> None:
    plugins = tmp_path / "my_plugins"
    plugins.mkdir()
    (plugins / "page.py").write_text(PAGE, encoding="utf-8")

    def refreshed(**lines: float) -> dict[str, tuple[float, str, str]]:
        text = "\n".join(f"{name} {value}" for name, value in lines.items())
        (plugins / "page.txt").write_text(text, encoding="utf-8")
        done = run_module(
            "cityflux", "refresh", *(f"local.{name}" for name in "abcdef"), cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        connection = sqlite3.connect(tmp_path / "data" / "cityflux.db")
        rows = connection.execute(
            "SELECT indicator_id, value, status, note FROM observations ORDER BY indicator_id"
        ).fetchall()
        connection.close()
        return {name.removeprefix("local."): tuple(rest) for name, *rest in rows}

    whole = dict(zip("abcdef", range(10, 16), strict=True))
    assert {status for _, status, _ in refreshed(**whole).values()} == {"ok"}
    found = refreshed(a=20, b=21)
    assert found["a"][:2] == (20.0, "suspect")
    assert "the page gave figures for 2 of the 6 indicators that it gave before" in found["a"][2]
    assert found["c"] == (12.0, "ok", "")  # the last good one stays
    assert refreshed(a=20, b=21) == found
    assert refreshed(a=20, b=21, c=22)["a"] == (20.0, "ok", "")  # half is enough


def test_the_gate_can_be_set_and_turned_off(make: Callable[..., Home]) -> None:
    home = make()
    home.refresh(GOOD)
    (home.folder / "config.toml").write_text("[quality]\njump = 20\n")
    home.refresh(GOOD | {("shanghai", "2020"): 640.0})
    assert home.status()[0] == "ok"
    (home.folder / "config.toml").write_text('[quality]\noff = ["local.visitors"]\n')
    home.refresh(GOOD | {("shanghai", "2020"): 1e9})
    assert home.status()[0] == "ok"


def test_sources_that_disagree_are_listed_and_not_averaged(home: Path) -> None:
    done = run_module("cityflux", "indicators", "--conflicts", "--json", cwd=home)
    found = json.loads(done.stdout)
    assert found
    for row in found:
        assert row["difference"] > 0.05
        # The one that is used is the one whose source comes first.
        assert row["used_priority"] <= row["other_priority"]
    (gdp,) = [
        row
        for row in found
        if (row["indicator_id"], row["city_id"], row["period"])
        == ("overall_economy.gdp", "beijing", "2015")
        and row["other"] == 23014.59
    ]
    assert (gdp["used"], gdp["used_source"]) == (26034.1, "nbs.city_gdp_2026")
    assert gdp["reason"].startswith("2026-03 download ≠ ")  # another vintage
    assert sum(bool(row["reason"]) for row in found) > 0.8 * len(found)
    wide = run_module(
        "cityflux", "indicators", "--conflicts", "--tolerance", "0.2", "--json", cwd=home
    )
    assert len(json.loads(wide.stdout)) < len(found)
