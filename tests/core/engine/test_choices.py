"""Choices per index, level, node and indicator; what is wrong with one is said with its place."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.imputation import Imputed
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError
from tests.core.engine.support import close

Figures = dict[str, list[float | None]]
CITIES = ["a", "b", "c", "d"]


def definition(one: Any, two: Any, **index: Any) -> Definition:
    """An index of two nodes, one with x and y, the other with z."""
    return parse_definition(
        {
            "id": "i",
            "name_zh": "i",
            "name_en": "i",
            "cities": CITIES,
            "periods": {"of": ["2020"]},
            "standardization": {"method": "none"},
            "nodes": [
                {"id": "one", "name_zh": "1", "name_en": "1", "indicators": ["x", "y"], **one},
                {"id": "two", "name_zh": "2", "name_en": "2", "indicators": ["z"], **two},
            ],
            **index,
        },
        "my.toml",
    )


def run(
    figures: Figures,
    one: Any = (),
    two: Any = (),
    methods: Methods | None = None,
    **index: Any,
) -> Scores:
    frame = pl.DataFrame({"period": ["2020"] * 4, "city": CITIES, **figures}).with_columns(
        pl.col(list(figures)).cast(pl.Float64)
    )
    coverage = frame.with_columns(pl.col(list(figures)).is_not_null().cast(pl.Float64))
    places = pl.DataFrame({"city": CITIES, "region": ["n", "n", "s", None], "country": ["k"] * 4})
    panel = Panel(frame, coverage, places)
    return score(definition(dict(one), dict(two), **index), panel, {}, methods or Methods())


GAPS: Figures = {"x": [1, None, 3, 8], "y": [0, 5, 10, None], "z": [4, None, 6, 20]}


def test_the_nearest_imputation_holds() -> None:
    result = run(
        GAPS,
        one={"imputation": {"method": "median"}},
        two={"indicators": [{"id": "z", "imputation": {"method": "none"}}]},
        imputation={"method": "mean"},
    )
    assert result.scores["x"].to_list() == [1, 3, 3, 8]
    assert result.scores["y"].to_list() == [0, 5, 10, 5]
    assert result.scores["z"].to_list() == [4, None, 6, 20]
    assert run(GAPS, imputation={"method": "mean"}).scores["z"].to_list() == [4, 10, 6, 20]


def test_imputation_by_row_stays_within_the_node_for_which_it_was_chosen() -> None:
    inside = run(GAPS, one={"imputation": {"method": "row"}})
    assert inside.scores["x"].to_list() == [1, 1 + 7 * 0.5, 3, 8]
    assert inside.scores["y"].to_list() == [0, 5, 10, 10]
    assert inside.scores["z"].to_list() == GAPS["z"]
    by_level = run(GAPS, imputation={"method": "row", "level": 1})
    assert by_level.scores["x"].to_list() == inside.scores["x"].to_list()
    assert by_level.scores["z"].to_list() == GAPS["z"]
    across = run(GAPS, imputation={"method": "row"})
    assert across.scores["z"].to_list() == [4, 4 + 16 * 0.5, 6, 20]


def test_imputation_by_region_and_by_a_group_of_the_index() -> None:
    region = run(GAPS, imputation={"method": "mean", "by": "region"})
    assert region.scores["x"].to_list() == [1, 1, 3, 8]
    assert region.scores["y"].to_list() == [0, 5, 10, None]
    groups = {"coast": ["b", "d"], "inland": ["a", "c"]}
    group = run(GAPS, imputation={"method": "median", "by": "group"}, city_groups=groups)
    assert group.scores["x"].to_list() == [1, 8, 3, 8]
    assert group.scores["y"].to_list() == [0, 5, 10, 5]


def test_what_was_imputed_is_recorded_figure_by_figure() -> None:
    result = run(GAPS, imputation={"method": "mean"})
    assert result.adjustments.rows() == [
        ("x", "b", "2020", "imputed", "mean", None, 4.0),
        ("y", "d", "2020", "imputed", "mean", None, 5.0),
        ("z", "b", "2020", "imputed", "mean", None, 10.0),
    ]


def test_limits_of_the_outlier_test_hold_per_indicator() -> None:
    figures: Figures = {"x": [1, 2, 3, 100], "y": [1, 2, 3, 100], "z": [1, 2, 3, 100]}
    strict = {"skewness": 1.0, "kurtosis": 1.0, "transform": ""}
    result = run(
        figures,
        one={"indicators": ["x", {"id": "y", "treatment": {"skewness": 3.0, "kurtosis": 9.0}}]},
        two={"treatment": {**strict, "winsorize": 0}},
        treatment=strict,
    )
    assert result.scores["x"].to_list() == [1, 2, 3, 3]
    assert result.scores["y"].to_list() == [1, 2, 3, 100]
    assert result.scores["z"].to_list() == [1, 2, 3, 100]
    assert result.adjustments.rows() == [("x", "d", "2020", "treated", "winsorized", 100.0, 3.0)]


def test_standardization_and_denominators_of_one_indicator() -> None:
    figures: Figures = {"x": [1, 2, 3, 4], "y": [2, 4, 6, 8], "z": [1, 2, 4, 8], "n": [1, 2, 4, 4]}
    leaf = {"id": "y", "denominator": {"by": "n", "scale": 2}}
    result = run(
        figures,
        one={"standardization": {"method": "rank"}, "indicators": ["x", leaf]},
        two={"standardization": {"method": "minmax", "upper": 7}},
    )
    assert result.scores["y"].to_list() == [2, 2, 1, 2]  # ranks of 4, 4, 3, 4
    assert result.scores["z"].to_list() == [0, 1, 3, 7]


def test_aggregation_and_weights_of_a_level() -> None:
    figures: Figures = {"x": [1, 2, 3, 4], "y": [4, 8, 3, 1], "z": [9, 9, 9, 2]}
    result = run(
        figures,
        two={"aggregation": {"method": "mean"}},
        levels={
            "1": {"aggregation": {"method": "geometric"}, "weighting": {"method": "equal"}},
            "0": {"weighting": {"method": "given", "weights": {"one": 3, "two": 1}}},
        },
    )
    one = [2, 4, 3, 2]
    assert result.scores["one"].to_list() == pytest.approx(one)
    expected = [(3 * a + b) / 4 for a, b in zip(one, [9, 9, 9, 2], strict=True)]
    assert result.scores["i"].to_list() == pytest.approx(expected)
    assert result.weights == {"one": 0.75, "two": 0.25, "x": 0.5, "y": 0.5, "z": 1.0}


def test_an_indicator_with_too_few_cities_counts_as_missing() -> None:
    figures: Figures = {"x": [1, 2, None, None], "y": [1, 2, 3, None], "z": [1, 2, 3, 4]}
    result = run(figures, minimum_cities=3, imputation={"method": "row"})
    assert result.scores["x"].to_list() == [None] * 4
    assert result.coverage["x"].to_list() == [0] * 4
    assert result.scores["y"].to_list() == [1, 2, 3, 3]
    assert result.notes[0] == (
        "x: 2 of the 3 cities that it needs have a figure in 2020, so it counts as missing"
    )
    assert result.adjustments["indicator"].to_list() == ["y"]
    assert run(figures).scores["x"].to_list() == figures["x"]


def test_a_city_that_was_screened_out_is_not_filled_in_again() -> None:
    figures: Figures = {"x": [1, 2, 3, None], "y": [1, None, 3, None], "z": [1, 2, 3, 4]}
    result = run(figures, screening={"min_available": 0.5}, imputation={"method": "mean"})
    assert result.scores["i"].to_list()[3] is None
    assert result.scores["y"].to_list() == [1, 2, 3, None]
    assert result.adjustments.select("indicator", "city").rows() == [("y", "b")]


def test_every_kind_of_method_is_open_to_plugins() -> None:
    def sevens(frame: pl.DataFrame, columns: list[str]) -> Imputed:
        filled = frame.with_columns(pl.col(columns).fill_null(7.0))
        return Imputed(filled, frame.select(pl.col(columns).is_null()))

    def rooted(x: Floats, *, power: float = 0.5) -> Floats:
        return x**power

    methods = Methods()
    methods.register("imputation", "sevens", sevens)
    methods.register("transformation", "rooted", rooted)
    methods.register("standardization", "halved", lambda x: x / 2)
    methods.register("weighting", "last", lambda data: [0.0] * (data.width - 1) + [1.0])
    methods.register("aggregation", "first", lambda children, weights: children.to_series(0))
    result = run(
        {"x": [1, 4, 9, 10000], "y": [1, None, 3, 5], "z": [1, 2, 3, 4]},
        one={"aggregation": {"method": "first"}},
        methods=methods,
        imputation={"method": "sevens"},
        treatment={"skewness": 1, "kurtosis": 1, "winsorize": 0, "transform": "rooted"},
        standardization={"method": "halved"},
        weighting={"method": "last"},
    )
    assert result.scores["x"].to_list() == [0.5, 1, 1.5, 50]
    assert result.scores["y"].to_list() == [0.5, 3.5, 1.5, 2.5]
    assert result.scores["one"].to_list() == result.scores["x"].to_list()
    assert result.scores["i"].to_list() == result.scores["z"].to_list()


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"imputation": {"method": "meen"}}, r"my.toml: node one: imputation: no .* 'meen'"),
        ({"imputation": {"method": "mean", "bye": "x"}}, r"node one: imputation: .* bye; .* by\?"),
        ({"imputation": {"method": "mean", "by": 3}}, r"node one: imputation: by: .*string"),
        ({"imputation": {"method": "mean", "by": "soil"}}, r"node one: imputation: by 'soil'"),
        ({"imputation": {"method": "last", "limit": 0}}, r"node one: imputation: limit 0"),
        ({"imputation": {"method": "row", "level": -1}}, r"node one: imputation: level -1"),
        ({"imputation": {"method": "regression"}}, r"imputation: the parameter on is missing"),
        ({"imputation": {"method": "regression", "on": ["w"]}}, r"'w' is no indicator"),
        ({"treatment": {"transform": "root"}}, r"node one: treatment: no transformation"),
        ({"treatment": {"params": {"k": 1}}}, r"node one: treatment: there is no parameter k"),
        ({"treatment": {"winsorise": 1}}, r"nodes.one.treatment.winsorise; did you mean winsor"),
        ({"treatment": {"skewness": -1}}, r"nodes.one.treatment.skewness: .*greater"),
        ({"standardization": {"method": "zscore", "sd": "wide"}}, r"standardization: sd: .*'wide'"),
        ({"standardization": {"method": "zscore", "sd": 0}}, r"x: standardization: .*positive"),
        ({"standardization": {"method": "goalposts", "lower": 2, "upper": 1}}, r"must be below"),
        (
            {"standardization": {"method": "distance_to_reference", "reference": "e"}},
            r"'e' is no city",
        ),
        ({"aggregation": {"method": "generalised"}}, r"aggregation: the parameter power is miss"),
        ({"weighting": {"method": "critic", "method_": "x"}}, r"weighting: .* did you mean method"),
        ({"indicators": ["x", {"id": "y", "colour": 1}]}, r"nodes.one.indicators.y.colour"),
    ],
)
def test_a_wrong_choice_is_refused_with_file_place_and_key(choice: Any, message: str) -> None:
    with pytest.raises(IndexDefinitionError, match=message) as found:
        run({"x": [1, 2, None, 4], "y": [1, 2, 3, 4], "z": [1, 2, 3, 4]}, one=choice)
    assert str(found.value).startswith("my.toml: ")
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({"levels": {"2": {}}}, "levels.2: there are groups at the levels 0 to 1 only"),
        ({"minimum_cities": 5}, "minimum_cities 5 is more than the 4 cities"),
        ({"city_groups": {"g": ["a", "e"]}}, "city_groups: e is no city"),
        ({"city_groups": {"g": ["a"], "h": ["a"]}}, "city_groups: a is named twice"),
    ],
)
def test_what_an_index_names_must_be_there(index: Any, message: str) -> None:
    with pytest.raises(IndexDefinitionError, match=message):
        definition({}, {}, **index)


def test_a_denominator_stands_in_one_place() -> None:
    leaf = {"id": "z", "denominator": {"by": "n"}}
    with pytest.raises(IndexDefinitionError, match="z has a denominator of its own and in"):
        definition({}, {"indicators": [leaf]}, denominators={"z": {"by": "x"}})


CELL = st.none() | st.integers(1, 60).map(float)
COLUMN = st.lists(CELL, min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(COLUMN, COLUMN, st.sampled_from([0.5, 4.0, 32.0]), st.sampled_from([-64.0, 0.0, 16.0]))
def test_another_unit_of_an_indicator_moves_no_score(
    x: list[float | None], y: list[float | None], factor: float, shift: float
) -> None:
    """Imputed, winsorized and standardized figures move with the unit."""
    steps: Any = {"imputation": {"method": "row"}, "standardization": {"method": "zscore"}}
    if not shift:  # a factor that is a power of two moves no test across its limit by rounding
        steps["treatment"] = {"skewness": 1, "kurtosis": 1, "transform": ""}
    z: list[float | None] = [1, 2, 3, 5]
    other = [None if value is None else factor * value + shift for value in x]
    before, after = (run({"x": each, "y": y, "z": z}, **steps) for each in (x, other))
    for node in ("x", "one", "i"):
        assert close(after.scores[node].to_list(), before.scores[node].to_list(), 1e-6)
    assert before.adjustments.height == after.adjustments.height
