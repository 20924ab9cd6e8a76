from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.engine.steps import standardization as s
from cityflux.core.model.errors import IndexDefinitionError
from tests.core.engine.support import close

#: What the methods need that do not work without.
PARAMS: dict[str, dict[str, Any]] = {
    "distance_to_reference": {"reference": "c0"},
    "distance_to_target": {"target": 1e7},
    "goalposts": {"lower": -10.0, "upper": 500.0},
    "scaled": {"lower": 0, "upper": 7},
    "categorical": {"cuts": [-5, 5, 1000]},
    "log": {"offset": 2e6},
}
FIGURES = [4.0, None, 7.5, 1.0, None, 3.0, 12.0]


def score(values: list[Any], method: str, direction: int = 1, **params: Any) -> list[Any]:
    frame = pl.DataFrame(
        {"city": [f"c{i}" for i in range(len(values))], "x": values},
        schema={"city": pl.String, "x": pl.Float64},
    )
    function = s.STANDARDIZATIONS[method]
    result = frame.select(s.standardize(pl.col("x"), function, direction=direction, **params))
    assert result.columns == ["x"], "the column keeps its name"
    assert result.height == frame.height
    return result["x"].to_list()


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        ("none", {}, [4, None, 7.5, 1, None, 3, 12]),
        ("minmax", {"upper": 11.0}, [3, None, 6.5, 0, None, 2, 11]),
        ("rank", {}, [3, None, 4, 1, None, 2, 5]),
        ("borda", {}, [2, None, 3, 0, None, 1, 4]),
        ("percentile_rank", {}, [0.5, None, 0.75, 0, None, 0.25, 1]),
        ("distance_to_best", {}, [3 / 11, None, 6.5 / 11, 0, None, 2 / 11, 1]),
        ("distance_to_reference", {"reference": "c0"}, [1, None, 6.5 / 3, 0, None, 2 / 3, 11 / 3]),
        (
            "distance_to_reference",
            {"reference": "c0", "cap": True},
            [1, None, 1, 0, None, 2 / 3, 1],
        ),
        ("distance_to_target", {"target": 3.0}, [1.5, None, 3.25, 0, None, 1, 5.5]),
        ("distance_to_target", {"target": 3.0, "cap": True}, [1, None, 1, 0, None, 1, 1]),
        ("goalposts", {"lower": 2, "upper": 6}, [0.5, None, 1, 0, None, 0.25, 1]),
        (
            "goalposts",
            {"lower": 2, "upper": 6, "truncate": False, "scale": 4},
            [2, None, 5.5, -1, None, 1, 10],
        ),
        ("fraction_of_max", {}, [1 / 3, None, 0.625, 1 / 12, None, 0.25, 1]),
        ("scaled", {"lower": 2, "upper": 6}, [50, None, 137.5, -25, None, 25, 250]),
        (
            "log",
            {"base": 2, "offset": 1e-300},
            [2, None, 2.9068905956, 0, None, 1.5849625007, 3.5849625007],
        ),
        ("categorical", {"cuts": [3, 8]}, [50, None, 50, 0, None, 50, 100]),
        ("categorical", {"cuts": [3], "scores": [1, 5]}, [5, None, 5, 1, None, 5, 5]),
    ],
)
def test_methods(method: str, params: dict[str, Any], expected: list[Any]) -> None:
    assert score(FIGURES, method, **params) == pytest.approx(expected)


def test_zscore_uses_the_sample_standard_deviation() -> None:
    assert score([1.0, 3.0], "zscore") == pytest.approx([-(0.5**0.5), 0.5**0.5])
    assert score([1.0, 3.0, 5.0], "zscore", mean=50, sd=10) == pytest.approx([40, 50, 60])


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        ("minmax", {"upper": 11.0}, [8, None, 4.5, 11, None, 9, 0]),
        ("rank", {}, [3, None, 2, 5, None, 4, 1]),
        ("goalposts", {"lower": 2, "upper": 6}, [0.5, None, 0, 1, None, 0.75, 0]),
        ("distance_to_target", {"target": 4}, [1, None, 4.5 / 8, 11 / 8, None, 9 / 8, 0]),
        ("log", {"base": 4}, [-1, None, -1.4534452978, 0, None, -0.7924812504, -1.7924812504]),
        ("categorical", {"cuts": [3, 8]}, [50, None, 50, 100, None, 100, 0]),
    ],
)
def test_direction(method: str, params: dict[str, Any], expected: list[Any]) -> None:
    assert score(FIGURES, method, direction=-1, **params) == pytest.approx(expected)


@pytest.mark.parametrize("ties", ["min", "max", "average", "dense"])
def test_ties(ties: str) -> None:
    expected = {"min": [1, 1, 3], "max": [2, 2, 3], "average": [1.5, 1.5, 3], "dense": [1, 1, 2]}
    assert score([5.0, 5.0, 9.0], "rank", ties=ties) == expected[ties]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("zscore", {}),
        ("minmax", {}),
        ("distance_to_best", {}),
        ("distance_to_reference", {"reference": "c1"}),
    ],
)
def test_a_constant_has_no_score(method: str, params: dict[str, Any]) -> None:
    assert score([0.1, 0.1, None, 0.1], method, **params) == [None] * 4


def test_what_has_no_defined_value_is_null() -> None:
    assert score([7.0], "percentile_rank") == [None]
    assert score([7.0, None], "zscore") == [None, None]
    assert score([0.0, 0.0], "fraction_of_max") == [None, None]
    assert score([0.0, -1.0, 1.0], "log") == [None, None, 0]
    assert score([1.0, 3.0], "distance_to_target", target=1) == [None, None]
    assert score([1.0, None], "distance_to_reference", reference="c1") == [None, None]
    assert score([1.0, 2.0], "distance_to_reference", reference="atlantis") == [None, None]


@pytest.mark.parametrize("method", sorted(s.STANDARDIZATIONS))
def test_nothing_comes_of_nothing(method: str) -> None:
    assert score([None, None], method, **PARAMS.get(method, {})) == [None, None]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("goalposts", {"lower": 3, "upper": 3}),
        ("scaled", {"lower": 3, "upper": 1}),
        ("categorical", {"cuts": []}),
        ("categorical", {"cuts": [2, 1]}),
        ("categorical", {"cuts": [1, 2], "scores": [0, 1]}),
        ("zscore", {"direction": 0}),
    ],
)
def test_senseless_parameters_are_refused(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(IndexDefinitionError):
        score([1.0, 2.0], method, **params)


def test_every_method_works_within_a_period() -> None:
    frame = pl.DataFrame(
        {"city": ["a", "b"] * 2, "period": ["2020"] * 2 + ["2021"] * 2, "x": [1.0, 3.0, 10.0, 30.0]}
    )
    for name in ("zscore", "minmax", "rank", "borda", "percentile_rank", "distance_to_best"):
        x = s.STANDARDIZATIONS[name](pl.col("x"))
        both = frame.select(x.over("period"))["x"].to_list()
        assert both[:2] == both[2:]
    x = s.distance_to_reference(pl.col("x"), reference="b")
    assert frame.select(x.over("period"))["x"].to_list() == [0, 1, 0, 1]


FINITE = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))
COLUMN = st.lists(st.none() | FINITE, min_size=2, max_size=12)
UNITLESS = ("zscore", "minmax", "rank", "borda", "percentile_rank", "distance_to_best")


@given(COLUMN, st.sampled_from(UNITLESS), st.integers(1, 50), st.integers(-100, 100))
def test_a_change_of_unit_moves_nothing(
    values: list[float | None], method: str, factor: int, shift: int
) -> None:
    other = [None if v is None else v * factor + shift for v in values]
    # Figures that differ by less than the rounding of the new unit become equal in it.
    if len({v for v in other if v is not None}) == len({v for v in values if v is not None}):
        assert close(score(other, method), score(values, method), 1e-6)


@given(COLUMN, st.sampled_from(UNITLESS), st.sampled_from([1, -1]), st.randoms())
def test_the_order_of_rows_does_not_matter(
    values: list[float | None], method: str, direction: int, random: Any
) -> None:
    order = list(range(len(values)))
    random.shuffle(order)
    scores = score(values, method, direction)
    shuffled = score([values[i] for i in order], method, direction)
    assert close(shuffled, [scores[i] for i in order])


@given(COLUMN, FINITE, st.sampled_from([1, -1]))
def test_one_city_more_does_not_touch_goalposts(
    values: list[float | None], more: float, direction: int
) -> None:
    params = {"lower": -10.0, "upper": 500.0}
    scores = score(values, "goalposts", direction, **params)
    assert score([*values, more], "goalposts", direction, **params)[:-1] == scores


@given(
    st.lists(FINITE, min_size=2, max_size=12, unique=True),
    st.sampled_from([m for m in s.STANDARDIZATIONS if m != "fraction_of_max"]),
    st.sampled_from([1, -1]),
)
def test_a_better_figure_never_scores_less(
    values: list[float], method: str, direction: int
) -> None:
    params = dict(PARAMS.get(method, {}))
    if method == "distance_to_target":
        params["target"] *= direction
    scores = score(values, method, direction, **params)
    pairs = sorted(zip(values, scores, strict=True), key=lambda pair: pair[0] * direction)
    present = [b for _, b in pairs if b is not None]
    assert present == sorted(present)
