"""Whatever a method of a plugin does wrong becomes one kind of error, with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError, StorageError

CITIES = list("abcd")
X = [1.0, 2.0, 3.0, 400.0]


def run(kind: str, function: Callable[..., Any], **steps: Any) -> Scores:
    methods = Methods()
    methods.register(kind, "mine", function)
    written = {"id": "i", "name_zh": "i", "name_en": "i", "cities": CITIES}
    plain = {"indicators": ["x", "y"], "periods": {"of": ["2020"]}}
    definition = parse_definition({**written, **plain, **steps}, "file.toml")
    values = pl.DataFrame(
        {"period": ["2020"] * 4, "city": CITIES, "x": [*X[:3], None], "y": X},
    )
    known = values.with_columns(pl.col("x", "y").is_not_null().cast(pl.Float64))
    return score(definition, Panel(values, known), {}, methods)


def broken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("over nothing\nat all")


def fails_late(x: pl.Expr) -> pl.Expr:
    return x.map_batches(broken, return_dtype=pl.Float64)


MINE = {"method": "mine"}


@pytest.mark.parametrize(
    ("kind", "function", "steps", "place"),
    [
        ("imputation", broken, {"imputation": MINE}, "node i: imputation: ZeroDivisionError: over"),
        (
            "standardization",
            broken,
            {"standardization": MINE},
            "indicator x: standardization: Ze",
        ),
        (
            "standardization",
            fails_late,
            {"standardization": MINE},
            "indicator x: standardization",
        ),
        ("weighting", broken, {"weighting": MINE}, "node i: weighting: ZeroDivisionError: over"),
        (
            "weighting",
            lambda data: [1.0],
            {"weighting": MINE},
            "node i: weighting: 1 weights",
        ),
        ("weighting", lambda data: None, {"weighting": MINE}, "node i: weighting: TypeError"),
        ("aggregation", broken, {"aggregation": MINE}, "node i: aggregation: ZeroDivisionError: o"),
        (
            "aggregation",
            lambda c, w: pl.Series([1.0, 2.0]),
            {"aggregation": MINE},
            "node i: agg",
        ),
        ("outlier_test", broken, {"treatment": {"test": "mine"}}, "index i: treatment: ZeroDivisi"),
    ],
)
def test_it_is_named_with_its_place_in_one_line(
    kind: str, function: Callable[..., Any], steps: dict[str, Any], place: str
) -> None:
    with pytest.raises(IndexDefinitionError) as refused:
        run(kind, function, **steps)
    assert str(refused.value).startswith(f"file.toml: {place}")
    assert "\n" not in str(refused.value)


def test_a_score_that_is_not_a_number_is_none() -> None:
    found = run("aggregation", lambda c, w: pl.Series([float("nan")] * 4), aggregation=MINE)
    assert found.scores["i"].to_list() == [None] * 4


def test_trouble_with_the_database_stays_what_it_is() -> None:
    def locked(data: pl.DataFrame) -> list[float]:
        raise StorageError("the file is locked")

    with pytest.raises(StorageError, match="the file is locked"):
        run("weighting", locked, weighting=MINE)
