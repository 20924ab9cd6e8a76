"""``cityflux analyse``: the engine's numbers, asked of a stored index."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from cityflux.core.cli.main import cli
from cityflux.core.engine.measures.association import (
    correlations,
    cronbach_alpha,
    principal_components,
)
from cityflux.core.engine.measures.statistics import indicator_statistics
from tests.conftest import answer

FAMILIES = ("institutional", "economic", "social_openness", "service_innovation")


@pytest.fixture
def run(read_only: Any) -> Any:
    """Run `cityflux analyse`."""
    return partial(read_only, "analyse")


@pytest.fixture(scope="module")
def scores(made_once: Path) -> pl.DataFrame:
    """The stored scores of the yearly index, one column per node, one row per city and year."""
    with sqlite3.connect(made_once / "data" / "cityflux.db") as connection:
        rows = connection.execute(
            "SELECT node_id, period, city_id, score FROM scores WHERE index_id = ?",
            ("flow_index_yearly",),
        ).fetchall()
    columns = ("node", "period", "city", "score")
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None).pivot(
        on="node", index=["period", "city"], values="score"
    )


def same(found: list[dict[str, Any]], expected: pl.DataFrame) -> None:
    for row, wanted in zip(found, expected.to_dicts(), strict=True):
        for name, value in wanted.items():
            if isinstance(value, float):
                assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-12)
            else:
                assert row[name] == value


def test_statistics_are_the_engines_with_the_cities_of_the_extremes(run: Any) -> None:
    found = answer(run, "paper_transport")["statistics"]
    shown = CliRunner().invoke(cli, ["show", "paper_transport", "--ranking", "--json"]).output
    cells = {row["indicator"]: row["cities"] for row in json.loads(shown)}
    assert [row["indicator"] for row in found] == list(cells)
    for row in found:
        figures = {city: cell["value"] for city, cell in cells[row["indicator"]].items()}
        same([row], indicator_statistics(pl.DataFrame({row["indicator"]: figures.values()})))
        assert (row["missing"], row["min_period"]) == (0, "2011/2020")
        assert row["min"] == figures[row["min_city"]]
        assert row["max"] == figures[row["max_city"]]
    whole = answer(run, "flow_index_yearly", "--period", "all", "--node", "transport")
    rail = {row["indicator"]: row for row in whole["statistics"]}["transport.rail_passengers"]
    assert rail["available"] + rail["missing"] == 5 * len(range(2011, 2025))
    assert rail["max_period"] in {str(year) for year in range(2011, 2025)}


def test_correlations_inside_a_level_name_each_pair_once(run: Any, scores: pl.DataFrame) -> None:
    for method in ("pearson", "spearman", "kendall"):
        asked = ("flow_index_yearly", "--correlations", "--period", "all", "--method", method)
        found = answer(run, *asked)["correlations"]
        pairs = [(row["row"], row["column"]) for row in found]
        assert pairs == [(a, b) for i, a in enumerate(FAMILIES) for b in FAMILIES[i + 1 :]]
        expected = correlations(scores, FAMILIES, method=method)
        wanted = pl.concat(expected.filter(row=a, column=b) for a, b in pairs)
        same(found, wanted)


def test_correlations_between_two_levels_know_who_stands_above_whom(
    run: Any, scores: pl.DataFrame
) -> None:
    asked = ("flow_index_yearly", "--correlations", "--level", "2", "--level", "1")
    found = answer(run, *asked, "--node", "economic", "--period", "all")["correlations"]
    assert {row["column"] for row in found} == {"economic"}
    assert {row["relation"] for row in found} == {"ancestor"}
    same(found, correlations(scores, [row["row"] for row in found], ["economic"]))
    across = answer(run, *asked)["correlations"]
    strangers = {(row["row"], row["column"]) for row in across if row["relation"] is None}
    assert ("transport", "economic") in strangers
    assert ("transport", "social_openness") not in strangers


def test_only_what_is_significant_is_flagged(run: Any) -> None:
    found = answer(run, "paper_transport", "--correlations")["correlations"]
    for row in found:
        significant = row["p_value"] is not None and row["p_value"] < 0.05
        high = significant and row["correlation"] > 0.9
        negative = significant and row["correlation"] < 0
        assert row["flag"] == ("high" if high else "negative" if negative else None)
    assert {row["flag"] for row in found} == {"high", None}


def test_consistency_and_components_are_the_engines(run: Any, scores: pl.DataFrame) -> None:
    asked = ("flow_index_yearly", "--period", "all", "--node", "regional_pull")
    found = answer(run, *asked, "--consistency", "--components")
    (row,) = found["consistency"]
    leaves = [each["indicator"] for each in found["components"]["loadings"]]
    assert row["alpha"] == pytest.approx(cronbach_alpha(scores.select(leaves).drop_nulls()))
    assert (row["used"], row["children"]) == (9, 9)
    expected = principal_components(scores.select(leaves))
    assert found["components"]["observations"] == expected.units
    same(found["components"]["scree"], expected.scree)
    same(found["components"]["loadings"], expected.loadings)


def test_weights_take_effect_otherwise_than_written_where_figures_are_missing(run: Any) -> None:
    found = {row["node"]: row for row in answer(run, "--effective-weights")["effective_weights"]}
    assert found["economic"]["written"] == pytest.approx(13 / 34)
    assert found["economic"]["effective"] == pytest.approx(13 / 34)
    for name in ("written", "effective", "realised"):
        assert sum(found[family][name] for family in FAMILIES) == pytest.approx(1)
    assert found["advanced_services"]["realised"] == 0
    assert found["overall_economy.gdp"]["realised"] > found["overall_economy.gdp"]["written"]
    assert found["flow_index"]["importance"] == pytest.approx(1)


def test_tables_name_in_one_language_or_in_both(run: Any) -> None:
    both = run("paper_transport").output
    assert "民航旅客发送量 Air passengers departed" in both
    english = run("paper_transport", "--lang", "en").output
    assert "Air passengers departed" in english
    assert "民航" not in english


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--level", "2"), 2, "--level goes with --correlations"),
        (("--method", "kendall"), 2, "--method goes with --correlations"),
        (("--components", "--level", "1", "--level", "2"), 2, "--level goes once"),
        (("--period", "1999"), 1, "flow_index has no period '1999'; choose among all, 2011/2020"),
        (("--node", "nowhere"), 1, "there is no node 'nowhere'"),
        (("--correlations", "--level", "7"), 1, "there is nothing at level 7 under flow_index"),
        (("--components", "--node", "institutional"), 1, "components need two nodes"),
    ],
)
def test_what_cannot_be_asked_is_said(
    run: Any, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == code
    assert message in (done.output + str(done.exception))
