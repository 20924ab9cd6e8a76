"""Scores of regions, and how raw figures hang together with each other and with size."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.engine.analysis.figures import denominator_correlations, figure_correlations
from cityflux.core.engine.analysis.regions import regional_ranks, regional_scores
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.model.errors import IndexDefinitionError

REGIONS = {"a": "east", "b": "west", "c": "east", "d": "west"}
SCORES = pl.DataFrame(
    {
        "period": ["2019"] * 5 + ["2020"] * 5,
        "city": list("abcde") * 2,
        "x": [1.0, 2.0, 3.0, 4.0, 99.0, 5.0, None, 7.0, None, 99.0],
        "i": [1.0, 2.0, 2.0, 4.0, 99.0, 0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2, 99.0],
    }
)


def test_a_region_has_the_mean_of_its_cities() -> None:
    found = regional_scores(SCORES, REGIONS)
    assert found.select("period", "region", "cities").rows() == [
        ("2019", "east", 2),
        ("2019", "west", 2),
        ("2020", "east", 2),
        ("2020", "west", 2),
    ]
    assert found["x"].to_list() == [2, 3, 6, None]
    assert regional_ranks(found, ["x", "i"])["x"].to_list() == [2, 1, 1, None]
    assert regional_ranks(found, ["x", "i"])["i"].to_list() == [2, 1, 1, 1]


def test_cities_count_by_their_size() -> None:
    sizes = {"a": 1.0, "b": 1.0, "c": 3.0, "d": 4.0}
    found = regional_scores(SCORES, REGIONS, sizes=sizes)
    assert found["x"][:2].to_list() == pytest.approx([2.5, 3.6])


def test_a_region_with_too_few_cities_has_no_score() -> None:
    scores = SCORES.with_columns(pl.when(pl.col("city") != "c").then("x").alias("x"))
    assert regional_scores(scores, REGIONS, minimum=2)["x"].to_list() == [None, 3, None, None]


@given(st.permutations(range(10)))
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    keys = ["period", "region"]
    found = regional_scores(SCORES[order], REGIONS).sort(keys)
    expected = regional_scores(SCORES, REGIONS).sort(keys)
    assert found["x"].to_list() == pytest.approx(expected["x"].to_list())


@pytest.mark.parametrize("sizes", [{"a": 1.0}, {"a": 0.0, "b": 1.0, "c": 1.0, "d": 1.0}])
def test_a_size_that_is_none_is_refused(sizes: dict[str, float]) -> None:
    with pytest.raises(IndexDefinitionError, match=r"(a|b) has the size (0\.0|None)"):
        regional_scores(SCORES, REGIONS, sizes=sizes)


def test_cities_without_regions_are_refused() -> None:
    with pytest.raises(IndexDefinitionError, match="no city of the scores has a region"):
        regional_scores(SCORES, {"q": "east"})


RANDOM = np.random.default_rng(3)
PEOPLE = RANDOM.lognormal(size=40)
FIGURES = pl.DataFrame(
    {
        "people": PEOPLE,
        "boats": PEOPLE * 3 + RANDOM.normal(size=40) * 0.1,
        "trains": PEOPLE * 7 + RANDOM.normal(size=40) * 0.2,
        "rain": RANDOM.normal(size=40),
    }
)


def index(**changes: Any) -> Definition:
    names = {"name_zh": "n", "name_en": "n"}
    written = {"id": "i", **names, "cities": ["a", "b"], "periods": {"of": ["2020"]}}
    nodes = [
        {"id": "one", **names, "indicators": ["boats", "trains"]},
        {"id": "two", **names, "indicators": ["rain"]},
    ]
    divided = {"boats": {"by": "people"}}
    return parse_definition({**written, "nodes": nodes, "denominators": divided, **changes}, "t")


def test_raw_figures_that_go_together_are_listed_by_node() -> None:
    found = figure_correlations(index(), FIGURES)
    assert found.select("group", "row", "column").rows() == [("one", "boats", "trains")]
    r = np.corrcoef(FIGURES["boats"], FIGURES["trains"])[0, 1]
    assert found["correlation"][0] == pytest.approx(r)
    assert figure_correlations(index(), FIGURES, above=None, below=0.5).is_empty()


def test_figures_that_go_with_size_are_listed() -> None:
    found = denominator_correlations(index(), FIGURES)
    assert found.select("row", "column", "divided").rows() == [
        ("boats", "people", True),
        ("trains", "people", False),
    ]
    assert all(r > 0.6 for r in found["correlation"])
    every = denominator_correlations(index(), FIGURES, ["people", "rain"], above=0)
    assert set(every.select("row", "column").rows()) == {
        (row, size) for row in ("boats", "trains") for size in ("people", "rain")
    }
    with pytest.raises(IndexDefinitionError, match="i divides by nothing"):
        denominator_correlations(index(denominators={}), FIGURES)


def test_a_threshold_is_a_correlation_and_a_denominator_is_there() -> None:
    with pytest.raises(IndexDefinitionError, match=r"threshold 1\.5"):
        figure_correlations(index(), FIGURES, above=1.5)
    with pytest.raises(IndexDefinitionError, match="'ships' is not among the figures"):
        denominator_correlations(index(), FIGURES, ["ships"])
