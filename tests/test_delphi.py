"""A whole panel: questionnaires, rounds, statistics, weights, audit; and all that may go wrong."""

from __future__ import annotations

import contextlib
import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import xlsxwriter

from cityflux.core.app import panels
from cityflux.core.app.panel_results import (
    expert_weights,
    keep_weights,
    status_of,
    weigh,
    with_panel,
)
from cityflux.core.app.session import Session
from cityflux.core.cli.questionnaires import read, write, written
from cityflux.core.engine.definition.index import Definition
from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.questionnaire import Questionnaire
from cityflux.storage import panels as storage
from cityflux.storage.database import write as transaction
from cityflux.storage.panels import Panel
from tests.conftest import run_module

INDEX = "paper_published"
TWENTY = [f"expert {i}" for i in range(20)]
_NUMBERS = count()
Fill = Callable[[str, int], float]


class World(NamedTuple):
    """A database with the bundled figures, and where files are put."""

    connection: sqlite3.Connection
    definition: Definition
    folder: Path
    name: str

    def panel(self, kind: str = "scale", name: str = "") -> Panel:
        """A panel of the test, which is not stored yet."""
        return Panel(name or self.name, INDEX, kind, 1, 5, panels.RULE)

    def begin(self, kind: str = "scale", nodes: tuple[str, ...] = (), people: int = 3) -> Panel:
        """A panel with its first round open."""
        panel = self.panel(kind, f"{self.name}_{kind}" if nodes else self.name)
        panels.begin(self.connection, panel, self.definition, TWENTY[:people], nodes)
        return panel

    def rows(self, panel: Panel, number: int, expert: str, fill: Fill) -> list[list[str]]:
        """The cells of a questionnaire that was filled in: each node, and its place."""
        asked = panels.questionnaire(self.connection, panel, number, expert)
        rows, place = written(asked), 0
        for row in rows:
            if row[0] in ("basis", "familiarity"):
                row[2] = "0.8"
            if row[0] in ("scale", "pair", "best", "worst"):
                row[11] = f"{fill(row[1], place):g}"
                place += 1
        return rows

    def file(self, rows: list[list[str]], name: str = "answer.csv") -> Path:
        """A file with some cells."""
        path = self.folder / name
        if path.suffix == ".csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(rows)
        else:
            with xlsxwriter.Workbook(path) as book:
                sheet = book.add_worksheet()
                for at, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        sheet.write(at, column, cell)
        return path

    def answer(
        self, panel: Panel, path: Path, *, partial: bool = False, correct: bool = False
    ) -> None:
        """Take a file in."""
        given, digest = read(path)
        panels.take_in(self.connection, panel, given, digest, partial=partial, correct=correct)

    def all(self, panel: Panel, number: int, fill: Fill) -> None:
        """Let every expert answer."""
        for expert in storage.experts(self.connection, panel.name):
            self.answer(panel, self.file(self.rows(panel, number, expert, fill)))

    def close(self, panel: Panel) -> None:
        """Close the round that is open."""
        with transaction(self.connection):
            storage.close_round(self.connection, panel.name)

    def stored(self) -> list[int]:
        """How many rows of answers there are."""
        tables = ("panel_answers", "ratings", "panel_proposals")
        query = "SELECT count(*) FROM {} WHERE panel = ?"
        asked = (self.name,)
        return [self.connection.execute(query.format(each), asked).fetchone()[0] for each in tables]


@pytest.fixture(scope="module")
def opened(
    made_once: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[sqlite3.Connection, Definition]]:
    folder = tmp_path_factory.mktemp("delphi")
    copy = folder / "copy.db"
    with (
        contextlib.closing(sqlite3.connect(made_once / "data" / "cityflux.db")) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    with contextlib.chdir(made_once):
        session = Session(database=copy)
        with session.open() as connection:
            yield connection, session.index(INDEX)


@pytest.fixture
def world(opened: tuple[sqlite3.Connection, Definition], tmp_path: Path) -> World:
    """The database with a panel for each test: what is answered cannot be taken back."""
    return World(*opened, tmp_path, f"p{next(_NUMBERS)}")


def _weights(world: World) -> dict[str, float]:
    return {node.id: node.weight for node in world.definition.children[INDEX]}


def test_three_rounds_of_twenty_experts_come_to_the_weights_of_the_paper(world: World) -> None:
    random, paper = np.random.default_rng(7), _weights(world)
    panel = world.begin(people=20)
    world.all(panel, 1, lambda node, _: float(random.integers(1, 6)))
    wide = status_of(world.connection, panel)
    assert not wide.agreed
    assert wide.again
    world.close(panel)
    panels.next_round(world.connection, panel, world.definition)
    asked = panels.questionnaire(world.connection, panel, 2, "E01")
    assert all(line.median is not None and line.own is not None for line in asked.lines)
    world.all(panel, 2, lambda node, _: float(np.clip(paper[node] + random.integers(-1, 2), 1, 5)))
    world.close(panel)
    panels.next_round(world.connection, panel, world.definition)
    last = storage.experts(world.connection, panel.name)
    for place, expert in enumerate(last):  # three in four have come to what the paper says
        off = 0 if place % 4 else 1
        near = {node: min(5.0, weight + off) for node, weight in paper.items()}
        rows = world.rows(panel, 3, expert, lambda node, _, near=near: near[node])  # type: ignore[misc]
        world.answer(panel, world.file(rows, "answer.xlsx" if place < 3 else "answer.csv"))
    status = status_of(world.connection, panel)
    assert (status.asked, status.answered) == (20, 20)
    assert status.authority == pytest.approx(0.8)
    assert status.whole is not None
    assert status.whole.w is not None and wide.whole is not None and wide.whole.w is not None
    assert status.whole.w > 0.9 > wide.whole.w
    assert all(each.stable is not None for each in status.items)
    assert {each.node for each in status.items if not each.agreed} <= {"overall_economy"}
    world.close(panel)
    weighed = weigh(world.connection, panel, "median", integer=True)
    assert weighed.weights == paper
    keep_weights(world.connection, panel, weighed)
    assert (
        with_panel(world.connection, world.definition, f"panel:{world.name}").weight_set
        == "what_if"
    )
    assert len(expert_weights(world.connection, panel)) == 20


def test_a_panel_goes_from_the_command_line_to_the_audit(home: Path) -> None:
    def run(*arguments: str) -> str:
        done = run_module("cityflux", *arguments, cwd=home)
        assert done.returncode == 0, done.stderr
        return done.stdout

    people = [part for name in TWENTY[:3] for part in ("--expert", name)]
    run("delphi", "new", "jiang", "--index", INDEX, *people, "--out", "asked", "--format", "csv")
    files = sorted((home / "asked").glob("*.csv"))
    files[0].unlink()
    run("delphi", "files", "jiang", "--out", "asked", "--format", "csv")
    assert [path.name for path in files] == [f"jiang-1-E0{i}.csv" for i in (1, 2, 3)]
    texts = "".join(path.read_text("utf-8") for path in files)
    assert not any(name in texts for name in TWENTY)
    for path in files:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        for place, row in enumerate(rows):
            if row[0] == "scale":
                row[11] = str(1 + place % 5)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    assert run("delphi", "import", "jiang", *map(str, files)).count("stored") == 3
    status = json.loads(run("delphi", "status", "jiang", "--json"))
    assert (status["kendall"]["w"], status["agreed"], status["again"]) == (1.0, True, [])
    run("delphi", "status", "jiang", "--png", "panel.png")
    assert (home / "panel.png").read_bytes().startswith(b"\x89PNG")
    run("delphi", "close", "jiang")
    run("delphi", "weights", "jiang", "--by", "median")
    scores = json.loads(run("compute", INDEX, "--weight-set", "panel:jiang", "--json"))
    stored = json.loads(run("show", INDEX, "--json"))
    assert scores != [row for row in stored if row["node"] == INDEX]
    run("audit", INDEX, "--weights", "panel:jiang", "--draws", "20", "--points", "0", "--json")
    query = (
        "SELECT varied ->> '$.weight_sets' AS sets FROM audits WHERE index_id = 'paper_published'"
    )
    asked = run_module("sqlite_utils", "query", "data/cityflux.db", query, cwd=home)
    assert json.loads(json.loads(asked.stdout)[0]["sets"]) == ["written", "E01", "E02", "E03"]
    run("backup", "with.db")
    run("backup", "without.db", "--without-names")
    copies = [(home / name).read_bytes() for name in ("with.db", "without.db")]
    assert [TWENTY[0].encode() in copy for copy in copies] == [True, False]
    for name in ("observations", "scores", "provenance"):
        assert TWENTY[0] not in run("export", name)


def test_comparisons_by_pairs_and_by_best_and_worst_come_to_weights(world: World) -> None:
    nodes = ("capital", "industry", "people")
    size = {"capital": 4.0, "industry": 2.0, "people": 1.0}
    for kind in ("ahp", "bwm"):
        panel = world.begin(kind, nodes)
        asked = panels.questionnaire(world.connection, panel, 1, "E01").lines
        values = {}
        for line in asked:
            if line.part == "pair":
                values[line.key] = size[line.node] / size[line.other]
            else:
                values[line.key] = 4 / size[line.node] if line.part == "best" else size[line.node]
        given = list(values.values())
        world.all(panel, 1, lambda _, place, given=given: given[place])  # type: ignore[misc]
        found = weigh(world.connection, panel)
        assert found.weights == pytest.approx(
            {"capital": 4 / 7, "industry": 2 / 7, "people": 1 / 7}, abs=1e-6
        )
        assert max(found.ratios.values()) == pytest.approx(0, abs=1e-6)
        (first,) = {
            tuple(each.values()) for each in expert_weights(world.connection, panel).values()
        }
        assert first == pytest.approx((4 / 7, 2 / 7, 1 / 7), abs=1e-6)


def _with(rows: list[list[str]], part: str, column: int, text: str) -> list[list[str]]:
    """The cells with another one in the first row of a kind."""
    at = next(i for i, row in enumerate(rows) if row[0] == part)
    rows[at] = [*rows[at][:column], text, *rows[at][column + 1 :]]
    return rows


@pytest.mark.parametrize(
    ("part", "column", "text", "message"),
    [
        ("scale", 1, "no_such_node", "E01: no_such_node is not in this questionnaire"),
        ("scale", 11, "6", "6 is not on the scale; write 1 to 5"),
        ("scale", 11, "2.5", "2.5 is not on the scale"),
        ("scale", 11, "many", "'many' is no number"),
        ("scale", 11, "nan", "'nan' is no number"),
        ("scale", 11, "", "no answer; answer it, or take it in with --partial"),
        ("scale", 11, "=1+1", "'=1+1' is a formula"),
        ("basis", 2, "7", "basis: '7' is no share; write 0 to 1"),
        ("expert", 2, "E99", "E99"),
        ("panel", 2, "other", "is of the panel 'other', not of '{name}'"),
        ("round", 2, "9", "{name} has no round '9'"),
        ("round", 2, "", "the line 'round' is missing"),
    ],
)
def test_a_bad_questionnaire_is_refused_in_a_line_and_nothing_is_stored(
    world: World, part: str, column: int, text: str, message: str
) -> None:
    panel = world.begin()
    rows = _with(world.rows(panel, 1, "E01", lambda *_: 3.0), part, column, text)
    before = world.stored()
    with pytest.raises(CityfluxError) as said:
        world.answer(panel, world.file(rows))
    assert message.format(name=world.name) in str(said.value)
    assert "\n" not in str(said.value)
    assert world.stored() == before


def test_a_formula_in_a_workbook_and_a_line_that_stands_twice_are_refused(world: World) -> None:
    panel = world.begin()
    rows = world.rows(panel, 1, "E01", lambda *_: 3.0)
    with pytest.raises(CityfluxError, match="L8 holds a formula; write its number"):
        world.answer(panel, world.file(_with(rows, "scale", 11, "=1+2"), "formula.xlsx"))
    rows = world.rows(panel, 1, "E01", lambda *_: 3.0)
    with pytest.raises(CityfluxError, match="stands twice; leave one line"):
        world.answer(panel, world.file([*rows, rows[-1]]))
    with pytest.raises(CityfluxError, match="is no questionnaire"):
        world.answer(panel, world.file([["a", "b"]]))
    assert world.stored() == [0, 0, 0]


def test_an_answer_is_taken_in_once_corrected_by_another_and_never_after_the_end(
    world: World,
) -> None:
    panel = world.begin()
    path = world.file(world.rows(panel, 1, "E01", lambda *_: 3.0))
    world.answer(panel, path)
    with pytest.raises(CityfluxError, match="this answer of E01 was taken in already"):
        world.answer(panel, path, correct=True)
    other = world.file(world.rows(panel, 1, "E01", lambda *_: 4.0))
    with pytest.raises(CityfluxError, match="E01 has answered round 1 already; to correct it"):
        world.answer(panel, other)
    world.answer(panel, other, correct=True)
    assert {each.item.median for each in status_of(world.connection, panel).items} == {4.0}
    assert world.stored() == [2, 22, 0]
    world.close(panel)
    late = world.file(world.rows(panel, 1, "E02", lambda *_: 2.0))
    with pytest.raises(CityfluxError, match=rf"round 1 of {world.name} is closed since"):
        world.answer(panel, late)
    assert world.stored() == [2, 22, 0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ratings SET value = 1 WHERE panel = '{name}'",
        "DELETE FROM ratings WHERE panel = '{name}'",
        "INSERT INTO ratings SELECT panel, round, expert, answer, 'x', '', part, 1 FROM ratings "
        "WHERE panel = '{name}'",
        "INSERT INTO panel_answers VALUES ('{name}', 1, 'E03', 1, '', 'd', NULL, NULL)",
        "DELETE FROM panel_answers WHERE panel = '{name}'",
        "UPDATE rounds SET closed = NULL WHERE panel = '{name}'",
        "DELETE FROM rounds WHERE panel = '{name}'",
        "INSERT OR REPLACE INTO rounds VALUES ('{name}', 1, 0, '', NULL)",
    ],
)
def test_a_closed_round_is_what_it_was_by_any_hand(world: World, statement: str) -> None:
    panel = world.begin()
    world.answer(panel, world.file(world.rows(panel, 1, "E01", lambda *_: 3.0)))
    world.close(panel)
    with pytest.raises(sqlite3.IntegrityError):
        world.connection.execute(statement.format(name=world.name))


def test_missing_answers_and_fewer_experts_are_said(world: World) -> None:
    panel = world.begin()
    world.all(panel, 1, lambda _, place: 1.0 + place % 5)
    world.close(panel)
    panels.next_round(world.connection, panel, world.definition)
    rows = _with(world.rows(panel, 2, "E01", lambda _, p: 1.0 + p % 5), "scale", 11, "")
    world.answer(panel, world.file(rows), partial=True)
    notes = dict(status_of(world.connection, panel).notes)
    assert notes == {"missing": 1, "fewer": 2, "experts": 0}


def test_an_open_round_takes_strikes_and_proposals(world: World) -> None:
    panel = world.panel()
    panels.begin(world.connection, panel, world.definition, TWENTY[:2], proposing=True)
    asked: Questionnaire = panels.questionnaire(world.connection, panel, 1, "E01")
    path = world.folder / "open.csv"
    write(asked, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows:
        row += [""] * (13 - len(row))
        if row[0] == "scale":
            row[11], row[12] = ("", "x") if row[1] == "capital" else ("3", "")
    next(row for row in rows if row[0] == "propose")[11] = "数据流"
    world.answer(panel, world.file(rows))
    found = status_of(world.connection, panel).proposals
    assert found == [("propose", "数据流", 1), ("strike", "capital", 1)]


@pytest.mark.parametrize(
    ("names", "nodes", "message"),
    [
        ((), (), "a panel needs experts"),
        (("a", "a"), (), "the expert 'a' is named twice"),
        (("a",), ("nobody", "capital"), "has no node 'nobody' that could be weighted"),
        (("a",), ("capital",), "name two or more"),
    ],
)
def test_a_panel_that_makes_no_sense_is_refused(
    world: World, names: tuple[str, ...], nodes: tuple[str, ...], message: str
) -> None:
    panel = world.panel()
    with pytest.raises(CityfluxError, match=message):
        panels.begin(world.connection, panel, world.definition, names, nodes)
    assert panel.name not in storage.panel_names(world.connection)
