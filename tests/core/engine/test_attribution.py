"""Why a score changed: the effects sum to the whole difference, whatever the method."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cityflux.core.engine.analysis.attribution import (
    DEFINITION,
    State,
    attribute,
    check_place,
    ranked,
)
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError

CITIES = ("a", "b", "c", "d")
NAMES = ("x", "y", "z")
COLUMN = st.lists(
    st.one_of(st.floats(1, 100).map(lambda value: round(value, 3)), st.none()),
    min_size=4,
    max_size=4,
)
FIGURES = st.fixed_dictionaries(dict.fromkeys(NAMES, COLUMN))


def definition(method: str = "weighted_sum", **changes: Any) -> Definition:
    return parse_definition(
        {
            "id": "i",
            "name_zh": "i",
            "name_en": "i",
            "cities": list(CITIES),
            "periods": {"of": ["2020"]},
            "standardization": {"method": "minmax", "lower": 1.0, "upper": 2.0},
            "aggregation": {"method": method},
            "indicators": list(NAMES),
        }
        | changes,
        "test",
    )


def state(figures: dict[str, list[float | None]], index: Definition, **directions: int) -> State:
    values = pl.DataFrame(
        {"period": ["2020"] * 4, "city": CITIES, **figures},
        schema_overrides=dict.fromkeys(NAMES, pl.Float64),
    )
    known = values.with_columns(pl.col(NAMES).is_not_null().cast(pl.Float64))
    return State(index, directions, lambda wanted: Panel(values, known))


def total(before: State, after: State, city: str) -> float | None:
    old, new = (ranked(each, Methods(), "i", "2020").get(city) for each in (before, after))
    if old is None or new is None or old[0] is None or new[0] is None:
        return None
    return new[0] - old[0]


@pytest.mark.parametrize("method", ["weighted_sum", "geometric", "copeland", "topsis"])
@settings(max_examples=25, deadline=None)
@given(FIGURES, FIGURES)
def test_effects_sum_to_the_difference(
    method: str, old: dict[str, list[float | None]], new: dict[str, list[float | None]]
) -> None:
    index = definition(method)
    before, after = state(old, index), state(new, index, x=-1)
    effects = attribute(before, after, Methods(), "i", "2020")
    assert "x" in effects  # its direction was turned
    for city in CITIES:
        parts = [effect.get(city) for effect in effects.values()]
        if None in parts:
            continue  # a score was missing on the way
        whole = total(before, after, city)
        assert whole is not None
        assert math.isclose(sum(p for p in parts if p is not None), whole, abs_tol=1e-9)


@given(FIGURES)
@settings(max_examples=25, deadline=None)
def test_what_is_the_same_is_no_cause(figures: dict[str, list[float | None]]) -> None:
    before = state(figures, definition())
    assert attribute(before, before, Methods(), "i", "2020") == {}
    moved = [None if value is None else value + 1 for value in figures["y"]]
    assume(moved != figures["y"])
    after = state(figures | {"y": moved}, definition())
    assert list(attribute(before, after, Methods(), "i", "2020")) == ["y"]


def test_a_sum_is_split_as_a_sum() -> None:
    figures: dict[str, list[float | None]] = {name: [1.0, 2.0, 3.0, 4.0] for name in NAMES}
    before = state(figures, definition())
    after = state(figures | {"x": [4.0, 2.0, 3.0, 1.0]}, definition())
    effects = attribute(before, after, Methods(), "i", "2020")
    assert effects == {"x": {"a": 1.0, "b": 0.0, "c": 0.0, "d": -1.0}}


def test_another_definition_is_a_cause_of_its_own() -> None:
    figures: dict[str, list[float | None]] = {
        "x": [1.0, 2.0, 3.0, 4.0],
        "y": [4.0, 3.0, 2.0, 1.0],
        "z": [1.0, 3.0, 2.0, 4.0],
    }
    weighted = definition(indicators=[{"id": "x", "weight": 2.0}, "y"])
    before = state(figures, definition())
    after = state(figures | {"y": [4.0, 3.5, 2.0, 1.0]}, weighted)
    effects = attribute(before, after, Methods(), "i", "2020")
    assert list(effects) == [DEFINITION, "y"]
    for city in CITIES:
        whole = total(before, after, city)
        assert whole is not None
        assert math.isclose(sum(effect[city] or 0.0 for effect in effects.values()), whole)


def test_a_score_that_was_not_there_has_no_change() -> None:
    nothing: dict[str, list[float | None]] = {name: [None] * 4 for name in NAMES}
    figures: dict[str, list[float | None]] = {name: [1.0, 2.0, 3.0, None] for name in NAMES}
    three_of_four = definition(comparability={"cities": 0.75})
    before, after = state(nothing, three_of_four), state(figures, three_of_four)
    effects = attribute(before, after, Methods(), "i", "2020")
    assert list(effects) == list(NAMES)
    assert {value for effect in effects.values() for value in effect.values()} <= {None, 0.0, 1.0}
    assert ranked(before, Methods(), "i", "2020") == {}
    assert ranked(replace(after), Methods(), "i", "2020")["c"][1] == 1


def test_a_node_or_period_that_is_not_there_is_named() -> None:
    assert check_place(definition(), None, None) == ("i", "2020")
    with pytest.raises(IndexDefinitionError, match="no node 'w'"):
        check_place(definition(), "w", None)
    with pytest.raises(IndexDefinitionError, match="none of its periods: 2020"):
        check_place(definition(), None, "2019")
