"""COINr's functions that read an index, each done by the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.analysis import strengths
from cityflux.core.engine.measures import association
from cityflux.core.engine.measures.ranking import ranks
from cityflux.core.engine.steps.balancing import balance
from cityflux.core.engine.tree import effective_weights
from tests.conformance.coin import Coin
from tests.conformance.r import Frame, Record, Vector


def get_results(
    coin: Coin,
    dset: str,
    tab_type: str = "Summ",
    use: str = "scores",
    use_group: str | None = None,
    nround: float = 2,
    **_: Any,
) -> Frame:
    ds, top = coin.ds, coin.ds.top
    down = [code for level in range(ds.top_level, 1, -1) for code in _by_parent(coin, level)]
    columns = {"Summ": [top], "Aggs": down, "Full": [*down, *coin.indicators]}[tab_type]
    table = coin.data[dset].sort(top, descending=True, nulls_last=True, maintain_order=True)
    place = ranks(table, [top])[top].alias("Rank")
    rounded = table.select("uCode", pl.col(columns).round(int(nround)))
    if use == "scores":
        order = ["uCode", top, "Rank"] if tab_type == "Summ" else ["uCode", "Rank", *columns]
        return Frame(rounded.with_columns(place).select(order))
    if use == "ranks":
        return Frame(ranks(table, columns))
    grouped = table.join(ds.units.select("uCode", use_group), on="uCode", maintain_order="left")
    placed = ranks(grouped, columns, within=use_group).sort(use_group, maintain_order=True)
    return Frame(placed.select("uCode", use_group, *columns))


def _by_parent(coin: Coin, level: int) -> list[str]:
    return sorted(coin.ds.at_level(level), key=lambda code: coin.ds.parents[code] or "")


def get_unit_summary(coin: Coin, usel: str, Levels: Vector, dset: str, **_: Any) -> Frame:
    codes = [code for level in Levels for code in coin.ds.at_level(level)]
    data = coin.data[dset]
    own = pl.col("uCode") == usel
    return Frame(
        pl.DataFrame(
            {
                "Code": codes,
                "Name": codes,
                "Score": data.filter(own).select(codes).row(0),
                "Rank": ranks(data, codes).filter(own).select(codes).row(0),
            }
        )
    )


def get_str_weak(coin: Coin, dset: str, usel: str, **_: Any) -> Record:
    found = strengths.profile(
        coin.data[dset], coin.indicators, usel, directions=coin.ds.directions, key="uCode"
    )

    def table(rows: pl.DataFrame) -> Frame:
        groups = [coin.ds.ancestor(code, 2) for code in rows["indicator"]]
        return Frame(
            rows.select(
                Code="indicator",
                Name="indicator",
                Level_2=pl.Series(groups, dtype=pl.String),
                Rank="rank",
                Value="value",
            )
        )

    return Record(Strengths=table(found.strengths), Weaknesses=table(found.weaknesses))


def get_eff_weights(coin: Coin, **_: Any) -> Frame:
    found = effective_weights(coin.parents, coin.ds.weights)
    return Frame(
        pl.DataFrame(
            {
                "iCode": list(found),
                "Level": [coin.ds.levels[code] for code in found],
                "Weight": [coin.ds.weights[code] for code in found],
                "EffWeight": list(found.values()),
            }
        )
    )


def get_corr(
    coin: Coin,
    dset: str,
    Levels: Any = 1,
    cortype: str = "pearson",
    pval: float = 0.05,
    withparent: bool = False,
    grouplev: float | None = None,
    use_directions: bool = False,
    **_: Any,
) -> Frame:
    ds = coin.ds
    low, high = sorted(map(int, Levels)) if isinstance(Levels, list) else [int(Levels)] * 2
    data = coin.data[dset]
    if use_directions:
        data = data.with_columns(pl.col(code) * ds.directions[code] for code in coin.indicators)
    table = association.correlations(data, _codes(coin, high), _codes(coin, low), method=cortype)  # type: ignore[arg-type]
    if pval > 0:
        far = pl.col("p_value") > pval
        table = table.with_columns(pl.when(~far).then("correlation").alias("correlation"))
    if withparent and low != high:
        related = [ds.ancestor(c, high) == r for r, c in table.select("row", "column").iter_rows()]
        table = table.filter(pl.Series(related))
    if grouplev is not None:
        level = int(grouplev)
        pairs = table.select("row", "column").iter_rows()
        together = [ds.ancestor(a, level) == ds.ancestor(b, level) for a, b in pairs]
        table = table.filter(pl.Series(together))
    return Frame(table.select(Var1="row", Var2="column", Correlation="correlation"))


def _codes(coin: Coin, level: int) -> list[str]:
    return coin.indicators if level == 1 else coin.ds.at_level(level)


def get_pvals(X: Frame, method: str) -> Frame:
    codes = X.data.columns
    pairs = association.correlations(X.data, codes, method=method)  # type: ignore[arg-type]
    p = pairs["p_value"].to_numpy().reshape(len(codes), -1).copy()
    np.fill_diagonal(p, 0)
    return Frame(
        pl.DataFrame(p, schema=codes, orient="row").select(pl.Series("row", codes), pl.all())
    )


def get_corr_flags(
    coin: Coin, dset: str, cor_thresh: float, thresh_type: str, grouplev: float, **_: Any
) -> Frame:
    high = thresh_type == "high"
    table = association.correlation_flags(
        coin.data[dset],
        coin.ds.groups(int(grouplev)),
        above=cor_thresh if high else None,
        below=None if high else cor_thresh,
    )
    return Frame(table.select(Group="group", Ind1="row", Ind2="column", Corr="correlation"))


def get_denom_corr(coin: Coin, dset: str, cor_thresh: float, **_: Any) -> Frame:
    data = coin.data[dset].join(coin.ds.units, on="uCode")
    table = association.correlations(data, coin.indicators, coin.ds.denominators)
    table = table.filter(pl.col("correlation").abs() > cor_thresh)
    return Frame(table.select(Ind="row", Denom="column", Corr="correlation"))


def get_cronbach(coin: Coin, dset: str, iCodes: Vector, **_: Any) -> float | None:
    return association.cronbach_alpha(coin.data[dset].select(list(iCodes)))


def pca(coin: Coin, level: int, dset: str) -> Record:
    """Give principal components group by group, as ``get_PCA`` does."""
    found = {
        group: association.principal_components(coin.data[dset].select(codes))
        for group, codes in coin.ds.groups(level + 1, level).items()
    }
    weights = dict(coin.ds.weights)
    for parts in found.values():
        weights |= dict(zip(parts.loadings["indicator"], parts.loadings["pc1"], strict=True))
    results = {
        group: Record(PCAres=Record(sdev=Vector(parts.scree["sd"])))
        for group, parts in found.items()
    }
    return Record(Weights=weight_table(coin, weights), PCAresults=Named(results))


class Named(Record):
    """A list whose items are taken by name, ``[["name"]]``."""

    def __init__(self, items: Mapping[str, Any]) -> None:
        super().__init__(**items)

    def __getitem__(self, key: list[str]) -> Any:
        return self.items[key[0]]


def weight_table(coin: Coin, weights: Mapping[str, float]) -> Frame:
    """Give weights as COINr's table."""
    codes = list(coin.ds.weights)
    return Frame(
        pl.DataFrame(
            {
                "iCode": codes,
                "Level": [coin.ds.levels[code] for code in codes],
                "Weight": [float(weights[code]) for code in codes],
            }
        )
    )


def get_opt_weights(
    coin: Coin,
    itarg: Any = "equal",
    dset: str = "Aggregated",
    Level: float = 2,
    **options: Any,
) -> Record:
    codes = coin.ds.at_level(int(Level))
    targets = None if itarg == "equal" else [float(t) for t in itarg]
    method = options.get("cortype", "pearson")
    found = balance(coin.data[dset].select(codes), targets=targets, method=method, positive=False)
    weights = {**coin.ds.weights, **dict(zip(codes, found.weights, strict=True))}
    desired = targets or [1.0] * len(codes)
    results = {
        "Desired": [t / sum(desired) for t in desired],
        "Obtained": found.shares,
        "OptWeight": found.weights,
    }
    return Record(
        WeightsOpt=weight_table(coin, weights), CorrResultsNorm=Frame(pl.DataFrame(results))
    )


def compare_coins(
    first: Coin,
    second: Coin,
    dset: str,
    iCode: str,
    compare_by: str = "ranks",
) -> Frame:
    both = pl.DataFrame(
        {"uCode": first.raw["uCode"], "a": first.data[dset][iCode], "b": second.data[dset][iCode]}
    )
    if compare_by == "ranks":
        both = ranks(both, ["a", "b"])
    gap = pl.col("a") - pl.col("b")
    named = {"coin.1": pl.col("a"), "coin.2": pl.col("b"), "Diff": gap, "Abs.diff": gap.abs()}
    return Frame(both.select("uCode", **named))


def compare_coins_multi(
    coins: Record,
    dset: str,
    iCode: str,
    compare_by: str = "ranks",
    **_: Any,
) -> Frame:
    names = list(coins.items)
    first = coins.items[names[0]]
    table = pl.DataFrame(
        {
            "uCode": first.raw["uCode"],
            **{name: coin.data[dset][iCode] for name, coin in coins.items.items()},
        }
    )
    return Frame((ranks(table, names) if compare_by == "ranks" else table).sort(names[0]))


def compare_coins_corr(
    first: Coin,
    second: Coin,
    dset: str,
    iCodes: Vector,
    compare_by: str = "ranks",
) -> Record:
    rows = []
    for code in iCodes:
        pair = compare_coins(first, second, dset, code, compare_by).data
        r = association.correlations(pair, ["coin.1"], ["coin.2"])["correlation"].item()
        rows.append({"iCode": code, "Correlation": r})
    return Record(df_corr=Frame(pl.DataFrame(rows)))
