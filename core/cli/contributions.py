"""``cityflux show --tree``: what every node brings to the score, or to a difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.cli.output import print_json, print_table
from core.errors import IndexDefinitionError

if TYPE_CHECKING:
    from core.cli.rows import Row
    from core.engine.definition import Definition
    from core.engine.methods import Methods

Parts = dict[str, dict[str, float | None]]


def contributions_of(definition: Definition, rows: Sequence[Row], methods: Methods) -> Parts:
    """Split the stored scores of the last period: by node, then by city.

    Raises:
        IndexDefinitionError: weights are computed, which are not stored.
    """
    import polars as pl

    from core.engine.choices import Aggregation
    from core.engine.tree import Step, contributions

    if computed := [node.id for node in definition.tree if node.weighting]:
        raise IndexDefinitionError(
            f"{computed[0]}: its weights are computed and not stored, so the score cannot be "
            "split; write them as weights first"
        )
    period = max(row.period for row in rows)
    cells = {(row.city, row.node): row.score for row in rows if row.period == period}
    cities = list(dict.fromkeys(city for city, _ in cells))
    nodes = [node.id for node in definition.tree]
    scores = pl.DataFrame(
        {node: [cells.get((city, node)) for city in cities] for node in nodes},
        schema=dict.fromkeys(nodes, pl.Float64),
    )
    chosen = {node.id: node.aggregation or Aggregation() for node in definition.tree}
    steps = {name: Step(methods.get("aggregation", each.method)) for name, each in chosen.items()}
    parents = {node.id: node.parent for node in definition.tree}
    weights = {node.id: node.weight for node in definition.tree}
    split = contributions(scores, parents, weights, steps=steps)
    return {name: dict(zip(cities, split[name].to_list(), strict=True)) for name in nodes}


def difference(parts: Parts, city: str, versus: str) -> Parts:
    """Split the lead of a city over another one.

    Raises:
        IndexDefinitionError: a city is not in the index.
    """
    label = f"{city} - {versus}"
    result: Parts = {}
    for node, by_city in parts.items():
        if unknown := [name for name in (city, versus) if name not in by_city]:
            raise IndexDefinitionError(f"{unknown[0]!r} is not among the cities of the index")
        one, other = by_city[city], by_city[versus]
        result[node] = {label: None if one is None or other is None else one - other}
    return result


def print_contributions(
    definition: Definition, parts: Parts, *, as_json: bool, color: bool
) -> None:
    """Print a line per node and a column per city."""
    if as_json:
        print_json(parts)
        return
    columns = list(parts[definition.id])
    levels = {node.id: node.level for node in definition.tree}
    print_table(
        f"{definition.name_zh} ({definition.id}): contribution to the score",
        ["node", *columns],
        [["  " * levels[node] + node, *cells.values()] for node, cells in parts.items()],
        color=color,
        right=columns,
    )
