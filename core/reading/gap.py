"""The difference between two cities, split into what every group brings to it."""

from __future__ import annotations

import polars as pl

from cityflux.core.engine.definition.choices import Aggregation
from cityflux.core.engine.steps.aggregation import AGGREGATIONS, median
from cityflux.core.engine.tree import Step, contributions
from cityflux.core.reading.facts import Facts


def split_gap(facts: Facts, city: str, rival: str) -> dict[str, float | None] | None:
    """Split the lead of a city over a rival.

    A group that only one of the two has brings nothing to the score of the other, whose weights
    went to its other groups; so its whole contribution counts.

    Args:
        facts: of an index in a period.
        city: the one.
        rival: the other.

    Returns:
        The part of each group (null where neither has a score), or of the nodes right under the
        root where the groups cannot be split; None where nothing can be, because the scores are
        no sums or means, or one is missing.
    """
    scores = facts.scores.pivot(on="node", index="city", values="score")
    pair = pl.DataFrame({"city": [city, rival]})
    wide = pair.join(scores, on="city", how="left", maintain_order="left")
    root = facts.definition.id
    if wide[root].null_count():
        return None
    parents = dict(facts.nodes.select("node", "parent").iter_rows())
    weights = dict(facts.nodes.select("node", "weight").iter_rows())
    parts = contributions(wide, parents, weights, steps=_steps(facts))
    gap = wide[root][0] - wide[root][1]
    tops = facts.nodes.filter(pl.col("level") == 1)["node"].to_list()
    for chosen in (facts.groups["node"].to_list(), tops):
        found = {node: _difference(*parts[node].fill_nan(None)) for node in chosen}
        if abs(sum(part or 0.0 for part in found.values()) - gap) < 1e-6 * max(1.0, abs(gap)):
            return found
    return None


def _steps(facts: Facts) -> dict[str, Step]:
    """How each node is aggregated; a method of a plugin is one that cannot be split."""
    chosen = {node.id: node.aggregation or Aggregation() for node in facts.definition.tree}
    return {
        name: Step(AGGREGATIONS.get(each.method, median), threshold=each.threshold)
        for name, each in chosen.items()
    }


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0.0) - (other or 0.0)
