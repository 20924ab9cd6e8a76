"""``cityflux ranking``: indicator by indicator, as the paper's Table 3."""

from __future__ import annotations

from typing import Any

import click

from cityflux.core.cli.output import figure, json_option, language_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.catalog import Language, city_names


@click.command(epilog="Example: cityflux ranking flow_index --node transport")
@click.argument("index", required=False)
@click.option("--node", help="Only the indicators under this node.")
@language_option
@json_option
@pass_session
def ranking(
    session: Session, index: str | None, node: str | None, lang: Language | None, as_json: bool
) -> None:
    """Show figure and rank of every city, indicator by indicator, for INDEX (or the default one).

    The figures are those of the last period, each in its own unit. One that does not compare
    stands in square brackets and has no rank.
    """
    from cityflux.core.reading.indices import definition_of
    from cityflux.core.reading.names import node_called
    from cityflux.core.reading.nodes import node_names
    from cityflux.core.reading.rankings import indicator_rankings

    with session.read() as connection:
        definition = definition_of(connection, session.index_name(index))
        node = node and node_called(connection, definition.id, node)
        found = indicator_rankings(connection, definition, node)
        cities = city_names(connection, lang)
        names = node_names(connection, definition.id, lang)
    if as_json:
        print_json(found)
        return
    columns = [cities[city] for city in definition.cities]
    shown = [
        row for row in found if any(cell["value"] is not None for cell in row["cities"].values())
    ]
    print_table(
        f"{definition.name_zh} ({definition.id}), {definition.periods.of[-1]}: "
        "figure (rank/n) or [figure in brackets]; "
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
        color=session.color,
        right=columns,
        across=columns,
    )


def _cell(cell: dict[str, Any]) -> str | None:
    if cell["value"] is None:
        return None
    shown = figure(cell["value"])
    return f"[{shown}]" if cell["bracket"] else f"{shown} ({cell['rank']}/{cell['n']})"
