"""A city and an indicator without Python, and figures of them, through the whole commands."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.conftest import run_module


def test_a_city_and_an_indicator_take_a_command_each_and_figures_another(home: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = run_module("cityflux", *arguments, cwd=home)
        return done.returncode, done.stdout + done.stderr

    assert run("add", "city", "newtown", "新城", "Newtown", "--code", "999999")[0] == 0
    added = run("add", "indicator", "local.cinemas", "电影院", "Cinemas", "家", "--alias", "影院数")
    assert added[0] == 0, added[1]
    (home / "a.csv").write_text("城市,年份,影院数(家)\n新城市,2031,5\nHangzhou,2031,7\n", "utf-8")
    assert run("import", "a.csv")[0] == 0
    with closing(sqlite3.connect(home / "data" / "cityflux.db")) as connection:
        rows = connection.execute(
            "SELECT city_id, value FROM observations WHERE indicator_id = 'local.cinemas'"
        )
        assert sorted(rows) == [("hangzhou", 7.0), ("newtown", 5.0)]
    listed = json.loads(run("plugins", "list", "--json")[1])
    assert [each["indicators"] for each in listed if each["name"].endswith(".meta.toml")] == [
        ["local.cinemas"]
    ]
    file = home / "my_plugins" / "local.meta.toml"
    before = file.read_text("utf-8")
    code, said = run("add", "indicator", "local.other", "某", "Other", "bushel")
    assert (code, "local.other cannot be added: " in said, "bushel" in said) == (1, True, True)
    assert file.read_text("utf-8") == before
    code, said = run("add", "city", "newtown", "新城", "Newtown")
    assert (code, "newtown is there already" in said) == (1, True)
    file.write_text(before + "[[towns]]\n", "utf-8")
    assert "towns means nothing here" in run("plugins", "list", "--json")[1]
