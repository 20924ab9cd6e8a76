"""What is refused or noted rather than computed to a number that means nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from cityflux.core.engine.checking import located
from cityflux.core.engine.definition.index import Definition, Node
from cityflux.core.engine.measures.columns import rows_of
from cityflux.core.engine.measures.matrix import Floats, to_frame, to_matrix
from cityflux.core.engine.measures.refusal import LARGEST, few, named, refuse
from cityflux.core.engine.panel import KEYS, Panel
from cityflux.core.engine.steps.aggregation import Aggregation, harmonic_mean
from cityflux.core.model.errors import IndexDefinitionError

#: Standardizations whose scores grow with the number of cities.
_COUNTS = ("rank", "borda")


def refuse_huge(
    definition: Definition, keys: pl.DataFrame, names: Sequence[str], values: Floats
) -> None:
    """Refuse figures or scores that nothing can be computed with.

    Args:
        definition: the index.
        keys: period and city of each row.
        names: the indicators or nodes to look at.
        values: their figures or scores, rows x names.

    Raises:
        UnfitFigure: one is infinite, or above `LARGEST`.
    """
    huge = np.abs(values) > LARGEST
    if huge.any():
        with located(definition, f"index {definition.id}", "figures"), named(keys):
            refuse(
                to_frame(values, names),
                huge,
                "too large to compute with; look for a slip in the figure or in a parameter, or "
                "take another unit",
            )


def refuse_shares(definition: Definition, panel: Panel, signs: Mapping[str, int]) -> None:
    """Refuse shares of the largest figure where the largest is not the best, or one is negative.

    Args:
        definition: the index.
        panel: the figures that are to be standardized.
        signs: the direction of each leaf, 1 or -1.

    Raises:
        IndexDefinitionError: less is better, so that the worst city would have the best score.
        UnfitFigure: a figure is negative.
    """
    for leaf in definition.leaves:
        chosen = leaf.standardization or definition.standardization
        if chosen.method != "fraction_of_max":
            continue
        figures = panel.values[[leaf.id]]
        place = f"indicator {leaf.id}"
        with located(definition, place, "standardization"), named(panel.values):
            if signs[leaf.id] == -1:
                raise IndexDefinitionError(
                    "fraction_of_max gives the largest figure the best score, and here less is "
                    "better; take minmax or distance_to_best"
                )
            refuse(
                figures,
                to_matrix(figures) < 0,
                "fraction_of_max takes no negative figure; take minmax or distance_to_best",
            )


def refuse_negative(method: Aggregation, children: pl.DataFrame) -> None:
    """Refuse negative scores where the formula has a value for them that is no mean.

    Args:
        method: how the children are aggregated.
        children: their scores, a column for each.

    Raises:
        UnfitFigure: a score is negative, and the method the harmonic mean.
    """
    if method is harmonic_mean:
        refuse(
            children,
            to_matrix(children) <= 0,
            "the harmonic mean takes positive scores only; standardize to a positive scale first "
            "or take another aggregation",
        )


def check_weights(children: Sequence[Node], weights: Sequence[float]) -> None:
    """Check the weights that a method found.

    Args:
        children: whose weights they are.
        weights: one for each.

    Raises:
        IndexDefinitionError: there is not one for each child, or one is negative, not a number,
            or too large to compute with.
    """
    if len(weights) != len(children):
        raise IndexDefinitionError(f"{len(weights)} weights for {len(children)} children")
    for child, weight in zip(children, weights, strict=True):
        if weight is not None and not 0 <= weight <= LARGEST:
            raise IndexDefinitionError(
                f"{child.id} would weigh {weight:g}, which is no weight; take another weighting"
            )


def partial_sums(definition: Definition, panel: Panel) -> list[str]:
    """A line for each indicator with a sum over periods some of which have no figure.

    Args:
        definition: the index.
        panel: the figures as they were read.
    """
    if definition.periods.reduce != "sum":
        return []
    lines = []
    for name in definition.figures:
        known = panel.coverage[name]
        partial = panel.coverage.filter((known > 0) & (known < 1)).select(*KEYS, name)
        if partial.height:
            cells = [f"{city} in {at} ({share:.0%})" for at, city, share in partial.rows()]
            lines.append(
                f"{name}: the sum leaves out periods without a figure for {few(cells)}, "
                "so it is too small there; reduce by mean, or leave them out"
            )
    return lines


def cities_known(definition: Definition, panel: Panel) -> list[str]:
    """A line on how many cities the indicators rest on, where it is not the same for all.

    Args:
        definition: the index.
        panel: the figures that are to be standardized; imputed ones do not count.
    """
    leaves = [leaf.id for leaf in definition.leaves]
    observed = to_matrix(panel.coverage[leaves]) > 0
    periods = definition.periods.of
    parts = [observed[rows] for rows in rows_of(panel.coverage["period"])]
    counts = np.array([part.sum(axis=0) for part in parts])
    cities = max(int(part.any(axis=1).sum()) for part in parts)
    fewer: dict[tuple[int, int], list[str]] = {}
    for name, least, most in zip(leaves, counts.min(axis=0), counts.max(axis=0), strict=True):
        if least < cities:
            fewer.setdefault((int(least), int(most)), []).append(name)
    if not fewer:
        return []
    listed = "; ".join(
        f"{least if least == most else f'{least} to {most}'} for {few(names)}"
        for (least, most), names in sorted(fewer.items())
    )
    when = periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
    return [f"{when}: of {cities} cities have a figure: {listed}"]


def unequal_ranks(definition: Definition, standardized: pl.DataFrame) -> list[str]:
    """A line for each node that joins ranks among different numbers of cities.

    The best of 36 has the rank 36 and the best of 7 the rank 7.

    Args:
        definition: the index.
        standardized: the scores of the leaves.
    """
    whole = {
        leaf.id: (leaf.standardization or definition.standardization) for leaf in definition.leaves
    }
    lines: list[str] = []
    if not any(chosen.method in _COUNTS for chosen in whole.values()):
        return lines
    for node in definition.tree:
        ranked = [
            child.id
            for child in definition.children.get(node.id, ())
            if child.id in whole and whole[child.id].method in _COUNTS
        ]
        if len(ranked) < 2:
            continue
        counts = standardized.group_by("period", maintain_order=True).agg(pl.col(ranked).count())
        for period, *each in counts.iter_rows():
            known = {name: n for name, n in zip(ranked, each, strict=True) if n}
            few = min(known, key=lambda name: known[name], default="")
            many = max(known, key=lambda name: known[name], default="")
            if known and known[few] < known[many]:
                lines.append(
                    f"{node.id}: {few} has ranks among {known[few]} cities in {period} and {many} "
                    f"among {known[many]}, which do not compare; take percentile_rank"
                )
    return lines
