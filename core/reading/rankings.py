"""Indicator by indicator in the last period: the figure and the place of every city."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from cityflux.core.reading.indices import check_cities
from cityflux.core.reading.nodes import nodes
from cityflux.core.reading.scores import Score, scores

if TYPE_CHECKING:
    from cityflux.core.engine.analysis.strengths import Profile
    from cityflux.core.engine.definition.index import Definition

Figures = dict[str, list[float | None]]


def indicator_rankings(
    connection: sqlite3.Connection, definition: Definition, node: str | None = None
) -> list[dict[str, Any]]:
    """For each indicator of the last period: its group, its unit, and figure and rank by city.

    A figure that compares is over the periods that the cities have in common, and has a rank of
    ``n``; one that does not stands as it was read, with the reason as ``bracket``. Equal figures
    share the better place; a city without a figure has neither figure nor rank.

    Args:
        connection: any connection.
        definition: the index.
        node: only the indicators under this node.

    Raises:
        IndexDefinitionError: the index has no such node.
        NotEnoughData: the index was not computed yet.
    """
    leaves = [leaf for leaf in definition.subtree(node) if leaf.indicator]
    compared, read = _last_figures(connection, definition)
    stored = _last_scores(connection, definition)
    known = {each.node: each for each in nodes(connection, definition.id)}
    directions = _directions(connection, definition)
    found = []
    for leaf in leaves:
        found.append(
            {
                "indicator": leaf.id,
                "group": leaf.parent,
                "name_zh": known[leaf.id].name_zh,
                "name_en": known[leaf.id].name_en,
                "unit": known[leaf.id].unit,
                "direction": directions[leaf.id],
                "period": definition.periods.of[-1],
                "cities": {
                    city: {
                        "value": read[leaf.id][place]
                        if (row := stored[leaf.id, city]).bracket
                        else compared[leaf.id][place],
                        "rank": row.rank,
                        "n": row.n,
                        "bracket": row.bracket,
                    }
                    for place, city in enumerate(definition.cities)
                },
            }
        )
    return found


def strengths(connection: sqlite3.Connection, definition: Definition, city: str) -> Profile:
    """Where a city leads and lags in the figures of the last period, up to five of each.

    Only figures that compare count, over the periods that the cities have in common.

    Raises:
        IndexDefinitionError: the city is not among those of the index.
        NotEnoughData: the index was not computed yet.
    """
    import polars as pl

    from cityflux.core.engine.analysis.strengths import profile

    check_cities(definition, city)
    names = [leaf.id for leaf in definition.leaves]
    compared, _ = _last_figures(connection, definition)
    stored = _last_scores(connection, definition)
    figures = pl.DataFrame({"city": definition.cities}).with_columns(
        pl.Series(
            name,
            [
                None if stored[name, each].bracket else value
                for each, value in zip(definition.cities, compared[name], strict=True)
            ],
            dtype=pl.Float64,
        )
        for name in names
    )
    known = figures.filter(city=city).select(names).unpivot()["value"].count()
    return profile(
        figures,
        names,
        city,
        directions=_directions(connection, definition),
        top=min(5, known - known // 2),
        bottom=min(5, known // 2),
        skip_last=False,  # of few cities the last place is just what a reader looks for
    )


def _last_figures(
    connection: sqlite3.Connection, definition: Definition
) -> tuple[Figures, Figures]:
    """The figures of the last period by indicator, for the cities in their order.

    Returns:
        Those over the periods that the cities have in common, and all as they were read.
    """
    from cityflux.core.engine.common_periods import common_periods
    from cityflux.core.engine.panel import read_panel

    periods = definition.periods.model_copy(update={"of": definition.periods.of[-1:]})
    last = definition.model_copy(update={"periods": periods})
    panel = read_panel(connection, last.figures, last.cities, periods)
    common = common_periods(last, panel)
    names = last.figures
    columns = zip(names, common.values[0].T.tolist(), common.holds[0].T.tolist(), strict=True)
    compared: Figures = {
        name: [value if there else None for value, there in zip(values, holds, strict=True)]
        for name, values, holds in columns
    }
    return compared, {name: panel.values[name].to_list() for name in names}


def _last_scores(
    connection: sqlite3.Connection, definition: Definition
) -> dict[tuple[str, str], Score]:
    """The stored scores of the last period by node and city."""
    found = scores(connection, definition.id, period=definition.periods.of[-1])
    return {(row.node, row.city): row for row in found}


def _directions(connection: sqlite3.Connection, definition: Definition) -> dict[str, int]:
    """1 or -1 for each indicator: as the index says, or else as the indicator itself."""
    own = {each.node: each.direction for each in nodes(connection, definition.id)}
    return {leaf.id: leaf.direction or own[leaf.id] or 1 for leaf in definition.leaves}
