"""A coin: COINr's object that carries a data set through the steps of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import polars as pl

from cityflux.core.engine.steps import imputation
from cityflux.core.engine.steps.treatment import Treatment, treat
from cityflux.core.engine.tree import MEAN, Step, aggregate_tree
from tests.conformance.dataset import Dataset
from tests.conformance.r import Frame, Record
from tests.conformance.translation import standardized


@dataclass(frozen=True)
class Coin:
    """A data set and the choices that lead to its index, each step computed when it is asked for.

    Attributes:
        ds: the data set.
        impute: ``i_mean`` or ``i_median``, a type of ``impute_panel``, or empty for none.
        treatment: of outliers, or None.
        norm: the function of standardization and its parameters.
        weights: of all nodes.
        dset: the name that the calls give to the standardized data.
        drop: indicators that are left out.
        within: standardize the rows that share this column by themselves.
    """

    ds: Dataset
    impute: str = "i_median"
    treatment: Treatment | None = field(default_factory=Treatment)
    norm: tuple[str, Mapping[str, Any]] = ("n_minmax", {"l_u": (0, 100)})
    weights: Mapping[str, float] = field(default_factory=dict)
    dset: str = "Normalised"
    drop: Sequence[str] = ()
    within: str | None = None

    @cached_property
    def indicators(self) -> list[str]:
        return [code for code in self.ds.indicators if code not in self.drop]

    @cached_property
    def parents(self) -> dict[str, str | None]:
        return {c: p for c, p in self.ds.parents.items() if c not in self.drop}

    @cached_property
    def raw(self) -> pl.DataFrame:
        return self.ds.raw.drop(self.drop)

    @cached_property
    def imputed(self) -> pl.DataFrame:
        if not self.impute:
            return self.raw
        if "Time" in self.raw.columns:
            return interpolated(self.raw, self.impute)
        method = {"i_mean": imputation.column_mean, "i_median": imputation.column_median}
        return method[self.impute](self.raw, self.indicators).frame

    @cached_property
    def treated(self) -> pl.DataFrame:
        if self.treatment is None:
            return self.imputed
        return treat(self.imputed, self.indicators, self.treatment).frame

    @cached_property
    def normalised(self) -> pl.DataFrame:
        parts = [self.treated]
        if self.within is not None:
            parts = self.treated.partition_by(self.within, maintain_order=True)
        return pl.concat(self.normalise(part, *self.norm) for part in parts)

    @cached_property
    def aggregated(self) -> pl.DataFrame:
        return self.aggregate(self.normalised, self.weights)

    @property
    def data(self) -> dict[str, pl.DataFrame]:
        """Every data set by the name that the calls use."""
        steps = {"Raw": self.raw, "Imputed": self.imputed, "Treated": self.treated}
        return {**steps, self.dset: self.normalised, "Aggregated": self.aggregated}

    @property
    def Data(self) -> Record:
        """``coin$Data``."""
        return Record(**{name: Frame(data) for name, data in self.data.items()})

    @property
    def Meta(self) -> Record:
        """``coin$Meta``."""
        levels = range(2, self.ds.top_level + 1)
        lineage = pl.DataFrame(
            {
                "Level_1": self.indicators,
                **{f"Level_{k}": [self.ds.ancestor(c, k) for c in self.indicators] for k in levels},
            }
        )
        return Record(Lineage=Frame(lineage))

    def normalise(
        self,
        frame: pl.DataFrame,
        f_n: str,
        para: Mapping[str, Any],
        each: Mapping[str, tuple[str, Mapping[str, Any]]] | None = None,
    ) -> pl.DataFrame:
        """Standardize all indicators, single ones in their own way."""
        plans = {code: (each or {}).get(code, (f_n, para)) for code in self.indicators}
        return frame.select(
            *[key for key in ("Time", "uCode") if key in frame.columns],
            *(standardized(frame, c, f, p, self.ds.directions[c]) for c, (f, p) in plans.items()),
        )

    def aggregate(
        self,
        frame: pl.DataFrame,
        weights: Mapping[str, float] | None = None,
        steps: Mapping[int, Step] | None = None,
    ) -> pl.DataFrame:
        """Aggregate the tree; steps by the level that they lead to."""
        how = {c: (steps or {}).get(level, MEAN) for c, level in self.ds.levels.items()}
        tree = aggregate_tree(
            frame, self.parents, {**self.ds.weights, **(weights or {})}, steps=how
        )
        return tree.select(*frame.columns, *self.ds.aggregates)

    def index(self, weights: Mapping[str, float]) -> pl.Series:
        """Give the index under other weights."""
        return self.aggregate(self.normalised, weights)[self.ds.top]


def interpolated(data: pl.DataFrame, imp_type: str) -> pl.DataFrame:
    """Fill gaps between figures; all of COINr's types but ``linear`` fill the ends, too."""
    between: Literal["previous", "linear"] = "previous" if imp_type == "constant" else "linear"
    ends = imp_type != "linear"
    columns = data.columns[2:]
    done = imputation.interpolation(
        data, columns, between=between, ends=ends, unit="uCode", period="Time"
    )
    return done.frame
