"""Plugins that do not end, or end too much, in a refresh of the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cityflux.core.plugin.manager import Selection, load_selection
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.side_by_side import Means, run_tasks
from cityflux.core.refresh.tasks import Part, Task
from cityflux.scrapers.http.client import Client, Policy
from tests.conftest import run_module
from tests.isolation.plugins import (
    ENDLESS,
    LEAVING,
    new_gate,
    rows,
    until,
    workers_of,
    write_plugin,
)

LIMIT = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All culprits."""
    folder = tmp_path_factory.mktemp("culprits")
    for name, hooks in ENDLESS.items():
        write_plugin(folder, name, *hooks)
    for name, (fetch, normalize, _) in LEAVING.items():
        write_plugin(folder, name, fetch, normalize)
    (folder / "config.toml").write_text(f"[refresh]\ntime_limit = {LIMIT}\n")
    return folder


@pytest.fixture(scope="module")
def refreshed(folder: Path) -> subprocess.CompletedProcess[str]:
    names = [f"local.{name}" for name in (*ENDLESS, *LEAVING)]
    return run_module("cityflux", "refresh", *names, cwd=folder)


@pytest.mark.deep
def test_each_culprit_is_named_and_costs_itself_alone(
    refreshed: subprocess.CompletedProcess[str], folder: Path
) -> None:
    expected = {name: said for name, (*_, said) in LEAVING.items()}
    for name, (fetch, _) in ENDLESS.items():
        hook = "fetch" if fetch else "normalize"
        expected[name] = f"{hook} did not end: gave up after {LIMIT} s"
    assert refreshed.returncode == 1
    lines = refreshed.stderr.splitlines()
    listed = {row["id"]: row for row in json.loads(run_module_json(folder, "sources", "--failed"))}
    stored = dict(rows(folder, "SELECT indicator_id, error FROM fetches"))
    for name, said in expected.items():
        (line,) = [each for each in lines if f"local.{name} from office.{name}: " in each]
        assert said in line
        assert said in stored[f"local.{name}"]
        assert said in listed[f"office.{name}"]["error"]
    assert f"{len(expected)} failed" in refreshed.stdout


def run_module_json(folder: Path, *arguments: str) -> str:
    done = run_module("cityflux", *arguments, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_neighbour_does_not_wait_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, hooks in ENDLESS.items():
        write_plugin(tmp_path, name, *hooks)
    write_plugin(tmp_path, "neighbour")  # it comes last
    plugins = load_selection(Selection((tmp_path / "my_plugins",), built_in=False))
    tasks = [Task((Part(plugin, plugin.sources[0]),)) for plugin in plugins.indicators.values()]
    assert tasks[-1].plugin.indicator.id == "local.neighbour"
    cities = {"shanghai", "beijing"}
    # There is no hurry: that they are cut off is seen elsewhere, and the first to come ends it.
    with (
        Client(Policy(offline=True)) as http,
        new_gate() as gate,
        Workers(cities, most=8) as workers,
    ):
        first, *_ = next(filter(None, run_tasks(tasks, Means(http, gate, cities, workers))))
    assert (first.task.plugin.indicator.id, first.error) == ("local.neighbour", "")
    assert sorted(figure[2] for figure in first.given[0].found) == [3.0, 7.0]
    until(lambda: not workers_of(tmp_path))


def test_no_worker_is_left_behind(
    refreshed: subprocess.CompletedProcess[str], folder: Path
) -> None:
    until(lambda: not workers_of(folder))
