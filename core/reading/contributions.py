"""What every node of an index brings to the score of a city, or to its lead over another."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cityflux.core.reading.indices import check_cities
from cityflux.core.reading.nodes import node_frame, used_weights
from cityflux.core.reading.scores import score_table

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.definition.index import Definition, Node
    from cityflux.core.engine.steps.methods import Methods
    from cityflux.core.engine.tree import Step

ADDITIVE = ("mean", "weighted_sum")


@dataclass(frozen=True)
class Split:
    """What every node brings in the last period.

    Attributes:
        parts: by node, then by city; or by the one difference between two cities.
        of: what they are contributions to.
        note: how they were taken, where scores are not added up; else empty.
    """

    parts: Mapping[str, Mapping[str, float | None]]
    of: str = "score"
    note: str = ""


def contributions_of(
    connection: sqlite3.Connection,
    definition: Definition,
    methods: Methods,
    between: tuple[str, str] | None = None,
) -> Split:
    """Split the stored scores of the last period, or the lead of a city over another.

    Args:
        connection: any connection.
        definition: the index, as it was computed last.
        methods: those that it may name.
        between: two cities.

    Raises:
        NotEnoughData: the index was not computed yet.
        IndexDefinitionError: a city is not in the index, or a method is unknown.
    """
    import polars as pl

    from cityflux.core.engine.definition.choices import Aggregation
    from cityflux.core.engine.tree import Step, contributions

    check_cities(definition, *(between or ()))
    scores = (
        score_table(connection, definition)
        .filter(pl.col("period") == definition.periods.of[-1])
        .sort(definition.id, "city", descending=[True, False], nulls_last=True)
    )
    weights = used_weights(connection, definition)
    steps = {}
    for node in definition.tree:
        how = node.aggregation or Aggregation()
        function = methods.get("aggregation", how.method)
        steps[node.id] = Step(function, how.parameters, how.threshold)
    if any(_method(node) not in ADDITIVE for node in definition.tree if not node.indicator):
        return _shapley(definition, scores, weights, steps, between)
    parents = {node.id: node.parent for node in definition.tree}
    split = contributions(scores, parents, weights, steps=steps)
    parts = {name: dict(zip(scores["city"], split[name], strict=True)) for name in parents}
    return Split(_between(parts, *between), "lead") if between else Split(parts)


def contribution_frame(
    connection: sqlite3.Connection,
    definition: Definition,
    methods: Methods,
    between: tuple[str, str] | None = None,
) -> pl.DataFrame:
    """The same as a frame: one row per node and city, or per node for the lead.

    Returns:
        ``node``, ``parent``, ``level``, ``name_zh``, ``name_en``, ``city``, ``versus`` (null
        without a second city), ``contribution`` (null where nothing can be split) and ``of``,
        what it is a contribution to.

    Raises:
        NotEnoughData, IndexDefinitionError: as `contributions_of`.
    """
    import polars as pl

    split = contributions_of(connection, definition, methods, between)
    rows = [
        (node, *(between or (city, None)), part, split.of)
        for node, cells in split.parts.items()
        for city, part in cells.items()
    ]
    texts = ("node", "city", "versus", "contribution", "of")
    schema = {name: pl.Float64 if name == "contribution" else pl.String for name in texts}
    tree = node_frame(connection, definition.id)
    return tree.select("node", "parent", "level", "name_zh", "name_en").join(
        pl.DataFrame(rows, schema=schema, orient="row"), on="node", maintain_order="left_right"
    )


def _between(
    parts: Mapping[str, Mapping[str, float | None]], city: str, versus: str
) -> dict[str, dict[str, float | None]]:
    """Subtract the contributions to one score from those to another."""
    result = {}
    for node, cells in parts.items():
        one, other = cells[city], cells[versus]
        lead = None if one is None or other is None else one - other
        result[node] = {f"{city} - {versus}": lead}
    return result


def _shapley(
    definition: Definition,
    scores: pl.DataFrame,
    weights: Mapping[str, float],
    steps: Mapping[str, Step],
    between: tuple[str, str] | None,
) -> Split:
    """Split how far every city is from the average one, or a city from another."""
    from cityflux.core.engine.analysis.shapley import differences

    cities = scores["city"].to_list()
    parents = {node.id: node.parent for node in definition.tree}
    parts: dict[str, dict[str, float | None]] = {name: {} for name in parents}
    versus = cities.index(between[1]) if between else None
    for city in between[:1] if between else cities:
        place = cities.index(city)
        found = differences(scores, parents, weights, steps=steps, unit=place, versus=versus)
        for name, part in found.items():
            parts[name][" - ".join(between) if between else city] = part
    of = "lead" if between else "distance from the average city"
    return Split(parts, of, _note(definition, to_average=between is None))


def _note(definition: Definition, *, to_average: bool) -> str:
    """Say how the parts were taken."""
    others: dict[str, list[str]] = {}
    for node in definition.tree:
        if not node.indicator and _method(node) not in ADDITIVE:
            others.setdefault(_method(node), []).append(node.id)
    listed = "; ".join(f"{method} at {', '.join(nodes)}" for method, nodes in others.items())
    text = (
        f"Not every node adds up ({listed}): each child has its Shapley value, the mean of what "
        "its step changes over all orders of the children (Shorrocks 2013)."
    )
    if to_average:
        text += (
            " They sum to the distance from a city with the mean of every indicator and the same "
            "gaps, not to the score."
        )
    return text


def _method(node: Node) -> str:
    return node.aggregation.method if node.aggregation else "mean"
