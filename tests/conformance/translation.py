"""COINr's function names and parameters, in the engine's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from cityflux.core.engine.measures.statistics import Limits
from cityflux.core.engine.steps import standardization as s
from cityflux.core.engine.steps.aggregation import AGGREGATIONS, Aggregation
from cityflux.core.engine.steps.treatment import Treatment
from cityflux.core.engine.tree import Step

_METHODS = {
    "none": "none",
    "n_minmax": "minmax",
    "n_zscore": "zscore",
    "n_rank": "rank",
    "n_borda": "borda",
    "n_prank": "percentile_rank",
    "n_dist2max": "distance_to_best",
    "n_dist2ref": "distance_to_reference",
    "n_dist2targ": "distance_to_target",
    "n_goalposts": "goalposts",
    "n_fracmax": "fraction_of_max",
    "n_scaled": "scaled",
}
_SEVERAL = {
    "l_u": ("lower", "upper"),
    "npara": ("lower", "upper"),
    "m_sd": ("mean", "sd"),
    "gposts": ("lower", "upper", "scale"),
}
_ONE = {
    "scale_factor": "scale",
    "ties_method": "ties",
    "cap_max": "cap",
    "targ": "target",
    "trunc2posts": "truncate",
}
_TRANSFORMS = {
    "log_CT": "log",
    "log_CT_plus": "log_mirrored",
    "log_CT_orig": "log_plus_one",
    "boxcox": "box_cox",
}
_AGGREGATIONS = {
    "a_amean": "mean",
    "a_gmean": "geometric",
    "a_hmean": "harmonic",
    "a_genmean": "generalised",
    "a_copeland": "copeland",
    "cop": "copeland",
}


def standardized(
    frame: pl.DataFrame, column: str, f_n: str, para: Mapping[str, Any], direction: int
) -> pl.Expr:
    """Give the expression of one standardized column."""
    method = s.STANDARDIZATIONS[_METHODS[f_n]]
    x = pl.col(column)
    return s.standardize(x, method, direction=direction, **_standardization(frame, para))


def _standardization(frame: pl.DataFrame, para: Mapping[str, Any]) -> dict[str, Any]:
    ours: dict[str, Any] = {}
    for name, value in para.items():
        if name in _SEVERAL:
            ours |= dict(zip(_SEVERAL[name], map(float, value), strict=True))
        elif name == "iref":
            ours |= {"reference": frame["uCode"][int(value) - 1], "key": "uCode"}
        else:
            ours[_ONE[name]] = value
    return ours


def from_metadata(f_n: str, row: Mapping[str, str]) -> dict[str, Any]:
    """Give the parameters of ``use_iMeta`` for one indicator."""
    number = {name: float(v) for name, v in row.items() if v not in ("TRUE", "FALSE", row["iCode"])}
    if f_n == "n_goalposts":
        ends = [number[f"goalpost_{end}"] for end in ("lower", "upper", "scale")]
        return {"gposts": ends, "trunc2posts": row["goalpost_trunc2posts"] == "TRUE"}
    if f_n == "n_dist2targ":
        return {"targ": number["Target"], "cap_max": row["dist2targ_cap_max"] == "TRUE"}
    if f_n == "n_minmax":
        return {"l_u": [number["minmax_lower"], number["minmax_upper"]]}
    return {"m_sd": [number["zscore_mean"], number["zscore_sd"]]}


def treatment(specs: Mapping[str, Any], *, combine: bool) -> Treatment:
    """Give a treatment from COINr's ``global_specs`` merged over its defaults."""
    first = {"winmax": 5, **_items(specs.get("f1_para"))}
    test = _items(specs.get("f_pass_para"))
    second = specs.get("f2", "log_CT")
    if specs.get("f1", "winsorise") != "winsorise":
        first["winmax"], second = 0, specs["f1"]
    parameters = _items(specs.get("f2_para"))
    return Treatment(
        limits=limits(test),
        winsorize=None if first["winmax"] is None else int(first["winmax"]),
        winsorize_limits=limits(first),
        force=bool(first.get("force_win")),
        transform=_TRANSFORMS[second] if second else "",
        params={"power": parameters["lambda_"]} if "lambda_" in parameters else {},
        combine=combine,
    )


def limits(para: Mapping[str, Any]) -> Limits:
    """Give the limits of the test for outliers."""
    return Limits(float(para.get("skew_thresh") or 2), float(para.get("kurt_thresh") or 3.5))


def _items(value: Any) -> dict[str, Any]:
    return dict(value.items) if value else {}


def aggregation(f_ag: str, para: Mapping[str, Any], threshold: float = 0.0) -> Step:
    """Give a step from the name of an aggregation function and its parameters."""
    method: Aggregation = AGGREGATIONS[_AGGREGATIONS[f_ag]]
    return Step(method, {"power": para["p"]} if "p" in para else {}, threshold)
