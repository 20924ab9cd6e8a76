"""Plugins that do not end, or end too much, in a refresh of the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import run_module
from tests.isolation.plugins import ENDLESS, LEAVING, rows, workers_of, write_plugin

LIMIT = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All culprits and a neighbour, which comes last."""
    folder = tmp_path_factory.mktemp("culprits")
    for name, hooks in ENDLESS.items():
        write_plugin(folder, name, *hooks)
    for name, (fetch, normalize, _) in LEAVING.items():
        write_plugin(folder, name, fetch, normalize)
    write_plugin(folder, "neighbour")
    (folder / "config.toml").write_text(f"[refresh]\ntime_limit = {LIMIT}\n")
    return folder


@pytest.fixture(scope="module")
def refreshed(folder: Path) -> subprocess.CompletedProcess[str]:
    names = [f"local.{name}" for name in (*ENDLESS, *LEAVING, "neighbour")]
    return run_module("cityflux", "refresh", *names, cwd=folder)


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
    refreshed: subprocess.CompletedProcess[str], folder: Path
) -> None:
    figures = rows(
        folder, "SELECT value FROM observations WHERE indicator_id = 'local.neighbour' ORDER BY 1"
    )
    assert figures == [(3.0,), (7.0,)]
    ended = dict(rows(folder, "SELECT indicator_id, ended FROM fetches"))
    assert ended["local.neighbour"] < min(ended[f"local.{name}"] for name in ENDLESS)


def test_no_worker_is_left_behind(
    refreshed: subprocess.CompletedProcess[str], folder: Path
) -> None:
    assert workers_of(folder) == []
