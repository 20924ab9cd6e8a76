"""``cityflux trends``: figures and scores over time."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl
import pytest

from cityflux.core.engine.analysis.convergence import convergence, years_to_leader
from cityflux.core.engine.analysis.trends import TRENDS, catching_up
from cityflux.core.engine.analysis.trends import trends as engine_trends
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
    found = answer(run, "flow_index_yearly", "--node", "transport")
    assert "growth" not in found["cities"][0]
    for row in found["cities"]:
        years = int(row["latest_period"]) - int(row["first_period"])
        change = (row["latest_value"] - row["first_value"]) / years
        assert row["yearly_change"] == pytest.approx(change)
    printed = run("flow_index_yearly", "--lang", "en").output
    assert "Flow index, yearly (flow_index_yearly), score" in printed
    assert "sigma convergence: the standard deviation of the scores" in printed


def test_an_indicator_of_an_index_and_the_last_periods_only(run: Any) -> None:
    whole = answer(run, GDP)
    last = answer(run, "flow_index_yearly", "--node", GDP, "--latest", "3")
    periods = sorted({row["period"] for row in whole["ranks"]})
    assert sorted({row["period"] for row in last["ranks"]}) == periods[-3:]
    assert {row["first_period"] for row in last["cities"]} == {periods[-3]}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("flow_index",), 1, "a trend needs two periods"),
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
