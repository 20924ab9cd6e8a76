"""The views `contributions` and `score_history` say what the commands say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from cityflux.core.engine.steps.aggregation import geometric_mean, weighted_mean, weighted_sum
from cityflux.core.engine.tree import Step, aggregate_tree, contributions
from cityflux.storage.migrations import migrations
from cityflux.storage.read_only import read_database
from tests.conftest import answer

CITIES = ("a", "b", "c")
METHODS = {"mean": weighted_mean, "weighted_sum": weighted_sum, "geometric": geometric_mean}
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def empty() -> sqlite3.Connection:
    """A database of this version with three cities."""
    db = Database(memory=True)
    migrations.apply(db)
    db.conn.execute("PRAGMA foreign_keys = OFF")
    db.table("cities").insert_all({"id": c, "name_zh": c, "name_en": c} for c in CITIES)
    return db.conn


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[str, str | None], dict[str, str], dict[str, float]]:
    """A tree of three levels: the parent and the weight of each node, the method of each parent."""
    parents: dict[str, str | None] = {"root": None}
    for group in range(draw(st.integers(1, 3))):
        parents[f"g{group}"] = "root"
        for leaf in range(draw(st.integers(1, 3))):
            parents[f"g{group}.{leaf}"] = f"g{group}"
    methods = {up: draw(st.sampled_from([*METHODS])) for up in parents.values() if up}
    return parents, methods, {node: draw(st.sampled_from([0.5, 1.0, 3.0])) for node in parents}


@settings(max_examples=25)
@given(trees(), st.data())
def test_points_are_those_of_the_engine(
    empty: sqlite3.Connection,
    tree: tuple[dict[str, str | None], dict[str, str], dict[str, float]],
    data: st.DataObject,
) -> None:
    parents, methods, weights = tree
    leaves = [node for node in parents if "." in node]
    known = st.none() | st.sampled_from([0.5, 2.0, 40.0, 100.0])
    below = pl.DataFrame(
        {leaf: [data.draw(known) for _ in CITIES] for leaf in leaves},
        schema=dict.fromkeys(leaves, pl.Float64),
    )
    steps = {node: Step(METHODS[method]) for node, method in methods.items()}
    scores = aggregate_tree(below, parents, weights, steps=steps)
    split = contributions(scores, parents, weights, steps=steps)
    for table in ("nodes", "scores"):
        empty.execute(f"DELETE FROM {table}")
    for node, parent in parents.items():
        level = 0 if parent is None else node.count(".") + 1
        leaf = node if node in leaves else None
        empty.execute(
            "INSERT INTO nodes (index_id, node_id, parent_id, weight, sort_order, level, name_zh, "
            "name_en, indicator_id, aggregation) VALUES ('i', ?, ?, ?, 0, ?, '', '', ?, ?)",
            (node, parent, weights[node], level, leaf, methods.get(node)),
        )
        empty.executemany(
            "INSERT INTO scores (index_id, node_id, city_id, period, score, coverage, run_id) "
            "VALUES ('i', ?, ?, '2020', ?, 1, 1)",
            [(node, city, score) for city, score in zip(CITIES, scores[node], strict=True)],
        )
    found = {
        (node, city, rival): points
        for node, city, rival, points in empty.execute(
            "SELECT node_id, city_id, rival_id, points FROM contributions"
        )
    }
    assert len(found) == len(parents) * len(CITIES) ** 2
    for node in parents:
        parts = dict(zip(CITIES, split[node].fill_nan(None), strict=True))
        for city, own in parts.items():
            assert found[node, city, None] == pytest.approx(own)
            for rival in {*CITIES} - {city}:
                other = parts[rival]
                lead = None if own is None or other is None else own - other
                assert found[node, city, rival] == pytest.approx(lead)


@pytest.mark.parametrize(
    ("asked", "rival"),
    [((), None), (("--city", "shanghai", "--versus", "hangzhou"), "hangzhou")],
)
def test_they_are_those_of_show_and_sum_to_the_score(
    read_only: Run, made_once: Path, asked: tuple[str, ...], rival: str | None
) -> None:
    shown: dict[str, dict[str, float | None]] = answer(
        read_only, "show", "flow_index", "--tree", *asked
    )
    with read_database(made_once / "data" / "cityflux.db") as connection:
        rows = connection.execute(
            "SELECT node_id, parent_id, city_id, points, bracket FROM contributions "
            "WHERE index_id = 'flow_index' AND rival_id IS ?",
            (rival,),
        ).fetchall()
        brackets = {
            (node, city): bracket
            for node, city, bracket in connection.execute(
                "SELECT node_id, city_id, bracket FROM scores WHERE index_id = 'flow_index'"
            )
        }
    rows = [row for row in rows if rival is None or row[2] == "shanghai"]
    assert len(rows) == sum(map(len, shown.values()))
    points = {(node, city): value for node, _, city, value, _ in rows}
    below: dict[tuple[str, str], float] = {}
    for node, parent, city, value, bracket in rows:
        expected = shown[node][f"{city} - {rival}" if rival else city]
        assert value == pytest.approx(expected)
        both = [brackets[node, each] for each in (city, rival) if each]
        assert bracket == next(filter(None, both), None)
        if rival is None:
            below[parent, city] = below.get((parent, city), 0.0) + (value or 0.0)
    for place, total in below.items():
        if place[0] and points[place] is not None:
            assert total == pytest.approx(points[place])


def test_the_history_ranks_as_trends_do_and_moves_by_what_compares_alone(
    read_only: Run, made_once: Path
) -> None:
    told: list[dict[str, Any]] = answer(read_only, "trends", "main_cities_index")["ranks"]
    with read_database(made_once / "data" / "cityflux.db") as connection:
        rows = connection.execute(
            "SELECT city_id, period, comparable_score, rank, bracket, previous_period, change, "
            "places_won FROM score_history WHERE index_id = 'main_cities_index' AND level = 0 "
            "ORDER BY city_id, period"
        ).fetchall()
    ranked = {
        (city, period): (score, rank) for city, period, score, rank, why, *_ in rows if not why
    }
    assert ranked == {(r["city"], r["period"]): (r["value"], r["rank"]) for r in told}
    bracketed = 0
    for before, after in pairwise(rows):
        if before[0] != after[0]:
            assert after[5:] == (None, None, None)
            continue
        assert after[5] == before[1]
        if before[4] or after[4]:
            bracketed += 1
            assert after[6:] == (None, None)
        else:
            assert after[6:] == (pytest.approx(after[2] - before[2]), before[3] - after[3])
    assert bracketed


def test_a_database_of_the_version_before_learns_how_its_nodes_are_joined(made_once: Path) -> None:
    db = Database(memory=True)
    migrations.apply(db, stop_before="points_and_history_of_scores")
    with read_database(made_once / "data" / "cityflux.db") as connection:
        indices = connection.execute("SELECT * FROM indices").fetchall()
        nodes = connection.execute("SELECT * FROM nodes").fetchall()
        names = [row[1] for row in connection.execute("PRAGMA table_info(nodes)")]
    db.conn.execute("PRAGMA foreign_keys = OFF")
    db.conn.executemany("INSERT INTO indices VALUES (?, ?, ?, ?, ?, ?)", indices)
    definition = {
        "aggregation": {"method": "median"},
        "levels": {"1": {"aggregation": {"method": "geometric"}}},
        "nodes": [{"id": "own", "aggregation": {"method": "harmonic"}}, {"id": "of_level"}],
    }
    db.conn.execute(
        "INSERT INTO indices VALUES ('i', '', '', '', ?, '')", (json.dumps(definition),)
    )
    before = [dict(zip(names, row, strict=True)) for row in nodes]
    expected = {(row["index_id"], row["node_id"]): row.pop("aggregation") for row in before}
    more = {"own": 1, "of_level": 1, "i": 0}
    for node, level in more.items():
        row = {"index_id": "i", "node_id": node, "level": level, "weight": 1.0, "sort_order": 0}
        before.append({**row, "name_zh": "", "name_en": "", "indicator_id": None})
    db.table("nodes").insert_all(before)
    expected |= {("i", "own"): "harmonic", ("i", "of_level"): "geometric", ("i", "i"): "median"}
    migrations.apply(db)
    rows = db.conn.execute("SELECT index_id, node_id, aggregation FROM nodes")
    assert {row[:2]: row[2] for row in rows} == expected
    db.close()
