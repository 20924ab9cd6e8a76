"""The steps between the panel and standardization: screen, denominate, impute, treat.

Each is done only where the index definition asks for it, and says in a note what it touched.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from core.engine.choices import Within
from core.engine.definition import Definition
from core.engine.denomination import Denominator, denominate
from core.engine.imputation import IMPUTATIONS
from core.engine.panel import KEYS, Panel
from core.engine.screening import screen
from core.engine.treatment import Treatment, treat
from core.errors import IndexDefinitionError

_OVER_TIME = ("last", "interpolate")


def prepare(
    definition: Definition, panel: Panel, directions: Mapping[str, int]
) -> tuple[Panel, list[str]]:
    """Do the steps that an index asks for.

    Args:
        definition: the index.
        panel: the figures of its indicators and of their denominators.
        directions: 1 or -1 by indicator, where the index does not say otherwise.

    Returns:
        The panel of the leaves, whose coverage counts observed figures only, and the notes.

    Raises:
        IndexDefinitionError: a method does not exist, or cannot be applied.
    """
    leaves = [leaf.id for leaf in definition.leaves]
    values, notes = _screened(definition, panel.values, leaves)
    values, coverage = _denominated(definition, values, panel.coverage)
    values = values.select(*KEYS, *leaves)
    coverage = coverage.select(
        *KEYS,
        *(
            pl.when(values[name].is_not_null()).then(name).otherwise(0.0).alias(name)
            for name in leaves
        ),
    )
    signs = {leaf.id: leaf.direction or directions.get(leaf.id, 1) for leaf in definition.leaves}
    values, imputed = _imputed(definition, values, signs)
    values, treated = _treated(definition, values, leaves)
    return Panel(values, coverage), [*notes, *imputed, *treated]


def _screened(
    definition: Definition, values: pl.DataFrame, leaves: list[str]
) -> tuple[pl.DataFrame, list[str]]:
    """Take the figures of a city out of the periods for which it has too few."""
    chosen = definition.screening
    if chosen is None:
        return values, []
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
        values.with_columns(pl.when(stays).then(pl.col(name)).alias(name) for name in leaves),
        [f"{city} is screened out of {period}: {why}" for period, city, why in out.iter_rows()],
    )


def _denominated(
    definition: Definition, values: pl.DataFrame, coverage: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Divide; a quotient is known as well as the less known of its two figures."""
    chosen = definition.denominators
    plan = {name: Denominator(each.by, each.scale) for name, each in chosen.items()}
    return denominate(values, plan), coverage.with_columns(
        pl.min_horizontal(name, each.by).alias(name) for name, each in chosen.items()
    )


def _imputed(
    definition: Definition, values: pl.DataFrame, signs: Mapping[str, int]
) -> tuple[pl.DataFrame, list[str]]:
    chosen = definition.imputation
    if chosen is None:
        return values, []
    if chosen.method not in IMPUTATIONS:
        raise IndexDefinitionError(
            f"no imputation is called {chosen.method!r}; there are {', '.join(IMPUTATIONS)}"
        )
    function, parameters = IMPUTATIONS[chosen.method], chosen.parameters
    if chosen.method == "row":
        parameters["directions"] = signs
    _check_parameters(chosen.method, function, parameters)
    parts = _parts(values, "all" if chosen.method in _OVER_TIME else chosen.within)
    done = [function(part, list(signs), **parameters) for part in parts]
    mask = pl.concat(each.mask for each in done)
    counts = {name: int(mask[name].sum()) for name in signs}
    return pl.concat(each.frame for each in done), [
        f"{name}: {count} of {mask.height} figures imputed by {chosen.method}"
        for name, count in counts.items()
        if count
    ]


def _check_parameters(
    name: str, function: Callable[..., Any], parameters: Mapping[str, Any]
) -> None:
    try:
        inspect.signature(function).bind(None, None, **parameters)
    except TypeError as error:
        raise IndexDefinitionError(f"imputation {name!r}: {error}; see docs/methods.md") from error


def _treated(
    definition: Definition, values: pl.DataFrame, leaves: list[str]
) -> tuple[pl.DataFrame, list[str]]:
    chosen = definition.treatment
    if chosen is None:
        return values, []
    plan = Treatment(
        winsorize=None if chosen.winsorize == "all" else chosen.winsorize,
        force=chosen.force,
        transform=chosen.transform,
        params=chosen.params,
        combine=chosen.combine,
    )
    done = [(part, treat(part, leaves, plan)) for part in _parts(values, chosen.within)]
    notes = []
    for part, result in done:
        where = f" in {part['period'][0]}" if chosen.within == "period" else ""
        for row in result.table.filter(pl.col("outcome") != "passes").iter_rows(named=True):
            how = f"{row['points']} winsorized, transformation {row['transform'] or 'none'}"
            notes.append(f"{row['indicator']}{where} has outliers: {row['outcome']} ({how})")
    return pl.concat(result.frame for _, result in done), notes


def _parts(values: pl.DataFrame, within: Within) -> list[pl.DataFrame]:
    return values.partition_by("period", maintain_order=True) if within == "period" else [values]
