"""COINr's uncertainty and sensitivity analyses, by the audit on the assumptions that R drew."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from cityflux.core.engine.audit.assumptions import ALL_KNOWN, Assumptions
from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.drawing import STEPS, Draws, Plan
from cityflux.core.engine.audit.effects import effects, rank_shift
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.audit.ranking import ranks
from cityflux.core.engine.definition.choices import (
    ImputationChoice,
    Standardization,
    TreatmentChoice,
)
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.measures.matrix import Floats, to_matrix
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.steps.methods import Methods
from tests.conformance.dataset import Dataset
from tests.conftest import SHARED

FOLDER = SHARED / "conformance" / "A"


@cache
def world() -> tuple[Dataset, Ground]:
    ds = Dataset(FOLDER)
    top, groups = ds.top, ds.at_level(ds.top_level - 1)
    nodes = [
        {
            "id": group.lower(),
            "name_zh": group,
            "name_en": group,
            "weight": ds.weights[group],
            "indicators": [{"id": c, "weight": ds.weights[c]} for c in ds.children(group)],
        }
        for group in groups
    ]
    definition = parse_definition(
        {
            "id": top.lower(),
            "name_zh": top,
            "name_en": top,
            "cities": ds.raw["uCode"].to_list(),
            "periods": {"of": ["2020"]},
            "imputation": {"method": "median"},
            "treatment": {"winsorize": 5, "transform": "log"},
            "standardization": {"method": "minmax"},
            "nodes": nodes,
        },
        "A",
    )
    keys = ds.raw.select(pl.lit("2020").alias("period"), pl.col("uCode").alias("city"))
    figures = ds.raw[ds.indicators]
    known = figures.select(pl.all().is_not_null().cast(pl.Float64))
    panel = Panel(keys.hstack(figures), keys.hstack(known))
    return ds, Ground(definition, panel, ds.directions, Methods())


def drawn(kind: str, plan: Plan) -> Draws:
    """The draws of a file, in the options of the plan."""
    _, ground = world()
    para = pl.read_csv(FOLDER / f"95_{kind}_para.csv", infer_schema=False)
    numbers = {
        "imputation": para["impute"].replace_strict({"i_median": 0, "i_mean": 1}),
        "treatment": para["winmax"].replace_strict({"0": 1, "1": 2, "2": 3}),
        "standardization": para["norm"].replace_strict({"minmax": 0, "zscore": 1, "rank": 2}),
    }
    paths = np.column_stack([numbers.get(name, pl.Series([1] * para.height)) for name in STEPS])
    noisy = pl.read_csv(FOLDER / "90_noisy_weights.csv").with_columns(
        pl.col("iCode").str.to_lowercase()
    )
    sets = noisy.pivot("iCode", index="rep", values="Weight").sort("rep")
    names = [node.id.lower() for node in ground.definition.tree]
    sets = sets.with_columns(pl.lit(1.0).alias(n) for n in names if n not in sets.columns)
    rows = para["weights"].str.strip_prefix("w").cast(pl.Int64) - 1
    weights = to_matrix(sets[names])[rows.to_numpy()]
    zeros = np.zeros(para.height, dtype=np.int64)
    return Draws(paths.astype(np.int64), zeros, weights, zeros)


def expected(name: str) -> Floats:
    table = pl.read_csv(FOLDER / name)
    return to_matrix(table.select(pl.exclude("uCode", "Nominal", "Variable").cast(pl.Float64)))


@pytest.mark.parametrize("kind", ["UA", "SA"])
def test_the_same_assumptions_give_the_same_scores(kind: str) -> None:
    _, ground = world()
    varied = Assumptions(
        imputation=[ImputationChoice(method="mean")],
        treatment=[TreatmentChoice(winsorize=k, transform="log") for k in range(3)],
        standardization=[Standardization(method="zscore"), Standardization(method="rank")],
        comparability=[ALL_KNOWN],
    )
    plan = Plan(ground.definition, varied)
    scores, reasons = Auditor(ground, plan).scores(drawn(kind, plan))
    assert not reasons
    found = scores[ground.inner[0]]
    assert np.allclose(found.T, expected(f"95_{kind}_scores.csv"), rtol=1e-9)
    placed = ranks(found)
    assert np.array_equal(placed.T, expected(f"95_{kind}_ranks.csv"))
    if kind == "UA":
        statistics = np.column_stack(
            [placed.mean(axis=0), *np.quantile(placed, [0.5, 0.05, 0.95], axis=0)]
        )
        assert np.allclose(statistics, expected("95_UA_rankstats.csv"), rtol=1e-9)
        return
    nominal = pl.read_csv(FOLDER / "95_SA_nominal.csv")["Rank"].cast(pl.Float64).to_numpy()
    shift = rank_shift(placed.astype(np.float64), nominal)
    moved, theirs = effects(shift[:, None], 5), expected("95_SA_sensitivity.csv")
    assert np.allclose(moved.first[:, 0], theirs[:, 0], rtol=1e-9)
    assert np.allclose(moved.total[:, 0], theirs[:, 1], rtol=1e-9)
