from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.engine.tree import (
    Step,
    aggregate_tree,
    contributions,
    effective_weights,
    realised_weights,
)
from cityflux.core.model.errors import IndexDefinitionError
from tests.core.engine.support import close

PARENTS = {"a": "g", "b": "g", "c": "h", "g": "index", "h": "index", "index": None}
WEIGHTS = {"a": 1.0, "b": 3.0, "c": 1.0, "g": 2.0, "h": 2.0, "index": 1.0}
SCORES = pl.DataFrame(
    {"city": ["x", "y", "z"], "a": [8.0, None, 0.0], "b": [4.0, 2.0, 4.0], "c": [1.0, 6.0, None]}
)


def test_a_tree_is_aggregated_from_the_leaves() -> None:
    done = aggregate_tree(SCORES, PARENTS, WEIGHTS)
    assert done.columns[:4] == SCORES.columns
    assert done["g"].to_list() == [5, 2, 3]
    assert done["h"].to_list() == [1, 6, None]
    assert done["index"].to_list() == [3, 4, 3]


def test_steps_differ_by_node() -> None:
    steps = {"g": Step(AGGREGATIONS["weighted_sum"]), "index": Step(threshold=1.0)}
    done = aggregate_tree(SCORES, PARENTS, WEIGHTS, steps=steps)
    assert done["g"].to_list() == [20, 8, 12]
    assert done["index"].to_list() == [10.5, 7, None]


def test_methods_across_units_stay_within_a_period() -> None:
    frame = pl.DataFrame({"period": ["1", "2", "1", "2"], "a": [1.0, 9.0, 2.0, 8.0]})
    step = Step(AGGREGATIONS["copeland"])
    parents = {"a": "index", "index": None}
    done = aggregate_tree(frame, parents, {"a": 1.0}, step=step, within="period")
    assert done["index"].to_list() == [-1, 1, 1, -1]
    assert aggregate_tree(frame, parents, {"a": 1.0}, step=step)["index"].to_list() == [
        -3,
        3,
        -1,
        1,
    ]


def test_effective_weights_are_products_of_shares() -> None:
    found = effective_weights(PARENTS, WEIGHTS)
    expected = {"a": 0.125, "b": 0.375, "c": 0.5, "g": 0.5, "h": 0.5, "index": 1}
    assert found == expected
    assert effective_weights(PARENTS, {**WEIGHTS, "a": 0, "b": 0})["a"] == 0


@given(
    st.lists(st.tuples(*[st.none() | st.integers(0, 100).map(float)] * 3), min_size=1),
    st.booleans(),
)
def test_contributions_add_up(rows: list[Any], summed: bool) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abc", pl.Float64), orient="row")
    step = Step(AGGREGATIONS["weighted_sum" if summed else "mean"])
    done = aggregate_tree(frame, PARENTS, WEIGHTS, step=step)
    parts = contributions(done, PARENTS, WEIGHTS, step=step)
    assert parts.columns == list(PARENTS)
    assert close(parts["index"].to_list(), done["index"].to_list())
    for node, children in (("index", ["g", "h"]), ("g", ["a", "b"])):
        total = np.nansum(parts.select(children).to_numpy().astype(float), axis=1)
        known = [t if p is not None else None for t, p in zip(total, parts[node], strict=True)]
        assert close(known, parts[node].to_list())


@given(st.lists(st.tuples(*[st.none() | st.integers(0, 100).map(float)] * 3), min_size=1))
def test_realised_weights_hand_on_those_of_the_missing(rows: list[Any]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abc", pl.Float64), orient="row")
    done = aggregate_tree(frame, PARENTS, WEIGHTS)
    found = realised_weights(done, PARENTS, WEIGHTS)
    whole = effective_weights(PARENTS, WEIGHTS)
    for scores, weights in zip(done.to_dicts(), found.to_dicts(), strict=True):
        if scores["index"] is None:
            assert weights["a"] is None
            continue
        assert sum(weights[leaf] for leaf in "abc") == pytest.approx(1)
        assert all(weights[node] == 0 for node in PARENTS if scores[node] is None)
        total = sum(weights[leaf] * scores[leaf] for leaf in "abc" if scores[leaf] is not None)
        assert total == pytest.approx(scores["index"])
        if None not in scores.values():
            assert weights == pytest.approx(whole)


def test_only_sums_and_means_can_be_split() -> None:
    step = {"g": Step(AGGREGATIONS["median"])}
    done = aggregate_tree(SCORES, PARENTS, WEIGHTS, steps=step)
    parts = contributions(done, PARENTS, WEIGHTS, steps=step)
    assert parts["a"].null_count() == 3
    assert parts["g"].null_count() == 0


def test_a_tree_must_hang_together() -> None:
    with pytest.raises(IndexDefinitionError, match="no way leads from the root"):
        aggregate_tree(SCORES, {**PARENTS, "g": "h", "h": "g"}, WEIGHTS)
    with pytest.raises(IndexDefinitionError, match="'h' lacks the scores or weights of"):
        aggregate_tree(SCORES.drop("c"), PARENTS, WEIGHTS)
