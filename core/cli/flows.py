"""``cityflux flows``: what goes from one city to another, and what is measured of it."""

from __future__ import annotations

from pathlib import Path

import click

from cityflux.core.cli.output import json_option, language_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.model.errors import PluginError
from cityflux.core.model.near import meant
from cityflux.core.reading.catalog import Language, city_names
from cityflux.core.reading.figures import flow_kinds
from cityflux.core.reading.figures import flows as flows_between
from cityflux.core.reading.names import city_called


class _ListFirst(click.Group):
    """A group that lists where its first argument is none of its commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(
    "flows", cls=_ListFirst, epilog="Example: cityflux flows rank air_routes --by dominance"
)
def flows() -> None:
    """List the flows between cities, and measure them.

    Without a command: list them, as ``flows list``.
    """


period_option = click.option("--period", help="Only one period, such as 2014-06; else the last.")


@flows.command("list", epilog="Example: cityflux flows air_routes --city shanghai")
@click.argument("kind", required=False)
@click.option("--city", help="Only what comes from or goes to a city.")
@click.option("--period", help="Only one period, such as 2014-06.")
@json_option
@pass_session
def list_flows(
    session: Session, kind: str | None, city: str | None, period: str | None, as_json: bool
) -> None:
    """List the flows between cities, of one KIND or of all, the largest first."""
    with session.read() as connection:
        kinds = {*session.plugins.flows, *flow_kinds(connection)}
        if kind is not None and kind not in kinds:
            hint = meant(kind, kinds, f"there are: {', '.join(sorted(kinds))}")
            raise PluginError(f"there is no flow {kind!r}; {hint}")
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


@flows.command("show", epilog="Example: cityflux flows show air_routes shanghai --map routes.svg")
@click.argument("kind")
@click.argument("city", required=False)
@period_option
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="Draw a map as SVG.")
@click.option("--matrix", type=click.Path(path_type=Path), help="Draw who sends whom, as SVG.")
@language_option
@json_option
@pass_session
def show(
    session: Session,
    /,
    kind: str,
    city: str | None,
    period: str | None,
    map_file: Path | None,
    matrix: Path | None,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Show the network of a KIND and its hierarchy, or all measures of a CITY with its partners."""
    from cityflux.core.cli import flow_tables
    from cityflux.core.reading.flows import read_network

    with session.read() as connection:
        found = read_network(connection, kind, period)
        city = city and city_called(connection, city)
        names = city_names(connection, lang)
    for file, draw in ((map_file, flow_tables.draw_map), (matrix, flow_tables.draw_matrix)):
        if file:
            draw(found, names, city, file)
    if as_json:
        print_json(flow_tables.objects(found, city))
    elif city:
        flow_tables.print_city(found, city, names, color=session.color)
    else:
        flow_tables.print_network(found, names, color=session.color)


@flows.command("rank", epilog="Example: cityflux flows rank air_routes --by betweenness")
@click.argument("kind")
@click.option("--by", "measure", default="throughflow", show_default=True, help="A measure.")
@period_option
@click.option("--limit", type=click.IntRange(min=1), help="Only so many.")
@language_option
@json_option
@pass_session
def rank(
    session: Session,
    /,
    kind: str,
    measure: str,
    period: str | None,
    limit: int | None,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Rank the cities of a KIND by a measure; docs/flows.md says which there are."""
    from cityflux.core.cli import flow_tables
    from cityflux.core.reading.flows import ranked, read_network

    with session.read() as connection:
        found = read_network(connection, kind, period)
        names = city_names(connection, lang)
    rows = ranked(found, measure).head(limit or found.network.size)
    if as_json:
        print_json(rows.to_dicts())
    else:
        flow_tables.print_ranking(found, measure, rows, names, color=session.color)


@flows.command("compare", epilog="Example: cityflux flows compare air_routes airlines")
@click.argument("kind")
@click.argument("other", required=False)
@period_option
@click.option("--with", "against", help="The period of the other one.")
@click.option("--by", "measure", default="throughflow", show_default=True, help="A measure.")
@language_option
@json_option
@pass_session
def compare_flows(
    session: Session,
    /,
    kind: str,
    other: str | None,
    period: str | None,
    against: str | None,
    measure: str,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Set two kinds, or two periods of a KIND, side by side by a measure."""
    from cityflux.core.cli import flow_tables
    from cityflux.core.reading.flows import compare, read_network

    if other is None and against is None:
        raise click.UsageError("name another KIND, or another period with --with")
    with session.read() as connection:
        one = read_network(connection, kind, period)
        two = read_network(connection, other or kind, against)
        names = city_names(connection, lang)
    found = compare(one, two, measure)
    if as_json:
        rows = found.rows.to_dicts()
        print_json({"rows": rows, "correlation": found.correlation, "n": found.n})
    else:
        flow_tables.print_compared(one, two, measure, found, names, color=session.color)
