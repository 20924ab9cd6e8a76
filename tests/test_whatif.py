"""``cityflux whatif``: nothing is written unless it is kept, and answers are sentences."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import Result

from cityflux.core.app.session import Session
from cityflux.core.app.whatif import facts_of, left_behind, seek_goal, settings_of, what_if
from cityflux.core.cli.picture import draw_goal
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.open_periods import at_hand
from cityflux.core.engine.whatif.outcome import moved
from cityflux.core.engine.whatif.probing import Aim
from cityflux.core.engine.whatif.seeking import Asked
from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.goal import GoalFacts
from cityflux.core.words.whatif import told
from tests.conftest import answer, run_module

INDEX = "main_cities_index"
GDP = "overall_economy.gdp_first_print"


class World(NamedTuple):
    """The bundled figures, and an index over them."""

    connection: sqlite3.Connection
    session: Session
    definition: Definition

    def facts(self, city: str, rank: int = 0, rival: str = "", draws: int = 0) -> GoalFacts:
        """What a city would have to change to be in its place in the whole index."""
        asked = Asked(Aim(city, max(self.definition.periods.of), self.definition.id), rank, rival)
        found = seek_goal(self.connection, self.session, self.definition, asked, draws)
        return facts_of(self.connection, self.definition, *found)


@pytest.fixture(scope="module")
def worlds(made_once: Path) -> Iterator[Callable[[str], World]]:
    with contextlib.chdir(made_once):
        session = Session()
        with session.read() as connection:
            yield lambda name: World(connection, session, at_hand(connection, session.index(name)))


def test_a_figure_and_a_weight_move_the_index_and_nothing_is_written(
    read_only: Callable[..., Result], made_once: Path
) -> None:
    file = made_once / "data" / "cityflux.db"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    found = answer(
        read_only, "whatif", INDEX, "--set", f"武汉.{GDP}=60,000", "--weight", "people=0.5"
    )
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert found["settings"]["figures"][0]["city"] == "wuhan"
    rows = {(row["node"], row["city"], row["period"]): row for row in found["moved"]}
    gdp = rows[GDP, "wuhan", "2023"]
    assert gdp["rank_after"] == 1
    assert gdp["change"] == pytest.approx(gdp["after"] - gdp["before"])
    assert (INDEX, "wuhan", "2023") in rows
    places = {(row["city"], row["period"]): row["rank_after"] for row in found["cities"]}
    assert places["shanghai", "2023"] == 1


def test_what_is_computed_from_what_is_set_is_named(worlds: Callable[[str], World]) -> None:
    world = worlds("flow_index")
    asked = ["beijing.overall_economy.gdp.2015=1"]
    settings = settings_of(world.connection, world.definition, asked, [])
    left = left_behind(world.connection, world.definition, settings)
    assert "goods_commerce.export_dependence" in left


def test_a_goal_is_answered_with_a_table_and_a_sentence(read_only: Callable[..., Result]) -> None:
    asked = ["whatif", INDEX, "--city", "武汉", "--overtake", "chengdu", "--draws", "0"]
    said = read_only(*asked).output
    assert "For Wuhan, now 8 of 36 in Flow index of the main cities (2023), to overtake" in said
    assert "2.26 standard deviations, 35.1 years at its growth so far." in said
    assert "2023年，武汉（主要城市流量指数现居第8位，共36座）要超过成都，只需" in said
    assert "each by itself (6 of 6)" in said


def test_a_goal_comes_with_its_chance_over_the_draws(worlds: Callable[[str], World]) -> None:
    facts = worlds("paper_transport").facts("hangzhou", rank=3, draws=20)
    assert facts.single[0].chance is not None
    assert "% of the draws" in told("en", facts)[0]
    assert "的抽样中确能达到" in told("zh", facts)[0]


def test_the_answer_reaches_the_rank_through_the_whole_engine(
    worlds: Callable[[str], World],
) -> None:
    world = worlds(INDEX)
    facts = world.facts("wuhan", rank=7)
    for changes in (facts.single[:1], facts.together):
        for part, rank in ((1.0, 7), (0.99, 8)):
            asked = [
                f"wuhan.{each.indicator}={each.before + part * (each.after - each.before)!r}"
                for each in changes
            ]
            settings = settings_of(world.connection, world.definition, asked, [])
            rows = moved(*what_if(world.connection, world.session, world.definition, settings))
            places = {(row.node, row.city, row.period): row.rank_after for row in rows}
            assert places[INDEX, "wuhan", "2023"] == rank


def test_a_goal_is_drawn(worlds: Callable[[str], World], tmp_path: Path) -> None:
    draw_goal(worlds(INDEX).facts("wuhan", rank=7), tmp_path / "goal.png", "zh")
    assert (tmp_path / "goal.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_reached_is_told_with_the_nearest_rank(
    worlds: Callable[[str], World],
) -> None:
    lines = told("en", worlds(INDEX).facts("hangzhou", rank=3))
    assert "no indicator would do by itself: the best rank that one reaches is 4." in lines[0]
    assert lines[1] == (
        "Nor would all of them together, each by 1.0 standard deviations: they reach rank 4."
    )


def test_a_scenario_stands_beside_the_index_until_it_is_forgotten(home: Path) -> None:
    def run(*arguments: str, command: str = "scenarios") -> subprocess.CompletedProcess[str]:
        return run_module("cityflux", command, INDEX, *arguments, cwd=home)

    rich = ("--save", "rich", "--lang", "en")
    kept = run("--set", f"wuhan.{GDP}=60000", *rich, command="whatif")
    assert "Kept as the scenario rich of main_cities_index." in kept.stdout
    again = run("--set", f"wuhan.{GDP}=70000", *rich, command="whatif")
    assert again.returncode == 1
    assert "has a scenario 'rich'; take another name" in again.stderr
    (row,) = json.loads(run("--json").stdout)
    assert (row["name"], row["stale"], row["settings"]["weights"]) == ("rich", False, {})
    query = (
        "SELECT rank, scenario_rank FROM scenario_board "
        f"WHERE node_id = '{GDP}' AND city_id = 'wuhan' AND period = '2023'"
    )
    asked = run_module("sqlite_utils", "query", "data/cityflux.db", query, cwd=home)
    assert json.loads(asked.stdout) == [{"rank": 8, "scenario_rank": 1}]
    assert "rich beside the index" in run("--show", "rich").stdout
    assert run("--drop", "rich", "--lang", "en").stdout == (
        "The scenario rich of main_cities_index is forgotten.\n"
    )
    gone = run("--show", "rich")
    assert gone.stderr == "Error: main_cities_index has no scenario 'rich'; there are: none\n"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("wuhan=3", "'wuhan=3': write city.indicator=value"),
        (f"wuhan.{GDP}=many", "'many' is no number; write city.indicator=value"),
        (f"wuhan.{GDP}.1999=3", "'1999' is no part of the periods"),
        (f"wuham.{GDP}=3", "did you mean wuhan?"),
        ("wuhan.overall_economy.gdp_first_prin=3", f"did you mean {GDP}"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(
    worlds: Callable[[str], World], asked: str, message: str
) -> None:
    world = worlds(INDEX)
    with pytest.raises(CityfluxError, match=message):
        what_if(
            world.connection,
            world.session,
            world.definition,
            settings_of(world.connection, world.definition, [asked], []),
        )


@pytest.mark.parametrize(
    ("arguments", "message"), [((), "say one thing"), (("--reach", "3"), "need --city")]
)
def test_wrong_usage_is_told(
    read_only: Callable[..., Result], arguments: tuple[str, ...], message: str
) -> None:
    done = read_only("whatif", INDEX, *arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_an_index_in_brackets_names_the_way_out(worlds: Callable[[str], World]) -> None:
    with pytest.raises(CityfluxError, match="nothing compares at flow_index in 2011/2020") as said:
        worlds("flow_index").facts("shanghai", rival="beijing")
    assert str(said.value).endswith("with --node: regional_pull, transport")
