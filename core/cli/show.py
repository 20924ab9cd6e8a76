"""``cityflux show``: an index with rank and coverage."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from cityflux.core.cli.comparison import compare, print_comparison
from cityflux.core.cli.output import json_option, percent, print_json, print_table
from cityflux.core.cli.scoreboard import print_scoreboard
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.names import Language, language_option
from cityflux.core.reading.rows import Row, stored_rows

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.scoring import Scores


def print_ranking(
    connection: sqlite3.Connection, definition: Definition, *, color: bool = True
) -> None:
    """Print the cities of the last period by rank, each score with its coverage."""
    print_scoreboard(definition, stored_rows(connection, definition.id), color=color)


def _tree(definition: Definition, rows: Sequence[Row], *, leaves: bool, color: bool) -> None:
    """Print every node as a line and every city as a column, scores with coverage in brackets."""
    period = max(row.period for row in rows)
    inner = {node.id for node in definition.tree if not node.indicator}
    cells = {(row.node, row.city): row for row in rows if row.period == period}
    cities = {row.city: row.city_zh for row in rows}
    nodes = {row.node: row for row in rows if leaves or row.node in inner}
    print_table(
        f"{definition.name_zh} ({definition.id}), {period}: score (coverage)",
        ["node", *cities.values()],
        [
            ["  " * row.level + row.name_zh, *(_cell(cells.get((name, city))) for city in cities)]
            for name, row in nodes.items()
        ],
        color=color,
        right=list(cities.values()),
    )


def _cell(row: Row | None) -> str | None:
    if row is None or row.score is None:
        return None
    return f"{row.score:.3f} ({percent(row.coverage)})"


def _objects(rows: Sequence[Row]) -> list[dict[str, Any]]:
    names = ("city", "node", "period", "score", "rank", "coverage")
    return [{name: getattr(row, name) for name in names} for row in rows]


def print_evaluated(
    connection: sqlite3.Connection,
    definition: Definition,
    scores: Scores,
    *,
    as_of: str,
    as_json: bool,
    color: bool,
) -> None:
    """Print scores as they would have been on a day: computed, but not stored."""
    from cityflux.core.engine.compute import score_rows

    levels = {node.id: (place, node.level) for place, node in enumerate(definition.tree)}
    names = dict(connection.execute("SELECT id, name_zh FROM cities").fetchall())
    rows = [
        Row(
            found.node_id,
            found.node_id,
            levels[found.node_id][1],
            found.city_id,
            names[found.city_id],
            found.period,
            found.score,
            found.rank,
            found.coverage,
        )
        for found in score_rows(definition, scores)
    ]
    rows.sort(key=lambda row: (levels[row.node][0], row.period, row.rank or 10**9, row.city))
    if as_json:
        print_json([{**row, "as_of": as_of} for row in _objects(rows)])
    else:
        print_scoreboard(definition, rows, color=color, as_of=as_of)


@click.command(epilog="Example: cityflux show flow_index --against paper_published")
@click.argument("index", required=False)
@click.option("--groups", is_flag=True, help="Show the groups as well.")
@click.option("--all", "leaves", is_flag=True, help="Show every node, down to the indicators.")
@click.option("--against", metavar="OTHER", help="Set another index beside it, node by node.")
@click.option("--strengths", metavar="CITY", help="Show where a city leads, and where it lags.")
@click.option("--tree", is_flag=True, help="Show what every node brings to the score.")
@click.option("--city", help="With --tree and --versus: split the lead of this city.")
@click.option("--versus", metavar="CITY", help="With --tree and --city: the lead over this city.")
@click.option("--depth", type=click.IntRange(min=0), help="With --tree: so many levels down.")
@language_option
@click.option("--ranking", is_flag=True, help="Show figure and rank, indicator by indicator.")
@click.option("--node", help="With --ranking: only the indicators under this node.")
@click.option("--weights", is_flag=True, help="Show the weights as written and as used.")
@click.option("--imputed", is_flag=True, help="Show every figure that was imputed.")
@click.option("--treated", is_flag=True, help="Show every outlier that was treated.")
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the ranking into a file; with --groups, the groups.",
)
@json_option
@pass_session
def show(
    session: Session,
    index: str | None,
    groups: bool,
    leaves: bool,
    against: str | None,
    strengths: str | None,
    tree: bool,
    city: str | None,
    versus: str | None,
    depth: int | None,
    lang: Language | None,
    ranking: bool,
    node: str | None,
    weights: bool,
    imputed: bool,
    treated: bool,
    png: Path | None,
    as_json: bool,
) -> None:
    """Print INDEX (or the default one): score, rank and coverage of every city."""
    from cityflux.core.cli.contributions import contributions_of, print_contributions
    from cityflux.core.cli.details import imputed_below, print_adjustments, print_weights
    from cityflux.core.cli.picture import draw_index
    from cityflux.core.cli.rankings import print_rankings
    from cityflux.core.cli.reading import print_strengths

    if bool(city) != bool(versus) or (city and not tree):
        raise click.UsageError("--city and --versus go together, with --tree")
    if depth is not None and not tree:
        raise click.UsageError("--depth goes with --tree")
    if lang and not (tree or ranking):
        raise click.UsageError("--lang goes with --tree or --ranking")
    if node and not ranking:
        raise click.UsageError("--node goes with --ranking")
    definition = session.index(index)
    with session.read() as connection:
        if png:
            draw_index(connection, definition.id, png, groups=groups)
            return
        if ranking:
            print_rankings(connection, definition, node, lang, as_json=as_json, color=session.color)
            return
        if strengths:
            print_strengths(connection, definition, strengths, as_json=as_json, color=session.color)
            return
        rows = stored_rows(connection, definition.id)
        if weights:
            print_weights(connection, definition, as_json=as_json, color=session.color)
        elif imputed or treated:
            kind: Literal["imputed", "treated"] = "imputed" if imputed else "treated"
            print_adjustments(connection, definition, kind, as_json=as_json, color=session.color)
        elif tree:
            between = (city, versus) if city and versus else None
            split = contributions_of(connection, definition, session.methods, between)
            print_contributions(
                connection,
                definition,
                split,
                depth=depth,
                language=lang,
                as_json=as_json,
                color=session.color,
            )
        elif against:
            other = session.index(against)
            pairs = compare(rows, stored_rows(connection, other.id))
            print_comparison(pairs, (definition.id, other.id), as_json=as_json, color=session.color)
        elif as_json:
            counts = imputed_below(connection, definition)
            print_json(
                [
                    {**found, "imputed": counts[row.node, row.city, row.period]}
                    for row, found in zip(rows, _objects(rows), strict=True)
                ]
            )
        elif groups or leaves:
            _tree(definition, rows, leaves=leaves, color=session.color)
        else:
            print_scoreboard(definition, rows, color=session.color)
