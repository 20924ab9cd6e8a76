"""``cityflux show``: an index with rank and coverage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from cityflux.core.cli.audited import print_audit
from cityflux.core.cli.former import former_options, hand_over
from cityflux.core.cli.output import (
    json_option,
    language_option,
    percent,
    print_json,
    print_table,
)
from cityflux.core.cli.scoreboard import SHOWN, bracketed, print_scoreboard
from cityflux.core.cli.session import Session
from cityflux.core.cli.verdict import print_verdict
from cityflux.core.reading.indices import Index, index_of
from cityflux.core.reading.scores import Score, scores
from cityflux.core.words.catalogue import Code


@click.command(epilog="Example: cityflux show flow_index --groups")
@click.argument("index", required=False)
@click.option("--groups", is_flag=True, help="Show the groups as well.")
@click.option("--all", "leaves", is_flag=True, help="Show every node, down to the indicators.")
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the ranking into a file; with --groups, the groups.",
)
@language_option
@json_option
@former_options
@click.pass_context
def show(
    context: click.Context,
    /,
    index: str | None,
    groups: bool,
    leaves: bool,
    png: Path | None,
    lang: Code | None,
    as_json: bool,
    **former: Any,
) -> None:
    """Print INDEX (or the default one): what compares, what is known, and a verdict.

    What does not compare stands in brackets, with its reason and without a rank.

    What it is made of: cityflux tree, ranking, strengths, weights and adjustments. Beside
    another index: cityflux against.
    """
    if {*former.values()} - {None, False}:
        hand_over(context, index, as_json, {**former, "lang": lang})
        return
    session = context.ensure_object(Session)
    with session.read() as connection:
        chosen = index_of(connection, session.index_name(index))
        if png:
            _draw(connection, chosen.id, png, groups)
        elif as_json:
            _print_objects(connection, chosen.id)
        elif groups or leaves:
            _print_grid(chosen, scores(connection, chosen.id), leaves=leaves, color=session.color)
        else:
            rows = scores(connection, chosen.id, chosen.id)
            print_scoreboard(chosen, rows, color=session.color)
            print_verdict(connection, chosen.id, rows, lang, color=session.color)
            print_audit(connection, chosen.id, lang, color=session.color)


def _draw(connection: sqlite3.Connection, index: str, path: Path, groups: bool) -> None:
    from cityflux.core.cli.picture import draw_index

    draw_index(connection, index, path, groups=groups)


def _print_objects(connection: sqlite3.Connection, index: str) -> None:
    """Print every score as an object, with the number of imputed figures that it rests on."""
    from cityflux.core.reading.adjustments import imputed_below

    imputed = imputed_below(connection, index)
    print_json(
        [
            {
                **{name: getattr(row, name) for name in SHOWN},
                "imputed": imputed[row.node, row.city, row.period],
            }
            for row in scores(connection, index)
        ]
    )


def _print_grid(index: Index, rows: Sequence[Score], *, leaves: bool, color: bool) -> None:
    """Print every node as a line and every city as a column, scores with rank and coverage.

    A score that does not compare stands in brackets and has no rank.
    """
    period = max(row.period for row in rows)
    cells = {(row.node, row.city): row for row in rows if row.period == period}
    cities = {row.city: row.city_zh for row in rows}
    nodes = {row.node: row for row in rows if leaves or not row.indicator}
    print_table(
        f"{index.name_zh} ({index.id}), {period}: score, rank/n or score in brackets, coverage",
        ["node", *cities.values(), "in brackets for"],
        [
            [
                "  " * row.level + row.name_zh,
                *(_cell(cells.get((name, city))) for city in cities),
                _why(cells[name, city] for city in cities if (name, city) in cells),
            ]
            for name, row in nodes.items()
        ],
        color=color,
        right=list(cities.values()),
        across=list(cities.values()),
    )


def _cell(row: Score | None) -> str | None:
    if row is None or row.score is None:
        return None
    rank = "" if row.rank is None else f" {row.rank}/{row.n}"
    score = row.score if row.bracket else row.comparable_score
    return f"{bracketed(score, row.bracket)}{rank} {percent(row.coverage)}"


def _why(rows: Iterable[Score]) -> str:
    """The reasons of a node, as they are stored."""
    return ", ".join(dict.fromkeys(each for row in rows if (each := row.bracket)))
