"""Imputing and treating the figures of an index, each indicator by its own choice.

What is touched is recorded figure by figure: an `adjustments` frame has a row for each, with
``indicator``, ``city``, ``period``, ``kind`` (``imputed`` or ``treated``), ``method``, and the
figure ``before`` (null where it was missing) and ``after``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.checking import located
from cityflux.core.engine.definition.choices import ImputationChoice, TreatmentChoice, Within
from cityflux.core.engine.definition.index import Definition, Node
from cityflux.core.engine.measures.columns import rows_of
from cityflux.core.engine.measures.matrix import (
    Floats,
    replaced,
    to_frame,
    to_matrix,
    to_series,
)
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError

if TYPE_CHECKING:
    from cityflux.core.engine.steps.treatment import TreatedColumns, Treatment

_SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("indicator", "city", "period", "kind", "method"), pl.String),
        **dict.fromkeys(("before", "after"), pl.Float64),
    }
)


@cache
def no_adjustments() -> pl.DataFrame:
    """The frame of adjustments without a row."""
    return pl.DataFrame(schema=_SCHEMA)


def joined(adjustments: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of some frames of adjustments, which need no copy where only one has any."""
    some = [*filter(attrgetter("height"), adjustments)]
    return pl.concat(some) if len(some) > 1 else some[0] if some else no_adjustments()


def impute_figures(
    definition: Definition,
    values: pl.DataFrame,
    signs: Mapping[str, int],
    methods: Methods,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fill gaps, every indicator from the observed figures alone, never from filled ones.

    Indicators that share a choice are handed to the method together.

    Args:
        definition: the index.
        values: period, city, the groups of cities, and a column per leaf.
        signs: the direction of each leaf, 1 or -1.
        methods: those that the definition may name.

    Returns:
        The figures, and the adjustments.

    Raises:
        IndexDefinitionError: a method cannot be applied.
    """
    alike: dict[tuple[ImputationChoice, str], list[str]] = {}
    for leaf in definition.leaves:
        if leaf.imputation:
            alike.setdefault((leaf.imputation, _holder(leaf)), []).append(leaf.id)
    filled, records = values, list[pl.DataFrame]()
    for (chosen, node), names in alike.items():
        with located(definition, f"node {node}", "imputation"):
            done = _imputed(definition, values, signs, chosen, node, names, methods)[names]
        before, after = to_matrix(values[names]), to_matrix(done)
        how = np.where(np.isnan(before) & ~np.isnan(after), 1, 0)
        records.append(_records(values, names, before, after, how, "imputed", ["", chosen.method]))
        filled = replaced(filled, done)
    return filled, joined(records)


def _imputed(
    definition: Definition,
    values: pl.DataFrame,
    signs: Mapping[str, int],
    chosen: ImputationChoice,
    node: str,
    names: list[str],
    methods: Methods,
) -> pl.DataFrame:
    from cityflux.core.engine.steps.imputation import OVER_TIME

    function, parameters = methods.get("imputation", chosen.method), chosen.parameters
    columns = names
    if chosen.method == "row":
        parameters.pop("level", None)
        parameters["directions"] = signs
        columns = [leaf.id for leaf in definition.leaves_below(node)]
    if (by := parameters.get("by")) and by not in values.columns:
        raise IndexDefinitionError(f"by {by!r}: group by city, period, region, country or group")
    over_time = chosen.method in OVER_TIME or getattr(function, "over_time", False)
    parts = _parts(values, "all" if over_time else chosen.within)
    frames: list[pl.DataFrame] = [function(part, columns, **parameters).frame for part in parts]
    return pl.concat(frames) if len(frames) > 1 else frames[0]


def _holder(leaf: Node) -> str:
    """The node whose indicators are imputed together with this one.

    That for which the imputation was chosen; with a ``level``, the ancestor at that level (the
    parent, where the leaf hangs higher).
    """
    level = leaf.imputation.parameters.get("level") if leaf.imputation else None
    return leaf.imputed_at if level is None else leaf.path[min(level, leaf.level - 1)]


def treat_figures(
    definition: Definition, values: pl.DataFrame, methods: Methods
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Treat the indicators that have outliers, each as it is chosen for it.

    Args:
        definition: the index.
        values: period, city, and a column per leaf.
        methods: those that the definition may name.

    Returns:
        The figures, the adjustments, and a note for every indicator that was touched.

    Raises:
        IndexDefinitionError: a transformation cannot be applied.
    """
    plans: dict[Within, dict[str, Treatment]] = {}
    made: dict[int, Treatment] = {}  # most leaves share one choice
    for leaf in definition.leaves:
        if chosen := leaf.treatment:
            if id(chosen) not in made:
                made[id(chosen)] = treatment_plan(chosen, methods)
            plans.setdefault(chosen.within, {})[leaf.id] = made[id(chosen)]
    records, notes = list[pl.DataFrame](), []
    for within, each in plans.items():
        from cityflux.core.engine.steps.treatment import treat_columns  # only where it is needed

        names, parts = list(each), []
        for rows in rows_of(values["period"]) if within == "period" else [slice(None)]:
            part = values[rows]
            before = to_matrix(part[names])
            with located(definition, f"index {definition.id}", "treatment"):
                done = treat_columns(before, [*each.values()], methods.transformation)
            how = [re.sub("high|low", "winsorized", word) for word in done.words]
            records.append(_records(part, names, before, done.x, done.marks, "treated", how))
            notes += _treatment_notes(names, done, part["period"][0] if within == "period" else "")
            touched = ((done.x != before) & ~np.isnan(before)).any(axis=0)
            changed = [name for name, t in zip(names, touched, strict=True) if t]
            parts.append(replaced(part, to_frame(done.x[:, touched], changed)))
        values = pl.concat(parts) if len(parts) > 1 else parts[0]
    return values, joined(records), notes


def treatment_plan(chosen: TreatmentChoice, methods: Methods) -> Treatment:
    """How outliers are treated, as it is chosen with one of the methods."""
    from cityflux.core.engine.measures.statistics import Limits
    from cityflux.core.engine.steps.treatment import Treatment

    own = methods.get("outlier_test", chosen.test) if chosen.test else None
    limits = Limits(chosen.skewness, chosen.kurtosis, own)
    inner = Limits(
        limits.skewness if chosen.winsorize_skewness is None else chosen.winsorize_skewness,
        limits.kurtosis if chosen.winsorize_kurtosis is None else chosen.winsorize_kurtosis,
        own,
    )
    return Treatment(
        limits=limits,
        winsorize=None if chosen.winsorize == "all" else chosen.winsorize,
        winsorize_limits=inner,
        force=chosen.force,
        transform=chosen.transform,
        params=chosen.params,
        combine=chosen.combine,
    )


def _treatment_notes(names: Sequence[str], done: TreatedColumns, period: str) -> list[str]:
    where = f" in {period}" if period else ""
    rows = zip(names, done.table.iter_rows(named=True), strict=True)
    return [
        f"{name}{where} has outliers: {row['outcome']} "
        f"({row['points']} winsorized, transformation {row['transform'] or 'none'}), "
        f"{_moved(row, 'skewness')}, {_moved(row, 'kurtosis')}"
        for name, row in rows
        if row["outcome"] != "passes"
    ]


def _moved(row: Mapping[str, Any], what: str) -> str:
    """How a statistic was before a treatment and is after it."""
    after = row[f"{what}_transformed"] if row["transform"] else row[f"{what}_winsorized"]
    return f"{what} {row[what]:.2f}" + (
        f" before and {after:.2f} after"
        if row["outcome"] != "left alone" and after is not None
        else ""
    )


def _records(
    rows: pl.DataFrame,
    names: Sequence[str],
    before: Floats,
    after: Floats,
    how: NDArray[np.int64],
    kind: str,
    methods: Sequence[str],
) -> pl.DataFrame:
    """The adjustments of some indicators.

    Args:
        rows: city and period of each row of the matrices.
        names: the indicator of each column.
        before: the figures, rows x columns.
        after: the same, adjusted.
        how: for each figure the number of what was done to it, 0 for nothing.
        kind: ``imputed`` or ``treated``.
        methods: what was done, by its number.
    """
    columns, places = np.nonzero(how.T)
    return pl.DataFrame(
        {
            "indicator": pl.Series(names, dtype=pl.String)[columns],
            "city": rows["city"][places],
            "period": rows["period"][places],
            "kind": pl.Series([kind]).new_from_index(0, len(columns)),
            "method": pl.Series(methods, dtype=pl.String)[how[places, columns]],
            "before": to_series(before[places, columns]),
            "after": to_series(after[places, columns]),
        },
        schema=_SCHEMA,
    )


def _parts(values: pl.DataFrame, within: Within) -> list[pl.DataFrame]:
    rows = rows_of(values["period"]) if within == "period" else []
    return [values[each] for each in rows] if len(rows) > 1 else [values]
