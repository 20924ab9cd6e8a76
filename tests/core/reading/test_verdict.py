"""What an index says in words, and that no command ranks what is in brackets."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cityflux.core.cli.main import cli
from cityflux.core.engine.compute import compute
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.model.figure import Figure
from cityflux.core.model.verdict import Verdict, Way
from cityflux.core.reading.brackets import groups, standing_of_nodes
from cityflux.core.reading.comparison import side_by_side
from cityflux.core.reading.contributions import contributions_of
from cityflux.core.reading.indices import choose
from cityflux.core.reading.rankings import indicator_rankings, strengths
from cityflux.core.reading.scores import scores
from cityflux.core.reading.standing import groups_of_city
from cityflux.core.reading.verdict import verdict
from cityflux.core.reading.vintages import mixed_vintages
from cityflux.core.words import brackets as words
from cityflux.core.words.catalogue import CODES
from cityflux.core.words.verdict import headline, paragraph
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures
from tests.core.engine.figures import bundled, bundled_figures

EN = {"beijing": "Beijing", "shanghai": "Shanghai"}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    with bundled_figures(tmp_path_factory.mktemp("verdict") / "t.db") as connection:
        for name in ("flow_index", "paper_published"):
            compute(connection, bundled(name), Methods(), "0")
        yield connection


def test_the_two_foremost_cities_cannot_be_told_apart(figures: sqlite3.Connection) -> None:
    found = verdict(figures, "flow_index")
    assert found is not None
    assert (found.first, found.second) == ("beijing", "shanghai")
    assert (found.told, found.ranked) == (False, False)
    ways = {way.count: (way.groups, round(way.lead, 1), way.first) for way in found.ways}
    assert ways == {
        "all_known": (10, 17.1, "beijing"),
        "shared": (7, -0.7, "shanghai"),
        "comparable": (2, -3.0, "shanghai"),
        "other": (11, 8.4, "beijing"),
    }
    narrow = [part for part in found.parts if part.n < part.of]
    assert {part.node for part in narrow} == {
        "strategic_planning",
        "science_innovation",
        "industry",
    }
    assert round(sum(part.lead for part in narrow), 1) == 19.4
    assert sum(part.lead for part in found.parts) == pytest.approx(found.ways[0].lead)
    assert [part.node for part in found.parts if part.compares] == ["regional_pull", "transport"]
    lines = paragraph("en", found, EN)
    assert lines[0] == "These figures cannot tell Beijing from Shanghai."
    assert lines[1] == "Who leads depends on which figures are let in:"
    assert "Only indicators that all cities share (7 groups): Shanghai by 0.7" in lines
    chinese = headline("zh", found, {"beijing": "北京", "shanghai": "上海"})
    assert chinese == "按现有数据，不能区分北京与上海。"


def test_the_parts_are_those_of_the_engine(figures: sqlite3.Connection) -> None:
    found = verdict(figures, "flow_index")
    assert found is not None
    between = ("beijing", "shanghai")
    split = contributions_of(figures, bundled("flow_index"), Methods(), between).parts
    known = {node: next(iter(cells.values())) for node, cells in split.items()}
    for part in found.parts:  # the engine says nothing where one of two has no score
        if known[part.node] is not None:
            assert part.lead == pytest.approx(known[part.node])


def test_who_is_ahead_every_way_is_told(figures: sqlite3.Connection) -> None:
    found = verdict(figures, "paper_published")
    assert found is not None and found.told and found.leader == "beijing"
    assert "Beijing is ahead of Shanghai by every way of counting." in paragraph("en", found, EN)


def test_an_even_way_tells_nobody_apart() -> None:
    way = Way("i", "all_known", "", "", 2, 0.0, None)
    found = Verdict("i", "2020", "beijing", "shanghai", False, True, (way,), ())
    assert "All known figures (2 groups): even" in paragraph("en", found, EN)


@pytest.mark.parametrize("code", CODES)
def test_every_reason_has_words(code: Any) -> None:
    stored = ["periods 0/10", "cities 2/5", "cities 2/2", "equal", "children 1/4", "score"]
    stored += ["missing", "figures 3/10", "basis", "imputed", "weight 0.43", "failed", "unchecked"]
    assert {each.split(" ")[0] for each in stored} == set(words.CODES)
    said = {words.reason(code, each) for each in stored}
    assert len(said) == len(stored)
    assert not any("{" in each or each in stored for each in said)
    both = words.reason(code, "children 0/4; weight 0.43")
    assert "0" in both and "43%" in both
    assert words.place(code, 3, 5) in ("3 of 5", "5城中第3")
    assert words.ceiling(code, 2, 0.7071) != words.ceiling(code, 5, 1.7889)


def test_provisional_figures_beside_revised_ones_are_told(figures: sqlite3.Connection) -> None:
    (mixed,) = mixed_vintages(figures, "flow_index")
    assert mixed.node == "overall_economy.gdp"
    assert mixed.provisional == ("guangzhou", "hangzhou", "shenzhen")
    assert mixed.others == ("beijing", "shanghai")
    assert mixed_vintages(figures, "paper_published") == []


def test_claims_stand_beside_another_index(figures: sqlite3.Connection) -> None:
    pairs = side_by_side(figures, "flow_index", "paper_published")
    claims = {(p.node, p.city, p.claim): p.contradicted for p in pairs if p.claim}
    assert set(claims.values()) == {False}
    assert {node for node, _, _ in claims} == {"regional_pull", "transport"}
    back = side_by_side(figures, "paper_published", "flow_index")
    claims = {(p.node, p.city, p.claim): p.contradicted for p in back if p.claim}
    assert claims["transport", "guangzhou", "first"] is False
    assert claims["strategic_planning", "beijing", "first"] is None  # in brackets there


# -- databases with holes


def _definition(chance: random.Random) -> Definition:
    leaves = [f"x{i}" for i in range(6)]
    tree = [
        {"id": name, "name_zh": name, "name_en": name, "weight": weight, "indicators": part}
        for name, weight, part in (
            ("g", 2, leaves[:2]),
            ("h", 3, leaves[2:5]),
            ("k", 1, leaves[5:]),
        )
    ]
    values = {"id": "i", "name_zh": "甲", "name_en": "I", "cities": list("abcde"), "nodes": tree}
    method = chance.choice(["mean", "weighted_sum"])
    asked = {"periods": {"of": ["2019/2020"]}, "aggregation": {"method": method}}
    return parse_definition(values | asked, "test")


@contextmanager
def _holes(path: Path, seed: int) -> Iterator[tuple[sqlite3.Connection, Definition]]:
    chance = random.Random(seed)
    definition = _definition(chance)
    share = chance.choice([0.1, 0.3, 0.6])
    with open_database(path) as connection:
        with write(connection):
            rows = [{"id": c, "name_zh": c * 2, "name_en": c.upper()} for c in "abcde"]
            catalog.save_cities(connection, rows)
            catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
            for name in definition.figures:
                row = {"id": name, "name_zh": name, "name_en": name, "unit": "个"}
                catalog.save_indicators(connection, [row])
                found = [
                    Figure(city, period, float(chance.randint(1, 9)))
                    for city in "abcde"
                    for period in ("2019", "2020")
                    if chance.random() > share
                ]
                store_figures(connection, name, "s", [*found, Figure("a", "2019", 10.0)])
        compute(connection, definition, Methods(), "0")
        yield connection, definition


@pytest.mark.parametrize("seed", range(10))
def test_no_command_ranks_what_is_in_brackets(seed: int, tmp_path: Path) -> None:
    with _holes(tmp_path / "t.db", seed) as (connection, definition):
        rows = {(row.node, row.city): row for row in scores(connection, "i")}
        out = {key for key, row in rows.items() if row.bracket}
        assert all((row.rank is None) == (key in out) for key, row in rows.items())
        for key, row in rows.items():
            if key not in out:
                assert 3 <= row.n <= 5 and row.comparable_score is not None
        views = "SELECT node_id, city_id FROM strengths"
        assert not out & set(connection.execute(views))
        board = connection.execute("SELECT city_id, rank, n, bracket FROM scoreboard").fetchall()
        assert all((rank is None) == (("i", city) in out) for city, rank, _, _ in board)
        for leaf in indicator_rankings(connection, definition):
            for city, cell in leaf["cities"].items():
                assert (cell["rank"] is None) == ((leaf["indicator"], city) in out)
        shown = choose(connection, "i")
        for city in "abcde":
            profile = strengths(connection, definition, city)
            for table in (profile.strengths, profile.weaknesses):
                assert not {(name, city) for name in table["indicator"]} & out
            for each in groups_of_city(connection, shown, city):
                if (each["node_id"], city) in out:
                    assert each["rank"] is each["gap_to_best"] is each["gap_to_mean"] is None
        standing = {node.node: node for node in standing_of_nodes(connection, "i")}
        for node, place in standing.items():
            assert (place.bracket is None) == any((node, c) not in out for c in "abcde")
        assert {group.node for group in groups(connection, "i")} == {"g", "h", "k"}
        assert not [p for p in side_by_side(connection, "i", "i") if p.claim and p.bracket]
        found = verdict(connection, "i")
        assert found is None or not found.told or ("i", found.first) not in out
    _check_output(tmp_path / "t.db", out, rows)


def _check_output(path: Path, out: set[tuple[str, str]], rows: Any) -> None:
    """What the commands print: brackets around what does not compare, and "of n" with a rank."""

    def said(*asked: str) -> str:
        return CliRunner().invoke(cli, ["--database", str(path), *asked]).output

    for line in said("show", "i").splitlines()[2:7]:
        city = next(word for word in line.split() if word in tuple("abcde"))
        assert (f"of {rows['i', city].n}" in line) == (("i", city) not in out), line
    grid = said("show", "i", "--all")
    assert grid.count("/5 ") + grid.count("/4 ") + grid.count("/3 ") >= len(rows) - len(out)
    bracketed = sum(rows[key].score is not None for key in out)
    assert len(re.findall(r"\(-?\d+\.\d{3}\)", grid)) == bracketed
    listed = json.loads(said("show", "i", "--json"))
    assert {(each["node"], each["city"]) for each in listed if each["bracket"]} == out


def test_an_index_without_scores_has_no_verdict(tmp_path: Path) -> None:
    with _holes(tmp_path / "t.db", 1) as (connection, _):
        with write(connection):
            connection.execute("UPDATE scores SET score = NULL")
        assert verdict(connection, "i") is None
        with pytest.raises(NotEnoughData):
            scores(connection, "nothing")
