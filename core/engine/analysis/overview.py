"""An index under the analyst's eye: statistics, correlation, consistency, components, weights.

The numbers are those of `core.engine.measures.statistics`, `core.engine.measures.association` and
`core.engine.tree`; this module asks them of a whole index, node by node. An observation is a city
in a period.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, steps 4 and 8.
    Paruolo, Saisana, Saltelli (2013), Ratings and rankings: voodoo or science?, Journal of the
    Royal Statistical Society A 176(3), 609-634.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.association import (
    Components,
    correlations,
    cronbach_alpha,
    principal_components,
)
from cityflux.core.engine.measures.correlation import Method
from cityflux.core.engine.measures.statistics import indicator_statistics
from cityflux.core.engine.measures.tolerance import differs
from cityflux.core.engine.panel import KEYS
from cityflux.core.engine.tree import effective_weights, realised_weights
from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData

#: A pair above this counts one thing twice, by the default of COINr's ``get_corr_flags``.
HIGH = 0.9
SIGNIFICANT = 0.05


def nodes_at(definition: Definition, node: str | None, level: int | None = None) -> list[str]:
    """Name the nodes of a level under a node, in the order of the tree.

    Args:
        definition: the index.
        node: the node above them; the root unless given.
        level: 0 is the root, 1 what is right under it; the children of the node unless given.

    Raises:
        IndexDefinitionError: the index has no such node, or it has nothing at that level.
    """
    below = definition.subtree(node)
    top = below[0]
    level = top.level + 1 if level is None else level
    found = [each.id for each in below if each.level == level]
    if not found:
        raise IndexDefinitionError(
            f"{definition.id}: there is nothing at level {level} under {top.id}; there are the "
            f"levels {top.level} to {max(each.level for each in below)}"
        )
    return found


def index_statistics(figures: pl.DataFrame, indicators: Sequence[str]) -> pl.DataFrame:
    """Describe the figures of each indicator, and say where the extremes are.

    Args:
        figures: ``period``, ``city`` and a Float64 column per indicator, in its own unit.
        indicators: those to describe.

    Returns:
        What `indicator_statistics` gives, and ``missing`` (how many observations lack a figure),
        ``min_city``, ``min_period``, ``max_city`` and ``max_period`` (of the first in the order of
        the frame where several share it; null without any figure).
    """
    table = indicator_statistics(figures.select(indicators))
    places = []
    for name in indicators:
        known = figures.select(*KEYS, name).drop_nulls(name)
        row = {}
        for which, at in (("min", known[name].arg_min()), ("max", known[name].arg_max())):
            for key in KEYS:
                row[f"{which}_{key}"] = None if at is None else known[key][at]
        places.append(row)
    keys = [f"{which}_{key}" for which in ("min", "max") for key in ("city", "period")]
    return table.with_columns(missing=figures.height - pl.col("available")).hstack(
        pl.DataFrame(places, schema=dict.fromkeys(keys, pl.String))
    )


def index_correlations(
    scores: pl.DataFrame,
    definition: Definition,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    *,
    method: Method = "pearson",
) -> pl.DataFrame:
    """Correlate the scores of nodes, of one level or of two.

    Args:
        scores: a Float64 column per node, one row per observation.
        definition: the index.
        rows: nodes.
        columns: nodes of another level; among ``rows``, each pair once, unless given.
        method: as in `correlations`.

    Returns:
        What `correlations` gives, and ``relation``: ``siblings`` under one node, ``ancestor``
        where one stands above the other, else null; ``flag``: of what is significant at
        `SIGNIFICANT`, ``high`` for siblings above `HIGH`, ``negative`` below zero; else null.
    """
    table = correlations(scores, rows, columns, method=method)
    if columns is None:
        place = {name: i for i, name in enumerate(rows)}
        order = pl.col("row", "column").replace_strict(place, return_dtype=pl.Int64)
        placed = table.select(order)
        table = table.filter(placed["row"] < placed["column"])
    paths = {node.id: node.path for node in definition.tree}
    relation = [_relation(paths, a, b) for a, b in table.select("row", "column").iter_rows()]
    r, significant = pl.col("correlation"), pl.col("p_value") < SIGNIFICANT
    return table.with_columns(pl.Series("relation", relation, dtype=pl.String)).with_columns(
        flag=pl.when(significant & (r > HIGH) & (pl.col("relation") == "siblings"))
        .then(pl.lit("high"))
        .when(significant & (r < 0))
        .then(pl.lit("negative"))
    )


def _relation(paths: Mapping[str, tuple[str, ...]], a: str, b: str) -> str | None:
    if a in paths[b] or b in paths[a]:
        return "ancestor"
    return "siblings" if a != b and paths[a][-1:] == paths[b][-1:] else None


def comparable(scores: pl.DataFrame, nodes: Sequence[str]) -> list[str]:
    """Name the nodes with two different scores or more: of the others nothing can be said."""
    varies = scores.select(differs(pl.col(nodes)).fill_null(value=False)) if nodes else scores
    return [name for name in nodes if varies[name].any()]


def consistency(scores: pl.DataFrame, definition: Definition, node: str | None) -> pl.DataFrame:
    """Compute Cronbach's alpha of the children of every node, from a node downwards.

    Children whose scores do not differ between two observations are left out.

    Args:
        scores: a Float64 column per node, one row per observation.
        definition: the index.
        node: where to begin; the root unless given.

    Returns:
        One row per node with children: ``node``, ``children``, ``used`` (those that were not left
        out), ``observations`` (with a score of all of these) and ``alpha``, null below two of them.

    Raises:
        IndexDefinitionError: the index has no such node.
    """
    rows = []
    for each in definition.subtree(node):
        if each.indicator:
            continue
        children = nodes_at(definition, each.id)
        used = comparable(scores, children)
        # Over pairs of different observations, as COINr takes them, alpha may exceed 1.
        complete = scores.select(used).drop_nulls()
        rows.append(
            {
                "node": each.id,
                "children": len(children),
                "used": len(used),
                "observations": complete.height if used else 0,
                "alpha": cronbach_alpha(complete) if complete.height > 1 else None,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"alpha": pl.Float64})


@dataclass(frozen=True, slots=True)
class NodeComponents:
    """The principal components of some nodes.

    Attributes:
        components: as `principal_components` gives them.
        left_out: the nodes whose scores do not differ between two observations.
    """

    components: Components
    left_out: list[str]


def components_of(scores: pl.DataFrame, nodes: Sequence[str]) -> NodeComponents:
    """Find the principal components of the scores of some nodes.

    Args:
        scores: a Float64 column per node, one row per observation.
        nodes: those to look at.

    Raises:
        NotEnoughData: fewer than two of them can be compared, or two observations are complete.
        IndexDefinitionError: one is constant over the complete observations.
    """
    used = comparable(scores, nodes)
    if len(used) < 2:
        raise NotEnoughData(
            f"components need two nodes with scores that differ, and of {len(nodes)} "
            f"there are {len(used)}; choose another --node, --level or --period"
        )
    left_out = [name for name in nodes if name not in used]
    return NodeComponents(principal_components(scores.select(used)), left_out)


def weight_table(
    scores: pl.DataFrame, definition: Definition, used: Mapping[str, float]
) -> pl.DataFrame:
    """Set the written weights beside those that take effect.

    Args:
        scores: a Float64 column per node, one row per observation.
        definition: the index.
        used: the weight of every node among its siblings in the run.

    Returns:
        One row per node: ``node``; ``written`` and ``effective``, its share of the index by the
        written and by the used weights; ``realised``, the mean over the observations after the
        weights of missing nodes were handed on; ``importance``, the squared Pearson correlation of
        its scores with those of the index, which is the share of the variance of the index that
        it explains alone on a straight line (Paruolo, Saisana, Saltelli 2013), null below three
        observations; ``p_value`` and ``observations`` of that correlation.
    """
    parents = {node.id: node.parent for node in definition.tree}
    names = list(parents)
    written = effective_weights(parents, {node.id: node.weight for node in definition.tree})
    effective = effective_weights(parents, used)
    realised = realised_weights(scores, parents, used).mean().row(0)
    against = correlations(scores, names, [definition.id])
    return pl.DataFrame(
        {
            "node": names,
            "written": [written[name] for name in names],
            "effective": [effective[name] for name in names],
            "realised": pl.Series(realised, dtype=pl.Float64),
            "importance": against["correlation"] ** 2,
            "p_value": against["p_value"],
            "observations": against["units"],
        }
    ).with_columns(pl.when(pl.col("observations") > 2).then("importance"))
