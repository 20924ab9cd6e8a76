"""Growth is told only where it means something: one scale, one sign, no break in between."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.engine.analysis.trends import TRENDS, catching_up, trends
from cityflux.core.engine.breaks import across_breaks, crossings
from cityflux.core.engine.measures.continuity import since_break, with_segments
from cityflux.core.model.period import Period

PERIODS = ["2018", "2019", "2020", "2020-Q3", "2021", "2021-07", "2022"]
RATES = ("growth", "compound_growth", "percent_change")


def broken(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    schema = dict.fromkeys(("indicator", "city", "period"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def series(*values: float | None) -> pl.DataFrame:
    years = [str(2018 + place) for place in range(len(values))]
    return pl.DataFrame({"city": "a", "period": years, "x": pl.Series(values, dtype=pl.Float64)})


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((1.0, 2.0), None),
        ((-1.0, 4.0, 2.0), "sign"),
        ((1.0, -4.0, 2.0), "sign"),
        ((2.0, -1.0), "sign"),
        ((0.0, 2.0), "zero"),
        ((0.0, 0.0), "zero"),
        ((None, 2.0), "few"),
    ],
)
def test_a_rate_is_told_of_one_sign_and_not_from_zero(
    name: str, values: tuple[float | None, ...], reason: str | None
) -> None:
    (row,) = trends(series(*values), ["x"], statistic=TRENDS[name]).to_dicts()
    assert (row["reason"], row["trend"] is None) == (reason, reason is not None)


@pytest.mark.parametrize("name", RATES)
def test_a_difference_has_no_rate_and_a_change_all_the_same(name: str) -> None:
    changes = series(0.4, 0.1, 0.8)
    (row,) = trends(changes, ["x"], statistic=TRENDS[name], differences={"x"}).to_dicts()
    assert (row["trend"], row["reason"]) == (None, "difference")
    asked = {"statistic": TRENDS["yearly_change"], "differences": {"x"}}
    (row,) = trends(changes, ["x"], **asked).to_dicts()  # type: ignore[arg-type]
    assert (row["trend"], row["reason"]) == (pytest.approx(0.2), None)


@pytest.mark.parametrize("name", TRENDS)
def test_no_trend_crosses_a_break(name: str) -> None:
    asked = {"statistic": TRENDS[name], "breaks": broken(("x", None, "2020"))}
    (row,) = trends(series(4.0, 5.0, 1.0, 2.0), ["x"], **asked).to_dicts()  # type: ignore[arg-type]
    assert (row["trend"], row["reason"], row["broken"]) == (None, "break", "2020")
    (row,) = trends(series(4.0, 5.0, 1.0, 2.0), ["x"], latest=2, **asked).to_dicts()  # type: ignore[arg-type]
    assert row["trend"] is not None, "after the break they compare"
    (row,) = trends(series(4.0, 5.0), ["x"], **asked).to_dicts()  # type: ignore[arg-type]
    assert row["trend"] is not None, "before it too"


def test_nothing_is_interpolated_across_a_break() -> None:
    gap = series(4.0, None, None, 1.0)
    asked = {"interpolate": True, "latest": 3}
    assert trends(gap, ["x"], **asked)["trend"][0] is not None  # type: ignore[arg-type]
    rows = trends(gap, ["x"], breaks=broken(("x", "a", "2020")), **asked)  # type: ignore[arg-type]
    assert rows.select("trend", "reason").rows() == [(None, "few")]


def test_a_break_of_the_leader_is_one_of_the_distance_to_him() -> None:
    frame = pl.DataFrame(
        {
            "city": ["a", "b", "c"] * 2,
            "period": ["2018"] * 3 + ["2020"] * 3,
            "x": [10.0, 4.0, 2.0, 12.0, 16.0, 3.0],
        }
    )
    rows = catching_up(frame, ["x"], breaks=broken(("x", "a", "2019")))
    assert rows["yearly"].is_null().all(), "a led in 2018"
    rows = catching_up(frame, ["x"], breaks=broken(("x", "c", "2019")))
    assert dict(rows.select("city", "yearly").rows())["b"] == pytest.approx(0.3)
    assert rows.filter(city="c").select("level_first", "yearly").row(0) == (None, None)


@settings(max_examples=25)
@given(st.data())
def test_no_stated_growth_spans_a_break(data: st.DataObject) -> None:
    value = st.one_of(st.none(), st.sampled_from([-2.0, 0.0, 1.0, 3.0, 5.0]))
    rows = [
        (city, period, *data.draw(st.tuples(value, value)))
        for city in "ab"
        for period in data.draw(
            st.lists(st.sampled_from(PERIODS), unique=True, min_size=1, max_size=5)
        )
    ]
    schema = {"city": pl.String, "period": pl.String, "x": pl.Float64, "y": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    some = st.tuples(
        st.sampled_from("xy"), st.sampled_from(["a", "b", None]), st.sampled_from(PERIODS)
    )
    breaks = data.draw(st.lists(some, max_size=3))
    name = data.draw(st.sampled_from(RATES))
    latest = data.draw(st.sampled_from([None, 2]))
    asked = {"latest": latest, "interpolate": data.draw(st.booleans())}
    found = trends(frame, ["x", "y"], statistic=TRENDS[name], breaks=broken(*breaks), **asked)  # type: ignore[arg-type]
    for row in found.to_dicts():
        assert (row["trend"] is None) == (row["reason"] is not None)
        if row["trend"] is None:
            continue
        first = Period.parse(row["first_latest"] if latest else row["first"]).start
        last = Period.parse(row["latest"]).start
        between = [
            period
            for indicator, city, period in breaks
            if (indicator, city) in {(row["indicator"], row["city"]), (row["indicator"], None)}
            and first < Period.parse(period).start <= last
        ]
        assert not between
        inside = {text for text in PERIODS if first <= Period.parse(text).start <= last}
        own = frame.filter(pl.col("city") == row["city"], pl.col("period").is_in(inside))
        signs = {figure > 0 for figure in own[row["indicator"]].drop_nulls() if figure}
        assert len(signs) <= 1
    long = frame.unpivot(on=["x", "y"], index=["city", "period"], variable_name="indicator")
    kept = since_break(long, broken(*breaks))
    cells = kept.with_columns(target=pl.lit("")).select("indicator", "city", "period", "target")
    assert crossings(cells, broken(*breaks)).is_empty()


def test_segments_are_numbered_in_the_order_of_the_rows() -> None:
    rows = [("x", "a", "2021"), ("x", "a", "2019"), ("y", "a", "2021"), ("x", "b", "2020-Q1")]
    figures = pl.DataFrame(rows, schema=["indicator", "city", "period"], orient="row")
    breaks = broken(("x", None, "2020"), ("x", "a", "2021"), ("x", "b", "2020-Q2"))
    assert with_segments(figures, breaks)["segment"].to_list() == [2, 0, 0, 1]


@pytest.mark.parametrize(
    ("reduce", "periods", "crossed"),
    [
        ("mean", ["2018", "2019"], []),
        ("mean", ["2018", "2020"], ["2020"]),
        ("sum", ["2018", "2021-07"], ["2020", "2021"]),
        ("last", ["2018", "2020"], []),
        ("last", ["2018/2020"], ["2020"]),
        ("mean", ["2020", "2020-Q3"], []),
    ],
)
def test_what_is_made_of_both_sides_of_a_break_has_a_note(
    reduce: str, periods: list[str], crossed: list[str]
) -> None:
    parts = pl.DataFrame({"indicator": "x", "city": "a", "target": "2018/2022", "period": periods})
    known = [("x", None, "2020"), ("x", "a", "2021"), ("x", "b", "2019")]
    told: Any = [(*row, "普查", "census", "office", "") for row in known]
    lines = across_breaks(parts, told, reduce)
    assert lines == [
        f"2018/2022: the {reduce} crosses the break of {year} (census; office) in x for a"
        for year in crossed
    ]
