"""The engine gives COINr's numbers on synthetic data, case by case.

Every folder with a ``manifest.csv`` is a data set. They are read in place, in the shared samples;
another root may be named in the environment variable ``CITYFLUX_CONFORMANCE``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cityflux.core.engine.analysis.sensitivity import sobol_indices
from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.model.errors import IndexDefinitionError
from tests.conformance import quirks, robust, steps, vectors
from tests.conformance.coin import Coin
from tests.conformance.compare import mismatches, same
from tests.conformance.context import compute
from tests.conformance.dataset import Dataset
from tests.conformance.differences import STATED, Relaxed, of_table, of_vector
from tests.conftest import SHARED

ROOT = Path(os.environ.get("CITYFLUX_CONFORMANCE", SHARED / "conformance"))
DATASETS = [Dataset(found.parent) for found in sorted(ROOT.glob("*/manifest.csv"))]
_NOISY = "90_noisy_weights.csv"
TABLES = [
    pytest.param(ds, row, id=f"{ds.name}/{row['file']}") for ds in DATASETS for row in ds.manifest
]
CASES = [
    json.loads(line)
    for file in sorted(ROOT.glob("*vector_cases.jsonl"))
    for line in file.read_text(encoding="utf-8").splitlines()
]


def test_the_samples_are_there(shared: Path) -> None:
    assert (shared / "conformance").is_dir()
    assert (len(DATASETS), len(CASES) > 40) == (2, True)


@pytest.mark.parametrize(("ds", "row"), TABLES)
def test_table(ds: Dataset, row: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    relaxed = of_table(row)
    ours = compute(ds, row)
    if row["status"] == "error":
        assert relaxed.accepts, f"COINr refuses: {row['warnings']}"
        assert sum(ours.null_count().row(0)), "what cannot be interpolated stays missing"
        return
    theirs = ds.expected(row["file"])
    if relaxed.quirks and mismatches(ours, theirs):
        # Ours differ: then nothing but COINr's own arithmetic explains its numbers.
        monkeypatch.setitem(AGGREGATIONS, "copeland", quirks.copeland)
        monkeypatch.setattr(steps, "outranking", quirks.outranking)
        ours = compute(ds, row)
    ours, theirs = _relax(ds, ours, theirs, relaxed)
    loose, atol = relaxed.loose, relaxed.atol
    found = mismatches(ours, theirs, fills=relaxed.fills, loose=loose, atol=atol)
    assert not found, f"{row['call']}: {'; '.join(found)}"


def _relax(
    ds: Dataset, ours: pl.DataFrame, theirs: pl.DataFrame, relaxed: Relaxed
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if relaxed.unlisted:
        ours = ours.filter(~pl.col("iCode").is_in(relaxed.unlisted))
    if relaxed.blanks:
        theirs = theirs.select(c for c in theirs.columns if ours[c].count())
    if relaxed.labels:
        tried = pl.all().str.replace(r"^(winhi|winlo)?\+", "")
        theirs = theirs.select(tried)
    if relaxed.signs:
        ours = ours.with_columns(_signs_of(ds, ours, theirs))
    return ours, theirs


def _signs_of(ds: Dataset, ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.Series:
    """Turn the loadings of each group the way that COINr has them."""
    expected = dict(zip(theirs["iCode"], theirs["Weight"].cast(pl.Float64), strict=True))
    weights = dict(ours.select("iCode", "Weight").iter_rows())
    for node in ds.aggregates:
        members = ds.children(node)
        if sum(weights[c] * expected[c] for c in members) < 0:
            weights |= {c: -weights[c] for c in members}
    return pl.Series("Weight", list(weights.values()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    relaxed = of_vector(case)
    if relaxed.refuses or not (case["ok"] or relaxed.accepts):
        with pytest.raises(IndexDefinitionError):
            vectors.compute(case["fn"], case["args"])
        return
    ours = vectors.compute(case["fn"], case["args"])
    if not case["ok"]:
        assert ours is not None
        return
    if relaxed.quirks and not same(ours, case["value"]):
        monkeypatch.setattr(vectors, "outranking", quirks.outranking)
        monkeypatch.setattr(vectors, "copeland", quirks.copeland)
        ours = vectors.compute(case["fn"], case["args"])
    if relaxed.blanks:
        assert set(ours) == {None}
    else:
        wanted = case["value"]
        assert same(ours, wanted, fills=relaxed.fills), f"{ours} instead of {wanted}"


@pytest.mark.parametrize("file", sorted(ROOT.glob("sobol_*_sample.csv")), ids=lambda f: f.stem)
def test_the_estimators_alone(file: Path) -> None:
    estimates = pl.read_csv(file.with_name(file.name.replace("sample", "estimates")))
    sample = pl.read_csv(file)
    ours = sobol_indices(sample["y"].to_numpy(), estimates["Variable"].to_list())
    names = {"assumption": "Variable", "first_order": "Si", "total": "STi"}
    assert not mismatches(ours.rename(names), estimates.cast(pl.String))


@pytest.mark.parametrize("ds", [d for d in DATASETS if (d.folder / _NOISY).exists()])
def test_noisy_weights_keep_to_one_distance(ds: Dataset) -> None:
    coin = Coin(ds)
    changes = np.array(
        [[w[c] / ds.weights[c] - 1 for c in ds.weights] for w in robust.noisy_sets(coin)]
    )
    noisy = changes[:, np.abs(changes).max(axis=0) > 0]
    assert np.abs(noisy).max() < 1
    assert np.allclose(noisy.mean(axis=0), 0, atol=0.1)


@pytest.mark.usefixtures("shared")
def test_every_stated_difference_is_shown_by_a_case() -> None:
    shown = {name for ds in DATASETS for row in ds.manifest for name in of_table(row).stated}
    shown |= {name for case in CASES for name in of_vector(case).stated}
    assert shown <= STATED.keys()
    if "CITYFLUX_CONFORMANCE" not in os.environ:
        assert shown == STATED.keys() - {"missing weight", "optimised weights"}
