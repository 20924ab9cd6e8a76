"""Every query of docs/queries.md runs with the stock command on a database of the main job."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(
    r"^```sh\n(.*?)^```$", (ROOT / "docs/queries.md").read_text(encoding="utf-8"), re.M | re.S
)
REVISED = {
    "indicator_id": "overall_economy.gdp",
    "city_id": "beijing",
    "period": "2015",
    "source_id": "nbs.city_gdp_2026",
    "value": 26035.5,
}


def _run(
    module: str, arguments: Sequence[str], folder: Path, text: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cityflux.db: the main job, and one figure revised from outside."""
    found = tmp_path_factory.mktemp("queries")
    done = _run("cityflux", ["--database", "cityflux.db", "run", "--once", "--offline"], found)
    assert done.returncode == 0, done.stderr
    keys = [word for key in list(REVISED)[:4] for word in ("--pk", key)]
    done = _run(
        "sqlite_utils",
        ["upsert", "cityflux.db", "observations", "-", *keys],
        found,
        json.dumps(REVISED),
    )
    assert done.returncode == 0, done.stderr
    return found


def _rows(arguments: Sequence[str], output: str) -> int:
    """How many rows an answer has, without its headings."""
    lines = output.splitlines()
    if "--table" in arguments:
        return len(lines) - 2
    return len(lines) - 1 if "--csv" in arguments else len(json.loads(output))


def test_there_are_more_than_a_dozen_queries() -> None:
    assert len(BLOCKS) > 12


@pytest.mark.parametrize("block", BLOCKS)
def test_the_query_runs_and_answers(block: str, folder: Path) -> None:
    command, *arguments = shlex.split(block)
    assert command == "sqlite-utils"
    assert arguments[1] == "cityflux.db"
    done = _run("sqlite_utils", arguments, folder)
    assert done.returncode == 0, done.stderr
    assert _rows(arguments, done.stdout) > 0, done.stdout
