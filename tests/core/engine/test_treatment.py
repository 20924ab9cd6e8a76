from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.engine.measures.statistics import Limits
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS, box_cox
from cityflux.core.engine.steps.treatment import Treatment, treat, winsorize
from cityflux.core.model.errors import IndexDefinitionError

FRAME = pl.DataFrame(
    {
        "city": [f"c{i}" for i in range(12)],
        "even": [float(v) for v in range(1, 13)],
        "one_high": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100],
        "one_low": [-1.0, -2, -3, -4, -5, -6, -7, -8, -9, -10, -30, -100],
        "single": [0.0] * 11 + [7.0],
        "gaps": [1.0, None, 3, 4, 5, None, 7, 8, 9, 10, 11, 500],
    }
)
COLUMNS = FRAME.columns[1:]
LONG = pl.DataFrame({"tail": [1.5**v for v in range(40)]})


def outcomes(frame: pl.DataFrame, *args: Any, **kwargs: Any) -> dict[str, str]:
    table = treat(frame, COLUMNS, *args, **kwargs).table
    return dict(table.select("indicator", "outcome").iter_rows())


def test_the_two_stages() -> None:
    done = treat(FRAME, COLUMNS)
    assert outcomes(FRAME) == {
        "even": "passes",
        "one_high": "treated",
        "one_low": "treated",
        "single": "left alone",
        "gaps": "treated",
    }
    assert done.frame["even"].equals(FRAME["even"])
    assert done.frame["single"].equals(FRAME["single"])
    assert done.frame["one_high"].to_list() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 30]
    assert done.frame["one_low"].to_list() == [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -30, -30]
    assert done.frame["gaps"].to_list()[-2:] == [11, 11]
    assert done.frame["gaps"].null_count() == 2


def test_the_table_and_the_cells_say_what_was_touched() -> None:
    done = treat(FRAME, COLUMNS, Treatment(winsorize=1))
    rows = {row["indicator"]: row for row in done.table.iter_rows(named=True)}
    assert list(rows) == COLUMNS
    assert rows["even"]["passes"]
    assert rows["even"]["points"] == 0
    assert (rows["one_high"]["points"], rows["one_high"]["passes_winsorized"]) == (1, True)
    assert done.cells["one_high"].to_list() == [""] * 11 + ["high"]
    assert done.cells["one_low"].to_list() == [""] * 11 + ["low"]
    assert set(done.cells["single"]) == {""}


def test_the_second_stage_starts_from_untreated_figures() -> None:
    done = treat(LONG, ["tail"], Treatment(winsorize=1))
    row = done.table.row(0, named=True)
    assert (row["points"], row["passes_winsorized"], row["transform"]) == (1, False, "log")
    assert row["passes_transformed"]
    assert done.frame["tail"][-1] > done.frame["tail"][-2]
    assert set(done.cells["tail"]) == {"log"}


def test_winsorized_figures_may_be_transformed() -> None:
    done = treat(LONG, ["tail"], Treatment(winsorize=1, combine=True))
    assert done.cells["tail"].to_list() == ["log"] * 39 + ["high+log"]
    assert done.frame["tail"][-1] == done.frame["tail"][-2]
    assert treat(FRAME, ["gaps"], Treatment(winsorize=0)).cells["gaps"].to_list()[:3] == [
        "log",
        "",
        "log",
    ]


def test_single_indicators_have_plans_of_their_own() -> None:
    each = {"one_high": None, "one_low": Treatment(winsorize=0, transform="log_mirrored")}
    done = treat(FRAME, COLUMNS, each=each)
    assert done.frame["one_high"].equals(FRAME["one_high"])
    assert "one_high" not in done.table["indicator"]
    assert done.table["transform"].to_list()[1] == "log_mirrored"
    nothing = treat(FRAME, ["even"], each={"even": None})
    assert nothing.frame.equals(FRAME)
    assert nothing.table.height == 0


def test_what_still_fails_says_so() -> None:
    table = treat(LONG, ["tail"], Treatment(winsorize=1, transform="")).table
    assert table["outcome"].to_list() == ["still fails"]
    with pytest.raises(IndexDefinitionError, match="no transformation is called 'square'"):
        treat(FRAME, COLUMNS, Treatment(winsorize=0, transform="square"))


def test_winsorization_counts_points_at_the_cap() -> None:
    x = np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50, 50, 50.0]]).T
    strict = Limits(0.1, -2)
    once = winsorize(x, most=1, limits=strict)
    assert once.points.tolist() == [3], "equal points move together and overshoot"
    assert once.x[-3:, 0].tolist() == [10, 10, 10]
    forced = winsorize(x[:10], most=2, force=True)
    assert forced.points.tolist() == [2]
    assert winsorize(np.array([[0, 0, 0, 7.0, 0]]).T, most=None).points.tolist() == [1]


@given(
    st.lists(st.integers(-1000, 1000), min_size=5, max_size=20, unique=True),
    st.sampled_from(sorted(TRANSFORMATIONS)),
)
def test_transformations_keep_the_order(values: list[int], name: str) -> None:
    x = np.array(values, dtype=np.float64)[:, None]
    params = {"power": 0.5} if name == "box_cox" else {}
    y = TRANSFORMATIONS[name](x, **params)
    assert np.argsort(y[:, 0]).tolist() == np.argsort(x[:, 0]).tolist()


def test_box_cox_finds_its_power() -> None:
    x = np.exp(np.linspace(0, 3, 30))[:, None]
    assert abs(float(np.corrcoef(box_cox(x)[:, 0], np.arange(30))[0, 1])) > 0.99
    assert box_cox(x, power=0)[:, 0] == pytest.approx(np.log(x[:, 0]))
    constant = np.full((5, 1), 3.0)
    assert np.isnan(box_cox(constant)).all()
