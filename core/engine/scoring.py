"""From a panel to the score, rank and coverage of every node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

import numpy as np
import polars as pl

from cityflux.core.engine.checking import check_methods, located
from cityflux.core.engine.comparability import Comparable
from cityflux.core.engine.comparing import Known, comparable_result
from cityflux.core.engine.definition.choices import Aggregation, Standardization
from cityflux.core.engine.definition.index import Definition, Node
from cityflux.core.engine.measures.columns import rows_of
from cityflux.core.engine.measures.matrix import Floats, to_frame, to_matrix, to_weights
from cityflux.core.engine.measures.refusal import named
from cityflux.core.engine.panel import KEYS, Panel, covered
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
from cityflux.core.engine.steps.aggregation import FORMULAS, aggregate, looks_across_units
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.steps.standardization import standardize, standardize_columns
from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData


@dataclass(frozen=True)
class Scores:
    """The result of an index.

    An array has a row for each period and city, and a column for each node.

    Attributes:
        keys: period and city of each row.
        nodes: the columns.
        values: the scores, NaN where there is none.
        covered: the share of the figures under the node that the score rests on.
        adjustments: a row per figure that was imputed or treated: see `core.engine.adjustment`.
        weights: of every node but the root among its siblings, as it was used.
        notes: what a reader must know, a line each: what the steps touched, computed weights,
            indicators that could not be compared.
        comparable: the result over what compares.
        passed_over: of the notes those on rows that are no figures.
    """

    keys: pl.DataFrame
    nodes: list[str]
    values: Floats
    covered: Floats
    adjustments: pl.DataFrame
    weights: Mapping[str, float]
    notes: tuple[str, ...]
    comparable: Comparable
    passed_over: tuple[str, ...] = ()

    @cached_property
    def scores(self) -> pl.DataFrame:
        """Period, city, and a column per node; null where there is no score."""
        return self.keys.hstack(to_frame(self.values, self.nodes))

    @cached_property
    def coverage(self) -> pl.DataFrame:
        """The same shape: the share of the figures under the node that the score rests on."""
        return self.keys.hstack(to_frame(self.covered, self.nodes))

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
    figures = definition.figures
    refuse_huge(definition, panel.values, figures, to_matrix(panel.values[list(figures)]))
    sums = partial_sums(definition, panel)
    prepared = prepare(definition, panel, directions, methods)
    read, panel, notes = panel, prepared.panel, [*sums, *prepared.notes]
    if any(leaf.denominator or leaf.treatment for leaf in definition.leaves):
        refuse_huge(definition, panel.values, leaves, to_matrix(panel.values[leaves]))
    signs = {leaf.id: leaf.direction or directions.get(leaf.id, 1) for leaf in definition.leaves}
    refuse_shares(definition, panel, signs)
    standardized = _standardize(definition, panel, signs, methods, definition.leaves)
    notes += [*cities_known(definition, panel), *_incomparable(definition, panel, standardized)]
    notes += unequal_ranks(definition, standardized)
    if all(standardized[leaf].null_count() == standardized.height for leaf in leaves):
        raise NotEnoughData(
            f"{definition.id} has no data: none of its {len(leaves)} indicators has "
            f"figures that differ between two of its cities in {_list(definition.periods.of)}; "
            "fetch some with cityflux refresh, or import them with cityflux import"
        )
    scores, weights, remarks = _aggregate(definition, standardized, methods)
    keys, nodes = standardized[[*KEYS]], [node.id for node in definition.tree]
    refuse_huge(definition, keys, nodes, scores)
    coverage = _coverage(definition, panel, standardized)
    notes += _weight_notes(definition, weights, remarks)
    known = Known(definition, keys, scores, weights, prepared.panel)
    comparable = comparable_result(known, read, _Again(definition, weights, signs, methods))
    notes += comparable.notes
    found = scores, coverage, prepared.adjustments, weights, tuple(notes), comparable
    return Scores(keys, nodes, *found)


@dataclass(frozen=True)
class _Again:
    """The steps once more, over what compares: see `core.engine.comparing.Steps`."""

    definition: Definition
    weights: Mapping[str, float]
    signs: Mapping[str, int]
    methods: Methods

    def prepared(self, panel: Panel, imputation: bool) -> Panel:
        """The figures without another screening, and imputed where that is wanted."""
        return prepare(
            self.definition, panel, self.signs, self.methods, screening=False, imputation=imputation
        ).panel

    def standardized(self, panel: Panel, leaves: Sequence[Node]) -> pl.DataFrame:
        """The scores of some leaves."""
        return _standardize(self.definition, panel, self.signs, self.methods, leaves)

    def aggregated(
        self, node: Node, names: Sequence[str], below: Floats, keys: pl.DataFrame
    ) -> Floats:
        """The scores of a node, with the weights that were used."""
        weights = [self.weights[name] for name in names]
        return _node_scores(node, weights, names, below, keys, self.methods)

    def across(self, node: Node) -> bool:
        """Whether the score of a city depends on the other cities."""
        chosen = node.aggregation or Aggregation()
        return looks_across_units(self.methods.get("aggregation", chosen.method))


def _standardize(
    definition: Definition,
    panel: Panel,
    signs: Mapping[str, int],
    methods: Methods,
    leaves: Sequence[Node],
) -> pl.DataFrame:
    """The scores of the leaves, all at once where they share a method that is a formula."""
    values = panel.values
    found = np.full((values.height, len(leaves)), np.nan, order="F")
    alike: dict[Standardization, list[int]] = {}
    for place, leaf in enumerate(leaves):
        alike.setdefault(leaf.standardization or definition.standardization, []).append(place)
    columns = []
    alone = values["period"].n_unique() == 1  # then `over` would cost time for nothing
    for chosen, places in alike.items():
        function = methods.get("standardization", chosen.method)
        names = [leaves[place].id for place in places]
        directions = [signs[name] for name in names]
        within = chosen.within == "period" and not alone
        if hasattr(function, "formula"):
            groups = values["period"] if within else None
            with located(definition, f"indicator {names[0]}", "standardization"):
                found[:, places] = standardize_columns(
                    values[names], function, directions, groups, **chosen.parameters
                )
            continue
        for name, direction in zip(names, directions, strict=True):
            with located(definition, f"indicator {name}", "standardization"):
                column = standardize(
                    pl.col(name), function, direction=direction, **chosen.parameters
                )
            columns.append((column.over("period") if within else column).alias(name))
    scores = values[[*KEYS]].hstack(to_frame(found, [leaf.id for leaf in leaves]))
    if not columns:
        return scores
    try:
        # Behind an expression `fill_nan` would compute it once more.
        return scores.with_columns(values.select(columns).fill_nan(None))
    except Exception:  # of which indicator it is, polars does not say
        for column in columns:
            with located(definition, f"indicator {column.meta.output_name()}", "standardization"):
                values.select(column)
        raise


def _incomparable(definition: Definition, panel: Panel, standardized: pl.DataFrame) -> list[str]:
    """A line for each indicator that has figures, and none that could be compared."""
    lines = []
    names = [leaf.id for leaf in definition.leaves]
    figures, scores = (
        np.count_nonzero(~np.isnan(to_matrix(frame[names])), axis=0).tolist()
        for frame in (panel.values, standardized)
    )
    for leaf, known, scored in zip(definition.leaves, figures, scores, strict=True):
        if not known or scored:
            continue
        there = panel.values[leaf.id].is_not_null().to_list()
        cities = [*dict.fromkeys(compress(panel.values["city"].to_list(), there))]
        what = f"only {cities[0]} has a figure" if len(cities) == 1 else "all figures are equal"
        lines.append(
            f"{leaf.id}: {what} in {_list(definition.periods.of)}; "
            "nothing to compare, so it counts as missing"
        )
    return lines


def _aggregate(
    definition: Definition, standardized: pl.DataFrame, methods: Methods
) -> tuple[Floats, dict[str, float], dict[str, str]]:
    """Add a column per inner node, children before parents.

    Returns:
        The scores, rows x nodes of the tree, the weights that were used, and by node what a method
        remarked on them.
    """
    nodes = [node.id for node in definition.tree]
    place = {name: i for i, name in enumerate(nodes)}
    known = np.full((standardized.height, len(nodes)), np.nan, order="F")
    leaves = standardized.columns[len(KEYS) :]
    known[:, [place[leaf] for leaf in leaves]] = to_matrix(standardized[leaves])
    used: dict[str, float] = {}
    remarks: dict[str, str] = {}
    for node in reversed(definition.tree):
        if node.indicator:
            continue
        children = definition.children[node.id]
        names = [child.id for child in children]
        below = np.asfortranarray(known[:, [place[name] for name in names]])
        with located(definition, f"node {node.id}", "weighting"), named(standardized):
            weights = (
                node_weights(node, children, to_frame(below, names), methods)
                if node.weighting
                else [child.weight for child in children]
            )
        if remark := getattr(weights, "remark", ""):
            remarks[node.id] = remark
        used |= dict(zip(names, weights, strict=True))
        with located(definition, f"node {node.id}", "aggregation"):
            known[:, place[node.id]] = _node_scores(
                node, weights, names, below, standardized, methods
            )
    return known, used, remarks


def _weight_notes(
    definition: Definition, weights: Mapping[str, float], remarks: Mapping[str, str]
) -> list[str]:
    notes = []
    for node in reversed(definition.tree):
        if node.weighting:
            children = [child.id for child in definition.children[node.id]]
            listed = ", ".join(f"{child} {weights[child]:.4f}" for child in children)
            remark = f" ({remarks[node.id]})" if node.id in remarks else ""
            notes.append(f"{node.id}: weights by {node.weighting.method}: {listed}{remark}")
    return notes


def node_weights(
    node: Node, children: Sequence[Node], below: pl.DataFrame, methods: Methods
) -> list[float]:
    """The weights of the children of a node that a method finds in their scores below it."""
    assert node.weighting is not None
    function = methods.get("weighting", node.weighting.method)
    weights: list[float] = function(below, **node.weighting.parameters)
    check_weights(children, weights)
    return weights


def node_scores(
    node: Node,
    weights: Sequence[float],
    below: pl.DataFrame,
    keys: pl.DataFrame,
    methods: Methods,
) -> Floats:
    """The scores of a node from those of its children.

    Args:
        node: whose scores they are.
        weights: of its children.
        below: their scores, a column each.
        keys: period and city of each row.
        methods: those that the node may name.

    Raises:
        IndexDefinitionError: the method cannot be applied.
    """
    chosen = node.aggregation or Aggregation()
    function = methods.get("aggregation", chosen.method)
    scores = np.full(below.height, np.nan)
    for rows in rows_of(keys["period"]) if looks_across_units(function) else [slice(None)]:
        part = below[rows]
        with named(keys[rows]):
            refuse_negative(function, part)
            found = aggregate(
                function, part, weights, threshold=chosen.threshold, **chosen.parameters
            )
        if len(found) != part.height:
            raise IndexDefinitionError(f"{len(found)} scores for {part.height} cities")
        scores[rows] = found.to_numpy()
    return scores


def _node_scores(
    node: Node,
    weights: Sequence[float],
    names: Sequence[str],
    below: Floats,
    keys: pl.DataFrame,
    methods: Methods,
) -> Floats:
    """Do as `node_scores` with a matrix, which becomes a frame only where the method needs one."""
    chosen = node.aggregation or Aggregation()
    formula = FORMULAS.get(methods.get("aggregation", chosen.method))
    if formula is None or chosen.threshold or chosen.parameters:
        return node_scores(node, weights, to_frame(below, names), keys, methods)
    return formula(below, to_weights(weights, names))


def _coverage(definition: Definition, panel: Panel, standardized: pl.DataFrame) -> Floats:
    """The mean coverage of the leaves under each node; a leaf that was not used covers nothing."""
    leaves = [leaf.id for leaf in definition.leaves]
    share = covered(standardized, panel.coverage, leaves)
    places: dict[str, list[int]] = {}
    for place, leaf in enumerate(definition.leaves):  # those under a node stand side by side
        for name in (*leaf.path, leaf.id):
            places.setdefault(name, []).append(place)
    nodes = [node.id for node in definition.tree]
    means = np.empty((len(share), len(nodes)), order="F")
    for column, name in enumerate(nodes):
        below = share[:, places[name][0] : places[name][-1] + 1]
        means[:, column] = (
            _total(below) * (1.0 / below.shape[1]) if below.shape[1] > 1 else below[:, 0]
        )
    return np.clip(means, 0, 1)


def _total(x: Floats, splits: int = 2) -> Floats:
    """Add up row by row, in quarters as polars does on two cores: the same to the last bit."""
    half = x.shape[1] // 2
    if not splits or not half:
        return np.asarray(x.sum(axis=1))
    return _total(x[:, :half], splits - 1) + _total(x[:, half:], splits - 1)


def _list(periods: Sequence[str]) -> str:
    return periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
