"""``cityflux indicators --missing``: what an index lacks, where it is printed, what it brings."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import click

from cityflux.core.app.publications import Printed, printed_in
from cityflux.core.cli.output import print_json, print_table
from cityflux.core.cli.session import Session
from cityflux.core.reading.worklist import Gap, gaps

_NOWHERE = Printed("not known", None, "", "", "", "")
_COLUMNS = ("publication", "edition", "table", "figures", "cities", "cells", "width", "command")


def print_worklist(session: Session, index: str | None, as_json: bool) -> None:
    """Print the missing figures of an index; as JSON each of them, else by the table to look for.

    Args:
        session: plugins and database.
        index: the index, or the default one.
        as_json: whether each figure is printed.
    """
    from cityflux.core.reading.indices import definition_of

    with session.read() as connection:
        definition = definition_of(connection, session.index_name(index))
        found = gaps(connection, definition)
    secrets = session.config.secrets
    placed = [
        (gap, printed_in(session.plugins, secrets, gap.indicator, gap.city, gap.year))
        for gap in found
    ]
    if as_json:
        print_json([_as_json(gap, places) for gap, places in placed])
        return
    rows = _by_table([(gap, places[0] if places else _NOWHERE) for gap, places in placed])
    print_table(
        f"{len(found)} figures that {definition.id} lacks, the table that brings most first",
        _COLUMNS,
        rows,
        color=session.color,
        right=("edition", "figures", "cities", "cells", "width"),
    )
    click.echo("each of them, with all places: add --json")


def _as_json(gap: Gap, places: list[Printed]) -> dict[str, Any]:
    first, *others = places or [_NOWHERE]
    return {
        **gap._asdict(),
        **first._asdict(),
        "others": [each._asdict() for each in others],
    }


def _by_table(placed: list[tuple[Gap, Printed]]) -> list[list[Any]]:
    """A row for each table, by what its figures bring together."""

    def table(each: tuple[Gap, Printed]) -> tuple[str, int, str, str]:
        printed = each[1]
        command = printed.command
        if " --indicator " in command:  # one file for many figures
            command = command.partition(" --indicator ")[0]
        return printed.publication, printed.edition or 0, printed.table, command

    rows = []
    for (name, edition, title, command), group in groupby(sorted(placed, key=table), table):
        figures = [gap for gap, _ in group]
        widths = [gap.width for gap in figures if gap.width is not None]
        rows.append(
            [
                name,
                edition or None,
                title,
                len(figures),
                len({gap.city for gap in figures}),
                round(sum(gap.cells for gap in figures)),
                round(sum(widths), 1) if widths else None,
                command,
            ]
        )
    return sorted(rows, key=lambda row: (not row[-1], -row[5], -(row[6] or 0.0)))
