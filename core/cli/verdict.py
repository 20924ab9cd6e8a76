"""What an index says in words, and what of it stands in brackets: under the table of cities."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import click

from cityflux.core.cli.output import print_table, printable
from cityflux.core.reading.brackets import Group, groups
from cityflux.core.reading.scores import Score
from cityflux.core.reading.verdict import verdict
from cityflux.core.reading.vintages import mixed_vintages
from cityflux.core.words import brackets
from cityflux.core.words import verdict as words
from cityflux.core.words.catalogue import Code, codes_of, text
from cityflux.core.words.names import pick


def print_verdict(
    connection: sqlite3.Connection,
    index: str,
    rows: Sequence[Score],
    lang: Code | None,
    *,
    color: bool,
) -> None:
    """Print the verdict in one language or in both, and the groups that do not compare.

    Args:
        connection: any connection.
        index: what is shown, in its last period.
        rows: the scores of its root, which name the cities.
        lang: the language; both without one.
        color: whether colours are wanted at all.
    """
    found, mixed = verdict(connection, index), mixed_vintages(connection, index)
    names = {
        code: {row.city: pick(code, row.city_zh, row.city_en, row.city) for row in rows}
        for code in codes_of(lang)
    }
    for code, cities in names.items():
        lines = words.paragraph(code, found, cities) if found else []
        for place, line in enumerate(lines):
            click.echo(printable(f"  {line}" if place else f"\n{line}"))
    _print_groups(groups(connection, index), lang, color)
    for code, cities in names.items():
        for each in mixed:
            indicator = pick(code, each.name_zh, each.name_en)
            listed = text(code, "common.comma").join(
                map(cities.get, each.provisional, each.provisional)
            )
            told = text(code, "bracket.mixed", indicator=indicator, cities=listed)
            click.echo(printable(told))


def _print_groups(found: Sequence[Group], lang: Code | None, color: bool) -> None:
    """Print how many groups compare, and the others with their n and reason."""
    out = [group for group in found if group.bracket]
    if not out:
        return
    click.echo()
    languages = codes_of(lang)
    total = {"n": len(found) - len(out), "of": len(found)}
    print_table(
        "; ".join(text(code, "bracket.groups", **total) for code in languages),
        ["in brackets", "n", "why"],
        [
            [
                " ".join(pick(code, group.name_zh, group.name_en) for code in languages),
                group.n,
                "; ".join(brackets.reason(code, group.bracket or "") for code in languages),
            ]
            for group in out
        ],
        color=color,
        right=["n"],
    )
