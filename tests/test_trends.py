"""``cityflux trends``: figures and scores over time."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl
import pytest

from cityflux.core.engine.analysis.convergence import convergence, years_to_leader
from cityflux.core.engine.analysis.trends import TRENDS, catching_up
from cityflux.core.engine.analysis.trends import trends as engine_trends
from cityflux.core.engine.breaks import across_breaks
from cityflux.core.engine.definition.choices import Periods
from cityflux.core.engine.panel import read_panel
from cityflux.storage.breaks import breaks_of
from cityflux.storage.database import open_database
from tests.conftest import answer

GDP = "overall_economy.gdp"


@pytest.fixture
def run(read_only: Any) -> Any:
    """Run `cityflux trends`."""
    return partial(read_only, "trends")


def test_the_trends_of_an_indicator_are_the_engines(run: Any) -> None:
    found = answer(run, GDP)
    frame = pl.DataFrame(found["ranks"])
    for name in ("growth", "compound_growth"):
        expected = engine_trends(frame, ["value"], statistic=TRENDS[name])
        wanted = dict(expected.select("city", "trend").iter_rows())
        assert {row["city"]: row[name] for row in found["cities"]} == pytest.approx(wanted)
    levels = catching_up(frame, ["value"]).select("city", "level_latest")
    assert {row["city"]: row["level_latest"] for row in found["cities"]} == dict(levels.iter_rows())
    ahead = years_to_leader(frame, "value").select("city", "years")
    assert {row["city"]: row["years_to_leader"] for row in found["cities"]} == dict(
        ahead.iter_rows()
    )
    whole = convergence(frame, "value")
    assert whole is not None
    assert found["convergence"]["slope"] == whole.slope
    assert found["convergence"]["sigma"] == whole.sigma.to_dicts()


def test_ranks_are_of_one_period(run: Any) -> None:
    for row in (found := answer(run, GDP))["ranks"]:
        better = [
            other
            for other in found["ranks"]
            if other["period"] == row["period"] and other["value"] > row["value"]
        ]
        assert row["rank"] == len(better) + 1
    ranks = [row["latest_rank"] for row in found["cities"]]
    assert ranks == sorted(ranks)


def test_scores_change_by_points_and_have_no_growth(run: Any) -> None:
    found = answer(run, "flow_index_yearly", "--node", "regional_pull")
    assert "growth" not in found["cities"][0]
    for row in found["cities"]:
        years = int(row["latest_period"]) - int(row["first_period"])
        change = (row["latest_value"] - row["first_value"]) / years
        assert row["yearly_change"] == pytest.approx(change)
    printed = run("flow_index_yearly", "--node", "regional_pull", "--lang", "en").output
    assert "Pull on the surrounding economy (flow_index_yearly), score" in printed
    assert "1/5 to 1/5" in printed
    assert "sigma convergence: the standard deviation of the scores" in printed


def test_what_compares_in_no_period_has_no_trend(run: Any) -> None:
    done = run("flow_index_yearly", "--lang", "en")
    assert done.exit_code == 1
    assert "compares in no period, so that it has no trend (children 0/4" in str(done.exception)


def test_an_indicator_of_an_index_and_the_last_periods_only(run: Any) -> None:
    whole = answer(run, GDP)
    last = answer(run, "flow_index_yearly", "--node", GDP, "--latest", "3")
    periods = sorted({row["period"] for row in whole["ranks"]})
    assert sorted({row["period"] for row in last["ranks"]}) == periods[-3:]
    assert {row["first_period"] for row in last["cities"]} == {periods[-3]}


def test_the_census_is_no_fall_and_growth_begins_after_it(run: Any) -> None:
    whole = answer(run, "gdp_per_capita")
    assert len(whole["cities"]) > 20
    for row in whole["cities"]:
        assert (row["growth"], row["compound_growth"], row["no_growth"]) == (None, None, "break")
    broken = {row["city"]: row["broken"] for row in whole["cities"]}
    assert (broken["shenzhen"], broken["tianjin"], broken["shenyang"]) == ("2020", "2019", "2016")
    (census,) = (row for row in whole["breaks"] if row["city"] is None)
    assert census["period"] == "2020"
    assert "第七次全国人口普查公报" in census["reference"]
    assert whole["convergence"]["first"] >= "2020"
    since = {row["city"]: row for row in answer(run, "gdp_per_capita", "--latest", "5")["cities"]}
    row = since["shenzhen"]
    assert (row["first_period"], row["no_growth"]) == ("2020", None)
    assert row["growth"] == pytest.approx(row["latest_value"] / row["first_value"] - 1)


def test_why_no_growth_is_told_stands_in_both_languages(run: Any) -> None:
    for lang, words in (
        ("en", ("– (break 2020)", "Break of 2020 (every city): from 2020 divided by")),
        ("zh", ("–（断点 2020）", "2020年断点（各城市）：2020年起以第七次全国人口普查")),
    ):
        printed = run("gdp_per_capita", "--lang", lang).output
        assert all(each in printed for each in words), printed


def test_what_is_computed_has_the_breaks_of_its_inputs(run: Any) -> None:
    found = answer(run, "regional_pull.neighbour_1_gdp_per_capita")
    broken = {row["city"]: row["broken"] for row in found["cities"]}
    assert (broken["beijing"], broken["shanghai"]) == ("2019", "2020"), "of 天津, and of 苏州"


def test_a_signed_difference_has_no_growth(run: Any) -> None:
    found = answer(run, "flow_index", "--node", "transport.road_area_per_capita_change")
    rows = {row["city"]: row for row in found["cities"]}
    assert not any("growth" in row for row in rows.values())
    assert (rows["shanghai"]["no_growth"], rows["guangzhou"]["no_growth"]) == (
        "difference",
        "break",
    )
    assert rows["guangzhou"]["yearly_change"] is None
    assert rows["shanghai"]["yearly_change"] == pytest.approx((-0.021 - 0) / 12, abs=1e-9)


def test_a_mean_across_a_break_has_a_note(made_once: Any) -> None:
    names = ["regional_pull.neighbour_1_gdp_per_capita", GDP]
    with open_database(made_once / "data" / "cityflux.db") as connection:
        panel = read_panel(connection, names, ["beijing"], Periods(of=["2011/2020"]))
        lines = across_breaks(panel.parts, breaks_of(connection, names, ["beijing"]), "mean")
    first, second = lines
    assert "crosses the break of 2019 (revised after the fourth economic census" in first
    assert "crosses the break of 2020 (from 2020 divided by" in second
    assert all(f"in {names[0]} for beijing" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("paper_transport",), 1, "a trend needs two periods"),
        (("nothing",), 1, "there is no index and no indicator 'nothing'"),
        ((GDP, "--node", "people"), 2, "--node goes with an index"),
        (("flow_index", "--node", "nowhere"), 1, "there is no node 'nowhere'"),
    ],
)
def test_what_cannot_be_asked_is_said(
    run: Any, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == code
    assert message in (done.output + str(done.exception))
