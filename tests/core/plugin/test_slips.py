"""Slips of an author: each is named in one line, wherever his code runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cityflux.core.plugin.check import Means, check, find_record
from cityflux.core.plugin.finding import load_file
from cityflux.core.plugin.manager import Plugins, Selection, load_selection
from cityflux.core.plugin.saved import SavedPages
from tests.conftest import run_module
from tests.core.plugin.written import FILES, GOOD, RETURNS, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my_plugins"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_module("cityflux", *arguments, cwd=Path.cwd())


def said(name: str, path: Path) -> str:
    return RETURNS[name][2].replace("FILE", f"my_plugins/{path.name}")


def slip(folder: Path, name: str) -> Path:
    right, wrong, _ = RETURNS[name]
    return write(folder / f"{name}.py", GOOD.replace(right, wrong))


def loaded(folder: Path) -> Plugins:
    """The plugins of a folder, without those that are built in."""
    return load_selection(Selection((folder,), built_in=False))


@pytest.mark.parametrize("name", RETURNS)
def test_check_names_what_a_hook_returns(name: str, folder: Path) -> None:
    path = slip(folder, name)
    plugins = loaded(folder)
    means = Means(lambda source: SavedPages({}), None, lambda plugin: pytest.fail("not derived"))
    found = [*check(plugins, find_record(plugins, str(path)), means)]
    (problem,) = (each.problem for each in found if each.problem)
    assert said(name, path) in problem


def test_check_says_failed_and_ends_with_one(folder: Path) -> None:
    path = slip(folder, "table")
    done = run("plugins", "check", str(path))
    assert done.returncode == 1
    (line,) = (each for each in done.stdout.splitlines() if each.startswith("FAILED"))
    assert said("table", path) in line


def test_a_refresh_names_them_all_in_its_worker(folder: Path) -> None:
    paths = {name: slip(folder, name) for name in RETURNS}
    write(folder / "good.py")
    done = run("refresh", "local.good", *(f"local.{name}" for name in paths))
    assert done.returncode == 1
    lines = (done.stdout + done.stderr).splitlines()
    for name, path in paths.items():
        (line,) = (each for each in lines if f"local.{name} " in each)
        assert said(name, path) in line
    assert not any("local.good" in line for line in lines)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_broken_with_its_reason(name: str, folder: Path) -> None:
    path = write(folder / f"{name}.py", FILES[name][0])
    (record,) = (each for each in loaded(folder).records if each.name == str(path))
    assert record.state == "broken"
    assert FILES[name][1] in record.error
    assert "\n" not in record.error


def test_what_only_looks_like_a_hook_is_left_alone(folder: Path) -> None:
    helpers = """

def fetch_page(http, source):
    return http.get(source.address)


def normalized(documents):
    return documents


def sources(names):
    return names


def _normalise(documents):
    return documents
"""
    family = """
from cityflux import hookimpl


def source():
    return "a helper of the family"


@hookimpl
def register_indicators(register):
    pass
"""
    write(folder / "good.py", GOOD + helpers)
    write(folder / "family.py", family)
    assert loaded(folder).broken == []


@pytest.mark.parametrize(
    "line", ["import helper", "from helper import KEY", "from .helper import KEY"]
)
def test_a_neighbour_file_belongs_into_a_package(line: str, folder: Path) -> None:
    path = write(folder / "lone.py", f"{line}\n{GOOD}")
    write(folder / "helper.py", "KEY = 1\n")
    (record,) = (each for each in loaded(folder).records if each.name == str(path))
    assert "(my_plugins/lone.py, line 1)" in record.error
    assert "move them into my_plugins/lone/, this one as __init__.py" in record.error


def test_a_neighbour_file_is_named_when_it_is_imported_late(folder: Path) -> None:
    right, _, _ = RETURNS["table"]
    path = write(folder / "late.py", GOOD.replace(right, "import helper"))
    write(folder / "helper.py", "KEY = 1\n")
    done = run("plugins", "check", str(path))
    assert "move them into my_plugins/late/, this one as __init__.py" in (done.stdout + done.stderr)


def test_an_absolute_import_inside_a_package_is_set_right(folder: Path) -> None:
    write(folder / "pair" / "__init__.py", f"import helper\n{GOOD}")
    write(folder / "pair" / "helper.py", "KEY = 1\n")
    (broken,) = loaded(folder).broken
    assert broken.error.endswith(
        "(my_plugins/pair/__init__.py, line 1); write: from . import helper"
    )


def test_a_package_folder_is_a_plugin(folder: Path) -> None:
    right, _, _ = RETURNS["table"]
    code = GOOD.replace(right, "return helper.frame()")
    first = write(folder / "pair" / "__init__.py", f"from . import helper\n{code}")
    frame = "import polars as pl\n\n\ndef frame():\n    " + right
    helper = write(folder / "pair" / "helper.py", frame)
    done = run("refresh", "local.pair")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = json.loads(run("plugins", "list", "--json").stdout)
    (row,) = (each for each in listed if each["file"] == str(first.absolute()))
    assert (row["name"], row["state"]) == (str(first.parent), "loaded")
    assert run("plugins", "check", "my_plugins/pair").returncode == 0
    # A mistake is told where it is.
    helper.write_text("def frame():\n    return 1 / 0\n", encoding="utf-8")
    done = run("refresh", "local.pair", "--from-snapshots")
    assert "ZeroDivisionError: division by zero (my_plugins/pair/helper.py, line 2)" in (
        done.stdout + done.stderr
    )


def test_a_package_is_read_anew_as_a_whole(folder: Path) -> None:
    write(folder / "pair" / "__init__.py", "from .helper import KEY\n")
    helper = write(folder / "pair" / "helper.py", "KEY = 1\n")
    assert load_file(folder / "pair").KEY == 1
    helper.write_text("KEY = 1000\n", encoding="utf-8")
    assert load_file(folder / "pair").KEY == 1000


def test_a_folder_without_its_first_file_is_named(folder: Path) -> None:
    write(folder / "parts" / "part.py")
    write(folder / "tests" / "test_part.py", "")
    write(folder / "data" / "table.csv", "")
    write(folder / "_kept" / "part.py")
    (broken,) = loaded(folder).broken
    assert broken.name == str(folder / "parts")
    assert "has no __init__.py" in broken.error


WRAPPER = """
from cityflux import hookimpl


@hookimpl(wrapper=True)
def normalize(documents):
    frame = yield
    return frame["nothing"]
"""


def test_a_mistake_of_a_wrapper_is_told_as_its_own(folder: Path) -> None:
    write(folder / "good.py")
    write(folder / "around.py", WRAPPER)
    done = run("refresh", "local.good")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    around = folder / "around.py"
    assert line.startswith(f"failed: {around}: normalize(): ColumnNotFoundError: ")
    assert line.endswith("(my_plugins/around.py, line 8)")


DERIVED = """
import polars as pl
from cityflux import Indicator, hookimpl


@hookimpl
def indicator():
    return Indicator("local.NAME", "甲", "NAME", "个", inputs=("local.good",))


@hookimpl
def derive(figures):
    DERIVE
"""
DERIVES = {
    "dict": ("return {}", "derive() returned a dict; return a polars DataFrame"),
    "divides": (
        "return 1 / 0",
        "ZeroDivisionError: division by zero (my_plugins/divides.py, line 13)",
    ),
    "odd": (
        "return figures.select('city', 'period', 'value', inputs=pl.lit('gdp'))",
        "derive() returned a column inputs that holds something else than lists",
    ),
}


def test_slips_in_derive_are_named(folder: Path) -> None:
    write(folder / "good.py")
    for name, (code, _) in DERIVES.items():
        write(folder / f"{name}.py", DERIVED.replace("DERIVE", code))
    done = run("run", "--once", "--offline")
    assert done.returncode == 1
    for name, (_, line) in DERIVES.items():
        assert any(
            f"local.{name}" in each and line in each
            for each in (done.stdout + done.stderr).splitlines()
        ), line
