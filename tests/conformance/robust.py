"""COINr's robustness analyses, each done by the engine on the assumptions of the files."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl

from cityflux.core.engine.analysis.robustness import rank_shifts, rank_statistics
from cityflux.core.engine.analysis.robustness import remove_elements as remove
from cityflux.core.engine.analysis.sensitivity import (
    bootstrap_indices,
    rank_distance,
    sobol_indices,
)
from cityflux.core.engine.measures.ranking import ranks
from cityflux.core.engine.steps.treatment import Treatment
from tests.conformance.coin import Coin
from tests.conformance.r import Frame, Record

_EFFECTS = {
    "assumption": "Variable",
    "first_order": "Si",
    "total": "STi",
    "first_order_low": "Si_q5",
    "first_order_high": "Si_q95",
    "total_low": "STi_q5",
    "total_high": "STi_q95",
}


def remove_elements(coin: Coin, level: int) -> Record:
    """Remove every element of a level, one at a time."""
    units = coin.raw.select("uCode")
    scores = remove(coin.index, coin.ds.weights, coin.ds.at_level(level))
    scores = scores.rename({"nominal": "Nominal"})
    placed = ranks(scores, scores.columns)
    shifts = rank_shifts(scores)
    means = {"name": ["Nominal", *shifts["element"]], "value": [0.0, *shifts["mean_shift"]]}
    tables = {
        "Scores": scores,
        "Ranks": placed,
        "RankDiffs": placed.select((pl.all() - pl.col("Nominal")) * -1),
    }
    named = {name: Frame(pl.concat([units, t], how="horizontal")) for name, t in tables.items()}
    return Record(**named, MeanAbsDiff=Frame(pl.DataFrame(means)))


def noisy_sets(coin: Coin) -> list[dict[str, float]]:
    """Read the noisy weights, which R has drawn."""
    drawn = coin.ds.expected("90_noisy_weights.csv").select(
        pl.col("rep").cast(pl.Int64), "iCode", pl.col("Weight").cast(pl.Float64)
    )
    return [
        dict(part.select("iCode", "Weight").iter_rows())
        for part in drawn.sort("rep", maintain_order=True).partition_by("rep", maintain_order=True)
    ]


def sampled(coin: Coin, kind: str) -> Record:
    """Compute the index under every set of assumptions of a file, and what COINr reads from it."""
    para = coin.ds.expected(f"95_{kind}_para.csv")
    sets = noisy_sets(coin)
    units = coin.raw.select("uCode")

    @cache
    def variant(impute: str, winmax: str, norm: str) -> Coin:
        plan = Treatment(winsorize=int(winmax))
        return Coin(coin.ds, impute, plan, (f"n_{norm}", {}))

    columns = [coin.aggregated[coin.ds.top].alias("Nominal")]
    for row in para.iter_rows(named=True):
        weights = sets[int(row["weights"].removeprefix("w")) - 1]
        index = variant(row["impute"], row["winmax"], row["norm"]).index(weights)
        columns.append(index.alias(f"r_{row['rep']}"))
    scores = pl.DataFrame(columns)
    placed = ranks(scores, scores.columns)
    runs = placed.drop("Nominal")
    assumptions = [name for name in para.columns if name != "rep"]
    points = runs.width // (len(assumptions) + 2)
    base = runs if kind == "UA" else runs[:, : 2 * points]
    stats = rank_statistics(base).rename(
        {"mean": "Mean", "median": "Median", "q5": "Q5", "q95": "Q95"}
    )
    tables: dict[str, Any] = {
        "Scores": scores,
        "Ranks": placed,
        "RankStats": pl.concat([placed.select("Nominal"), stats], how="horizontal"),
        "Nominal": pl.DataFrame({"Score": scores["Nominal"], "Rank": placed["Nominal"]}),
    }
    named = {name: Frame(pl.concat([units, t], how="horizontal")) for name, t in tables.items()}
    if kind == "SA":
        y = rank_distance(runs, scores["Nominal"])
        ends = bootstrap_indices(y, assumptions, samples=1000, seed=1)
        table = sobol_indices(y, assumptions).join(ends, on="assumption")
        named["Sensitivity"] = Frame(table.rename(_EFFECTS))
    return Record(Para=Frame(para), **named)
