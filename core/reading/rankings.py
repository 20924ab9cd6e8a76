"""Indicator by indicator in the last period: the figure and the place of every city."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from cityflux.core.reading.indices import check_cities
from cityflux.core.reading.nodes import nodes

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.analysis.strengths import Profile
    from cityflux.core.engine.definition.index import Definition


def indicator_rankings(
    connection: sqlite3.Connection, definition: Definition, node: str | None = None
) -> list[dict[str, Any]]:
    """For each indicator of the last period: its group, its unit, and figure and rank by city.

    Equal figures share the better place; a city without a figure has neither figure nor rank.

    Args:
        connection: any connection.
        definition: the index.
        node: only the indicators under this node.

    Raises:
        IndexDefinitionError: the index has no such node.
    """
    from cityflux.core.engine.measures.ranking import ranks

    leaves = [leaf for leaf in definition.subtree(node) if leaf.indicator]
    values = _last_figures(connection, definition, [leaf.id for leaf in leaves]).sort("city")
    known = {each.node: each for each in nodes(connection, definition.id)}
    directions = _directions(connection, definition)
    found = []
    for leaf in leaves:
        turned = values.select(values[leaf.id] * directions[leaf.id])
        places = ranks(turned, [leaf.id])[leaf.id]
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
                    city: {"value": value, "rank": place}
                    for city, value, place in zip(
                        values["city"], values[leaf.id], places, strict=True
                    )
                },
            }
        )
    return found


def strengths(connection: sqlite3.Connection, definition: Definition, city: str) -> Profile:
    """Where a city leads and lags in the figures of the last period, up to five of each.

    Raises:
        IndexDefinitionError: the city is not among those of the index.
    """
    from cityflux.core.engine.analysis.strengths import profile

    check_cities(definition, city)
    names = [leaf.id for leaf in definition.leaves]
    figures = _last_figures(connection, definition, names)
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
    connection: sqlite3.Connection, definition: Definition, names: list[str]
) -> pl.DataFrame:
    """The figures of the last period as they were read: a row per city, a column per indicator."""
    from cityflux.core.engine.panel import read_panel

    periods = definition.periods.model_copy(update={"of": definition.periods.of[-1:]})
    return read_panel(connection, names, definition.cities, periods).values


def _directions(connection: sqlite3.Connection, definition: Definition) -> dict[str, int]:
    """1 or -1 for each indicator: as the index says, or else as the indicator itself."""
    own = {each.node: each.direction for each in nodes(connection, definition.id)}
    return {leaf.id: leaf.direction or own[leaf.id] or 1 for leaf in definition.leaves}
