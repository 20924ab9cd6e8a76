from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from cityflux.core.engine.measures.association import (
    correlation_flags,
    correlations,
    cronbach_alpha,
    principal_components,
)
from cityflux.core.engine.measures.correlation import Method
from cityflux.core.engine.measures.matrix import to_frame
from cityflux.core.model.errors import IndexDefinitionError

TESTS = {"pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau}


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
@pytest.mark.parametrize("seed", range(5))
def test_correlations_are_those_of_scipy_pair_by_pair(method: Method, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.integers(0, 20, (15, 5)).astype(float) + random.random((15, 1)) * 20
    x[random.random(x.shape) < 0.2] = np.nan
    names = list("abcde")
    table = correlations(to_frame(x, names), ["a", "b"], ["c", "d", "e"], method=method)
    assert table.select("row", "column").rows() == [(r, c) for r in "ab" for c in "cde"]
    for row in table.iter_rows(named=True):
        a, b = x[:, names.index(row["row"])], x[:, names.index(row["column"])]
        both = ~np.isnan(a) & ~np.isnan(b)
        expected = TESTS[method](a[both], b[both])
        assert row["units"] == both.sum()
        assert row["correlation"] == pytest.approx(expected.statistic)
        assert row["p_value"] == pytest.approx(expected.pvalue)


def test_a_far_away_outlier_outside_of_the_pair_costs_no_precision() -> None:
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 5.0, 1e12], "b": [2.0, 1.0, 4.0, 5.0, None]})
    r = correlations(frame, ["a"], ["b"])["correlation"].item()
    assert r == pytest.approx(stats.pearsonr([1, 2, 3, 5], [2, 1, 4, 5]).statistic, rel=1e-12)


def test_what_cannot_be_correlated_is_null() -> None:
    frame = pl.DataFrame({"a": [0.1, 0.1, 0.1], "b": [1.0, 2.0, 4.0], "c": [1.0, None, None]})
    for method in ("pearson", "spearman", "kendall"):
        table = correlations(frame, ["b"], ["a", "c"], method=method)
        assert table["correlation"].to_list() == [None, None]
        assert table["p_value"].to_list() == [None, None]
    two = correlations(frame[:2], ["b"], ["b"])
    assert two["correlation"].item() == pytest.approx(1)
    assert two["p_value"].item() is None


def test_flags_list_each_pair_of_a_group_once() -> None:
    frame = pl.DataFrame(
        {"a": [1.0, 2, 3, 4], "b": [2.0, 4, 6, 9], "c": [4.0, 3, 2, 1], "d": [1.0, 2, 3, 4]}
    )
    groups = {"g": ["a", "b", "c"], "h": ["d"]}
    high = correlation_flags(frame, groups, above=0.9)
    assert high.select("group", "row", "column").rows() == [("g", "a", "b")]
    both = correlation_flags(frame, groups, above=0.9, below=0)
    assert both.select("row", "column").rows() == [("a", "b"), ("a", "c"), ("b", "c")]


def test_cronbach_alpha() -> None:
    frame = pl.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 2, 3]})
    assert cronbach_alpha(frame) == pytest.approx(1)
    a, b, c = np.random.default_rng(1).random((3, 20))
    total = (a + b + c).var()
    expected = 1.5 * (1 - (a.var() + b.var() + c.var()) / total)
    assert cronbach_alpha(pl.DataFrame({"a": a, "b": b, "c": c})) == pytest.approx(expected)
    assert cronbach_alpha(frame.select("a")) is None
    assert cronbach_alpha(pl.DataFrame({"a": [1.0, 1], "b": [2.0, 2]})) is None


def test_principal_components() -> None:
    random = np.random.default_rng(2)
    x = random.random((40, 3)) + random.random((40, 1))
    x[3, 1] = np.nan
    found = principal_components(to_frame(x, ["a", "b", "c"]))
    values, vectors = np.linalg.eigh(np.corrcoef(np.delete(x, 3, axis=0).T))
    assert found.units == 39
    assert found.scree["eigenvalue"].to_list() == pytest.approx(values[::-1])
    assert found.scree["cumulated"][-1] == pytest.approx(1)
    first = found.loadings["pc1"].to_numpy()
    assert np.abs(first) == pytest.approx(np.abs(vectors[:, -1]))
    assert first.sum() > 0


def test_components_need_complete_units_that_vary() -> None:
    with pytest.raises(IndexDefinitionError, match="only 1 units have all figures"):
        principal_components(pl.DataFrame({"a": [1.0, None], "b": [1.0, 2.0]}))
    with pytest.raises(IndexDefinitionError, match="a is constant"):
        principal_components(pl.DataFrame({"a": [1.0, 1.0], "b": [1.0, 2.0]}))
