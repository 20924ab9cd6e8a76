"""A part of an index and other weights for it, without a copy of its definition."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError

CITIES = ["a", "b", "c"]
FIGURES = {"x": [1.0, 2.0, 9.0], "y": [5.0, 3.0, 1.0], "z": [2.0, 8.0, 4.0], "w": [7.0, 7.5, 1.0]}


def index(**changes: Any) -> Definition:
    node = {"name_zh": "n", "name_en": "n"}
    written = {
        "id": "i",
        **{"name_zh": "i", "name_en": "i"},
        "cities": CITIES,
        "periods": {"of": ["2020"]},
        "nodes": [
            {"id": "one", **node, "indicators": ["x", {"id": "y", "weight": 3}]},
            {"id": "two", **node, "weight": 2, "indicators": ["z"]},
            {"id": "deep", **node, "parent": "two", "indicators": ["w"]},
        ],
        "weight_sets": {"experts": {"one": 5, "x": 4}, "flat": {"two": 1, "y": 1}},
    }
    return parse_definition({**written, **changes}, "file.toml")


def scores(definition: Definition) -> dict[str, list[float]]:
    values = pl.DataFrame({"period": ["2020"] * 3, "city": CITIES, **FIGURES})
    known = values.with_columns(pl.col(list(FIGURES)) * 0 + 1.0)
    found = score(definition, Panel(values, known), {}, Methods())
    return found.scores.drop("period", "city").to_dict(as_series=False)


def test_what_is_excluded_plays_no_part() -> None:
    node = {"name_zh": "n", "name_en": "n"}
    copied = index(
        nodes=[
            {"id": "one", **node, "indicators": [{"id": "y", "weight": 3}]},
            {"id": "two", **node, "weight": 2, "indicators": ["z"]},
        ],
        weight_sets={},
    )
    assert scores(index(exclude=["x", "deep"])) == scores(copied)


def test_a_group_goes_with_its_last_indicator() -> None:
    assert list(scores(index(exclude=["w"]))) == ["i", "one", "x", "y", "two", "z"]
    assert index(exclude=["two"]).figures == ("x", "y")


def test_a_set_of_weights_stands_in_for_those_of_the_nodes() -> None:
    chosen = index(weight_set="experts")
    weights = {node.id: node.weight for node in chosen.tree}
    assert weights == {"i": 1, "one": 5, "x": 4, "y": 3, "two": 2, "z": 1, "deep": 1, "w": 1}
    found = scores(chosen)
    expected = [(4 * x + 3 * y) / 7 for x, y in zip(found["x"], found["y"], strict=True)]
    assert found["one"] == pytest.approx(expected)


def test_sets_that_are_not_used_change_nothing() -> None:
    assert scores(index()) == scores(index(weight_sets={}))


def test_a_variant_needs_no_other_file() -> None:
    plain = index()
    assert scores(plain.variant(exclude=["x"])) == scores(index(exclude=["x"]))
    assert scores(plain.variant(weight_set="flat")) == scores(index(weight_set="flat"))
    assert plain.variant(weight_set="flat").hash == index(weight_set="flat").hash != plain.hash
    assert plain.variant().hash == plain.hash
    assert scores(plain) == scores(index())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exclude": ["q"]}, "exclude: there is no node or indicator q"),
        ({"exclude": ["i"]}, "exclude: there is no node or indicator i"),
        ({"exclude": ["one", "two"]}, "exclude leaves out every indicator"),
        ({"weight_set": "fat"}, "there is no set 'fat' in weight_sets; there are: experts, flat"),
        ({"weight_sets": {"s": {"q": 1}}}, r"weight_sets\.s: there is no node or indicator q"),
        ({"weight_sets": {"s": {"x": 0}}}, r"weight_sets\.s: x has the weight 0"),
        ({"weight_sets": {"s": {"x": -1}}}, r"weight_sets\.s: x has the weight -1"),
        ({"weight_sets": {"s": {"x": float("nan")}}}, r"weight_sets\.s: x has the weight nan"),
        ({"weight_sets": {"s": {"x": "much"}}}, r"weight_sets\.s\.x"),
    ],
)
def test_a_selection_that_makes_no_sense_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(IndexDefinitionError, match=rf"file\.toml: .*{reason}"):
        index(**changes)
