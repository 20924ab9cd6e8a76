"""What children bring to a score that is not their sum."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cityflux.core.engine.analysis.shapley import differences, shapley_values
from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.engine.tree import Step, aggregate_tree, contributions

PARENTS = {"a": "g", "b": "g", "c": "h", "d": "h", "g": "index", "h": "index", "index": None}
WEIGHTS = {"a": 1.0, "b": 3.0, "c": 1.0, "d": 1.5, "g": 2.0, "h": 2.0, "index": 1.0}
METHODS = ("mean", "weighted_sum", "geometric", "harmonic", "median", "copeland", "topsis")
ROW = st.tuples(*[st.floats(1, 100).map(lambda value: round(value, 2))] * 4)


def tree(rows: Any, chosen: dict[str, str]) -> tuple[pl.DataFrame, dict[str, Step]]:
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abcd", pl.Float64), orient="row")
    steps = {node: Step(AGGREGATIONS[method]) for node, method in chosen.items()}
    return aggregate_tree(frame, PARENTS, WEIGHTS, steps=steps), steps


@given(st.lists(st.floats(-10, 10), min_size=16, max_size=16))
def test_the_value_is_the_mean_over_all_orders(worths: list[float]) -> None:
    def worth(coalitions: Any) -> Any:
        return np.array([worths[sum(1 << i for i in np.flatnonzero(row))] for row in coalitions])

    found = shapley_values(worth, 4)
    steps = np.zeros(4)
    for order in permutations(range(4)):
        reached = 0
        for player in order:
            steps[player] += worths[reached | 1 << player] - worths[reached]
            reached |= 1 << player
    assert found == pytest.approx(steps / 24, abs=1e-9)
    sampled = shapley_values(worth, 4, exact=3, orders=5)
    assert sampled.sum() == pytest.approx(worths[15] - worths[0], abs=1e-9)


def test_a_sample_of_orders_comes_near() -> None:
    weights = np.arange(1.0, 9.0)

    def worth(coalitions: Any) -> Any:
        return (coalitions @ weights) ** 2

    exact, sampled = (shapley_values(worth, 8, exact=limit) for limit in (8, 7))
    assert sampled == pytest.approx(exact, rel=0.1)
    assert shapley_values(worth, 8, exact=7) == pytest.approx(sampled, rel=0), "the same each time"


@given(
    st.lists(ROW, min_size=3, max_size=5),
    st.sampled_from(METHODS),
    st.sampled_from(METHODS),
    st.sampled_from([None, 1]),
)
def test_parts_add_up(rows: Any, below: str, above: str, versus: int | None) -> None:
    assume(above not in ("geometric", "harmonic") or below not in ("copeland", "topsis"))
    done, steps = tree(rows, {"g": below, "h": "mean", "index": above})
    parts = differences(done, PARENTS, WEIGHTS, steps=steps, unit=0, versus=versus)
    if versus is not None:
        assume(None not in (done["index"][0], done["index"][versus]))  # equal rows: no TOPSIS
        lead = done["index"][0] - done["index"][versus]
        assert parts["index"] == pytest.approx(lead, abs=1e-9)
    for node, children in (("index", "gh"), ("g", "ab"), ("h", "cd")):
        values = [parts[child] for child in children]
        if None not in values and parts[node] is not None:
            scale = max(1.0, *(abs(value) for value in values if value is not None))
            assert sum(values) == pytest.approx(parts[node], abs=1e-6 * scale)  # type: ignore[arg-type]


@given(st.lists(ROW, min_size=2, max_size=5), st.sampled_from(["mean", "weighted_sum"]))
def test_where_scores_add_up_it_is_weight_times_difference(rows: Any, method: str) -> None:
    done, steps = tree(rows, dict.fromkeys(("g", "h", "index"), method))
    parts = differences(done, PARENTS, WEIGHTS, steps=steps, unit=1, versus=0)
    split = contributions(done, PARENTS, WEIGHTS, steps=steps)
    for node in PARENTS:
        assert parts[node] == pytest.approx(split[node][1] - split[node][0], abs=1e-9)


def test_equal_children_have_equal_parts_and_one_that_does_not_differ_has_none() -> None:
    rows = [(4.0, 4.0, 2.0, 9.0), (1.0, 1.0, 2.0, 3.0)]
    done, steps = tree(rows, {"g": "geometric", "h": "geometric", "index": "geometric"})
    weights = {**WEIGHTS, "b": 1.0}
    parts = differences(done, PARENTS, weights, steps=steps, unit=0, versus=1)
    assert parts["a"] == pytest.approx(parts["b"])
    assert parts["c"] == 0
    assert parts["d"] == pytest.approx(parts["h"])


def test_gaps_stay_gaps() -> None:
    rows = [(4.0, None, None, None), (1.0, 2.0, 2.0, 3.0), (3.0, 5.0, None, 1.0)]
    done, steps = tree(rows, {"g": "geometric", "h": "geometric", "index": "geometric"})
    average = differences(done, PARENTS, WEIGHTS, steps=steps, unit=0)
    assert average["b"] is None and average["h"] is None and average["c"] is None
    assert average["a"] == pytest.approx(average["index"])
    against = differences(done, PARENTS, WEIGHTS, steps=steps, unit=0, versus=1)
    assert against["index"] == pytest.approx(done["index"][0] - done["index"][1])
    assert against["h"] is not None, "what it lacks makes a difference, too"
    assert against["c"] is None
