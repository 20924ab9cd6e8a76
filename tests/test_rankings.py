"""The ranking of each indicator, as the paper's Table 3."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.conftest import run_module

CITIES = ("shanghai", "beijing", "shenzhen", "guangzhou", "hangzhou")


def test_the_papers_table_3_is_reproduced(shared: Path, home: Path) -> None:
    done = run_module("cityflux", "show", "paper_transport", "--ranking", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    found = {row["indicator"]: row for row in json.loads(done.stdout)}
    with (shared / "spec" / "paper_table3.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["indicator_id"] for row in rows} == set(found)
    for row in rows:
        cells = found[row["indicator_id"]]["cities"]
        assert [cells[city]["value"] for city in CITIES] == [float(row[city]) for city in CITIES]
        assert cells["shanghai"]["rank"] == int(row["shanghai_rank"])


def test_ranks_are_those_of_the_figures_that_compare(home: Path) -> None:
    done = run_module("cityflux", "show", "flow_index", "--ranking", "--json", cwd=home)
    found = json.loads(done.stdout)
    assert len(found) == 127
    for row in found:
        cells = row["cities"]
        known = {city: cell["value"] for city, cell in cells.items() if not cell["bracket"]}
        assert len(known) in (0, next(iter(cells.values()))["n"])
        for city, cell in cells.items():
            better = [
                other
                for other in known.values()
                if city in known and (other - known[city]) * row["direction"] > 0
            ]
            assert cell["rank"] == (len(better) + 1 if city in known else None)
    second = "regional_pull.neighbour_2_gdp_per_capita"
    cells = next(row["cities"] for row in found if row["indicator"] == second)
    assert cells["beijing"] | {"value": 0} == {
        "value": 0,
        "rank": None,
        "n": 4,
        "bracket": "figures 3/10",
    }
    assert cells["shanghai"]["rank"] == 1  # 无锡, which is higher in each of the three years


def test_a_node_narrows_it_and_an_unknown_one_is_refused(home: Path) -> None:
    text = run_module("cityflux", "show", "--ranking", "--node", "transport", cwd=home).stdout
    assert "交通流" in text
    assert "4,751.64 (3/5)" in text
    assert "人口规模" not in text
    wrong = run_module("cityflux", "show", "--ranking", "--node", "nowhere", cwd=home)
    assert wrong.returncode == 1
    assert "there is no node 'nowhere'" in wrong.stderr
    assert run_module("cityflux", "show", "--node", "transport", cwd=home).returncode == 2
