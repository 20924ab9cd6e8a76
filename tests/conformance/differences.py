"""Where the engine differs from COINr on purpose: what, and why.

``STATED`` is the whole list, which docs/methods.md repeats. `of_table` and `of_vector` say which
of them a case may show, and how its comparison is relaxed: by what the case asks for, never by
its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STATED: dict[str, str] = {
    "generalised mean": (
        "COINr gives no generalised mean where a child is missing, a bug: its other means drop "
        "the child and rescale the weights, and so do all of ours"
    ),
    "fractional power": (
        "COINr gives NaN for the fractional power of a negative score; we refuse it and say what "
        "to do, as both do for the geometric mean"
    ),
    "missing weight": (
        "a child without a weight is left out by all our means; COINr refuses it in the "
        "arithmetic mean only"
    ),
    "Copeland with gaps": (
        "COINr counts the weight of missing children for the later row, so that scores depend on "
        "the order of rows; we compare the children that both units have"
    ),
    "Copeland ties": (
        "where both sides weigh exactly the same, COINr's rounding decides; we call it a tie"
    ),
    "reference at the bottom": (
        "a reference unit that is itself the worst makes COINr divide by zero, and cap infinity "
        "at 1; we give no score"
    ),
    "winsorized to a constant": (
        "winsorization that makes a column constant stops COINr with an error or drops the column "
        "from its table; ours ends there, and treatment leaves the column as it was and lists it"
    ),
    "label of undone winsorization": (
        "COINr labels cells winsorized although the transformation that follows starts from the "
        "untreated figures; our labels say what happened to the figure"
    ),
    "missing figures in moments": (
        "COINr gives no skewness or kurtosis of a column with gaps unless told to remove them; "
        "ours always leave them out"
    ),
    "single figure in a series": (
        "linear interpolation of a series with one figure stops COINr with an error; we leave the "
        "gaps as they are"
    ),
    "latest periods of a whole series": (
        "a trend over the latest n periods is missing in COINr when the series has exactly n up to "
        "its last figure; ours is there"
    ),
    "sign of a component": (
        "the sign of a principal component is arbitrary; ours makes the loadings sum to something "
        "positive"
    ),
    "optimised weights": (
        "COINr searches, by default for a few steps only, and reports the correlations of its last "
        "try; we solve the linear system: a tight search meets it to 1e-5, any other to 0.1"
    ),
    "random draws": (
        "noisy weights and sampled assumptions come from R's random numbers and are taken as "
        "given; bootstrap quantiles agree to 0.1 only"
    ),
}


@dataclass(frozen=True, slots=True)
class Relaxed:
    """How the comparison of one case is relaxed.

    Attributes:
        stated: the differences that allow it.
        fills: what is missing in COINr may be there in ours.
        blanks: a column of COINr may be missing in ours altogether.
        unlisted: indicators that COINr's table does not list.
        loose: columns that agree to ``atol`` only.
        atol: the absolute tolerance of the loose columns.
        signs: the sign of the numbers of a group is free.
        quirks: COINr's own arithmetic of Copeland scores must explain the numbers.
        labels: labels of undone winsorization are dropped from COINr's table.
        refuses: ours refuses what COINr computes.
        accepts: ours computes what COINr refuses.
    """

    stated: tuple[str, ...] = ()
    fills: bool = False
    blanks: bool = False
    unlisted: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    atol: float = 0.0
    signs: bool = False
    quirks: bool = False
    labels: bool = False
    refuses: bool = False
    accepts: bool = False


STRICT = Relaxed()


def of_table(row: Mapping[str, str]) -> Relaxed:
    """Say how the comparison of a row of the manifest is relaxed."""
    call, file = row["call"], row["file"]
    untreated = re.findall(r"could not be treated at column '([^']+)'", row["warnings"])
    if row["status"] == "error" and 'imp_type = "linear"' in call:
        return Relaxed(("single figure in a series",), accepts=True)
    if untreated and "Dets_Table" in call:
        return Relaxed(("winsorized to a constant",), unlisted=tuple(untreated))
    if "Treated_Points" in call and "combine_treat" not in call:
        return Relaxed(("label of undone winsorization",), labels=True)
    if "n_dist2ref" in call:
        return Relaxed(("reference at the bottom",), blanks=True)
    if '"cop"' in call or "a_copeland" in call or "outrankMatrix" in call:
        return Relaxed(("Copeland ties", "Copeland with gaps"), quirks=True)
    if "a_genmean" in call:
        return Relaxed(("generalised mean",), fills=True)
    if "use_latest" in call:
        return Relaxed(("latest periods of a whole series",), fills=True)
    if call.startswith("pc(") and call.endswith("$Weights"):
        return Relaxed(("sign of a component",), signs=True)
    if call.endswith("$Sensitivity"):
        bootstrap = ("Si_q5", "Si_q95", "STi_q5", "STi_q95")
        return Relaxed(("random draws",), loose=bootstrap, atol=0.1)
    if "get_opt_weights" in call:
        tight = "toler" in call and "spearman" not in call
        columns = ("Weight", "OptWeight", "Obtained")
        return Relaxed(("optimised weights",), loose=columns, atol=1e-5 if tight else 0.1)
    if file.startswith("90_noisy_weights") or call.startswith("paratab("):
        return Relaxed(("random draws",))
    return STRICT


def of_vector(case: Mapping[str, Any]) -> Relaxed:
    """Say how the comparison of a function-level case is relaxed."""
    fn, args = case["fn"], case["args"]
    x = args.get("x") if isinstance(args.get("x"), list) else [args.get("x")]
    there = [value for value in x if value is not None]
    gaps = len(there) < len(x)
    if fn == "a_genmean" and (gaps or None in _list(args["w"])):
        return Relaxed(("generalised mean",), fills=True)
    if fn == "a_genmean" and args["p"] % 1 and min(there) < 0:
        return Relaxed(("fractional power",), refuses=True)
    if fn == "a_amean" and None in _list(args["w"]):
        return Relaxed(("missing weight",), accepts=True)
    if fn in ("a_copeland", "outrankMatrix"):
        return Relaxed(("Copeland ties", "Copeland with gaps"), quirks=True)
    if fn == "n_dist2ref" and x[int(args["iref"]) - 1] == min(there, default=0):
        return Relaxed(("reference at the bottom",), blanks=True)
    if fn == "winsorise" and case.get("error", "").startswith("missing value where TRUE/FALSE"):
        return Relaxed(("winsorized to a constant",), accepts=True)
    if gaps and not args.get("na.rm") and fn in ("skew", "kurt", "check_SkewKurt"):
        return Relaxed(("missing figures in moments",), fills=True)
    return STRICT


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
