"""A test for outliers of one's own takes the place of the limits of skewness and kurtosis."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.measures.statistics import Limits, outlier_test
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.steps.treatment import Treatment, treat
from cityflux.core.model.errors import IndexDefinitionError

CITIES = list("abcdefgh")
X = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 20.0]


def within_fences(x: NDArray[np.float64]) -> bool | None:
    """Tukey's fences: nothing lies further out than five times the middle half is wide."""
    if len(x) < 4:
        return None
    low, high = np.quantile(x, [0.25, 0.75])
    return bool((x <= high + 5 * (high - low)).all() and (x >= low - 5 * (high - low)).all())


def run(**treatment: Any) -> Scores:
    methods = Methods()
    methods.register("outlier_test", "fences", within_fences)
    written = {"id": "i", "name_zh": "i", "name_en": "i", "cities": CITIES, "indicators": ["x"]}
    definition = parse_definition(
        {
            **written,
            "periods": {"of": ["2020"]},
            "standardization": {"method": "none"},
            **treatment,
        },
        "test",
    )
    values = pl.DataFrame({"period": ["2020"] * 8, "city": CITIES, "x": [*X[:7], 21.0]})
    return score(definition, Panel(values, values.with_columns(x=1.0)), {}, methods)


def test_it_decides_instead_of_the_limits() -> None:
    long = np.array([[*X[:7], 21.0]]).T
    assert outlier_test(long).passes[0] == 0
    assert outlier_test(long, Limits(passes=lambda _: True)).passes[0] == 1
    short = np.array([X[:7]]).T
    assert outlier_test(short).passes[0] == 1
    assert outlier_test(short, Limits(passes=lambda _: False)).passes[0] == 0
    assert np.isnan(outlier_test(short[:3], Limits(passes=within_fences)).passes[0])


def test_it_is_given_the_figures_without_gaps() -> None:
    seen: list[list[float]] = []

    def look(x: NDArray[np.float64]) -> bool:
        seen.append(x.tolist())
        return True

    outlier_test(np.array([[1.0, 4.0], [np.nan, 5.0], [3.0, 6.0]]), Limits(passes=look))
    assert seen == [[1, 3], [4, 5, 6]]


def test_winsorization_ends_when_it_passes() -> None:
    plan = Treatment(limits=Limits(passes=lambda x: bool(x.max() <= 6)), winsorize=None)
    figures = [*X[:6], 20.0, 30.0]
    done = treat(pl.DataFrame({"x": figures}), ["x"], plan)
    assert done.frame["x"].to_list() == [1, 2, 3, 4, 5, 6, 6, 6]
    assert done.table["points"].to_list() == [2]


def test_one_that_never_passes_ends_all_the_same() -> None:
    plan = Treatment(limits=Limits(passes=lambda _: False), winsorize=None, transform="")
    done = treat(pl.DataFrame({"x": X}), ["x"], plan)
    assert done.frame["x"].to_list() == X
    assert done.table["outcome"].to_list() == ["left alone"]


def test_an_index_names_one_of_a_plugin() -> None:
    found = run(treatment={"test": "fences", "winsorize": 1})
    assert found.scores["i"].to_list() == [*X[:7], 21.0], "the fences reach to 23.75"
    assert run(treatment={"winsorize": 1}).scores["i"].to_list() == [*X[:7], 7.0]


def test_an_unknown_one_is_refused() -> None:
    with pytest.raises(IndexDefinitionError, match=r"index i: treatment: no outlier_test .*fence"):
        run(treatment={"test": "fence"})
