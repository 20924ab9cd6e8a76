"""The optional steps of an index definition, from a panel to scores."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError

CITIES = ["a", "b", "c", "d"]
NONE: list[float | None] = [None] * 4


def run(
    figures: dict[str, list[float | None]], methods: Methods | None = None, **steps: Any
) -> Scores:
    """Score an index over x and y, for 2020 unless the figures are of two years."""
    years = ["2020", "2021"][: len(figures["x"]) // 4]
    values = {
        "city": CITIES * len(years),
        "period": [year for year in years for _ in CITIES],
        "standardization": {"method": "none"},
    }
    definition = parse_definition(
        {
            "id": "i",
            "name_zh": "i",
            "name_en": "i",
            "cities": CITIES,
            "periods": {"of": years},
            "indicators": ["x", "y"],
            "standardization": values.pop("standardization"),
            **steps,
        },
        "test",
    )
    frame = pl.DataFrame({**values, **figures}).with_columns(pl.col(list(figures)).cast(pl.Float64))
    coverage = frame.with_columns(pl.col(list(figures)).is_not_null().cast(pl.Float64))
    return score(definition, Panel(frame, coverage), {}, methods or Methods())


def test_screening_takes_a_city_out_and_says_why() -> None:
    figures: dict[str, list[float | None]] = {"x": [1, 2, 3, None], "y": [1, 2, None, None]}
    result = run(figures, screening={"min_available": 1})
    assert result.scores["i"].to_list() == [1, 2, None, None]
    assert result.coverage["i"].to_list() == [1, 1, 0, 0]
    assert [note.split(":")[0] for note in result.notes] == [
        "c is screened out of 2020",
        "d is screened out of 2020",
    ]


def test_denominators_divide_and_cover_no_more_than_they_are_known() -> None:
    figures: dict[str, list[float | None]] = {
        "x": [10, 20, 30, 40],
        "y": NONE,
        "people": [1000, 500, None, 0],
    }
    result = run(figures, denominators={"x": {"by": "people", "scale": 100}})
    assert result.scores["x"].to_list() == [1, 4, None, None]
    assert result.coverage["x"].to_list() == [1, 1, 0, 0]


def test_a_denominator_of_no_leaf_is_refused() -> None:
    with pytest.raises(IndexDefinitionError, match="z is no indicator"):
        run({"x": [1, 2, 3, 4], "y": NONE}, denominators={"z": {"by": "x"}})


def test_imputed_cells_count_in_the_notes_and_not_in_coverage() -> None:
    figures: dict[str, list[float | None]] = {"x": [1, 2, 3, None], "y": [4, 5, 6, 7]}
    result = run(figures, imputation={"method": "mean"})
    assert result.scores["x"].to_list() == [1, 2, 3, 2]
    assert result.coverage["x"].to_list() == [1, 1, 1, 0]
    assert "x: 1 of 4 figures imputed by mean" in result.notes


def test_imputation_over_time_looks_at_the_year_before() -> None:
    figures: dict[str, list[float | None]] = {"x": [1, 2, 3, 4, *NONE], "y": [1.0] * 8}
    result = run(figures, imputation={"method": "last"})
    assert result.scores["x"].to_list() == [1, 2, 3, 4] * 2


@pytest.mark.parametrize("choice", [{"method": "magic"}, {"method": "mean", "bye": "city"}])
def test_an_imputation_that_cannot_be_done_is_refused(choice: dict[str, str]) -> None:
    with pytest.raises(IndexDefinitionError, match=r"magic|bye"):
        run({"x": [1, 2, 3, None], "y": NONE}, imputation=choice)


def test_treatment_winsorizes_an_outlier_and_tells() -> None:
    figures: dict[str, list[float | None]] = {
        "x": [1, 2, 3, 4, 5, 6, 7, 1000],
        "y": [1, 2, 3, 4, 5, 6, 7, 8],
    }
    result = run(figures, treatment={"within": "all", "winsorize": 1})
    assert result.scores["x"].to_list() == [1, 2, 3, 4, 5, 6, 7, 7]
    assert result.scores["y"].to_list() == figures["y"]
    assert [note.split(" ")[0] for note in result.notes] == ["x"]


def test_weights_are_computed_by_a_method_of_a_plugin() -> None:
    methods = Methods()
    methods.register("weighting", "first", lambda data: [1.0] + [0.0] * (data.width - 1))
    figures: dict[str, list[float | None]] = {"x": [1, 2, 3, 4], "y": [9, 8, 7, 5]}
    result = run(figures, methods, weighting={"method": "first"})
    assert result.scores["i"].to_list() == [1, 2, 3, 4]
    assert result.notes == ("i: weights by first: x 1.0000, y 0.0000",)


def test_an_unknown_parameter_of_a_weighting_is_refused() -> None:
    with pytest.raises(IndexDefinitionError, match=r"index i: weighting: there is no .* k"):
        run({"x": [1, 2, 3, 4], "y": [9, 8, 7, 5]}, weighting={"method": "equal", "k": 1})
