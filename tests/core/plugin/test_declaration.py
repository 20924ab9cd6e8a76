"""Every declaration is checked when it is loaded: what is wrong is named and left out, no more."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from cityflux.core.plugin.manager import Selection, load_selection
from tests.conftest import run_module
from tests.core.plugin.written import GOOD, write

DERIVE = "\n\n\n@hookimpl\ndef derive(figures):\n    return figures"
#: What is written in place of what, and what is said.
WRONG = {
    "access": ('access="bundled"', 'access="file"', "access is 'file'; there are live, bundled"),
    "priority": ('access="b', 'priority="1", access="b', "priority is '1'; write a whole number"),
    "huge": ('access="b', 'priority=10**30, access="b', "priority is 1000000000000"),
    "truth": ('access="b', 'priority=True, access="b', "priority is True; write a whole number"),
    "publisher": ('"p", ', '" ", ', "source office.publisher lacks its publisher"),
    "licence": (', licence="l"', "", "source office.licence lacks its licence"),
    "address": ('"bundled-not:address"', '""', "source office.address lacks its address"),
    "surrogate": (
        '"p", ',
        '"\\ud800", ',
        "office.surrogate: publisher is '\\ud800'; it holds what",
    ),
    "ours": ('"office.ours"', '"cityflux.derived"', "source cityflux.derived is that of cityflux"),
    "number": ('"office.number"', "5", "5: id is 5; write text"),
    "id": ('"local.id"', '"Local Boats"', "id 'Local Boats': use small letters"),
    "none": ('"local.none"', '""', "a declaration has no id"),
    "movable": (
        '"个")',
        '"个", movable="no")',
        "local.movable: movable is 'no'; write True or False",
    ),
    "direction": (
        '"个")',
        '"个", direction=2)',
        "local.direction: direction is 2; there are 1, -1",
    ),
    "unit": ('"个")', '"bushels of x")', "local.unit: unit: "),
    "name": ('"甲", ', '"", ', "local.name: a name is missing; give name_zh and name_en"),
    "frequency": ('"个")', '"个", frequency="yearly")', "frequency is 'yearly'; there are annual"),
    "inputs": (
        '"个")',
        f'"个", inputs="gdp"){DERIVE}',
        "local.inputs: inputs is 'gdp'; write texts such",
    ),
    "kind": ("return Indicator(", "return list, (", "indicator() returned (<class 'list'>"),
    "definition": ('"个")', '"个", definition=None)', "definition is None; write text"),
}
#: Declarations that are kept without what is wrong with them.
KEPT = {
    "daily": ('"daily"', "schedule 'daily' is none that is known; write @daily"),
    "monday": ('"0 6 * * 1"', "schedule '0 6 * * 1': name the weekdays: mon, tue … sun"),
    "february": ('"0 6 30 feb *"', "schedule '0 6 30 feb *': never comes"),
    "rarely": ('"every 99999999999 days"', "never comes; write every 1 hour"),
    "twelve": ('"@twelvely"', "there are @yearly"),
}
CITIES = """
from cityflux import City, hookimpl


@hookimpl
def register_cities(register):
    register(City("here", "此", "Here"))
    register(City("Here There", "此", "Here"))
    register(City("north", "北", "North", latitude=99))
    register(City("nan", "东", "East", longitude=float("nan")))
    register(City("shanghai", "别处", "Elsewhere"))
    register(City("nameless", "", ""))
    register("town")
    register(City("there", "彼", "There"))
"""
FAMILY = """
import polars as pl
from cityflux import Document, Indicator, Source, hookimpl


class One:
    def __init__(self, name, **said):
        self.name, self.said = name, said

    @hookimpl
    def indicator(self):
        return Indicator(f"family.{self.name}", "甲", self.name, "个")

    @hookimpl
    def source(self):
        said = {"licence": "l", "access": "bundled", **self.said}
        return Source(f"family.{self.name}", "p", "bundled-not:x", **said)

    @hookimpl
    def fetch(self, source):
        return [Document(source.address, b"7")]

    @hookimpl
    def normalize(self, documents):
        return pl.DataFrame({"city": ["shanghai"], "period": ["2020"], "value": [7.0]})


@hookimpl
def register_indicators(register):
    register(One("first"))
    register(One("file", access="file"))
    register(5)
    register(One("last"))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_module("cityflux", *arguments, cwd=Path.cwd())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my_plugins"
    write(folder / "good.py")
    for name, (before, after, _) in WRONG.items():
        code = GOOD.replace("NAME", name)
        assert code.count(before) == 1, name
        write(folder / f"{name}.py", code.replace(before, after))
    for name, (schedule, _) in KEPT.items():
        live = f'schedule={schedule}, access="live"'
        write(folder / f"{name}.py", GOOD.replace('access="bundled"', live))
    write(folder / "cities.py", CITIES)
    write(folder / "family.py", FAMILY)
    return folder


def test_what_is_wrong_is_named_and_left_out_and_the_rest_is_loaded(folder: Path) -> None:
    plugins = load_selection(Selection((folder,), built_in=False))
    errors = {Path(each.name).stem: each.error for each in plugins.records}
    for name, (*_, said) in WRONG.items():
        assert said in errors[name], errors[name]
        assert len(errors[name]) < 1_200
    for name, (_, said) in KEPT.items():
        assert errors[name].startswith(f"office.{name}: ") and said in errors[name], errors[name]
    assert errors["good"] == ""
    kept = {"local.good", *(f"local.{name}" for name in KEPT), "family.first", "family.last"}
    assert plugins.indicators.keys() == kept
    assert "access is 'file'" in errors["family"] and "of the kind int" in errors["family"]


def test_of_cities_that_are_registered_the_wrong_ones_are_left_out(folder: Path) -> None:
    done = run("plugins", "list", "--json")
    (error,) = (each["error"] for each in json.loads(done.stdout) if "cities.py" in each["name"])
    assert "the id 'Here There'" in error and "latitude is 99; write degrees" in error
    assert "longitude is nan" in error and error.endswith("; and 3 more")
    run("--database", "d.db", "refresh", "local.good", "family.last")
    with sqlite3.connect("d.db") as connection:
        known = dict(connection.execute("SELECT id, name_zh FROM cities"))
        figures = {row[0] for row in connection.execute("SELECT indicator_id FROM observations")}
    connection.close()
    assert known["here"] == "此" and known["there"] == "彼" and known["shanghai"] == "上海"
    assert not {"north", "nan", "nameless"} & known.keys()
    assert figures == {"local.good", "family.last"}


def test_check_and_doctor_say_the_same_as_loading(folder: Path) -> None:
    told = {
        each["name"]: each["error"] for each in json.loads(run("plugins", "list", "--json").stdout)
    }
    for name in ("unit", "licence", "daily", "family"):
        path = str(folder / f"{name}.py")
        done = run("plugins", "check", path, "--json")
        assert done.returncode == 1
        assert told[path] in [each["error"] for each in json.loads(done.stdout)]
    (plugins,) = (x for x in json.loads(run("doctor", "--json").stdout) if x["check"] == "plugins")
    broken = len(WRONG) + len(KEPT) + 2
    assert plugins["state"] == "failed" and plugins["detail"].startswith(f"{broken} broken: ")
