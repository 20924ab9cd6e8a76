from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.engine.steps import aggregation as a
from cityflux.core.engine.steps.multicriteria import outranking
from cityflux.core.model.errors import IndexDefinitionError
from tests.core.engine.support import close

PARAMS: dict[str, dict[str, Any]] = {
    "generalised": {"power": 2},
    "owa": {"order": [3, 2, 1]},
}
MONOTONE = sorted(set(a.AGGREGATIONS) - {"mazziotta_pareto"})
ROW_BY_ROW = sorted(n for n, f in a.AGGREGATIONS.items() if not a.looks_across_units(f))


def score(rows: list[Any], weights: list[Any], method: str, **params: Any) -> list[Any]:
    columns = [f"c{i}" for i in range(len(weights))]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Float64), orient="row")
    params = {**PARAMS.get(method, {}), **params}
    result = a.aggregate(a.AGGREGATIONS[method], frame, weights, **params)
    assert result.dtype == pl.Float64
    assert not result.is_nan().any(), "missing is null"
    return result.to_list()


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        ("weighted_sum", {}, 90),
        ("mean", {}, 22.5),
        ("geometric", {}, 20),
        ("harmonic", {}, 160 / 9),
        ("generalised", {"power": 2}, (2500 / 4) ** 0.5),
        ("generalised", {"power": -1}, 160 / 9),
        ("generalised", {"power": 0.5}, 21.231601717798213),
        ("median", {}, 20),
        ("mazziotta_pareto", {}, 22.5 - 118.75 / 22.5),
        ("mazziotta_pareto", {"penalty": "positive"}, 22.5 + 118.75 / 22.5),
        ("owa", {"order": [1]}, 22.5),
        ("owa", {"order": [1, 0]}, (40 + 20) / 2),
    ],
)
def test_row_by_row(method: str, params: dict[str, Any], expected: float) -> None:
    assert score([[10, 20, 40]], [1, 2, 1], method, **params) == pytest.approx([expected])


@pytest.mark.parametrize(
    ("method", "expected"),
    [("weighted_sum", 100), ("mean", 25), ("geometric", 20), ("harmonic", 16), ("median", 25)],
)
def test_a_missing_child_is_dropped_and_the_weights_rescaled(method: str, expected: float) -> None:
    scores = score([[10, None, 40], [None, None, None]], [1, 2, 1], method)
    assert scores == pytest.approx([expected, None])
    assert score([[10, 20, 40]], [1, None, 1], method)[0] == pytest.approx(
        expected if method != "weighted_sum" else 50
    )


@pytest.mark.parametrize("method", sorted(a.AGGREGATIONS))
def test_nothing_comes_of_nothing(method: str) -> None:
    assert score([[None, None], [None, None]], [1, 1], method) == [None, None]
    assert score([[10, 20], [30, 40]], [0, 0], method) == [None, None]
    assert score([], [1, 1], method) == []


def test_a_threshold_counts_children_whatever_their_weight() -> None:
    rows = [[10, 20, 40], [10, None, 40], [None, None, 40]]
    means = [22.5, 25, 40]
    for threshold, kept in ((0, 3), (1 / 3, 3), (0.34, 2), (2 / 3, 2), (0.67, 1), (1, 1)):
        scores = score(rows, [1, 2, 1], "mean", threshold=threshold)
        assert scores == pytest.approx(means[:kept] + [None] * (3 - kept))


def test_units_below_the_threshold_are_not_compared_with() -> None:
    rows = [[3, 3], [2, 2], [None, 9]]
    assert score(rows, [1, 1], "copeland", threshold=0.6) == [1, -1, None]


def test_which_methods_look_across_units() -> None:
    across = {"copeland", "topsis", "vikor", "benefit_of_the_doubt"}
    assert set(a.AGGREGATIONS) - set(ROW_BY_ROW) == across


def test_the_weighted_median_meets_the_plain_one() -> None:
    assert score([[1, 5, 2, 9]], [1, 1, 1, 1], "median") == [3.5]
    assert score([[1, 5, 2]], [0.1, 0.1, 0.1], "median") == [2]
    assert score([[1, 5, 2]], [2, 1, 1], "median") == [1.5]
    assert score([[1, 5, 2]], [1, 0, 1], "median") == [1.5]


def test_ordered_weights_are_yagers_when_the_children_weigh_the_same() -> None:
    assert score([[10, 40, 20]], [1, 1, 1], "owa", order=[1, 0, 0]) == pytest.approx([40])
    assert score([[10, 40, 20]], [1, 1, 1], "owa", order=[0, 0, 1]) == pytest.approx([10])
    assert score([[10, 40, 20]], [1, 1, 1], "owa", order=[3, 2, 1]) == pytest.approx([170 / 6])


def test_copeland_counts_victories() -> None:
    rows = [[1, 5, 3, 2], [2, 5, 1, 2], [3, 1, 3, 4], [2, 2, 2, 2], [3, 1, 3, 4]]
    assert score(rows, [1, 2, 1, 0.5], "copeland") == [3, -1, 1, -4, 1]


def test_copeland_with_gaps_does_not_depend_on_the_order() -> None:
    rows = [[3, 1, 3, 4], [None, 2, 2, 2], [3, 1, 3, 4], [2, 5, 1, 2], [1, None, 3, 2]]
    forward = score(rows, [1, 2, 1, 0.5], "copeland")
    assert score(rows[::-1], [1, 2, 1, 0.5], "copeland") == forward[::-1]
    assert sum(forward) == 0


def test_the_outranking_matrix_has_shares_of_common_weight() -> None:
    frame = pl.DataFrame({"a": [1.0, 2.0, None], "b": [3.0, 3.0, None]})
    matrix = outranking(frame, [3, 1])
    assert matrix[:2, :2].tolist() == [[0, 0.125], [0.875, 0]]
    assert str(matrix[2].tolist()) == "[nan, nan, 0.0]"


def test_topsis_of_the_ideal_is_one() -> None:
    rows = [[9, 9], [1, 1], [9, 1], [1, 9]]
    assert score(rows, [1, 1], "topsis") == pytest.approx([1, 0, 0.5, 0.5])
    assert score([[9, 8], [1, 4], [9, 4]], [1, 2], "topsis", scaling="none") == pytest.approx(
        [1, 0, 0.5]
    )
    assert score([[7, 7], [7, 7]], [1, 1], "topsis") == [None, None]


def test_vikor_of_the_ideal_is_one() -> None:
    assert score([[9, 9], [1, 1], [9, 1]], [1, 1], "vikor") == pytest.approx([1, 0, 0.25])
    assert score([[9, 9], [1, 1], [9, 1]], [1, 1], "vikor", majority=1) == pytest.approx(
        [1, 0, 0.5]
    )
    assert score([[7, 7], [7, 7]], [1, 1], "vikor") == [1, 1]


@pytest.mark.parametrize(
    ("method", "row", "weights", "params"),
    [
        ("geometric", [0, 20], [1, 1], {}),
        ("harmonic", [0, 20], [1, 1], {}),
        ("generalised", [3, 20], [1, 1], {"power": 0}),
        ("generalised", [0, 20], [1, 1], {"power": -2}),
        ("generalised", [-3, 20], [1, 1], {"power": 0.5}),
        ("mazziotta_pareto", [-3, 2], [1, 1], {}),
        ("mazziotta_pareto", [3, 2], [1, -1], {}),
        ("median", [3, 20], [1, -1], {}),
        ("owa", [3, 20], [1, -1], {}),
        ("owa", [3, 20], [1, 1], {"order": [0, 0]}),
        ("owa", [3, 20], [1, 1], {"order": [2, -1]}),
        ("copeland", [3, 20], [1, -1], {}),
        ("topsis", [3, 20], [1, -1], {}),
        ("vikor", [3, 20], [1, 1], {"majority": 2}),
        ("mean", [3, 20], [1, float("inf")], {}),
        ("mean", [3, 20], [1, 1], {"threshold": 66}),
    ],
)
def test_what_a_formula_cannot_take_is_refused(
    method: str, row: list[float], weights: list[float], params: dict[str, Any]
) -> None:
    with pytest.raises(IndexDefinitionError):
        score([row], weights, method, **params)


def test_there_must_be_a_weight_for_each_child() -> None:
    with pytest.raises(IndexDefinitionError, match="1 weights for 2 children"):
        a.weighted_mean(pl.DataFrame({"a": [1.0], "b": [2.0]}), [1])


def test_a_refusal_names_the_child_and_the_row() -> None:
    with pytest.raises(IndexDefinitionError, match=r"'c1' is -2.0 in row 1"):
        score([[1, 2], [3, -2]], [1, 1], "geometric")
    assert score([[1, 2], [3, -2]], [1, 0], "geometric") == pytest.approx([1, 3])


SCORE = st.none() | st.integers(1, 100).map(float)
ROWS = st.lists(st.tuples(SCORE, SCORE, SCORE), min_size=1, max_size=8)
WEIGHTS = st.tuples(*[st.integers(1, 9)] * 3)


@given(ROWS, WEIGHTS, st.sampled_from(sorted(a.AGGREGATIONS)), st.randoms())
def test_the_order_of_rows_and_columns_does_not_matter(
    rows: list[Any], weights: Any, method: str, random: Any
) -> None:
    scores = score(rows, weights, method)
    order, places = list(range(len(rows))), [0, 1, 2]
    random.shuffle(order)
    random.shuffle(places)
    shuffled = score(
        [[rows[i][j] for j in places] for i in order], [weights[j] for j in places], method
    )
    assert close(shuffled, [scores[i] for i in order])


@given(ROWS, WEIGHTS, st.sampled_from(sorted(a.AGGREGATIONS)), st.integers(2, 50))
def test_weights_scale_out(rows: list[Any], weights: Any, method: str, factor: int) -> None:
    scaled = score(rows, [w / factor for w in weights], method)
    if method == "weighted_sum":
        scaled = [None if s is None else s * factor for s in scaled]
    assert close(scaled, score(rows, weights, method))


def ranks(scores: list[float | None]) -> list[int | None]:
    known = [round(s, 9) for s in scores if s is not None]
    return [None if s is None else sum(k > round(s, 9) for k in known) for s in scores]


@given(
    st.lists(st.tuples(*[st.integers(1, 50).map(float)] * 3), min_size=1, max_size=8),
    WEIGHTS,
    st.sampled_from(MONOTONE),
    st.integers(0, 7),
    st.integers(0, 2),
    st.integers(1, 60),
)
def test_a_better_score_never_lowers_a_rank(
    rows: list[Any], weights: Any, method: str, row: int, child: int, gain: int
) -> None:
    row %= len(rows)
    better = [list(r) for r in rows]
    better[row][child] += gain
    before, after = score(rows, weights, method), score(better, weights, method)
    if method in ROW_BY_ROW:
        assert after[row] >= before[row] - 1e-9
    if method not in ("topsis", "vikor"):  # a new best moves the ideal for everyone
        assert ranks(after)[row] <= ranks(before)[row]  # type: ignore[operator]
