"""Screening, denomination and imputation."""

from __future__ import annotations

import sys
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.engine.measures.timeline import decimal_years
from cityflux.core.engine.steps import imputation as i
from cityflux.core.engine.steps.denomination import Denominator, denominate
from cityflux.core.engine.steps.screening import availability, availability_by_group, screen
from cityflux.core.model.errors import ConfigError, IndexDefinitionError

FIGURES = pl.DataFrame(
    {
        "city": ["a", "b", "c", "d"],
        "x": [1.0, None, 3.0, 0.0],
        "y": [2.0, None, None, 0.0],
        "z": [None, None, 5.0, 1.0],
        "w": [4.0, 1.0, 5.0, 0.0],
    }
)
ALL = ["x", "y", "z", "w"]
GROUPS = {"first": ["x", "y"], "second": ["z", "w"]}


def test_availability_counts_gaps_and_zeros() -> None:
    table = availability(FIGURES, ALL)
    assert table["missing"].to_list() == [1, 3, 1, 0]
    assert table["zero"].to_list() == [0, 0, 0, 3]
    assert table["share_available"].to_list() == [0.75, 0.25, 0.75, 1]
    assert table["share_nonzero"].to_list() == [1, 1, 1, 0.25]
    nothing = availability(FIGURES.select("city", x=pl.lit(None, pl.Float64)), ["x"])
    assert nothing["share_nonzero"].to_list() == [None] * 4


def test_availability_by_group() -> None:
    assert availability_by_group(FIGURES, GROUPS)["first"].to_list() == [1, 0, 0.5, 1]


def test_screening_says_who_and_why() -> None:
    found = screen(FIGURES, ALL)
    assert found.kept["city"].to_list() == ["a", "c", "d"]
    assert found.table["reason"].to_list() == [None, "less than 66.7% of its figures", None, None]
    assert screen(FIGURES, ALL, min_available=0.75).kept.height == 3, "exactly enough is enough"
    assert screen(FIGURES, ALL, by="zeros", min_nonzero=0.5).kept["city"].to_list() == list("abc")
    assert screen(FIGURES, ALL, by="both", min_nonzero=0.5).kept["city"].to_list() == ["a", "c"]


def test_every_group_may_ask_for_data() -> None:
    found = screen(FIGURES, ALL, min_available=0, groups=GROUPS, min_in_group=0.5)
    assert found.kept["city"].to_list() == ["a", "c", "d"]
    assert found.table["low_groups"].to_list() == [[], ["first"], [], []]
    assert found.table["reason"][1] == "a group with less than 50.0%"


def test_units_are_forced_in_and_out() -> None:
    found = screen(FIGURES, ALL, include=["b"], exclude=["d"])
    assert found.kept["city"].to_list() == ["a", "b", "c"]
    assert found.table["reason"].to_list() == [None, "forced in", None, "forced out"]
    with pytest.raises(IndexDefinitionError, match="both in and out"):
        screen(FIGURES, ALL, include=["b"], exclude=["b"])
    with pytest.raises(IndexDefinitionError, match="atlantis: forced"):
        screen(FIGURES, ALL, include=["atlantis"])


def test_denomination() -> None:
    plan = {"x": Denominator("w", 10), "z": Denominator("y")}
    done = denominate(FIGURES, plan)
    assert done["x"].to_list() == [2.5, None, 6, None], "nothing is divided by zero"
    assert done["z"].to_list() == [None] * 4
    assert done["w"].to_list() == FIGURES["w"].to_list()
    with pytest.raises(IndexDefinitionError, match="there is no 'people'"):
        denominate(FIGURES, {"x": Denominator("people")})
    with pytest.raises(IndexDefinitionError, match="must be positive"):
        denominate(FIGURES, {"x": Denominator("w", 0)})


def filled(method: str, frame: pl.DataFrame, columns: list[str], **params: Any) -> i.Imputed:
    done = i.IMPUTATIONS[method](frame, columns, **params)
    assert done.frame.columns == frame.columns
    assert done.mask.columns == columns
    for name in columns:
        was, now = frame[name], done.frame[name]
        assert done.mask[name].to_list() == (was.is_null() & now.is_not_null()).to_list()
        assert was.drop_nulls().to_list() == now.filter(was.is_not_null()).to_list()
    return done


def test_mean_and_median() -> None:
    assert filled("none", FIGURES, ALL).count == 0
    done = filled("mean", FIGURES, ["x"])
    assert done.frame["x"].to_list() == pytest.approx([1, 4 / 3, 3, 0])
    assert done.count == 1
    assert filled("median", FIGURES, ["x"]).frame["x"][1] == 1
    assert filled("mean", FIGURES.with_columns(x=pl.lit(None, pl.Float64)), ["x"]).count == 0


def test_groups_keep_to_themselves() -> None:
    grouped = FIGURES.with_columns(region=pl.Series(["n", "n", None, "s"]))
    done = filled("mean", grouped, ["x", "y", "z"], by="region")
    assert done.frame["x"].to_list() == [1, 1, 3, 0]
    assert done.frame["y"].to_list() == [2, 2, None, 0], "a unit without a group stays"
    assert done.frame["z"].to_list() == [None, None, 5, 1], "so does a group without figures"


def test_row_within_a_node() -> None:
    frame = pl.DataFrame({"x": [0.0, 10.0, None], "y": [5.0, 1.0, 3.0], "z": [7.0, 7.0, 7.0]})
    done = filled("row", frame, ["x", "y", "z"])
    assert done.frame["x"].to_list() == [0, 10, 5]
    turned = filled("row", frame, ["x", "y", "z"], directions={"y": -1}, statistic="median")
    assert turned.frame["x"].to_list() == [0, 10, 5]
    alone = filled("row", frame, ["x", "y", "z"], groups={"g": ["x", "z"], "h": ["y"]})
    assert alone.frame["x"].to_list() == [0, 10, None], "a constant says nothing of the unit"
    nothing = frame.with_columns(x=pl.lit(None, pl.Float64))
    assert filled("row", nothing, ["x", "y"]).count == 0


PANEL = pl.DataFrame(
    {
        "city": ["a"] * 5 + ["b"] * 5,
        "period": [str(year) for year in range(2016, 2021)] * 2,
        "x": [None, 2.0, None, None, 8.0, 1.0, None, None, None, None],
    }
).sample(fraction=1, shuffle=True, seed=3)


def series(done: i.Imputed, city: str) -> list[float | None]:
    return done.frame.filter(pl.col("city") == city).sort("period")["x"].to_list()


@pytest.mark.parametrize(
    ("method", "params", "a", "b"),
    [
        ("last", {}, [None, 2, 2, 2, 8], [1, 1, 1, 1, 1]),
        ("last", {"limit": 1}, [None, 2, 2, None, 8], [1, 1, None, None, None]),
        ("interpolate", {}, [None, 2, 4, 6, 8], [1, None, None, None, None]),
        ("interpolate", {"ends": True}, [2, 2, 4, 6, 8], [1, 1, 1, 1, 1]),
        ("interpolate", {"between": "previous"}, [None, 2, 2, 2, 8], [1, None, None, None, None]),
    ],
)
def test_over_time(method: str, params: dict[str, Any], a: list[Any], b: list[Any]) -> None:
    done = filled(method, PANEL, ["x"], **params)
    assert series(done, "a") == a
    assert series(done, "b") == b


def test_the_line_follows_time_and_not_rows() -> None:
    frame = pl.DataFrame({"city": "a", "period": ["2019", "2020", "2023"], "x": [0.0, None, 8.0]})
    assert filled("interpolate", frame, ["x"]).frame["x"].to_list() == [0, 2, 8]


def test_periods_as_years() -> None:
    texts = pl.Series(["2020", "2020-Q3", "2020-07", "2020-02-15", "2011/2020", None])
    years = decimal_years(texts).to_list()
    assert years == pytest.approx([2020, 2020.5, 2020.5, 2020 + (1 + 14 / 29) / 12, 2011, None])
    assert decimal_years(pl.Series([2020, 2021])).to_list() == [2020, 2021]


def test_regression() -> None:
    frame = pl.DataFrame(
        {
            "x": [1.0, 2.0, 3.0, 4.0, None],
            "y": [3.0, 5.0, 7.0, None, None],
            "z": [1.0, None, None, None, 1],
        }
    )
    done = filled("regression", frame, ["x", "y", "z"], on=["x"])
    assert done.frame["y"].to_list() == pytest.approx([3, 5, 7, 9, None])
    assert done.frame["z"].null_count() == 3, "one point makes no line"
    with pytest.raises(IndexDefinitionError, match="name the indicators"):
        i.regression(frame, ["y"], on=[])


def test_iterative() -> None:
    x = [float(v) for v in range(12)]
    frame = pl.DataFrame({"x": x, "y": [2 * v + 1 for v in x], "e": [None] * 12}).cast(pl.Float64)
    gap = frame.with_columns(y=pl.when(pl.col("x") != 5).then("y"))
    done = filled("iterative", gap, ["x", "y", "e"])
    assert done.frame["y"][5] == pytest.approx(11, abs=0.1)
    assert done.frame["e"].null_count() == 12


def test_iterative_needs_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.impute", None)
    with pytest.raises(ConfigError, match=r"cityflux\[impute\]"):
        i.iterative(FIGURES, ["x"])


@given(
    st.lists(st.none() | st.integers(-50, 50).map(float), min_size=1, max_size=12),
    st.sampled_from(["mean", "median"]),
    st.randoms(),
)
def test_the_order_of_rows_does_not_matter(
    values: list[float | None], method: str, random: Any
) -> None:
    order = list(range(len(values)))
    random.shuffle(order)
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)})
    forward, shuffled = filled(method, frame, ["x"]), filled(method, frame[order], ["x"])
    assert shuffled.frame["x"].to_list() == pytest.approx(
        forward.frame["x"].gather(order).to_list()
    )
