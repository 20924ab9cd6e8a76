"""``cityflux init``, ``cities`` and ``reload``: a folder to begin with, and what stands in it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import Result

from cityflux.core.app.lock import only_daemon
from tests.conftest import Cityflux, answer

CITIES = ("上海", "北京", "广州")
SHEET = [
    ("id", "name", "unit", "direction"),
    ("cinemas", "电影院", "家", 1),
    ("commute", "通勤", "分钟", -1),
]
WEIGHTED = [(*SHEET[0], "weight"), (*SHEET[1], 1), (*SHEET[2], 2)]


def workbook(path: Path, indicators: list[tuple[Any, ...]]) -> Path:
    """A table as people have it, of which the first city is the worst and the last the best."""
    figures: list[tuple[Any, ...]] = [("city", "year", "cinemas", "commute")]
    figures += [(city, 2020, 10 + place, 40 - place) for place, city in enumerate(CITIES)]
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("indicators", indicators), ("data", figures)):
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return path


def scores(cityflux: Cityflux, *arguments: str) -> dict[str, float]:
    shown = cityflux(*arguments, "show", "--json")
    assert shown.returncode == 0, shown.stderr
    rows = json.loads(shown.stdout)
    return {row["city"]: row["score"] for row in rows if row["node"] == rows[0]["node"]}


def test_all_that_init_writes_works(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("init")
    assert done.returncode == 0, done.stderr
    for name in ("config.toml", "my_index.toml", "my_plugins/local.meta.toml", "figures.csv"):
        assert f"wrote {name}" in done.stdout
    assert done.stdout.splitlines()[-2:] == [
        "  cityflux import figures.csv",
        "  cityflux run --once --offline",
    ]
    for told in ("import figures.csv", "refresh local.example", "compute my_index"):
        assert cityflux(*told.split()).returncode == 0, told
    rows = json.loads(cityflux("show", "--json").stdout)
    assert {row["coverage"] for row in rows} == {1.0}
    assert {row["node"] for row in rows} >= {"my_index", "culture", "local.example"}
    assert cityflux("plugins", "check", "my_plugins/example.py").returncode == 0
    assert "the database is " + str(home / "data") in cityflux("run", "--once", "--offline").stderr
    before = (home / "my_index.toml").read_text("utf-8")
    again = cityflux("init")
    assert (again.returncode, "is there already; name another folder" in again.stderr) == (1, True)
    assert (home / "my_index.toml").read_text("utf-8") == before


@pytest.mark.parametrize(("indicators", "index"), [(SHEET, "my_index"), (WEIGHTED, "own")])
def test_a_workbook_becomes_an_index(
    tmp_path: Path, cityflux: Cityflux, indicators: list[tuple[Any, ...]], index: str
) -> None:
    workbook(tmp_path / "own.xlsx", indicators)
    done = cityflux("init", "mine", "--from", "own.xlsx")
    assert done.returncode == 0, done.stderr
    assert "  cd mine\n  cityflux show" in done.stdout
    assert f'default = "{index}"' in (tmp_path / "mine" / "config.toml").read_text("utf-8")
    found = scores(cityflux, "--config", "mine/config.toml")
    assert found == {"guangzhou": 100.0, "beijing": pytest.approx(50.0), "shanghai": 0.0}


def test_a_table_that_is_refused_leaves_nothing_behind(tmp_path: Path, cityflux: Cityflux) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n", "utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", "utf-8")
    for folder in ("mine", "new"):
        done = cityflux("init", folder, "--from", "bad.csv")
        assert (done.returncode, "no table was found" in done.stderr) == (1, True)
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    assert not (tmp_path / "new").exists()


def test_cities_are_found_by_any_part_of_a_name(read_only: Callable[..., Result]) -> None:
    (found,) = answer(read_only, "cities", "杭")
    assert (found["id"], found["admin_code"]) == ("hangzhou", "330100")
    assert found["figures"] > found["indicators"] > 10
    index = answer(read_only, "cities", "--index", "flow_index")
    assert {each["id"] for each in index} >= {"beijing", "shenzhen"}
    assert len(index) == 5
    known = answer(read_only, "cities", "--known")
    assert 5 < len(known) < len(answer(read_only, "cities"))
    assert "did you mean hangzhou?" in str(read_only("cities", "hangzou").exception)
    assert "hangzhou  杭州" in read_only("cities", "330100").output


def test_reload_tells_the_daemon_of_the_folder(
    home: Path, cityflux: Cityflux, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = cityflux("reload")
    assert (alone.returncode, "no daemon runs on it; start one" in alone.stderr) == (1, True)
    heard: list[int] = []
    former = signal.signal(signal.SIGHUP, lambda number, _: heard.append(number))
    database = home / "data" / "cityflux.db"
    try:
        with only_daemon(database):
            told = cityflux("reload")
            assert told.returncode == 0, told.stderr
            assert f"(pid {os.getpid()})" in told.stdout
            assert heard == [signal.SIGHUP]
            monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
            assert "call cityflux reload there" in cityflux("reload").stderr
            (home / "config.toml").write_text("[databse]\n", "utf-8")
            wrong = cityflux("reload")
            assert (wrong.returncode, "did you mean database?" in wrong.stderr) == (1, True)
            assert heard == [signal.SIGHUP]
    finally:
        signal.signal(signal.SIGHUP, former)


def test_the_shell_completes_commands_and_options(
    cityflux: Cityflux, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_CITYFLUX_COMPLETE", "bash_complete")
    for words, offered in (("cityflux str", "plain,strengths"), ("cityflux show --gr", "--groups")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert offered in cityflux().stdout
