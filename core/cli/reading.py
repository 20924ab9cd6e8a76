"""What ``cityflux show`` reads out of an index besides its scores: strengths and weaknesses."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from cityflux.core.cli.output import print_json, print_table

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition


def print_strengths(
    connection: sqlite3.Connection, definition: Definition, city: str, *, as_json: bool, color: bool
) -> None:
    """Print where a city leads and lags in the figures of the last period.

    Raises:
        IndexDefinitionError: the city is not among those of the index.
    """
    from cityflux.core.engine.analysis.strengths import profile
    from cityflux.core.engine.panel import read_panel

    periods = definition.periods.model_copy(update={"of": definition.periods.of[-1:]})
    names = [leaf.id for leaf in definition.leaves]
    stored = dict(connection.execute("SELECT id, direction FROM indicators").fetchall())
    figures = read_panel(connection, names, definition.cities, periods).values
    known = figures.filter(city=city).select(names).unpivot()["value"].count()
    found = profile(
        figures,
        names,
        city,
        directions={leaf.id: leaf.direction or stored[leaf.id] for leaf in definition.leaves},
        top=min(5, known - known // 2),
        bottom=min(5, known // 2),
        skip_last=False,  # of few cities the last place is just what a reader looks for
    )
    tables = {"strengths": found.strengths, "weaknesses": found.weaknesses}
    if as_json:
        print_json({title: table.to_dicts() for title, table in tables.items()})
        return
    for title, table in tables.items():
        print_table(
            f"{title} of {city} ({definition.id}), {periods.of[0]}",
            table.columns,
            [list(row) for row in table.iter_rows()],
            color=color,
            right=["rank", "of", "value", "ahead_by", "behind_by"],
        )
