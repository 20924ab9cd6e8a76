"""``cityflux show --tree``: what nodes bring to a score, however it is aggregated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cityflux

INDEX = """
id = "mixed"
name_zh = "混合"
name_en = "Mixed"
cities = ["shanghai", "beijing", "guangzhou", "shenzhen", "hangzhou"]
indicators = ["overall_economy.gdp"]
[periods]
of = ["2011/2020"]
[standardization]
method = "minmax"
lower = 1
upper = 100
[aggregation]
method = "geometric"
[[nodes]]
id = "moved"
name_zh = "交通"
name_en = "Transport"
indicators = ["transport.air_passengers", "transport.rail_passengers", "transport.freight_total"]
aggregation = {method = "mean"}
weighting = {method = "entropy"}
"""
PARENTS = {
    "mixed": ["overall_economy.gdp", "moved"],
    "moved": ["transport.air_passengers", "transport.rail_passengers", "transport.freight_total"],
}


@pytest.fixture
def mixed(home: Path, cityflux: Cityflux) -> Cityflux:
    """The command line where an index of two kinds of aggregation was computed."""
    (home / "mixed.toml").write_text(INDEX, encoding="utf-8")
    (home / "config.toml").write_text('[indices]\nfiles = ["mixed.toml"]\n', encoding="utf-8")
    assert cityflux("compute", "mixed").returncode == 0
    return cityflux


def test_parts_sum_to_the_node_and_the_note_says_how(mixed: Cityflux) -> None:
    done = mixed("show", "mixed", "--tree", "--json")
    parts: dict[str, dict[str, Any]] = json.loads(done.stdout)
    for node, children in PARENTS.items():
        for city, part in parts[node].items():
            assert sum(parts[child][city] for child in children) == pytest.approx(part)
    assert "geometric at mixed" in done.stderr
    assert "Shapley value" in done.stderr
    assert "distance from the average city" in mixed("show", "mixed", "--tree").stdout


def test_a_lead_is_split_whole(mixed: Cityflux) -> None:
    scores = {
        row["city"]: row["score"]
        for row in json.loads(mixed("show", "mixed", "--json").stdout)
        if row["node"] == "mixed"
    }
    asked = ("show", "mixed", "--tree", "--city", "shanghai", "--versus", "hangzhou")
    parts = json.loads(mixed(*asked, "--json").stdout)
    values = {node: next(iter(cells.values())) for node, cells in parts.items()}
    assert values["mixed"] == pytest.approx(scores["shanghai"] - scores["hangzhou"])
    for node, children in PARENTS.items():
        assert sum(values[child] for child in children) == pytest.approx(values[node])
    assert "contribution to the difference" in mixed(*asked).stdout


def test_computed_weights_are_taken_from_the_run(home: Path, cityflux: Cityflux) -> None:
    (home / "mixed.toml").write_text(INDEX.replace('"geometric"', '"mean"'), encoding="utf-8")
    (home / "config.toml").write_text('[indices]\nfiles = ["mixed.toml"]\n', encoding="utf-8")
    assert cityflux("compute", "mixed").returncode == 0
    done = cityflux("show", "mixed", "--tree", "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    parts = json.loads(done.stdout)
    rows = json.loads(cityflux("show", "mixed", "--json").stdout)
    for row in rows:
        if row["node"] == "mixed":
            assert parts["mixed"][row["city"]] == pytest.approx(row["score"])
    for city, part in parts["moved"].items():
        total = sum(parts[child][city] for child in PARENTS["moved"])
        assert total == pytest.approx(part)


def test_depth_and_language(home: Path, cityflux: Cityflux) -> None:
    text = cityflux("show", "--tree", "--depth", "1", "--lang", "zh").stdout
    assert "经济型流量指数类" in text
    assert "总体经济度" not in text
    assert "Economic flows" not in text
    both = cityflux("show", "--tree", "--depth", "2").stdout
    assert "总体经济度 Overall economy" in both
    assert cityflux("show", "--lang", "fr").returncode == 2
    wrong = cityflux("show", "--tree", "--city", "shanghai", "--versus", "atlantis")
    assert wrong.returncode == 1
    assert "'atlantis' is not among the cities of the index" in wrong.stderr
