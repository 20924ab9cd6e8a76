"""What works on all columns at once gives what it gives column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cityflux.core.engine.measures.columns import rows_of
from cityflux.core.engine.measures.matrix import to_frame, to_matrix
from cityflux.core.engine.measures.ranking import ranks
from cityflux.core.engine.steps.standardization import (
    STANDARDIZATIONS,
    standardize,
    standardize_columns,
)
from cityflux.core.engine.steps.treatment import Treatment, treat, treat_columns

RANDOM = np.random.default_rng(5)
X = np.exp(RANDOM.normal(size=(40, 6)))
X[RANDOM.random(X.shape) < 0.2] = np.nan
X[:, 4], X[:, 5] = 3.0, np.nan
NAMES = list("abcdef")
FIGURES = to_frame(X, NAMES)
PERIODS = pl.Series("period", [f"{2000 + i % 4}" for i in range(40)])
DIRECTIONS = [1, -1, 1, -1, 1, 1]
PARAMETERS: dict[str, dict[str, Any]] = {
    "distance_to_target": {"target": 2.0, "cap": True},
    "goalposts": {"lower": 0.5, "upper": 3.0},
    "scaled": {"lower": 0.5, "upper": 3.0},
}
FORMULAS = [name for name, method in STANDARDIZATIONS.items() if hasattr(method, "formula")]


@pytest.mark.parametrize("name", FORMULAS)
def test_columns_are_standardized_as_one_by_one(name: str) -> None:
    method, params = STANDARDIZATIONS[name], PARAMETERS.get(name, {})
    expressions = [
        standardize(pl.col(column), method, direction=direction, **params)
        for column, direction in zip(NAMES, DIRECTIONS, strict=True)
    ]
    alone = FIGURES.select(expressions)
    assert to_frame(standardize_columns(FIGURES, method, DIRECTIONS, **params), NAMES).equals(alone)
    within = FIGURES.with_columns(PERIODS).select(each.over("period") for each in expressions)
    found = standardize_columns(FIGURES, method, DIRECTIONS, PERIODS, **params)
    np.testing.assert_allclose(found, to_matrix(within), rtol=1e-12)


def test_rows_of_a_group_are_found_wherever_they_are() -> None:
    assert rows_of(pl.Series(["b", "b", "a"])) == [slice(0, 2), slice(2, 3)]
    assert [rows.tolist() for rows in rows_of(pl.Series(["b", "a", "b"]))] == [[0, 2], [1]]  # type: ignore[union-attr]


def test_ranks_are_those_of_polars() -> None:
    frame = to_frame(np.asarray(np.round(X, 1), dtype=np.float64), NAMES).with_columns(PERIODS)
    order = pl.col(NAMES).rank("min", descending=True).cast(pl.Int64)
    assert ranks(frame, NAMES).equals(frame.with_columns(order))
    assert ranks(frame, NAMES, within="period").equals(frame.with_columns(order.over("period")))


def test_columns_are_treated_as_one_by_one() -> None:
    tails = to_frame(np.exp(3 * np.where(np.isnan(X), 0.1, X)), NAMES)
    plans = [Treatment(), Treatment(winsorize=0), Treatment(winsorize=1, transform="")] * 2
    done = treat_columns(to_matrix(tails), plans)
    for place, (name, plan) in enumerate(zip(NAMES, plans, strict=True)):
        alone = treat(tails, [name], plan)
        assert to_frame(done.x, NAMES)[name].equals(alone.frame[name])
        assert_frame_equal(done.table[place], alone.table.drop("indicator"), rel_tol=1e-12)
        assert [done.words[mark] for mark in done.marks[:, place]] == alone.cells[name].to_list()
    assert {"treated", "still fails"} & {*done.table["outcome"]}
