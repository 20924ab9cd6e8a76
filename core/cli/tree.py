"""``cityflux tree``: what every node brings to the score, or to a difference."""

from __future__ import annotations

from collections.abc import Mapping

import click

from cityflux.core.cli.output import (
    json_option,
    language_option,
    print_json,
    print_table,
    printable,
)
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.catalog import Language, city_names


@click.command(epilog="Example: cityflux tree flow_index --city beijing --versus shanghai")
@click.argument("index", required=False)
@click.option("--city", help="Split the difference of this city from --versus.")
@click.option("--versus", metavar="CITY", help="The city that --city is compared with.")
@click.option("--depth", type=click.IntRange(min=0), help="Only so many levels; the root is 0.")
@language_option
@json_option
@pass_session
def tree(
    session: Session,
    index: str | None,
    city: str | None,
    versus: str | None,
    depth: int | None,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Show what every node of INDEX (or the default one) brings to the score of each city.

    The children of a node sum to the node. Where a node is no sum or mean, a sentence says how
    the parts were taken.
    """
    from cityflux.core.reading.contributions import contributions_of
    from cityflux.core.reading.indices import definition_of
    from cityflux.core.reading.names import city_called
    from cityflux.core.reading.nodes import node_names

    if bool(city) != bool(versus):
        raise click.UsageError("--city and --versus go together")
    with session.read() as connection:
        between = None
        if city and versus:
            between = city_called(connection, city), city_called(connection, versus)
        definition = definition_of(connection, session.index_name(index))
        split = contributions_of(connection, definition, session.methods_of(definition), between)
        names = node_names(connection, definition.id, lang)
        cities = city_names(connection, lang)
    levels = {node.id: node.level for node in definition.tree}
    parts = {
        node: cells for node, cells in split.parts.items() if depth is None or levels[node] <= depth
    }
    if as_json:
        print_json(parts)
    else:
        columns = [_city(label, cities) for label in parts[definition.id]]
        print_table(
            f"{definition.name_zh} ({definition.id}): contribution to the "
            f"{'difference' if between else split.of}",
            ["node", *columns],
            [["  " * levels[node] + names[node], *cells.values()] for node, cells in parts.items()],
            color=session.color,
            right=columns,
            across=columns,
        )
    if split.note:
        click.echo(printable(split.note), err=as_json)


def _city(label: str, cities: Mapping[str, str]) -> str:
    return " - ".join(cities[city] for city in label.split(" - "))
