"""``cityflux flows``: what goes from one city to another."""

from __future__ import annotations

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.model.errors import PluginError
from cityflux.core.model.near import meant
from cityflux.core.reading.figures import flows as flows_between
from cityflux.core.reading.names import city_called


@click.command(epilog="Example: cityflux flows air_routes --city shanghai")
@click.argument("kind", required=False)
@click.option("--city", help="Only what comes from or goes to a city.")
@click.option("--period", help="Only one period, such as 2014-06.")
@json_option
@pass_session
def flows(
    session: Session, kind: str | None, city: str | None, period: str | None, as_json: bool
) -> None:
    """List the flows between cities, of one KIND or of all, the largest first."""
    kinds = session.plugins.flows
    if kind is not None and kind not in kinds:
        hint = meant(kind, kinds, f"there are: {', '.join(sorted(kinds))}")
        raise PluginError(f"there is no flow {kind!r}; {hint}")
    with session.read() as connection:
        city = city and city_called(connection, city)
        rows = [dict(row) for row in flows_between(connection, kind, city, period)]
    if as_json:
        print_json(rows)
        return
    shown = ("kind", "origin_zh", "destination_zh", "period", "value", "unit", "source")
    print_table(
        f"{len(rows)} flows",
        shown,
        [[row[column] for column in shown] for row in rows],
        color=session.color,
        right=("value",),
    )
    if not rows:
        click.echo("fetch them with: cityflux refresh " + (kind or " ".join(sorted(kinds))))
