"""Indicator by indicator: the figure and the place of every city, as the paper's Table 3."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from cityflux.core.cli.output import print_json, print_table
from cityflux.core.reading.names import Language, city_names, node_names

if TYPE_CHECKING:
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
    from cityflux.core.engine.panel import read_panel

    leaves = [leaf for leaf in definition.subtree(node) if leaf.indicator]
    periods = definition.periods.model_copy(update={"of": definition.periods.of[-1:]})
    values = read_panel(
        connection, [leaf.id for leaf in leaves], definition.cities, periods
    ).values.sort("city")
    known = {
        row[0]: row[1:]
        for row in connection.execute(
            "SELECT id, name_zh, name_en, unit, direction FROM indicators"
        )
    }
    chosen = {leaf.id: leaf.direction for leaf in definition.leaves}
    found = []
    for leaf in leaves:
        name_zh, name_en, unit, stored = known[leaf.id]
        direction = chosen[leaf.id] or stored
        turned = values.select(values[leaf.id] * direction)
        places = ranks(turned, [leaf.id])[leaf.id]
        found.append(
            {
                "indicator": leaf.id,
                "group": leaf.parent,
                "name_zh": name_zh,
                "name_en": name_en,
                "unit": unit,
                "direction": direction,
                "period": periods.of[0],
                "cities": {
                    city: {"value": value, "rank": place}
                    for city, value, place in zip(
                        values["city"], values[leaf.id], places, strict=True
                    )
                },
            }
        )
    return found


def print_rankings(
    connection: sqlite3.Connection,
    definition: Definition,
    node: str | None,
    language: Language | None = None,
    *,
    as_json: bool,
    color: bool,
) -> None:
    """Print the rankings: a line for each indicator that has a figure, a column for each city."""
    found = indicator_rankings(connection, definition, node)
    if as_json:
        print_json(found)
        return
    cities = city_names(connection, language)
    names = node_names(connection, definition.id, language)
    columns = [cities[city] for city in definition.cities]
    shown = [row for row in found if any(cell["rank"] for cell in row["cities"].values())]
    print_table(
        f"{definition.name_zh} ({definition.id}), {definition.periods.of[-1]}: figure (rank); "
        f"{len(found) - len(shown)} indicators have no figure",
        ["group", "indicator", "unit", *columns],
        [
            [
                names[row["group"]],
                names[row["indicator"]],
                row["unit"],
                *(_cell(row["cities"][city]) for city in definition.cities),
            ]
            for row in shown
        ],
        color=color,
        right=columns,
    )


def _cell(cell: dict[str, Any]) -> str | None:
    if cell["rank"] is None:
        return None
    return f"{cell['value']:,.6g} ({cell['rank']})"
