"""Imputing and treating the figures of an index, each indicator by its own choice.

What is touched is recorded figure by figure: an `adjustments` frame has a row for each, with
``indicator``, ``city``, ``period``, ``kind`` (``imputed`` or ``treated``), ``method``, and the
figure ``before`` (null where it was missing) and ``after``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from cityflux.core.engine.checking import located
from cityflux.core.engine.definition.choices import ImputationChoice, TreatmentChoice, Within
from cityflux.core.engine.definition.index import Definition, Node
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError

if TYPE_CHECKING:
    from cityflux.core.engine.steps.treatment import Treated, Treatment

_SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("indicator", "city", "period", "kind", "method"), pl.String),
        **dict.fromkeys(("before", "after"), pl.Float64),
    }
)


def no_adjustments() -> pl.DataFrame:
    """The frame of adjustments without a row."""
    return pl.DataFrame(schema=_SCHEMA)


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
    filled, records = values, [no_adjustments()]
    for (chosen, node), names in alike.items():
        with located(definition, f"node {node}", "imputation"):
            after = _imputed(definition, values, signs, chosen, node, names, methods)
        for name in names:
            was_filled = values[name].is_null() & after[name].is_not_null()
            records.append(_records(values, after, name, was_filled, "imputed", chosen.method))
        filled = filled.with_columns(after.select(names))
    return filled, pl.concat(records)


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
    return pl.concat(frames)


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
    plans: dict[Within, dict[str, Treatment | None]] = {}
    for leaf in definition.leaves:
        if leaf.treatment:
            plans.setdefault(leaf.treatment.within, {})[leaf.id] = _plan(leaf.treatment, methods)
    records, notes = [no_adjustments()], []
    for within, each in plans.items():
        from cityflux.core.engine.steps.treatment import treat  # only where something is treated

        done = []
        for part in _parts(values, within):
            with located(definition, f"index {definition.id}", "treatment"):
                treated = treat(part, list(each), each=each, transformations=methods.transformation)
            done.append(treated.frame)
            records += [_treated(part, treated, name) for name in each]
            notes += _treatment_notes(treated, part["period"][0] if within == "period" else "")
        values = pl.concat(done)
    return values, pl.concat(records), notes


def _plan(chosen: TreatmentChoice, methods: Methods) -> Treatment:
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


def _treated(before: pl.DataFrame, treated: Treated, name: str) -> pl.DataFrame:
    cells = treated.cells[name]
    how = cells.str.replace("high|low", "winsorized")
    return _records(before, treated.frame, name, cells != "", "treated", how)


def _treatment_notes(treated: Treated, period: str) -> list[str]:
    where = f" in {period}" if period else ""
    return [
        f"{row['indicator']}{where} has outliers: {row['outcome']} "
        f"({row['points']} winsorized, transformation {row['transform'] or 'none'}), "
        f"{_moved(row, 'skewness')}, {_moved(row, 'kurtosis')}"
        for row in treated.table.filter(pl.col("outcome") != "passes").iter_rows(named=True)
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
    before: pl.DataFrame,
    after: pl.DataFrame,
    name: str,
    touched: pl.Series,
    kind: str,
    method: str | pl.Series,
) -> pl.DataFrame:
    """The adjustments of one indicator; the two frames have the same rows."""
    if not touched.any():
        return no_adjustments()
    return (
        before.select(
            pl.lit(name).alias("indicator"),
            "city",
            "period",
            pl.lit(kind).alias("kind"),
            (pl.lit(method) if isinstance(method, str) else method).alias("method"),
            pl.col(name).alias("before"),
            after[name].alias("after"),
        )
        .filter(touched)
        .cast(_SCHEMA)
    )


def _parts(values: pl.DataFrame, within: Within) -> list[pl.DataFrame]:
    return values.partition_by("period", maintain_order=True) if within == "period" else [values]
