"""From a panel to the score, rank and coverage of every node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cityflux.core.engine.checking import check_methods, located
from cityflux.core.engine.comparability import Comparable, whole
from cityflux.core.engine.definition.choices import Aggregation
from cityflux.core.engine.definition.index import Definition, Node
from cityflux.core.engine.measures.refusal import named
from cityflux.core.engine.panel import KEYS, Panel, coverage_of
from cityflux.core.engine.preparation import prepare
from cityflux.core.engine.soundness import (
    check_weights,
    cities_known,
    partial_sums,
    refuse_huge,
    refuse_negative,
    refuse_shares,
    unequal_ranks,
)
from cityflux.core.engine.steps.aggregation import aggregate, looks_across_units
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.steps.standardization import standardize
from cityflux.core.model.errors import NotEnoughData


@dataclass(frozen=True)
class Scores:
    """The result of an index.

    Attributes:
        scores: period, city, and a column per node; null where there is no score.
        coverage: the same shape: the share of the figures under the node that the score rests on.
        adjustments: a row per figure that was imputed or treated: see `core.engine.adjustment`.
        weights: of every node but the root among its siblings, as it was used.
        notes: what a reader must know, a line each: what the steps touched, computed weights,
            indicators that could not be compared.
        comparable: the result over what compares.
    """

    scores: pl.DataFrame
    coverage: pl.DataFrame
    adjustments: pl.DataFrame
    weights: Mapping[str, float]
    notes: tuple[str, ...]
    comparable: Comparable

    def ranks(self) -> pl.DataFrame:
        """The rank of each city in its period among those that compare, 1 for the highest."""
        return self.comparable.ranks()


def score(
    definition: Definition, panel: Panel, directions: Mapping[str, int], methods: Methods
) -> Scores:
    """Prepare and standardize the figures, then aggregate from the leaves to the root.

    Args:
        definition: the index.
        panel: the figures of `Definition.figures`.
        directions: 1 or -1 by indicator, where the index does not say otherwise.
        methods: the methods that the definition may name.

    Raises:
        NotEnoughData: no indicator has figures that differ between two cities or more.
        IndexDefinitionError: a method does not exist, or cannot be applied.
    """
    check_methods(definition, methods)
    leaves = [leaf.id for leaf in definition.leaves]
    refuse_huge(definition, panel.values, definition.figures)
    sums = partial_sums(definition, panel)
    prepared = prepare(definition, panel, directions, methods)
    panel, notes = prepared.panel, [*sums, *prepared.notes]
    if any(leaf.denominator or leaf.treatment for leaf in definition.leaves):
        refuse_huge(definition, panel.values, leaves)
    signs = {leaf.id: leaf.direction or directions.get(leaf.id, 1) for leaf in definition.leaves}
    refuse_shares(definition, panel, signs)
    standardized = _standardize(definition, panel, signs, methods)
    notes += [*cities_known(definition, panel), *_incomparable(definition, panel, standardized)]
    notes += unequal_ranks(definition, standardized)
    if all(standardized[leaf].null_count() == standardized.height for leaf in leaves):
        raise NotEnoughData(
            f"{definition.id} has no data: none of its {len(leaves)} indicators has "
            f"figures that differ between two of its cities in {_list(definition.periods.of)}; "
            "fetch some with cityflux refresh, or import them with cityflux import"
        )
    scores, weights, remarks = _aggregate(definition, standardized, methods)
    coverage = _coverage(definition, panel, standardized)
    notes += _weight_notes(definition, weights, remarks)
    adjustments = prepared.adjustments
    return Scores(scores, coverage, adjustments, weights, tuple(notes), whole(scores))


def _standardize(
    definition: Definition, panel: Panel, signs: Mapping[str, int], methods: Methods
) -> pl.DataFrame:
    columns = []
    alone = panel.values["period"].n_unique() == 1  # then `over` would cost time for nothing
    for leaf in definition.leaves:
        chosen = leaf.standardization or definition.standardization
        function = methods.get("standardization", chosen.method)
        with located(definition, f"indicator {leaf.id}", "standardization"):
            column = standardize(
                pl.col(leaf.id), function, direction=signs[leaf.id], **chosen.parameters
            )
        within = chosen.within == "period" and not alone
        columns.append((column.over("period") if within else column).alias(leaf.id))
    try:
        scores = panel.values.select(*KEYS, *columns)
    except Exception:  # of which indicator it is, polars does not say
        for leaf, column in zip(definition.leaves, columns, strict=True):
            with located(definition, f"indicator {leaf.id}", "standardization"):
                panel.values.select(column)
        raise
    # Behind an expression `fill_nan` would compute it once more.
    return scores.with_columns(pl.exclude(KEYS).fill_nan(None))


def _incomparable(definition: Definition, panel: Panel, standardized: pl.DataFrame) -> list[str]:
    """A line for each indicator that has figures, and none that could be compared."""
    lines = []
    names = [leaf.id for leaf in definition.leaves]
    figures, scores = (frame.select(names).count().row(0) for frame in (panel.values, standardized))
    for leaf, known, scored in zip(definition.leaves, figures, scores, strict=True):
        if not known or scored:
            continue
        cities = panel.values.filter(pl.col(leaf.id).is_not_null())["city"].unique()
        what = f"only {cities[0]} has a figure" if len(cities) == 1 else "all figures are equal"
        lines.append(
            f"{leaf.id}: {what} in {_list(definition.periods.of)}; "
            "nothing to compare, so it counts as missing"
        )
    return lines


def _aggregate(
    definition: Definition, standardized: pl.DataFrame, methods: Methods
) -> tuple[pl.DataFrame, dict[str, float], dict[str, str]]:
    """Add a column per inner node, children before parents.

    Returns:
        The frame, the weights that were used, and by node what a method remarked on them.
    """
    frame = standardized
    used: dict[str, float] = {}
    remarks: dict[str, str] = {}
    for node in reversed(definition.tree):
        if node.indicator:
            continue
        children = [child for child in definition.tree if child.parent == node.id]
        with located(definition, f"node {node.id}", "weighting"), named(frame):
            weights = _weights(node, children, frame, methods)
        if remark := getattr(weights, "remark", ""):
            remarks[node.id] = remark
        used |= {child.id: weight for child, weight in zip(children, weights, strict=True)}
        with located(definition, f"node {node.id}", "aggregation"):
            score = _node(node, children, weights, frame, methods)
            frame = frame.with_columns(score.fill_nan(None).alias(node.id))
    refuse_huge(definition, frame, [node.id for node in definition.tree])
    return frame.select(*KEYS, *(node.id for node in definition.tree)), used, remarks


def _weight_notes(
    definition: Definition, weights: Mapping[str, float], remarks: Mapping[str, str]
) -> list[str]:
    notes = []
    for node in reversed(definition.tree):
        if node.weighting:
            children = [child.id for child in definition.tree if child.parent == node.id]
            listed = ", ".join(f"{child} {weights[child]:.4f}" for child in children)
            remark = f" ({remarks[node.id]})" if node.id in remarks else ""
            notes.append(f"{node.id}: weights by {node.weighting.method}: {listed}{remark}")
    return notes


def _weights(
    node: Node, children: Sequence[Node], frame: pl.DataFrame, methods: Methods
) -> list[float]:
    """The written weights, or those that a method finds in all rows of the children's scores."""
    if node.weighting is None:
        return [child.weight for child in children]
    function = methods.get("weighting", node.weighting.method)
    weights: list[float] = function(
        frame.select(child.id for child in children), **node.weighting.parameters
    )
    check_weights(children, weights)
    return weights


def _node(
    node: Node,
    children: Sequence[Node],
    weights: Sequence[float],
    frame: pl.DataFrame,
    methods: Methods,
) -> pl.Series:
    chosen = node.aggregation or Aggregation()
    function = methods.get("aggregation", chosen.method)
    columns = [child.id for child in children]
    parts = [frame]
    if looks_across_units(function):
        parts = frame.partition_by("period", maintain_order=True)
    scores = []
    for part in parts:
        below = part.select(columns)
        with named(part):
            refuse_negative(function, below)
            scores.append(
                aggregate(function, below, weights, threshold=chosen.threshold, **chosen.parameters)
            )
    return scores[0] if len(scores) == 1 else pl.concat(scores)


def _coverage(definition: Definition, panel: Panel, standardized: pl.DataFrame) -> pl.DataFrame:
    """The mean coverage of the leaves under each node; a leaf that was not used covers nothing."""
    leaves = [leaf.id for leaf in definition.leaves]
    below = {leaf: [leaf] for leaf in leaves}
    inner = [node.id for node in definition.tree if not node.indicator]
    for name in reversed(inner):
        children = [child.id for child in definition.tree if child.parent == name]
        below[name] = [leaf for child in children for leaf in below[child]]
    means = ((pl.sum_horizontal(below[name]) / len(below[name])).alias(name) for name in inner)
    covered = coverage_of(standardized, panel.coverage, leaves).with_columns(means)
    return covered.select(*KEYS, pl.col([node.id for node in definition.tree]).clip(0, 1))


def _list(periods: Sequence[str]) -> str:
    return periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
