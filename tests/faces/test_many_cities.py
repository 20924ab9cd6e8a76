"""Tables of 36 and of 300 cities: on a terminal of 80 columns, in a pipe, and as JSON."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from cityflux.core.cli.main import cli
from tests.conftest import made_by_one, run_module

STYLES = re.compile(r"\x1b\[[\d;]*m")
INDEX = """
id = "prefectures"
name_zh = "地级市"
name_en = "Prefectures"
cities = {cities}
indicators = ["overall_economy.gdp", "people.population"]
[periods]
of = ["2019", "2020"]
[standardization]
method = "minmax"
"""
COMMANDS = ("show {} --groups", "show {}", "ranking {}", "tree {}", "strengths beijing {}")
MANY = {"main_cities_index": 36, "prefectures": 300}


class Terminal(io.TextIOWrapper):
    """Standard output as a terminal of 80 columns has it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def folder(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The main job, and an index of 300 cities, most of which have no figure."""

    def make(folder: Path) -> None:
        (folder / "data").mkdir()
        database = made_once / "data" / "cityflux.db"
        (folder / "data" / "cityflux.db").write_bytes(database.read_bytes())
        known = json.loads(run_module("cityflux", "cities", "--json", cwd=folder).stdout)
        known.sort(key=lambda row: (-row["figures"], row["id"]))
        cities = [row["id"] for row in known if row["country"] == "CN"][:300]
        (folder / "many.toml").write_text(INDEX.format(cities=json.dumps(cities)), "utf-8")
        (folder / "config.toml").write_text('[indices]\nfiles = ["many.toml"]\n', "utf-8")
        done = run_module("cityflux", "compute", "prefectures", cwd=folder)
        assert done.returncode == 0, done.stderr

    return made_by_one(tmp_path_factory, "many_cities", make)


def on_terminal(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    out = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("sys.stdout", out)
    cli.main([*arguments], standalone_mode=False)
    out.seek(0)
    return STYLES.sub("", out.read()).splitlines()


@pytest.mark.parametrize("index", MANY)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_shows_what_there_is_room_for_and_says_what_is_left_out(
    folder: Path, command: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = on_terminal(folder, *command.format(index).split(), monkeypatch=monkeypatch)
    cut = next((i for i, line in enumerate(lines) if not line and i > 5), len(lines))
    table = lines[: cut + 1]
    assert max(map(cell_len, table)) <= 80
    assert not any("…" in line for line in table)
    left = [line for line in lines if line.startswith("no room for ")]
    across = re.search(r"--groups|ranking|tree", command)
    assert len(left) == bool(across)
    for line in left:
        count, of = map(int, re.findall(r"\d+", line))
        assert of == MANY[index]
        assert 0 < count < of


@pytest.mark.parametrize("index", MANY)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_gets_a_line_a_row_with_all_cities_and_json_is_whole(
    folder: Path, command: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    words = command.format(index).split()
    piped = CliRunner().invoke(cli, words)
    assert piped.exit_code == 0, piped.output
    head = piped.output.splitlines()[1]
    assert "no room" not in piped.output
    if re.search(r"--groups|ranking|tree", command):
        assert len(re.findall(r"(?:^|  )(?=\S)", head)) >= MANY[index]
    found = CliRunner().invoke(cli, [*words, "--json"])
    text = found.stdout
    assert json.loads(text, parse_constant=pytest.fail)
    if not command.startswith("strengths"):
        assert all(f'"{city}"' in text for city in ("beijing", "shanghai", "hangzhou"))
