"""``cityflux strengths``: where a city leads, and where it lags."""

from __future__ import annotations

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session


@click.command(epilog="Example: cityflux strengths shanghai flow_index")
@click.argument("city")
@click.argument("index", required=False)
@json_option
@pass_session
def strengths(session: Session, city: str, index: str | None, as_json: bool) -> None:
    """Show where CITY leads and where it lags in the figures of INDEX (or the default one).

    Up to five indicators of each kind in the last period: the rank, the figure, and the distance
    to the city behind and to the best one. What does not compare is neither.
    """
    from cityflux.core.reading.indices import definition_of
    from cityflux.core.reading.names import city_called
    from cityflux.core.reading.rankings import strengths as strengths_of

    with session.read() as connection:
        definition = definition_of(connection, session.index_name(index))
        city = city_called(connection, city)
        found = strengths_of(connection, definition, city)
    tables = {"strengths": found.strengths, "weaknesses": found.weaknesses}
    if as_json:
        print_json({title: table.to_dicts() for title, table in tables.items()})
        return
    for title, table in tables.items():
        print_table(
            f"{title} of {city} ({definition.id}), {definition.periods.of[-1]}",
            table.columns,
            [list(row) for row in table.iter_rows()],
            color=session.color,
            right=["rank", "of", "value", "ahead_by", "behind_by"],
        )
