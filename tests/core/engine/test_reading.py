"""Strengths, trends and catching up."""

from __future__ import annotations

import polars as pl
import pytest

from cityflux.core.engine.analysis.strengths import profile
from cityflux.core.engine.analysis.trends import TRENDS, catching_up, trends
from cityflux.core.model.errors import IndexDefinitionError
from tests.core.engine.support import close

FIGURES = pl.DataFrame(
    {
        "city": ["a", "b", "c", "d"],
        "rail": [9.0, 7.0, 4.0, 1.0],
        "price": [3.0, 2.0, 1.0, 4.0],
        "ports": [0.0, 5.0, 0.0, 0.0],
        "air": [2.0, None, 8.0, 8.0],
        "books": [None, 1.0, 2.0, 3.0],
    }
)
NAMES = FIGURES.columns[1:]


def test_a_profile_says_by_how_much_and_against_whom() -> None:
    found = profile(FIGURES, NAMES, "a", directions={"price": -1}, top=1, bottom=1)
    (best,) = found.strengths.rows(named=True)
    assert best == {
        "indicator": "rail",
        "rank": 1,
        "of": 4,
        "value": 9.0,
        "ahead_of": "b",
        "ahead_by": 2.0,
        "behind": None,
        "behind_by": None,
    }
    (worst,) = found.weaknesses.rows(named=True)
    assert (worst["indicator"], worst["rank"], worst["value"]) == ("price", 3, 3)
    assert (worst["ahead_of"], worst["ahead_by"]) == ("d", 1)
    assert (worst["behind"], worst["behind_by"]) == ("c", 2)


def test_last_ranks_and_gaps_are_left_out() -> None:
    assert profile(FIGURES, NAMES, "a").strengths["indicator"].to_list() == ["rail", "price"]
    everything = profile(FIGURES, NAMES, "a", skip_last=False).strengths["indicator"].to_list()
    assert everything == ["rail", "price", "ports", "air"]
    few = profile(FIGURES, NAMES, "b", min_unique=0.5, bottom=0)
    assert "ports" not in few.strengths["indicator"]
    assert few.weaknesses.height == 0


def test_a_profile_needs_one_row() -> None:
    with pytest.raises(IndexDefinitionError, match="'atlantis' has 0 rows"):
        profile(FIGURES, NAMES, "atlantis")
    with pytest.raises(IndexDefinitionError, match="'a' has 2 rows"):
        profile(pl.concat([FIGURES, FIGURES[:1]]), NAMES, "a")


PANEL = pl.DataFrame(
    {
        "city": ["a"] * 4 + ["b"] * 4,
        "period": ["2018", "2019", "2020", "2021"] * 2,
        "x": [100.0, None, 121.0, None, 50.0, 50.0, None, 50.0],
        "y": [-1.0, 4.0, None, 2.0, None, 8.0, None, None],
    }
).sample(fraction=1, shuffle=True, seed=1)


def trend(statistic: str, **options: object) -> dict[tuple[str, str], float | None]:
    table = trends(PANEL, ["x", "y"], statistic=TRENDS[statistic], **options)  # type: ignore[arg-type]
    return {(u, i): t for u, i, t in table.select("city", "indicator", "trend").iter_rows()}


def test_growth() -> None:
    found = trend("compound_growth")
    assert found["a", "x"] == pytest.approx(0.1)
    assert found["b", "x"] == 0
    assert found["a", "y"] is None, "no rate leads from -1 to 2"
    assert found["b", "y"] is None
    assert trend("growth")["a", "x"] == pytest.approx(0.21)
    assert trend("percent_change")["a", "x"] == pytest.approx(10.5)
    assert trend("percent_change")["b", "x"] == 0
    assert trend("compound_growth", directions={"x": -1})["a", "x"] == pytest.approx(-0.1)


def test_latest_periods_only() -> None:
    found = trend("growth", latest=3)
    assert found["a", "x"] == pytest.approx(0.21), "exactly as far back as the frame reaches"
    assert found["b", "x"] == pytest.approx(0)
    assert trend("growth", latest=4)["a", "x"] is None
    assert trend("growth", latest=3)["a", "y"] == pytest.approx(-0.5)
    assert trend("growth", latest=2)["a", "y"] is None
    assert trend("growth", latest=2, interpolate=True)["a", "y"] == pytest.approx(2 / 3 - 1)


def test_trends_say_what_they_rest_on() -> None:
    table = trends(PANEL, ["x", "y"], latest=2)
    row = table.filter(pl.col("city") == "b", pl.col("indicator") == "x").row(0, named=True)
    assert (row["share_available"], row["first"], row["latest"]) == (0.75, "2018", "2021")
    assert (row["share_available_latest"], row["first_latest"]) == (0.5, None)
    alone = table.filter(pl.col("city") == "b", pl.col("indicator") == "y").row(0, named=True)
    assert (alone["share_available"], alone["first"]) == (0.25, None)


def test_catching_up_with_the_leader() -> None:
    frame = pl.DataFrame(
        {
            "city": ["a", "b"] * 2,
            "period": ["2018", "2018", "2020", "2020"],
            "x": [10.0, 4.0, 20.0, 16.0],
            "y": [10.0, 5.0, 8.0, 5.0],
        }
    )
    table = catching_up(frame, ["x", "y"], directions={"y": -1})
    rows = {(r["city"], r["indicator"]): r for r in table.iter_rows(named=True)}
    assert close(
        [rows["b", "x"][n] for n in ("level_first", "level_latest", "yearly")], [0.4, 0.8, 0.2]
    )
    assert rows["a", "x"]["yearly"] == 0
    assert close(
        [rows["a", "y"][n] for n in ("level_first", "level_latest", "yearly")], [0.5, 0.625, 0.0625]
    )
    bare = catching_up(frame.with_columns(x=pl.lit(0.0)), ["x"])
    assert bare["yearly"].to_list() == [None, None]


def test_one_row_for_a_unit_in_a_period() -> None:
    with pytest.raises(IndexDefinitionError, match="more than one row"):
        trends(pl.concat([PANEL, PANEL[:1]]), ["x"])
