"""No face ranks, or calls first, last, ahead or behind, what does not compare."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

import cityflux
from cityflux.core import charts
from cityflux.core.engine.compute import compute
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import Figure
from cityflux.core.reading.facts import gather
from cityflux.core.report.markdown import markdown
from cityflux.core.report.report import make_report
from cityflux.core.web.asked import Asked
from cityflux.core.web.city import city_page
from cityflux.core.web.front import front_page
from cityflux.core.web.page import Page, render
from cityflux.core.web.provenance import score_page
from cityflux.core.web.ranking import index_page
from cityflux.core.words.catalogue import CODES, Code
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures
from cityflux.storage.read_only import read_database
from tests.conftest import run_module
from tests.faces.claims import Truth, sentences

SEEDS = range(10)
YEARS = ("2018", "2019", "2020")
SPAN = "2018/2020"
#: Nodes of the bundled index that compare, and that do not.
OPENED = (
    *("flow_index", "transport", "science_innovation", "transport.rail_passengers"),
    *("strategic_planning.environmental_spending", "regional_pull.neighbour_1_gdp_per_capita"),
)


def made(path: Path, seed: int) -> str:
    """An index of random holes, computed twice: three groups of five indicators, four cities.

    Returns:
        Its last period: a year, a span of three, or the last of three.
    """
    chance = random.Random(seed)
    periods = ([YEARS[-1]], [SPAN], [*YEARS])[seed % 3]
    years = YEARS if seed % 3 else YEARS[-1:]
    cities = ["q0", "q1", "q2", "q3"]
    groups = {"g0": ["x0"], "g1": ["x1", "x2"], "g2": ["x3", "x4"]}
    with open_database(path) as connection:
        with write(connection):
            named = [{"id": c, "name_zh": f"城Q{c[1]}", "name_en": f"City Q{c[1]}"} for c in cities]
            catalog.save_cities(connection, named)
            catalog.save_sources(connection, [{"id": "s", "publisher": "S"}])
            for leaves in groups.values():
                known = chance.choice((0.3, 0.8, 1.0))
                for leaf in leaves:
                    row = {"id": leaf, "name_zh": f"标{leaf.upper()}", "unit": "人"}
                    row["name_en"] = f"Item {leaf.upper()}"
                    catalog.save_indicators(connection, [row])
                    cells = [(c, y) for c in cities for y in years if chance.random() < known]
                    figures = [Figure(*cell, chance.uniform(1, 9)) for cell in cells]
                    store_figures(connection, leaf, "s", figures)
        nodes = [
            {"id": g, "name_zh": f"组{g.upper()}", "name_en": f"Part {g.upper()}", "indicators": x}
            for g, x in groups.items()
        ]
        index = {"id": "i", "name_zh": "总R", "name_en": "Whole R", "periods": {"of": periods}}
        definition = parse_definition({**index, "cities": cities, "nodes": nodes}, "tests")
        compute(connection, definition, Methods(), "0")
        with write(connection):
            connection.execute("UPDATE observations SET value = 10 - value WHERE city_id = 'q1'")
        compute(connection, definition, Methods(), "0")
    return periods[-1]


def walk(database: Path, index: str, period: str, nodes: Sequence[str] = ()) -> Iterator[str]:
    """Everything that a face says of a node and a city that do not compare there.

    Args:
        database: the file.
        index: an index in it.
        period: its last period.
        nodes: those whose pages are opened, for each city; all without any.
    """
    with read_database(database) as connection:
        truth = Truth(connection, index, period)
        yield from _frames(database, truth)
        yield from _views(truth)
        yield from _commands(database, truth)
        for code in CODES:
            yield from _pages(truth, code, nodes or truth.nodes)
            yield from _report(truth, code)


def _ranked(rows: Any, truth: Truth, face: str) -> Iterator[str]:
    """The rows of a table that have a rank where nothing compares."""
    for row in rows:
        node = row.get("node", row.get("node_id", truth.index))
        key = (node, row.get("city", row.get("city_id")))
        claimed = (row["rank"], row.get("leader_id"), row.get("gap_to_leader"))
        if any(each is not None for each in claimed) and key not in truth.alike:
            yield f"{face}: {row}"


def _frames(database: Path, truth: Truth) -> Iterator[str]:
    rows = cityflux.open(database).scores(truth.index, truth.period).to_dicts()
    assert {"comparable_score", "rank", "n", "bracket"} <= set(rows[0])
    yield from _ranked(rows, truth, "notebook")


def _views(truth: Truth) -> Iterator[str]:
    for view in ("scoreboard", "strengths"):
        query = f"SELECT * FROM {view} WHERE index_id = ? AND period = ?"
        found = truth.connection.execute(query, (truth.index, truth.period))
        columns = [each[0] for each in found.description]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        yield from _ranked(rows, truth, view)


def _said(database: Path, *asked: str) -> str:
    words = ("--database", str(database), *asked)
    return run_module("cityflux", *words, cwd=database.parent).stdout


def _commands(database: Path, truth: Truth) -> Iterator[str]:
    index = truth.index
    shown = json.loads(_said(database, "show", index, "--json"))
    yield from _ranked([row for row in shown if row["period"] == truth.period], truth, "show")
    for row in json.loads(_said(database, "ranking", index, "--json")):
        for city, each in row["cities"].items():
            if each["rank"] is not None and (row["indicator"], city) not in truth.alike:
                yield f"ranking: {row['indicator']}, {city}"
    if told := _said(database, "compare", index, "--json"):
        for row in json.loads(told)["cities"]:
            if row["rank_after"] is not None and (index, row["city"]) not in truth.alike:
                yield f"compare: {row}"
    if developed := _said(database, "trends", index, "--json"):
        for row in json.loads(developed)["cities"]:
            if row["latest_rank"] is not None and row["latest_period"] == truth.period:
                yield from () if (index, row["city"]) in truth.alike else (f"trends: {row}",)
    one, two = truth.cities[:2]
    for line in _said(database, "tree", index, "--city", one, "--versus", two).splitlines()[1:]:
        for wrong in truth.check("en", line, index, one):
            yield f"tree: {wrong}"
    for city in truth.cities:
        found = _said(database, "strengths", city, index, "--json")
        for row in [row for rows in (json.loads(found) if found else {}).values() for row in rows]:
            for who in filter(None, (city, row["ahead_of"], row["behind"])):
                if (row["indicator"], who) not in truth.alike:
                    yield f"strengths: {row['indicator']}, {who}"
    for code in CODES:
        for line in _said(database, "show", index, "--lang", code).splitlines():
            placed = re.match(r"\d+ of \d+ +(\w+)", line)
            if placed and (index, placed[1]) not in truth.alike:
                yield f"show: {line}"
    for line in _said(database, "show", index, "--all").splitlines()[2:]:
        nodes, _ = truth.named("zh", line)
        compared = len(re.findall(r" \d+/\d+ +\d", line))
        if nodes and compared > sum((nodes[0], city) in truth.alike for city in truth.cities):
            yield f"show --all: {line}"


def _pages(truth: Truth, code: Code, nodes: Sequence[str]) -> Iterator[str]:
    def page(make: Any, **places: str) -> BeautifulSoup:
        given = {"index": truth.index, "period": truth.period, **places}
        asked = Asked(code, "x", given, places)
        shown: Page = make(truth.connection, asked)
        written = render(shown, asked, "cityflux")
        return BeautifulSoup(written[written.index("<main") :], "html.parser")

    root = truth.index
    for soup in (page(front_page), page(index_page, id=root, city=truth.cities[0])):
        for card in soup.select("article.card") or [soup]:
            if card.name == "article" and not card.select(f'a[href$="/index/{root}"]'):
                continue
            yield from _texts(truth, code, card, root, "")
            for line in card.select("li[data-node]"):
                text = " ".join(line.select_one("div.line").get_text(" ").split())  # type: ignore[union-attr]
                for wrong in truth.check(code, text, str(line["data-node"]), truth.cities[0]):
                    yield f"web: {wrong}"
    for at, city in enumerate(truth.cities):
        soup = page(city_page, id=city)
        for other in soup.select("section[aria-labelledby=places] tbody tr"):
            if not other.select(f'a[href*="/index/{root}?"]'):
                other.decompose()
        yield from _texts(truth, code, soup, root, city)
        # Each node in both languages, each cell in one of them.
        for node in nodes[(at + CODES.index(code)) % 2 :: 2]:
            soup = page(score_page, node=node, city=city)
            yield from _texts(truth, code, soup, node, city)


def _texts(truth: Truth, code: Code, soup: Any, node: str, city: str) -> Iterator[str]:
    """The rows, paragraphs, items and facts of a page."""
    for each in soup.select("main tbody tr, main p, main dl.facts > div, article tbody tr"):
        if each.find_parent("section", {"aria-labelledby": "figures"}):
            continue  # of figures their publications
        for part in sentences(code, " ".join(each.get_text(" ").split())):
            for wrong in truth.check(code, part, node, city):
                yield f"web: {wrong}"


def _report(truth: Truth, code: Code) -> Iterator[str]:
    facts = gather(truth.connection, truth.index, truth.period)
    made = make_report(facts, code, focus=truth.cities[0])
    text = re.sub(r"\\(.)", r"\1", markdown(made))
    node = truth.index
    lines = text.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if section := re.match(r'<a id="(?:group-)?(\w+)"></a>$', line):
            node = section[1] if section[1] in truth.nodes else truth.index
            if section[1] in ("pages", "method", "sources", "quality", "reproducibility"):
                node = ""
        elif below.startswith("| ---"):
            continue  # the headings of a table
        elif line.startswith("|"):
            yield from _row(truth, code, line, node)
        elif node:
            for part in sentences(code, line):
                for wrong in truth.check(code, part, node, truth.cities[0]):
                    yield f"report: {wrong}"


def _row(truth: Truth, code: Code, line: str, node: str) -> Iterator[str]:
    """A row of the report: of a figure, each rank is of a city; of others, the whole row."""
    ranks = len(re.findall(r"\(\d+/\d+\)", line))
    nodes, _ = truth.named(code, line)
    if ranks and ranks > sum((nodes[0], city) in truth.alike for city in truth.cities):
        yield f"report: {line}"
    elif not ranks and node:
        for wrong in truth.check(code, line, node):
            yield f"report: {wrong}"


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no chart: what is said stands in texts and tables."""
    for name in ("ranking", "radar", "heatmap", "distances", "waterfall", "lines", "panels"):
        monkeypatch.setattr(charts, name, lambda *_, **__: None)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("seed", SEEDS)
def test_no_face_ranks_what_does_not_compare(seed: int, tmp_path: Path) -> None:
    period = made(tmp_path / "t.db", seed)
    assert [*walk(tmp_path / "t.db", "i", period)] == []


@pytest.mark.usefixtures("undrawn")
def test_no_face_ranks_what_does_not_compare_in_the_bundled_figures(made_once: Path) -> None:
    database = made_once / "data" / "cityflux.db"
    assert [*walk(database, "flow_index", "2011/2020", OPENED)] == []


def test_the_random_databases_have_what_compares_and_what_does_not(tmp_path: Path) -> None:
    kinds = set()
    for seed in SEEDS:
        made(tmp_path / f"{seed}.db", seed)
        with closing(sqlite3.connect(tmp_path / f"{seed}.db")) as connection:
            query = "SELECT node_id LIKE 'x%', node_id = 'i', bracket IS NULL FROM scores"
            kinds |= set(connection.execute(query).fetchall())
    places = ((0, 0), (0, 1), (1, 0))
    assert kinds == {(*place, alike) for place in places for alike in (0, 1)}


@pytest.mark.usefixtures("undrawn")
def test_every_face_is_caught_where_it_ranks_what_does_not_compare(tmp_path: Path) -> None:
    """The walk can fail: the stored ranks say what the brackets forbid."""
    period = made(tmp_path / "t.db", SEEDS[1])
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection, connection:
        assert connection.execute("UPDATE scores SET rank = 1 WHERE bracket IS NOT NULL").rowcount
    found = {each.partition(":")[0] for each in walk(tmp_path / "t.db", "i", period)}
    assert {"notebook", "scoreboard", "show", "ranking", "web", "report"} <= found
