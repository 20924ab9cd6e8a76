"""The steps before the tree over many versions of the figures at once.

Treatment and standardization work on every column by itself, so that the columns of all versions
stand side by side. Versions have no gaps that an imputation would fill; what is no formula goes
version by version through the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.adjustment import treatment_plan
from cityflux.core.engine.audit.block import scores
from cityflux.core.engine.definition.choices import Standardization, Within
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.columns import rows_of
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.steps.standardization import turns_itself
from cityflux.core.engine.steps.treatment import treat_columns

Rows = list[NDArray[np.int64]]


def rows_of_periods(keys: pl.DataFrame) -> Rows:
    """The rows of each period among keys, in the order of their first ones."""
    rows = np.arange(keys.height)
    return [rows[own] for own in rows_of(keys["period"])]


def is_formula(definition: Definition, methods: Methods) -> bool:
    """Whether all leaves of a definition are standardized by methods that are formulas."""
    chosen = (leaf.standardization or definition.standardization for leaf in definition.leaves)
    return all(hasattr(methods.get("standardization", each.method), "formula") for each in chosen)


def leaf_scores(
    definition: Definition,
    values: Floats,
    periods: Rows,
    signs: Mapping[str, int],
    methods: Methods,
) -> Floats:
    """The scores of the leaves in every version.

    Args:
        definition: the index, all of whose standardizations are formulas.
        values: versions x rows x `Definition.figures`.
        periods: the rows of each period.
        signs: the direction of each leaf, 1 or -1.
        methods: those that the definition may name.

    Returns:
        Versions x rows x leaves.
    """
    x = treated(definition, values, periods, methods)
    return standardized(definition, x, periods, signs, methods)


def standardized(
    definition: Definition, x: Floats, periods: Rows, signs: Mapping[str, int], methods: Methods
) -> Floats:
    """Standardize the leaves in every version.

    Args:
        definition: the index, all of whose standardizations are formulas.
        x: versions x rows x leaves, as `treated` gives them.
        periods: the rows of each period.
        signs: the direction of each leaf, 1 or -1.
        methods: those that the definition may name.
    """
    out = np.full(x.shape, np.nan)
    alike: dict[Standardization, list[int]] = {}
    for place, leaf in enumerate(definition.leaves):
        alike.setdefault(leaf.standardization or definition.standardization, []).append(place)
    for chosen, places in alike.items():
        function = methods.get("standardization", chosen.method)
        directions = [signs[definition.leaves[place].id] for place in places] * len(x)
        for rows in _parts(chosen.within, periods):
            block = x[:, rows[:, None], places].transpose(1, 0, 2).reshape(len(rows), -1)
            formula, turns = function.formula, turns_itself(function)  # type: ignore[attr-defined]
            found = scores(formula, block, directions, turns, chosen.parameters)
            shaped = found.reshape(len(rows), len(x), len(places)).transpose(1, 0, 2)
            out[:, rows[:, None], places] = shaped
    return out


def _divided(definition: Definition, values: Floats) -> Floats:
    """The figures of the leaves, divided where the definition says by what."""
    place = {name: i for i, name in enumerate(definition.figures)}
    x = values[:, :, [place[leaf.id] for leaf in definition.leaves]].copy()
    for i, leaf in enumerate(definition.leaves):
        if leaf.denominator:
            below = values[:, :, place[leaf.denominator.by]] / leaf.denominator.scale
            x[:, :, i] /= np.where(below == 0, np.nan, below)
    return x


def treated(definition: Definition, values: Floats, periods: Rows, methods: Methods) -> Floats:
    """Divide and treat the figures of the leaves in every version.

    Args:
        definition: the index.
        values: versions x rows x `Definition.figures`.
        periods: the rows of each period.
        methods: those that the definition may name.

    Returns:
        Versions x rows x leaves.
    """
    x = _divided(definition, values)
    within: dict[Within, list[int]] = {}
    for place, leaf in enumerate(definition.leaves):
        if leaf.treatment:
            within.setdefault(leaf.treatment.within, []).append(place)
    for how, places in within.items():
        plans: list[Any] = []
        for place in places:
            chosen = definition.leaves[place].treatment
            assert chosen is not None
            plans.append(treatment_plan(chosen, methods))
        for rows in _parts(how, periods):
            block = x[:, rows[:, None], places].transpose(1, 0, 2).reshape(len(rows), -1)
            done = treat_columns(block, plans * len(x), methods.transformation).x
            shaped = done.reshape(len(rows), len(x), len(places)).transpose(1, 0, 2)
            x[:, rows[:, None], places] = shaped
    return x


def _parts(within: Within, periods: Rows) -> Rows:
    return periods if within == "period" else [np.concatenate(periods)]
