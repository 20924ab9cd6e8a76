"""Our pages under ``datasette FILE``, where the plugin is found by its entry point."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.site import ROOT

Ask = tuple[int, str]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder that says to Python what our installed package says."""
    told = tmp_path / "site" / "cityflux_pages-0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: cityflux-pages\nVersion: 0\n")
    (told / "entry_points.txt").write_text("[datasette]\ncityflux = cityflux.core.web.plugin\n")
    return told.parent


def ask(installed: Path, database: Path, path: str, *options: str) -> Ask:
    """What ``datasette FILE --get PATH`` exits with and prints."""
    done = subprocess.run(
        [sys.executable, "-m", "datasette", str(database), "--get", path, *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), ROOT])},
        cwd=installed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.deep
def test_datasette_shows_our_pages_also_below_a_path(installed: Path, made_once: Path) -> None:
    database = made_once / "data" / "cityflux.db"
    code, page = ask(installed, database, "/-/index/flow_index")
    assert (code, "The cities, 2011/2020" in page) == (0, True)
    options = ("--setting", "base_url", "/flows/")
    _, page = ask(installed, database, "/flows/-/index/flow_index", *options)
    assert 'href="/flows/-/city/shanghai"' in page
    assert 'href="/-/' not in page


def test_a_page_that_takes_too_long_says_so(installed: Path, made_once: Path) -> None:
    database = made_once / "data" / "cityflux.db"
    limit = ("--setting", "sql_time_limit_ms", "0")
    code, page = ask(installed, database, "/-/indicator/overall_economy.gdp", *limit)
    assert (code, "The query took longer than is allowed" in page) == (1, True)


@pytest.mark.deep
def test_a_database_of_somebody_else_is_left_alone(installed: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE cities (id TEXT)")
    connection.close()
    _, front = ask(installed, tmp_path / "other.db", "/")
    assert "other" in front
    assert "cityflux" not in front
    code, _ = ask(installed, tmp_path / "other.db", "/-/search")
    assert code == 1
