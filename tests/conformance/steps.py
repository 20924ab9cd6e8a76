"""COINr's functions that build an index, each done by the engine."""

from __future__ import annotations

from typing import Any

import polars as pl

from cityflux.core.engine.measures.matrix import to_series
from cityflux.core.engine.measures.statistics import Limits, indicator_statistics
from cityflux.core.engine.steps import denomination, imputation, screening
from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.engine.steps.multicriteria import outranking
from cityflux.core.engine.steps.treatment import treat
from tests.conformance.analysis import pca
from tests.conformance.coin import Coin
from tests.conformance.r import Frame, Record, Vector
from tests.conformance.translation import aggregation, from_metadata, treatment


def get_stats(coin: Coin, dset: str, **options: Any) -> Frame:
    flags = {
        "min_available": options.get("t_avail", 0.65),
        "min_nonzero": options.get("t_zero", 0.5),
        "min_unique": options.get("t_unq", 0.5),
    }
    limits = Limits(options.get("t_skew", 2), options.get("t_kurt", 3.5))
    data = coin.data[dset].select(coin.indicators)
    table = indicator_statistics(data, limits=limits, **flags)
    shares = ("available", "nonzero", "unique", "same")
    numbers = ("min", "max", "mean", "median", "sd", "skewness", "kurtosis")
    columns = [*numbers, *shares, *(f"share_{name}" for name in shares)]
    values = table.select(pl.col(columns).cast(pl.Float64))
    digits = options.get("nsignif", 3)
    if digits is not None:
        values = values.select(pl.all().round_sig_figs(int(digits)))
    low = [pl.col(f"low_{name}") for name in ("available", "nonzero", "unique")]
    flagged = table.select(
        *(_word(flag, "LOW").alias(f"flag_{i}") for i, flag in enumerate(low)),
        _word(pl.col("outliers"), "OUT").alias("outliers"),
    )
    result = pl.concat([table.select("indicator"), values, flagged], how="horizontal")
    result.columns = _STATS
    return Frame(result)


_STATS = [
    "iCode",
    "Min",
    "Max",
    "Mean",
    "Median",
    "Std",
    "Skew",
    "Kurt",
    "N.Avail",
    "N.NonZero",
    "N.Unique",
    "N.Same",
    "Frc.Avail",
    "Frc.NonZero",
    "Frc.Unique",
    "Frc.Same",
    "Flag.Avail",
    "Flag.NonZero",
    "Flag.Unique",
    "Flag.SkewKurt",
]


def _word(flag: pl.Expr, word: str) -> pl.Expr:
    return pl.when(flag).then(pl.lit(word)).when(~flag).then(pl.lit("ok"))


def get_data_avail(coin: Coin, dset: str, **_: Any) -> Record:
    data, levels = coin.data[dset], range(2, coin.ds.top_level + 1)
    groups = {g: codes for level in levels for g, codes in coin.ds.groups(level).items()}
    summary = screening.availability(data, coin.indicators, keys=["uCode"])
    return Record(
        Summary=Frame(summary.rename(_AVAILABILITY)),
        ByGroup=Frame(screening.availability_by_group(data, groups, keys=["uCode"])),
    )


_AVAILABILITY = {
    "missing": "N_missing",
    "zero": "N_zero",
    "missing_or_zero": "N_miss_or_zero",
    "share_available": "Dat_Avail",
    "share_nonzero": "Non_Zero",
}


def screen(
    coin: Coin,
    dset: str,
    unit_screen: str,
    dat_thresh: float = 2 / 3,
    nonzero_thresh: float = 0.05,
    Force: Frame | None = None,
    **_: Any,
) -> Record:
    forced = dict(zip(Force.uCode, Force.Include, strict=True)) if Force else {}
    result = screening.screen(
        coin.data[dset],
        coin.indicators,
        by={"byNA": "missing", "byzeros": "zeros", "byNAandzeros": "both"}[unit_screen],  # type: ignore[arg-type]
        min_available=dat_thresh,
        min_nonzero=nonzero_thresh,
        include=[unit for unit, include in forced.items() if include],
        exclude=[unit for unit, include in forced.items() if not include],
        key="uCode",
    )
    table = result.table.rename(_AVAILABILITY).select(
        "uCode",
        *_AVAILABILITY.values(),
        LowData="low_data",
        LowNonZero="low_nonzero",
        LowDatOrZeroFlag=pl.col("low_data") | pl.col("low_nonzero"),
        Included="included",
    )
    return Record(DataSummary=Frame(table), ScreenedData=Frame(result.kept))


def denominate(coin: Coin, dset: str, denomby: Frame, **_: Any) -> Frame:
    plan = {
        row["iCode"]: denomination.Denominator(row["Denominator"], row["ScaleFactor"])
        for row in denomby.data.iter_rows(named=True)
    }
    return Frame(denomination.denominate(coin.data[dset].join(coin.ds.units, on="uCode"), plan))


def impute(
    coin: Coin,
    dset: str,
    f_i: str,
    use_group: str | None = None,
    impute_by: str = "column",
    group_level: float | None = None,
    **_: Any,
) -> Frame:
    data, columns = coin.data[dset], coin.indicators
    statistic = "median" if "median" in f_i else "mean"
    if impute_by == "row":
        groups = coin.ds.groups(int(group_level)) if group_level else None
        done = imputation.row(
            data,
            columns,
            directions=coin.ds.directions,
            groups=groups,
            statistic=statistic,  # type: ignore[arg-type]
        )
        return Frame(done.frame)
    method = {"mean": imputation.column_mean, "median": imputation.column_median}[statistic]
    if use_group is None:
        return Frame(method(data, columns).frame)
    grouped = data.join(coin.ds.units.select("uCode", use_group), on="uCode")
    return Frame(method(grouped, columns, by=use_group).frame.drop(use_group))


def treat_coin(
    coin: Coin,
    dset: str,
    global_specs: Record | None = None,
    indiv_specs: Record | None = None,
    combine_treat: bool = False,
    **_: Any,
) -> Record:
    specs = dict(global_specs.items) if global_specs else {}
    each = {
        code: None if own == "none" else treatment({**specs, **own.items}, combine=combine_treat)
        for code, own in (indiv_specs.items if indiv_specs else {}).items()
    }
    plan = treatment(specs, combine=combine_treat)
    done = treat(coin.data[dset], coin.indicators, plan, each=each)
    details = done.table.select(
        iCode="indicator",
        **{
            f"check_SkewKurt{i}.{name}": f"{ours}{stage}"
            for i, stage in enumerate(("", "_winsorized", "_transformed"))
            for name, ours in (("Pass", "passes"), ("Skew", "skewness"), ("Kurt", "kurtosis"))
        },
        **{"winsorise.nwin": pl.when(~pl.col("passes")).then("points")},
    )
    cell = pl.all().str.replace("high", "winhi").str.replace("low", "winlo")
    points = done.cells.select(cell.str.replace(f"{plan.transform}$", "log_CT"))
    return Record(
        x_treat=Frame(done.frame), Dets_Table=Frame(details), Treated_Points=Frame(points)
    )


def normalise(
    coin: Coin,
    dset: str,
    global_specs: Record,
    indiv_specs: Record | None = None,
    **_: Any,
) -> Frame:
    f_n, para = global_specs.f_n, global_specs.get("f_n_para")
    each = {
        code: (own.f_n, _parameters(own.get("f_n_para")))
        for code, own in (indiv_specs.items if indiv_specs else {}).items()
    }
    if para == "use_iMeta":
        rows = coin.ds.parameters
        each = {code: (f_n, from_metadata(f_n, rows[code])) for code in coin.indicators} | each
        para = None
    return Frame(coin.normalise(coin.data[dset], f_n, _parameters(para), each))


def _parameters(para: Record | None) -> dict[str, Any]:
    return dict(para.items) if para else {}


def aggregate(
    coin: Coin,
    dset: str,
    f_ag: Any = "a_amean",
    w: Frame | str | None = None,
    f_ag_para: Record | None = None,
    dat_thresh: Any = 0.0,
    **_: Any,
) -> Frame:
    levels = range(2, coin.ds.top_level + 1)
    steps = {
        level: aggregation(
            f_ag if isinstance(f_ag, str) else f_ag[level - 1],
            _parameters(f_ag_para),
            dat_thresh[level - 1] if isinstance(dat_thresh, Vector) else float(dat_thresh),
        )
        for level in levels
    }
    if isinstance(w, str):  # a set of weights by its name: PCA weights are the only ones
        w = pca(coin, int(w.removeprefix("PCA")), dset).Weights
    weights = dict(zip(w.iCode, w.Weight, strict=True)) if isinstance(w, Frame) else coin.weights
    return Frame(coin.aggregate(coin.data[dset], weights, steps))


def outrank_matrix(X: Frame, w: list[float]) -> Record:
    matrix = outranking(X.data, w)
    rows = range(1, len(matrix) + 1)
    columns = [to_series(matrix[:, i - 1], f"V{i}") for i in rows]
    return Record(OutRankMatrix=Frame(pl.DataFrame([pl.Series("row", rows), *columns])))


def a_copeland(X: Frame, w: list[float]) -> Vector:
    return Vector(AGGREGATIONS["copeland"](X.data, w))
