"""What an index says in words, and what of it stands in brackets: under the table of cities."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import click

from cityflux.core.cli.output import print_table, printable
from cityflux.core.model.verdict import Verdict
from cityflux.core.reading.brackets import Group, groups
from cityflux.core.reading.catalog import city_names
from cityflux.core.reading.verdict import verdict
from cityflux.core.reading.vintages import mixed_vintages
from cityflux.core.words import brackets
from cityflux.core.words import verdict as words
from cityflux.core.words.catalogue import Code, codes_of, text
from cityflux.core.words.language import pick


def print_verdict(
    connection: sqlite3.Connection, index: str, lang: Code | None, *, color: bool
) -> None:
    """Print the verdict in one language or in both, and the groups that do not compare.

    Args:
        connection: any connection.
        index: what is shown, in its last period.
        lang: the language; both without one.
        color: whether colours are wanted at all.
    """
    found = verdict(connection, index)
    for code in codes_of(lang):
        if found:
            _print_words(code, found, city_names(connection, code))
    _print_groups(groups(connection, index), lang, color)
    mixed = mixed_vintages(connection, index)
    for code in codes_of(lang):
        names = city_names(connection, code)
        for each in mixed:
            click.echo(
                printable(
                    text(
                        code,
                        "bracket.mixed",
                        indicator=pick(code, each.name_zh, each.name_en),
                        cities=text(code, "common.comma").join(names[c] for c in each.provisional),
                    )
                )
            )


def _print_words(code: Code, found: Verdict, cities: dict[str, str]) -> None:
    first, *rest = words.paragraph(code, found, cities)
    click.echo(printable(f"\n{first}"))
    for line in rest:
        click.echo(printable(f"  {line}"))


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
