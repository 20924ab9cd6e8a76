"""``cityflux compare``: what changed between two runs, and because of which figures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from cityflux.storage.database import open_database
from tests.conftest import Cityflux, run_module

SHIFT = (
    "UPDATE observations SET value = value * 1.3 "
    "WHERE indicator_id = 'transport.freight_total' AND city_id = 'shanghai' "
    "AND period = '2011/2020'"
)


def scores(home: Path) -> dict[str, float]:
    rows = json.loads(run_module("cityflux", "show", "flow_index", "--json", cwd=home).stdout)
    return {row["city"]: row["score"] for row in rows if row["node"] == "flow_index"}


def changed_by_hand(home: Path, *statements: str) -> None:
    for statement in statements:
        done = run_module("sqlite_utils", "data/cityflux.db", statement, cwd=home)
        assert done.returncode == 0, done.stderr
    done = run_module("cityflux", "compute", "flow_index", cwd=home)
    assert done.returncode == 0, done.stderr


def compared(home: Path, *options: str) -> dict[str, Any]:
    done = run_module("cityflux", "compare", "flow_index", "--json", *options, cwd=home)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_change_by_hand_is_told_with_its_cause(home: Path) -> None:
    before = scores(home)
    removed = "DELETE FROM observations WHERE indicator_id = 'transport.baidu_shipping'"
    changed_by_hand(home, SHIFT, removed)
    after = scores(home)
    found = compared(home)
    assert {each["city"]: each["before"] for each in found["cities"]} == before
    assert {each["city"]: each["after"] for each in found["cities"]} == after
    causes = {each["cause"]: each for each in found["causes"]}
    assert {"transport.freight_total", "transport.baidu_shipping"} <= set(causes)
    for city, score in before.items():
        parts = math.fsum(each["effects"][city] for each in causes.values())
        assert math.isclose(parts, after[city] - score, abs_tol=1e-9)
    (figure,) = causes["transport.freight_total"]["figures"]
    assert figure["city_id"] == "shanghai"
    assert math.isclose(figure["after"], figure["before"] * 1.3)
    assert "江若尘" in figure["publisher"]
    assert all(each["after"] is None for each in causes["transport.baidu_shipping"]["figures"])


def test_the_table_names_runs_places_and_figures(home: Path) -> None:
    changed_by_hand(home, SHIFT)
    text = run_module("cityflux", "compare", "flow_index", cwd=home).stdout
    assert "because of (1 of 1 causes)" in text
    assert "transport.freight_total" in text
    assert "figures that differ (1 of 1" in text
    runs = json.loads(
        run_module("cityflux", "compare", "flow_index", "--runs", "--json", cwd=home).stdout
    )
    assert runs[0]["position"] == runs[1]["position"] + 1
    first = str(runs[-1]["run"])
    assert compared(home, "--from", first, "--to", first)["causes"] == []
    assert compared(home, "--from", runs[-1]["started"][:10])["runs"][0]["run"] == runs[0]["run"]


def test_a_node_and_another_definition(home: Path) -> None:
    definition = (Path(__file__).parents[1] / "plugins/indices/paper_transport.toml").read_text(
        encoding="utf-8"
    )
    (home / "mine.toml").write_text(
        definition.replace('"paper_transport"', '"mine"'), encoding="utf-8"
    )
    (home / "config.toml").write_text('[indices]\nfiles = ["mine.toml"]\n', encoding="utf-8")
    assert run_module("cityflux", "compute", "mine", cwd=home).returncode == 0
    (home / "mine.toml").write_text(
        definition.replace('"paper_transport"', '"mine"').replace(
            'method = "mean"', 'method = "median"'
        ),
        encoding="utf-8",
    )
    assert run_module("cityflux", "compute", "mine", cwd=home).returncode == 0
    done = run_module("cityflux", "compare", "mine", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    assert [each["cause"] for each in json.loads(done.stdout)["causes"]] == ["definition"]


def test_what_cannot_be_compared_is_said_in_one_line(home: Path, cityflux: Cityflux) -> None:
    def refusal(*options: str) -> str:
        done = cityflux("compare", "flow_index", *options)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    assert "nothing to compare" in refusal()
    assert "has no run 99" in refusal("--from", "99")
    changed_by_hand(home, SHIFT)
    assert "no node 'nowhere'" in refusal("--node", "nowhere")
    with open_database(home / "data" / "cityflux.db") as connection:
        connection.execute("DELETE FROM changes WHERE seq = (SELECT max(seq) - 1 FROM changes)")
        connection.execute("DELETE FROM changes WHERE seq = 5")
    assert compared(home)["causes"], "what is older than both runs is not needed"
    with open_database(home / "data" / "cityflux.db") as connection:
        connection.execute("DELETE FROM definitions")
    assert "was not kept" in refusal()
