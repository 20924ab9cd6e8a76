"""The names that the calls of a manifest use without saying what they are.

The README of the files gives the baseline coin; file names and notes give the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import polars as pl

from tests.conformance import analysis, panel, robust, steps
from tests.conformance.coin import Coin
from tests.conformance.dataset import Dataset
from tests.conformance.r import Frame, Record, Vector, evaluate

_CORRELATIONS = re.compile(r"pearson|spearman|kendall")


def compute(ds: Dataset, row: dict[str, str]) -> pl.DataFrame:
    """Compute what a row of the manifest asks for."""
    result = evaluate(row["call"], Names(ds, row["file"], row["note"]).get)
    assert isinstance(result, Frame), f"{row['call']} gave {type(result).__name__}"
    return result.data


class Names:
    """What the free names of one call stand for."""

    def __init__(self, ds: Dataset, file: str, note: str) -> None:
        self.ds, self.file, self.note = ds, file, note

    def get(self, name: str) -> Any:
        """Give the value of a name."""
        return _FUNCTIONS[name] if name in _FUNCTIONS else getattr(self, name)

    def _in_name(self, pattern: str) -> str:
        found = re.search(pattern, self.file)
        assert found, f"{self.file} does not say {pattern}"
        return found.group(1)

    # The index and its variants

    @cached_property
    def coin(self) -> Coin:
        return Coin(self.ds)

    @property
    def coinz(self) -> Coin:
        return Coin(self.ds, norm=("n_zscore", {}))

    @property
    def cz(self) -> Coin:
        return Coin(self.ds, norm=("n_zscore", {}), dset="Z")

    @property
    def c100(self) -> Coin:
        return Coin(self.ds, norm=("n_minmax", {"l_u": (1, 100)}), dset="N100")

    @property
    def craw(self) -> Coin:
        return Coin(self.ds, impute="", treatment=None, dset="NR")

    @property
    def craw100(self) -> Coin:
        norm = ("n_minmax", {"l_u": (1, 100)})
        return Coin(self.ds, impute="", treatment=None, norm=norm, dset="NR")

    @property
    def coin2(self) -> Coin:
        note = next(r["note"] for r in self.ds.manifest if r["note"].startswith("change_ind"))
        listed = note[note.index("=") + 1 : note.index(")")]
        return Coin(self.ds, drop=[code.strip() for code in listed.split(",")])

    @property
    def cp(self) -> Coin:
        return self.coin

    # Panels

    @property
    def purse(self) -> Coin:
        return self.coin

    @property
    def pg(self) -> Coin:
        return Coin(self.ds, impute="linear-constant", treatment=None)

    @property
    def pl(self) -> Coin:
        return Coin(self.ds, impute="linear-constant", treatment=None, within="Time")

    @property
    def raw(self) -> Frame:
        return Frame(self.ds.raw.select("Time", "uCode", *self.ds.indicators))

    # Tables and lists

    @property
    def meta(self) -> Frame:
        codes = list(self.ds.weights)
        return Frame(
            pl.DataFrame(
                {
                    "iCode": codes,
                    "Level": [self.ds.levels[code] for code in codes],
                    "Parent": [self.ds.parents[code] for code in codes],
                    "Weight": [self.ds.weights[code] for code in codes],
                }
            )
        )

    @property
    def weq(self) -> Frame:
        return analysis.weight_table(self.coin, dict.fromkeys(self.ds.weights, 1.0))

    @property
    def den(self) -> Frame:
        return Frame(self.ds.denominations)

    @property
    def ind(self) -> Vector:
        return Vector(self.ds.indicators)

    @property
    def aggc(self) -> Vector:
        return Vector(self.ds.aggregates)

    @property
    def nw(self) -> Vector:
        sets = robust.noisy_sets(self.coin)
        return Vector(analysis.weight_table(self.coin, weights) for weights in sets)

    # Single values, which file names and notes tell

    @property
    def maxlev(self) -> int:
        return self.ds.top_level

    @property
    def lv(self) -> int:
        return int(self._in_name(r"_L(\d)"))

    @property
    def th(self) -> float:
        return float(self._in_name(r"_([\d.]+)\.csv"))

    @property
    def ct(self) -> str:
        return self._in_name(f"({_CORRELATIONS.pattern})")

    @property
    def u1(self) -> str:
        return self.note.removeprefix("unit ")

    @property
    def cop(self) -> str:
        return "cop"

    @property
    def specs_i(self) -> Record:
        listed = self.note.removeprefix("indiv_specs:").split(";")
        specs = dict(part.split(" = ", 1) for part in listed)
        return Record(**{code.strip(): _treatment_of(text) for code, text in specs.items()})

    # Shorthands of the README, and results of longer analyses

    def N(self, f: str, para: Record | None = None, dset: str = "Treated") -> Frame:
        return steps.normalise(self.coin, dset, Record(f_n=f, f_n_para=para))

    def keep(self, frame: Frame) -> Frame:
        return Frame(frame.data.select("uCode", *self.ds.aggregates))

    def pc(self, level: float, dset: str = "Aggregated") -> Record:
        return analysis.pca(self.coin, int(level), dset)

    @property
    def re(self) -> Record:
        return robust.remove_elements(self.coin, self.lv)

    def paratab(self, frame: Frame) -> Frame:
        return frame

    @property
    def S(self) -> Record:
        return _sampled(self.ds, self._in_name(r"95_([A-Z]+)_"))


@cache
def _sampled(ds: Dataset, kind: str) -> Record:
    return robust.sampled(Coin(ds), kind)


def _treatment_of(text: str) -> Record | str:
    """Read what a note says of one indicator: ``winsorise winmax 2 force_win, thresholds 0.1``."""
    words = text.replace(",", " ").split()
    if words == ["none"]:
        return "none"
    numbers = {name: float(words[words.index(name) + 1]) for name in ("winmax", "thresholds")}
    test = Record(skew_thresh=numbers["thresholds"], kurt_thresh=numbers["thresholds"])
    first = Record(winmax=numbers["winmax"], force_win="force_win" in words, **test.items)
    return Record(f1=words[0], f1_para=first, f_pass_para=test)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "get_stats": steps.get_stats,
    "get_data_avail": steps.get_data_avail,
    "Screen": steps.screen,
    "Denominate": steps.denominate,
    "Impute": steps.impute,
    "Treat": steps.treat_coin,
    "Normalise": steps.normalise,
    "Aggregate": steps.aggregate,
    "outrankMatrix": steps.outrank_matrix,
    "a_copeland": steps.a_copeland,
    "get_results": analysis.get_results,
    "get_unit_summary": analysis.get_unit_summary,
    "get_str_weak": analysis.get_str_weak,
    "get_eff_weights": analysis.get_eff_weights,
    "get_corr": analysis.get_corr,
    "get_pvals": analysis.get_pvals,
    "get_corr_flags": analysis.get_corr_flags,
    "get_denom_corr": analysis.get_denom_corr,
    "get_cronbach": analysis.get_cronbach,
    "get_opt_weights": analysis.get_opt_weights,
    "compare_coins": analysis.compare_coins,
    "compare_coins_multi": analysis.compare_coins_multi,
    "compare_coins_corr": analysis.compare_coins_corr,
    "get_dset": panel.get_dset,
    "impute_panel": panel.impute_panel,
    "get_trends": panel.get_trends,
}
