"""A part of an index, and other weights for it, without copying its definition."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from cityflux.core.engine.measures.refusal import LARGEST
from cityflux.core.model.near import meant


def remaining(
    paths: Mapping[str, tuple[str, ...]], leaves: Collection[str], exclude: Collection[str]
) -> set[str]:
    """Name the nodes that stay where some are left out, with all that stands under them.

    A group whose indicators are all left out goes too.

    Args:
        paths: of every node the ids from the root to its parent.
        leaves: the nodes that are indicators.
        exclude: the nodes and indicators that are left out.
    """
    out = set(exclude)
    kept = [leaf for leaf in leaves if not out.intersection((leaf, *paths[leaf]))]
    return {node for leaf in kept for node in (leaf, *paths[leaf])}


def selection_problems(
    nodes: Sequence[str],
    exclude: Sequence[str],
    weight_sets: Mapping[str, Mapping[str, float]],
    weight_set: str,
) -> Iterator[str]:
    """Say what a selection names, and is not there or makes no sense.

    Args:
        nodes: all nodes of the index, the root first.
        exclude: those to leave out.
        weight_sets: other weights by the name of the set and by node.
        weight_set: the set that is used; empty for the weights of the nodes.
    """
    for name in exclude:
        if name not in nodes[1:]:
            hint = meant(name, nodes[1:], "leave it out of exclude")
            yield f"exclude: there is no node or indicator {name}; {hint}"
    for title, weights in weight_sets.items():
        for name, weight in weights.items():
            if name not in nodes:
                yield f"weight_sets.{title}: there is no node or indicator {name}"
            if not math.isfinite(weight) or not 0 < weight <= LARGEST:
                yield (
                    f"weight_sets.{title}: {name} has the weight {weight:g}, and a weight must be "
                    "above zero and not huge; name the node in exclude to give it none"
                )
    if weight_set and weight_set not in weight_sets:
        known = ", ".join(weight_sets) or "none"
        yield f"weight_set: there is no set {weight_set!r} in weight_sets; there are: {known}"
