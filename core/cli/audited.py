"""How sure the ranks of an index are, under its table of cities."""

from __future__ import annotations

import sqlite3

import click

from cityflux.core.cli.output import percent, print_table, printable
from cityflux.core.reading.audits import audit_of
from cityflux.core.words import audit as words
from cityflux.core.words.catalogue import Code, codes_of, text


def print_audit(
    connection: sqlite3.Connection,
    index: str,
    lang: Code | None,
    *,
    color: bool,
    brief: bool = False,
) -> None:
    """Print the rank intervals of the last audit and what they tell, or that there is none.

    Args:
        connection: any connection.
        index: what is shown, in its last period.
        lang: the language; both without one.
        color: whether colours are wanted at all.
        brief: whether the table of the cities is left out.
    """
    found, codes = audit_of(connection, index), codes_of(lang)
    click.echo()
    if found is None:
        for code in codes:
            click.echo(printable(text(code, "audit.not_audited", index=index)))
        return
    columns = ["rank", "city", text("zh", "common.city"), "5-95 %", "median", "first"]
    titles, rows = [], []
    for code in codes:
        titles.append(words.title(code, found))
    for each in found.cities:
        rank, first = None if each.bracketed else each.place, percent(each.shares[0])
        interval = words.interval(each)
        rows.append([rank, each.city, each.name_zh, interval, each.median, first])
    if not brief:
        print_table("; ".join(titles), columns, rows, color=color, right=[columns[0], *columns[3:]])
    for code in codes:
        for line in words.verdict(code, found):
            click.echo(printable(line))
