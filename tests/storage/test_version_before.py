"""A database that version 0.1 made opens, and gives the same scores to the last bit.

``version_0_1`` holds it as it was left there, with the plugin and the index behind it: a figure of
two sources, one changed by hand, one suspect, months beside years, a computed indicator, imputed
and treated figures.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest

from cityflux.storage.database import open_database
from tests.conftest import run_module

BEFORE = Path(__file__).parent / "version_0_1"
CONFIG = """
[database]
path = "cityflux.db"
[indices]
default = "harbour"
files = ["harbour.toml"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BEFORE, tmp_path, dirs_exist_ok=True)
    packed = (tmp_path / "cityflux.db.gz").read_bytes()
    (tmp_path / "cityflux.db").write_bytes(gzip.decompress(packed))
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def _rows(folder: Path, query: str) -> list[Any]:
    with open_database(folder / "cityflux.db") as connection:
        return connection.execute(query).fetchall()


SCORES = "SELECT node_id, city_id, period, score, coverage FROM scores ORDER BY 1, 2, 3"
FIGURES = (
    "SELECT indicator_id, city_id, period, source_id, value, status FROM observations "
    "ORDER BY 1, 2, 3, 4"
)
SERIES = ("harbour.cargo", "harbour.calls", "harbour.ships", "harbour.delay")


def test_the_same_scores_to_the_last_bit(folder: Path) -> None:
    before = _rows(folder, SCORES)
    assert len(before) == 96
    unchecked = "SELECT DISTINCT rank, n, bracket FROM scores"
    assert _rows(folder, unchecked) == [(None, 0, "unchecked")]  # never compared, so not ranked
    with open_database(folder / "cityflux.db") as connection:
        connection.execute("DELETE FROM scores")
        connection.commit()
    done = run_module("cityflux", "compute", "harbour", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert _rows(folder, SCORES) == before
    assert _rows(folder, f"{unchecked} WHERE bracket = 'unchecked'") == []


def test_a_refresh_finds_nothing_new_and_keeps_what_a_hand_changed(folder: Path) -> None:
    figures, scores = _rows(folder, FIGURES), _rows(folder, SCORES)
    assert ("harbour.cargo", "brest", "2020", "port.cargo", 123.456, "ok") in figures
    done = run_module("cityflux", "refresh", *SERIES, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 new or different" in done.stdout
    assert _rows(folder, FIGURES) == figures
    assert _rows(folder, SCORES) == scores
