"""What documents state: each figure is kept, or left out with a reason; four indices use them."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
FAMILIES = ("global_city_flow_index", "dual_circulation", "city_functions", "growth_momentum")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ask(made_once: Path) -> Any:
    def asked(query: str) -> list[Any]:
        with closing(sqlite3.connect(made_once / "data" / "cityflux.db")) as connection:
            return connection.execute(query).fetchall()

    return asked


def test_every_figure_is_kept_with_its_sentence_or_left_out_with_a_reason(
    shared: Path, ask: Any
) -> None:
    stated = read(shared / "facts" / "seed_figures.csv")
    left = read(PLUGINS / "documents_left_out.csv")
    assert all(row["reason"] for row in left)
    notes = [
        note
        for (note,) in ask("SELECT note FROM observations WHERE indicator_id GLOB 'documents.*'")
    ]
    out = {(row["entity"], row["indicator"], row["period"], row["value"]) for row in left}
    for row in stated:
        kept = any(row["quote_position"] in note for note in notes)
        gone = (row["entity"], row["indicator"], row["year"], row["value"]) in out
        assert kept or gone, row
    assert (len(stated), len(left), len(notes)) == (195, 41, 155)  # one is of two cities


def test_documents_that_differ_are_two_sources(ask: Any) -> None:
    query = (
        "SELECT source_id, value FROM observations WHERE indicator_id = 'documents.global_500' "
        "AND city_id = 'beijing' AND period = '2021' ORDER BY 1"
    )
    assert ask(query) == [
        ("document.dual_circulation_2022", 60),
        ("document.energy_level_2022", 55),
    ]


def test_what_is_only_bounded_stands_for_no_value(ask: Any) -> None:
    query = "SELECT value, status FROM observations WHERE indicator_id = 'documents.ai_scale' "
    assert ask(f"{query} AND city_id = 'beijing'") == [(2000, "bound")]


@pytest.mark.parametrize("index", FAMILIES)
def test_a_family_is_computed_and_brackets_what_does_not_compare(ask: Any, index: str) -> None:
    scores = ask(f"SELECT rank, bracket FROM scores WHERE index_id = '{index}' AND score NOTNULL")
    assert len(scores) > 20
    assert all((rank is None) == bool(bracket) for rank, bracket in scores)
    top = ask(
        f"SELECT rank, coverage FROM scores WHERE index_id = '{index}' AND node_id = '{index}'"
    )
    assert {rank for rank, _ in top} == {None}
    assert 0 < max(coverage for _, coverage in top) < 0.1


def test_seven_kinds_have_five_dimensions_and_the_best_city_has_100(ask: Any) -> None:
    nodes = ask(
        "SELECT parent_id, count(*) FROM nodes WHERE index_id = 'global_city_flow_index' "
        "AND level = 2 AND indicator_id IS NULL GROUP BY 1"
    )
    assert [count for _, count in nodes] == [5] * 7
    best = ask(
        "SELECT max(score) FROM scores WHERE index_id = 'global_city_flow_index' "
        "AND node_id = 'comparison.container_throughput'"
    )
    assert best == [(100,)]


def test_a_plan_that_names_an_indicator_names_one_that_there_is(ask: Any) -> None:
    plans = read(PLUGINS / "documents_plans.csv")
    assert len(plans) == 20 + 12
    known = {name for (name,) in ask("SELECT id FROM indicators")}
    assert {plan["indicator"] for plan in plans} - {""} <= known
