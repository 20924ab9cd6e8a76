"""The tree of an index: aggregation from the leaves to the root, and what weighs how much.

A tree is given by two mappings from node to parent (None for the root) and from node to weight.
Weights are relative among the children of a node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import Floats, to_matrix, to_series, to_weights
from cityflux.core.engine.steps.aggregation import (
    Aggregation,
    aggregate,
    looks_across_units,
    weighted_mean,
    weighted_sum,
)
from cityflux.core.model.errors import IndexDefinitionError

Parents = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Step:
    """How the children of a node become its score.

    Attributes:
        method: one of `core.engine.steps.aggregation.AGGREGATIONS`, or a plugin's.
        params: its keyword parameters.
        threshold: the share of children that a unit needs, 0 to 1.
    """

    method: Aggregation = weighted_mean
    params: Mapping[str, Any] = field(default_factory=dict)
    threshold: float = 0.0


MEAN = Step()


def aggregate_tree(
    scores: pl.DataFrame,
    parents: Parents,
    weights: Mapping[str, float],
    *,
    step: Step = MEAN,
    steps: Mapping[str, Step] | None = None,
    within: str | None = None,
) -> pl.DataFrame:
    """Compute the score of every node from its children, up to the root.

    Args:
        scores: one row per unit, with one Float64 column per leaf, more is better.
        parents: the parent of every leaf and node, None for the root.
        weights: the weight of every leaf and node; the root's plays no part.
        step: how nodes are aggregated.
        steps: another way for single nodes.
        within: methods that look across units compare the rows that share this column.

    Returns:
        The frame with one more Float64 column per node, children before their parents.

    Raises:
        IndexDefinitionError: when the tree has a circle, or lacks a leaf or a weight.
    """
    known = dict(zip(scores.columns, scores.iter_columns(), strict=True))
    nodes = []
    for node, members in families(parents):
        missing = [c for c in members if c not in known or c not in weights]
        if missing:
            raise IndexDefinitionError(f"{node!r} lacks the scores or weights of {missing}")
        how = (steps or {}).get(node, step)
        children, shares = pl.DataFrame([known[c] for c in members]), [weights[c] for c in members]
        if within is not None and looks_across_units(how.method):
            score = _apart(children, shares, how, scores[within])
        else:
            score = aggregate(how.method, children, shares, threshold=how.threshold, **how.params)
        known[node] = score.alias(node)
        nodes.append(known[node])
    return scores.with_columns(nodes)


def effective_weights(parents: Parents, weights: Mapping[str, float]) -> dict[str, float]:
    """Give the weight of every node in the root: the product of its shares on the way down.

    The root has 1, and every level sums to 1 where all branches reach it. Zero where the weights
    of a family sum to zero. Source: COINr, ``get_eff_weights``.
    """
    result = {node: 1.0 for node, parent in parents.items() if parent is None}
    for node, members in reversed(families(parents)):
        total = sum(weights[c] for c in members)
        for child in members:
            result[child] = result[node] * weights[child] / total if total else 0.0
    return {node: result[node] for node in parents}


def realised_weights(
    scores: pl.DataFrame, parents: Parents, weights: Mapping[str, float]
) -> pl.DataFrame:
    """Give the effective weights row by row, with those of missing children handed on.

    Where all children have a score they are those of `effective_weights`; a missing child, and
    all under it, has zero, and its siblings have its share besides theirs. Null below the root
    where the root has no score.

    Args:
        scores: what `aggregate_tree` gave.
        parents: as there.
        weights: as there.

    Returns:
        One Float64 column per node of the tree, one row per unit.
    """
    factors = {node: np.ones(scores.height) for node, up in parents.items() if up is None}
    for node, members in reversed(families(parents)):
        share = _shares(scores, members, weights)
        for i, child in enumerate(members):
            factors[child] = np.where(factors[node] == 0, 0.0, factors[node] * share[:, i])
    return pl.DataFrame([to_series(factors[node], node) for node in parents])


def contributions(
    scores: pl.DataFrame,
    parents: Parents,
    weights: Mapping[str, float],
    *,
    step: Step = MEAN,
    steps: Mapping[str, Step] | None = None,
) -> pl.DataFrame:
    """Split the score of the root into what every node brings to it.

    The contributions of the children of a node sum to that of the node, and that of the root is
    its score, so that the difference between two rows splits the same way. The weights of missing
    children have gone to the others, unit by unit. Only sums and arithmetic means can be split:
    below a node of another kind everything is null; see `core.engine.analysis.shapley` for these.

    Args:
        scores: what `aggregate_tree` gave.
        parents: as there.
        weights: as there.
        step: as there.
        steps: as there.

    Returns:
        One Float64 column per node of the tree, one row per unit.
    """
    factors: dict[str, Floats] = {
        node: np.ones(scores.height) for node, parent in parents.items() if parent is None
    }
    for node, members in reversed(families(parents)):
        method = (steps or {}).get(node, step).method
        share = _shares(scores, members, weights)
        if method is weighted_sum:
            share *= sum(weights[c] for c in members)
        elif method is not weighted_mean:
            share[:] = np.nan
        for i, child in enumerate(members):
            factors[child] = factors[node] * share[:, i]
    return pl.DataFrame(
        [to_series(factors[node] * scores[node].to_numpy(), node) for node in parents]
    )


def _shares(scores: pl.DataFrame, members: Sequence[str], weights: Mapping[str, float]) -> Floats:
    """Give the share of each child in its node, row by row, among the children that are there."""
    x = to_matrix(scores.select(members))
    present = np.where(np.isnan(x), 0.0, to_weights([weights[c] for c in members], members))
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = present / present.sum(axis=1, keepdims=True)
    return share


def families(parents: Parents) -> list[tuple[str, list[str]]]:
    """Give every node that has children, with them, children before their parents.

    Raises:
        IndexDefinitionError: when the tree has a circle.
    """
    found: dict[str, list[str]] = {}
    for child, parent in parents.items():
        if parent is not None:
            found.setdefault(parent, []).append(child)
    order: list[str] = []
    ready = [node for node, parent in parents.items() if parent is None]
    while ready:
        node = ready.pop()
        if node in found:
            order.append(node)
            ready.extend(found[node])
    if lost := sorted(set(found) - set(order)):
        raise IndexDefinitionError(f"{', '.join(lost)}: no way leads from the root to them")
    return [(node, found[node]) for node in reversed(order)]


def _apart(children: pl.DataFrame, weights: list[float], how: Step, groups: pl.Series) -> pl.Series:
    """Aggregate the rows of every group by themselves, and put them back in their order."""
    rows = pl.DataFrame({"group": groups}).with_row_index()
    parts = [
        part.select("index").with_columns(
            aggregate(
                how.method,
                children[part["index"]],
                weights,
                threshold=how.threshold,
                **how.params,
            ).alias("score")
        )
        for part in rows.partition_by("group", maintain_order=True)
    ]
    return pl.concat(parts).sort("index")["score"]
