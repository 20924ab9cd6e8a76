"""The steps between the panel and standardization: screen, denominate, impute, treat.

Each is done only where the index definition asks for it, and says in a note what it touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cityflux.core.engine.adjustment import (
    impute_figures,
    joined,
    no_adjustments,
    treat_figures,
)
from cityflux.core.engine.checking import located
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.panel import KEYS, Panel, coverage_of
from cityflux.core.engine.steps.methods import Methods


@dataclass(frozen=True)
class Prepared:
    """Figures that are ready to be standardized.

    Attributes:
        panel: that of the leaves; its coverage counts observed figures only.
        adjustments: a row per figure that was imputed or treated: see `core.engine.adjustment`.
        notes: what the steps touched.
    """

    panel: Panel
    adjustments: pl.DataFrame
    notes: list[str]


def prepare(
    definition: Definition,
    panel: Panel,
    directions: Mapping[str, int],
    methods: Methods,
    *,
    screening: bool = True,
    imputation: bool = True,
) -> Prepared:
    """Do the steps that an index asks for.

    Args:
        definition: the index.
        panel: the figures of its indicators and of their denominators.
        directions: 1 or -1 by indicator, where the index does not say otherwise.
        methods: those that the definition may name.
        screening: whether cities with few figures leave.
        imputation: whether gaps are filled.

    Raises:
        IndexDefinitionError: a method does not exist, or cannot be applied.
    """
    leaves = [leaf.id for leaf in definition.leaves]
    screened, notes = _screened(definition, panel.values, leaves) if screening else _NONE
    values, coverage = _denominated(definition, _without(panel.values, screened), panel.coverage)
    thin, few = _too_few(definition, values)
    values = _without(values, thin)
    coverage = coverage_of(values, coverage, leaves)
    signs = {leaf.id: leaf.direction or directions.get(leaf.id, 1) for leaf in definition.leaves}
    imputed = no_adjustments()
    if imputation and any(leaf.imputation for leaf in definition.leaves):
        grouped = _with_groups(definition, values, panel.places)
        values, imputed = impute_figures(definition, grouped, signs, methods)
    for left_out in (screened, thin):  # what was taken out is not to come back as a guess
        if left_out.width:
            values = _without(values, left_out)
            imputed = imputed.join(_cells(values, left_out), on=["indicator", *KEYS], how="anti")
    values, treated, remarks = treat_figures(definition, values[[*KEYS, *leaves]], methods)
    counts = Counter(zip(imputed["indicator"].to_list(), imputed["method"].to_list(), strict=True))
    filled = [
        f"{name}: {count} of {values.height} figures imputed by {method}"
        for (name, method), count in counts.items()
    ]
    return Prepared(
        Panel(values, coverage), joined([imputed, treated]), [*notes, *few, *filled, *remarks]
    )


#: Nothing is screened out.
_NONE: tuple[pl.DataFrame, list[str]] = (pl.DataFrame(), [])


def _screened(
    definition: Definition, values: pl.DataFrame, leaves: list[str]
) -> tuple[pl.DataFrame, list[str]]:
    """Which cities have too few figures, period by period.

    Returns:
        A column for each indicator, true in all rows that leave; without columns where none does.
    """
    chosen = definition.screening
    if chosen is None:
        return pl.DataFrame(), []
    from cityflux.core.engine.steps.screening import screen  # only for who asks for it

    with located(definition, f"index {definition.id}", "screening"):
        table = screen(
            values,
            leaves,
            min_available=chosen.min_available,
            include=chosen.include,
            exclude=chosen.exclude,
        ).table
    stays = table["included"]
    out = values.select(KEYS).with_columns(table["reason"]).filter(~stays)
    return (
        pl.DataFrame([(~stays).alias(name) for name in leaves if not out.is_empty()]),
        [f"{city} is screened out of {period}: {why}" for period, city, why in out.iter_rows()],
    )


def _denominated(
    definition: Definition, values: pl.DataFrame, coverage: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Divide; a quotient is known as well as the less known of its two figures."""
    chosen = {leaf.id: leaf.denominator for leaf in definition.leaves if leaf.denominator}
    if not chosen:
        return values, coverage
    from cityflux.core.engine.steps.denomination import Denominator, denominate

    plan = {name: Denominator(each.by, each.scale) for name, each in chosen.items()}
    return denominate(values, plan), coverage.with_columns(
        pl.min_horizontal(name, each.by).alias(name) for name, each in chosen.items()
    )


def _too_few(definition: Definition, values: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Where an indicator has fewer cities than the index asks for.

    Returns:
        A column for each indicator that is thin in some period, true in all rows of the period;
        and a note for each indicator and period.
    """
    least = definition.minimum_cities
    columns, notes = [], []
    for leaf in definition.leaves if least > 1 else ():
        counts = values.group_by("period", maintain_order=True).agg(pl.col(leaf.id).count())
        thin = counts.filter(pl.col(leaf.id).is_between(1, least - 1))
        if thin.is_empty():
            continue
        columns.append(values["period"].is_in(thin["period"].to_list()).alias(leaf.id))
        notes += [
            f"{leaf.id}: {count} of the {least} cities that it needs have a figure in {period}, "
            "so it counts as missing"
            for period, count in thin.iter_rows()
        ]
    return pl.DataFrame(columns), notes


def _without(values: pl.DataFrame, left_out: pl.DataFrame) -> pl.DataFrame:
    if not left_out.width:
        return values
    return values.with_columns(
        pl.when(~left_out[name]).then(pl.col(name)).alias(name) for name in left_out.columns
    )


def _cells(values: pl.DataFrame, left_out: pl.DataFrame) -> pl.DataFrame:
    """The cells that were left out: period, city, indicator."""
    return (
        pl.concat([values.select(KEYS), left_out], how="horizontal")
        .unpivot(index=KEYS, variable_name="indicator", value_name="out")
        .filter("out")
    )


def _with_groups(
    definition: Definition, values: pl.DataFrame, places: pl.DataFrame | None
) -> pl.DataFrame:
    """Add what cities may be grouped by: their region and country, and the groups of the index."""
    groups = {city: name for name, cities in definition.city_groups.items() for city in cities}
    group = pl.col("city").replace_strict(groups, default=None, return_dtype=pl.String)
    if places is not None:
        values = values.join(places, on="city", how="left", maintain_order="left")
    return values.with_columns(group.alias("group"))
