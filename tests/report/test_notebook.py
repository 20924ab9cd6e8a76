"""``cityflux.open`` and the example notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import polars as pl
import pytest

import cityflux
from cityflux.core.model.errors import IndexDefinitionError
from tests.conftest import Cityflux, run_module
from tests.report.notebooks import EXAMPLES, run_notebook
from tests.report.world import World, parsed


@pytest.fixture(scope="module")
def data(made_once: Path) -> cityflux.Database:
    return cityflux.open(made_once / "data" / "cityflux.db", language="en")


def test_the_scores_are_those_of_the_command_line(data: cityflux.Database, made_once: Path) -> None:
    done = run_module("cityflux", "show", "flow_index", "--json", cwd=made_once)
    said = {(row["node"], row["city"]): row["score"] for row in json.loads(done.stdout)}
    scores = data.scores("flow_index")
    assert {
        (node, city): score for node, city, score in scores[["node", "city", "score"]].rows()
    } == said
    assert data.scores("flow_index", "1999").is_empty()


def test_the_verdict_and_the_brackets_are_those_of_the_command_line(
    data: cityflux.Database, made_once: Path
) -> None:
    shown = run_module("cityflux", "show", "flow_index", "--lang", "en", cwd=made_once).stdout
    lines = data.verdict("flow_index").splitlines()
    assert lines[0] == "These figures cannot tell Beijing from Shanghai."
    assert [line for line in lines if line not in shown] == []
    found = data.brackets("flow_index")
    root = found.row(0, named=True)
    assert (root["node"], root["n"], root["cities"]) == ("flow_index", 5, 5)
    assert root["reason"] == "only 0 of 4 parts compare"
    free = found.filter(pl.col("level") == 2, pl.col("bracket").is_null())
    assert free["node"].to_list() == ["regional_pull", "transport"]


def test_the_tree_sums_to_one_on_every_level_of_groups(data: cityflux.Database) -> None:
    tree = data.tree("flow_index")
    shares = tree.filter(pl.col("indicator").is_null()).group_by("level").agg(pl.col("share").sum())
    assert shares["share"].to_list() == pytest.approx([1.0] * shares.height)
    assert tree["indicator"].count() == 127


def test_contributions_sum_to_the_score_and_to_the_lead(data: cityflux.Database) -> None:
    scores = data.scores("paper_transport").filter(level=0)
    found = data.contributions("paper_transport")
    assert found["of"].unique().to_list() == ["score"]
    assert found["versus"].null_count() == found.height
    for city, score in scores.select("city", "score").rows():
        parts = found.filter(pl.col("level") == 1, pl.col("city") == city)["contribution"]
        assert parts.sum() == pytest.approx(score)
    lead = data.contributions("paper_transport", "beijing", "shanghai")
    known = dict(scores.select("city", "score").rows())
    assert lead.filter(level=0)["contribution"].item() == pytest.approx(
        known["beijing"] - known["shanghai"]
    )
    assert set(lead.select("city", "versus").rows()) == {("beijing", "shanghai")}
    with pytest.raises(IndexDefinitionError, match="go together"):
        data.contributions("paper_transport", "beijing")


def test_trends_are_those_of_the_command_line(data: cityflux.Database, made_once: Path) -> None:
    for name, node in (("overall_economy.gdp", None), ("flow_index_yearly", "regional_pull")):
        asked = [name, "--node", node] if node else [name]
        done = run_module("cityflux", "trends", *asked, "--json", cwd=made_once)
        assert data.trends(name, node).to_dicts() == json.loads(done.stdout)["cities"]
    assert set(data.trends("overall_economy.gdp", latest=3)["first_period"]) < set(
        data.series("overall_economy.gdp")["period"]
    )


def test_figures_can_be_narrowed(data: cityflux.Database) -> None:
    found = data.observations(["overall_economy.gdp"], ["shanghai"], "2012", "2014")
    assert found["period"].to_list() == ["2012", "2013", "2014"]
    assert found["unit"].unique().to_list() == ["亿元"]
    assert data.observations([], None).is_empty()


def test_a_series_has_a_column_for_each_city_and_null_where_nothing_is_known(
    small: World, tmp_path: Path
) -> None:
    small.put("x1", ("a", "2019", 1.0), ("a", "2020", 2.0), ("b", "2020", 3.0))
    found = cityflux.open(tmp_path / "t.db").series("x1")
    assert found.to_dict(as_series=False) == {
        "period": ["2019", "2020"],
        "a": [1.0, 2.0],
        "b": [None, 3.0],
    }


CHARTS = ("ranking", "heatmap", "radar", "distances", "gap", "coverage", "map")


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_of_altair_and_show_themselves_as_svg(
    name: str, data: cityflux.Database
) -> None:
    chart: Any = getattr(data, name)("flow_index", "shanghai", versus="hangzhou")
    assert isinstance(chart, alt.TopLevelMixin)
    copies: list[Any] = [chart, chart.properties(title="again")]
    for shown in copies:
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/plain"}
        assert bundle["text/html"] == shown._repr_html_()
        parsed(f"<!DOCTYPE html><html><head><title>t</title></head><body>{shown._repr_html_()}")
    assert "Shanghai" in copies[0]._repr_html_() or name == "gap"


def test_series_and_scores_are_drawn_over_time(data: cityflux.Database) -> None:
    assert (
        "Gross domestic product (100 million yuan)"
        in data.lines("overall_economy.gdp")._repr_html_()
    )
    assert "2016" in data.trend("flow_index_yearly")._repr_html_()


def test_two_charts_in_one_notebook_share_no_id(data: cityflux.Database) -> None:
    drawn = data.heatmap("flow_index"), data.coverage("flow_index")
    one, two = (chart._repr_html_() for chart in drawn)
    ids = [{part.split('"')[0] for part in text.split(' id="')[1:]} for text in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda data: data.scores("nothing"), "nothing was not computed yet"),
        (lambda data: data.series("nothing"), "no figure of 'nothing' is stored"),
        (lambda data: data.lines("nothing"), "no figure of 'nothing' is stored"),
        (lambda data: data.ranking("flow_index", "atlantis"), "'atlantis' is not among the cities"),
    ],
)
def test_what_is_not_there_is_named(ask: Any, message: str, data: cityflux.Database) -> None:
    with pytest.raises(cityflux.CityfluxError, match=message):
        ask(data)


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no database there; make one with"):
        cityflux.open(tmp_path / "none.db")


def test_reading_leaves_the_file_to_others(small: World, tmp_path: Path) -> None:
    data = cityflux.open(tmp_path / "t.db")
    small.fill("2020")
    assert data.observations().height == 15
    small.put("x1", ("a", "2021", 1.0))
    assert data.observations().height == 16


@pytest.fixture(scope="module")
def folder(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the notebooks open."""
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "cityflux.db").write_bytes((made_once / "data" / "cityflux.db").read_bytes())
    return folder


@pytest.mark.parametrize(
    "path",
    [pytest.param(each, marks=[pytest.mark.deep] * (each.stem != "index")) for each in EXAMPLES],
    ids=lambda path: path.name,
)
def test_an_example_runs_again_and_says_what_it_said(path: Path, folder: Path) -> None:
    kept, again = nbformat.read(path, as_version=4), run_notebook(path, folder)
    assert _texts(kept) == _texts(again)
    assert any(texts for texts in _texts(kept))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_holds_no_path_of_a_machine_and_no_address(path: Path) -> None:
    text = path.read_text("utf-8")
    for words in ("/root", "/home", "/tmp", "/Users", "cdn.", "<script"):
        assert words not in text


def test_there_are_two_examples() -> None:
    assert len(EXAMPLES) == 2


def _texts(notebook: Any) -> list[list[str]]:
    """What the cells print, without the drawings."""
    return [
        [output.get("text", output.get("data", {}).get("text/plain")) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_show_draws_a_picture(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("show", "paper_transport", "--png", "ranking.png")
    assert done.returncode == 0, done.stderr
    assert (home / "ranking.png").read_bytes().startswith(b"\x89PNG")
    done = cityflux("show", "paper_transport", "--groups", "--png", "groups.png")
    assert done.returncode == 0, done.stderr
    wide, high = (
        int.from_bytes((home / "groups.png").read_bytes()[start : start + 4]) for start in (16, 20)
    )
    assert wide > 400
    assert high > 400
    done = cityflux("show", "--png", "nowhere/x.png")
    assert (done.returncode, "nowhere/x.png: cannot be written" in done.stderr) == (1, True)
