from __future__ import annotations

import polars as pl
import pytest

from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError, PluginError


def double(x: pl.Expr) -> pl.Expr:
    return x * 2


def test_a_plugin_adds_a_method_to_one_registry_only() -> None:
    methods = Methods()
    methods.register("standardization", "double", double)
    assert methods.get("standardization", "double") is double
    with pytest.raises(IndexDefinitionError, match="no standardization is called 'double'"):
        Methods().get("standardization", "double")


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("normalisation", "double", "kind 'normalisation' is unknown"),
        ("standardization", "zscore", "exists already"),
        ("aggregation", "mean", "exists already"),
        ("standardization", "Double it", "small letters"),
    ],
)
def test_a_bad_registration_is_refused(kind: str, name: str, reason: str) -> None:
    with pytest.raises(PluginError, match=reason):
        Methods().register(kind, name, double)


def test_only_functions_are_methods() -> None:
    with pytest.raises(PluginError, match="register a function"):
        Methods().register("standardization", "double", "double")  # type: ignore[arg-type]


def test_an_unknown_method_is_answered_with_the_nearest() -> None:
    with pytest.raises(IndexDefinitionError, match="did you mean zscore"):
        Methods().get("standardization", "z_score")
    with pytest.raises(IndexDefinitionError, match="there are benefit_of_the_doubt, "):
        Methods().get("aggregation", "xyz")
