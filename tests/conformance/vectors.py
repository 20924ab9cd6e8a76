"""The function-level cases, ``vector_cases.jsonl``: name and arguments to what the engine gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.analysis import trends
from cityflux.core.engine.measures.matrix import Floats, to_series
from cityflux.core.engine.measures.ranking import ranks
from cityflux.core.engine.measures.statistics import kurtosis, outlier_test, skewness
from cityflux.core.engine.steps import imputation
from cityflux.core.engine.steps.aggregation import aggregate
from cityflux.core.engine.steps.multicriteria import copeland, outranking
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS
from cityflux.core.engine.steps.treatment import winsorize
from tests.conformance.translation import aggregation, limits, standardized

Arguments = Mapping[str, Any]


def compute(fn: str, args: Arguments) -> Any:
    """Compute a case: a number, a list, or a dictionary, with None for missing."""
    if fn in _CASES:
        return _CASES[fn](args)
    if fn.startswith("n_"):
        para = {name: value for name, value in args.items() if name != "x"}
        return _standardize(args["x"], fn, para)
    if fn.startswith("a_"):
        return _aggregate(fn, args)
    return _TRANSFORMS[fn](args)


def _standardize(x: Any, f_n: str, para: Arguments) -> list[Any]:
    values = _listed(x)
    frame = pl.DataFrame(
        {"uCode": [f"u{i}" for i in range(len(values))], "x": pl.Series(values, dtype=pl.Float64)}
    )
    rest = {name.replace(".", "_"): v for name, v in para.items() if name != "direction"}
    return (
        frame.select(standardized(frame, "x", f_n, rest, int(para.get("direction", 1))))
        .to_series()
        .to_list()
    )


def _normalise(args: Arguments) -> list[Any]:
    para = {n: v for n, v in args.items() if n not in ("x", "f_n", "f_n_para")}
    return _standardize(args["x"], args["f_n"], {**para, **(args.get("f_n_para") or {})})


def _aggregate(f_ag: str, args: Arguments) -> Any:
    values, weights = _listed(args["x"]), _listed(args["w"])
    names = [f"c{i}" for i in range(len(values))]
    frame = pl.DataFrame([values], schema=dict.fromkeys(names, pl.Float64), orient="row")
    step = aggregation(f_ag, args)
    return aggregate(step.method, frame, weights, **step.params).item()


def _table(rows: list[list[Any]]) -> pl.DataFrame:
    names = [f"c{i}" for i in range(len(rows[0]))]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")


def _column(x: Any) -> Floats:
    return np.array([[np.nan if v is None else v] for v in _listed(x)], dtype=np.float64)


def _listed(x: Any) -> list[Any]:
    return x if isinstance(x, list) else [x]


def _one(values: Floats) -> Any:
    return to_series(values).item()


def _check(args: Arguments) -> dict[str, Any]:
    test = outlier_test(_column(args["x"]), limits(args))
    passes = _one(test.passes)
    return {
        "Pass": None if passes is None else bool(passes),
        "Skew": _one(test.skewness),
        "Kurt": _one(test.kurtosis),
    }


def _winsorise(args: Arguments) -> dict[str, Any]:
    most = args.get("winmax", 5)
    done = winsorize(
        _column(args["x"]),
        most=None if most is None else int(most),
        limits=limits(args),
        force=bool(args.get("force_win")),
    )
    marks = np.where(done.high, "winhi", np.where(done.low, "winlo", ""))
    return {
        "x": to_series(done.x[:, 0]).to_list(),
        "nwin": int(done.points[0]),
        "treated": marks[:, 0].tolist(),
    }


def _log(name: str, label: Callable[[Floats], str]) -> Callable[[Arguments], dict[str, Any]]:
    def case(args: Arguments) -> dict[str, Any]:
        x = _column(args["x"])
        done = TRANSFORMATIONS[name](x)
        return {"x": to_series(done[:, 0]).to_list(), "treated": [label(x)] * len(x)}

    return case


def _boxcox(args: Arguments) -> list[Any]:
    return to_series(
        TRANSFORMATIONS["box_cox"](_column(args["x"]), power=args["lambda"])[:, 0]
    ).to_list()


def _impute(method: imputation.Imputation) -> Callable[[Arguments], list[Any]]:
    def case(args: Arguments) -> list[Any]:
        frame = pl.DataFrame({"x": pl.Series(args["x"], dtype=pl.Float64), "f": args.get("f", "")})
        by = {"by": "f"} if "f" in args else {}
        return method(frame, ["x"], **by).frame["x"].to_list()

    return case


def _trend(name: str) -> Callable[[Arguments], Any]:
    def case(args: Arguments) -> Any:
        t = np.array(args["x"], dtype=np.float64)
        return _one(trends.TRENDS[name](_column(args["y"]), t))

    return case


def _rank_df(args: Arguments) -> dict[str, list[Any]]:
    frame = pl.DataFrame(args["df"], strict=False)
    return ranks(frame, [c for c, t in frame.schema.items() if t.is_numeric()]).to_dict(
        as_series=False
    )


def _outranking(args: Arguments) -> dict[str, Any]:
    matrix = outranking(_table(args["X"]), args["w"])
    n = len(matrix)
    dominant = int((matrix == 1).sum())
    return {
        "OutRankMatrix": matrix.tolist(),
        "nDominant": dominant,
        "fracDominant": dominant / (n * (n - 1) / 2),
    }


_CASES: dict[str, Callable[[Arguments], Any]] = {
    "Normalise": _normalise,
    "skew": lambda args: _one(skewness(_column(args["x"]))),
    "kurt": lambda args: _one(kurtosis(_column(args["x"]))),
    "check_SkewKurt": _check,
    "winsorise": _winsorise,
    "outrankMatrix": _outranking,
    "a_copeland": lambda args: copeland(_table(args["X"]), args["w"]).to_list(),
    "i_mean": _impute(imputation.column_mean),
    "i_median": _impute(imputation.column_median),
    "i_mean_grp": _impute(imputation.column_mean),
    "i_median_grp": _impute(imputation.column_median),
    "CAGR": _trend("compound_growth"),
    "prc_change": _trend("percent_change"),
    "rank_df": _rank_df,
}
_TRANSFORMS: dict[str, Callable[[Arguments], Any]] = {
    "log_CT": _log("log", lambda _: "log_CT"),
    "log_CT_orig": _log("log_plus_one", lambda _: "log_CT_orig"),
    "log_CT_plus": _log("log_mirrored", lambda x: "log_CT" if skewness(x)[0] > 0 else "log_CT_neg"),
    "boxcox": _boxcox,
}
