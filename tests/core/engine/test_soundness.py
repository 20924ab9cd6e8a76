"""What would compute to a number that means nothing is refused or noted, by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.aggregation import generalised_mean
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.steps.standardization import minmax
from cityflux.core.engine.steps.weighting import given, principal_component
from cityflux.core.model.errors import IndexDefinitionError, UnfitFigure

CITIES = ["a", "b", "c", "d"]
PERIODS = ["2019", "2020"]
NONE = {"method": "none"}
X = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
#: Where the third city has a figure below zero in the second period.
BELOW = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -7.0, 8.0]


def index(**changes: Any) -> Definition:
    written = {"id": "i", "name_zh": "i", "name_en": "i", "cities": CITIES}
    plain = {"indicators": ["x", "y"], "periods": {"of": PERIODS}, "standardization": NONE}
    return parse_definition({**written, **plain, **changes}, "file.toml")


def scored(
    definition: Definition,
    x: Sequence[float | None],
    y: Sequence[float | None] | None = None,
    methods: Methods | None = None,
    coverage: float = 1.0,
) -> Scores:
    keys = {"period": [p for p in PERIODS for _ in CITIES], "city": CITIES * 2}
    values = pl.DataFrame({**keys, "x": x, "y": y or X}, schema_overrides={"x": pl.Float64})
    known = values.with_columns(pl.col("x", "y").is_not_null().cast(pl.Float64))
    known = known.with_columns(
        pl.when(pl.col("city") == "b").then(coverage).otherwise("x").alias("x")
    )
    return score(definition, Panel(values, known), {}, methods or Methods())


@pytest.mark.parametrize(
    ("aggregation", "reason"),
    [
        ({"method": "generalised", "power": 2}, "no negative score"),
        ({"method": "generalised", "power": 3}, "no negative score"),
        ({"method": "generalised", "power": -1}, "positive scores only"),
        ({"method": "harmonic"}, "positive scores only"),
        ({"method": "geometric"}, "positive scores only"),
        ({"method": "benefit_of_the_doubt"}, "no negative score"),
    ],
)
def test_a_negative_score_is_refused_with_city_period_and_node(
    aggregation: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UnfitFigure, match=reason) as refused:
        scored(index(aggregation=aggregation), BELOW)
    error = refused.value
    assert (error.node, error.city, error.period, error.value) == ("x", "c", "2020", -7.0)
    assert str(error).startswith("file.toml: node i: aggregation: 'x' is -7.0 for c in 2020: ")


def test_a_mean_that_is_not_positive_is_refused_with_city_and_period() -> None:
    with pytest.raises(UnfitFigure, match="mazziotta_pareto") as refused:
        scored(index(aggregation={"method": "mazziotta_pareto"}), [*X[:6], -77.0, 8.0])
    assert (refused.value.city, refused.value.period) == ("c", "2020")


def test_a_weighting_that_takes_no_negative_score_names_it() -> None:
    with pytest.raises(UnfitFigure, match="entropy") as refused:
        scored(index(weighting={"method": "entropy"}), BELOW)
    assert (refused.value.node, refused.value.city, refused.value.period) == ("x", "c", "2020")
    assert str(refused.value).startswith("file.toml: node i: weighting: ")


def test_the_formulas_themselves_refuse() -> None:
    frame = pl.DataFrame({"x": [1.0, -3.0], "y": [2.0, 4.0]})
    with pytest.raises(UnfitFigure, match=r"'x' is -3\.0 in row 1"):
        generalised_mean(frame, [1, 1], power=2)
    assert generalised_mean(frame, [1, 1], power=1).to_list() == [1.5, 0.5]
    assert generalised_mean(frame, [0, 1], power=2).to_list() == [2, 4]


def test_a_share_of_the_largest_takes_no_negative_figure() -> None:
    share = {"method": "fraction_of_max"}
    with pytest.raises(UnfitFigure, match="fraction_of_max") as refused:
        scored(index(standardization=share), BELOW)
    assert (refused.value.node, refused.value.city, refused.value.period) == ("x", "c", "2020")
    assert scored(index(standardization=share), X).scores["x"][3] == 1


def test_a_share_of_the_largest_is_no_score_where_less_is_better() -> None:
    leaves = [{"id": "x", "direction": -1}, "y"]
    with pytest.raises(IndexDefinitionError, match=r"file.toml: indicator x: .*less is better"):
        scored(index(indicators=leaves, standardization={"method": "fraction_of_max"}), X)


def test_minmax_is_not_turned_round() -> None:
    with pytest.raises(IndexDefinitionError, match="minmax: lower 100 must be below upper 0"):
        minmax(pl.col("x"), lower=100, upper=0)
    chosen = {"method": "minmax", "lower": 3.0, "upper": 2.0}
    with pytest.raises(IndexDefinitionError, match=r"file.toml: indicator x: standardization"):
        scored(index(standardization=chosen), X)


@pytest.mark.parametrize("weight", [0, -1, math.nan, math.inf, 1e308])
def test_a_given_weight_is_above_zero(weight: float) -> None:
    with pytest.raises(IndexDefinitionError, match=r"weight .* of x"):
        given(pl.DataFrame({"x": [1.0], "y": [2.0]}), weights={"x": weight, "y": 3})


def test_a_loading_below_zero_is_no_weight() -> None:
    frame = pl.DataFrame({"x": X, "y": [v * v for v in X], "z": [9 - v for v in X]})
    with pytest.raises(IndexDefinitionError, match="z has the loading -0"):
        principal_component(frame, scheme="loadings")
    assert min(principal_component(frame.drop("z"), scheme="loadings")) > 0


@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf])
def test_no_method_of_a_plugin_gives_such_a_weight(weight: float) -> None:
    methods = Methods()
    methods.register("weighting", "strange", lambda data: [weight] * data.width)
    with pytest.raises(IndexDefinitionError, match=r"node i: weighting: x would weigh"):
        scored(index(weighting={"method": "strange"}), X, methods=methods)


def test_a_weight_of_1e308_is_refused() -> None:
    with pytest.raises(IndexDefinitionError, match=r"node x has the weight 1e\+308.*smaller"):
        index(indicators=[{"id": "x", "weight": 1e308}, "y"])


@pytest.mark.parametrize("figure", [1e300, -1e300, math.inf])
def test_a_figure_of_1e300_is_refused_with_city_and_period(figure: float) -> None:
    with pytest.raises(UnfitFigure, match="too large to compute with") as refused:
        scored(index(), [*X[:5], figure, *X[6:]])
    assert (refused.value.node, refused.value.city, refused.value.period) == ("x", "b", "2020")


def test_a_quotient_that_became_huge_is_refused() -> None:
    divided = index(indicators=["x"], denominators={"x": {"by": "y", "scale": 1e200}})
    with pytest.raises(UnfitFigure, match="too large to compute with") as refused:
        scored(divided, X)
    assert (refused.value.node, refused.value.city, refused.value.period) == ("x", "a", "2019")


def test_a_score_that_a_parameter_made_huge_is_refused() -> None:
    chosen = {"method": "zscore", "sd": 1e305}
    with pytest.raises(UnfitFigure, match="too large"):
        scored(index(standardization=chosen), X)


def test_a_sum_over_missing_months_is_noted() -> None:
    summed = index(periods={"of": PERIODS, "reduce": "sum"})
    notes = [n for n in scored(summed, X, coverage=0.25).notes if "sum leaves out" in n]
    assert len(notes) == 1
    assert notes[0].startswith("x: ")
    assert "b in 2019 (25%), b in 2020 (25%)" in notes[0]
    assert not any("sum" in note for note in scored(summed, X).notes)
    assert not any("sum" in note for note in scored(index(), X, coverage=0.25).notes)


def test_ranks_among_unequal_numbers_of_cities_are_noted() -> None:
    few: list[float | None] = [1.0, 2.0, None, None, *X[4:]]
    for method, noted in (("rank", True), ("borda", True), ("percentile_rank", False)):
        found = scored(index(standardization={"method": method}), few)
        notes = [note for note in found.notes if "do not compare" in note]
        assert bool(notes) is noted
        if noted:
            assert notes == [
                "i: x has ranks among 2 cities in 2019 and y among 4, which do not compare; "
                "take percentile_rank"
            ]
