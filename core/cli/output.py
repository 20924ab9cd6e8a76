"""Tables on a terminal, plain columns in a pipe, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.charts import shows_unicode
from cityflux.core.words import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
language_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Names in one language; else in both."
)


#: A pipe has no end on the right: a row is a line of it.
_PIPE = 100_000
#: Of a terminal the share that a column of text may take where others are to fit beside it.
_TEXT = 0.3


def print_json(rows: object) -> None:
    """Print a value as JSON, Chinese as it is where that can be printed."""
    click.echo(json.dumps(rows, ensure_ascii=not shows_unicode(), indent=1))


def console(color: bool = True, stderr: bool = False) -> Console:
    """Where rich output goes: coloured and boxed on a terminal only."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE
    plain = None if color else True  # None leaves it to the variable NO_COLOR
    # An address may hold ":book:", which is no picture of a book.
    return Console(stderr=stderr, no_color=plain, width=width, highlight=False, emoji=False)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    color: bool = True,
    right: Sequence[str] = (),
    across: Sequence[str] = (),
) -> None:
    """Print a table: with lines and colours on a terminal, as plain columns in a pipe.

    Args:
        title: what the table shows.
        columns: the headings.
        rows: the cells; None is shown as a dash, and a ``Text`` of rich in its own style.
        color: whether colours are wanted at all.
        right: the headings of the columns that are aligned to the right.
        across: those of columns of one kind, such as cities. Where a terminal has no room for all,
            the last ones are left out, and it is said.
    """
    from rich import box
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    out = console(color)
    lines = box.SIMPLE_HEAD if out.is_terminal else None
    out.print(escape(printable(title)), style="bold")
    table = Table(box=lines, pad_edge=False)
    shown = [
        [cell if isinstance(cell, Text) else printable(_text(cell)) for cell in r] for r in rows
    ]
    places = [*range(len(columns))]
    if out.is_terminal and across:
        places = _fitting(columns, shown, across, out.width)
    for place in places:
        column = columns[place]
        justify = "right" if column in right else "left"
        table.add_column(
            escape(printable(column)),
            justify=justify,  # type: ignore[arg-type]
            overflow="ellipsis" if column in right else "fold",
            no_wrap=column in right,  # half a number is another number
        )
    for row in shown:
        cells = (row[place] for place in places)
        table.add_row(*(each if isinstance(each, Text) else escape(each) for each in cells))
    out.print(table)
    if left := len(columns) - len(places):
        text = (
            f"no room for {left} of {len(across)} columns; all are there in a pipe or with --json"
        )
        out.print(text, style="dim")


def _fitting(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], across: Sequence[str], width: int
) -> list[int]:
    """The places of the columns for which there is room; of those across one at least."""
    from rich.cells import cell_len

    lengths = [
        max(cell_len(str(cell)) for cell in each)
        for each in zip(map(printable, columns), *rows, strict=True)
    ]
    room, last = width, 0
    for place, length in enumerate(lengths):
        if columns[place] not in across:
            room -= min(length, int(width * _TEXT)) + 2
    kept = []
    for place, length in enumerate(lengths):
        if columns[place] in across:
            room, last = room - length - 2, last + 1
            if room < 0 and last > 1:
                continue
        kept.append(place)
    return kept


def _text(cell: Any) -> str:
    if cell is None:
        return numbers.MISSING
    return number(cell) if isinstance(cell, float) else str(cell)


def printable(words: str) -> str:
    """The text, with a question mark in place of each cell that cannot be printed; - for a dash."""
    if shows_unicode():
        return words
    from rich.cells import cell_len

    plain = words.replace(numbers.MISSING, "-")
    return "".join(letter if letter.isascii() else "?" * cell_len(letter) for letter in plain)


# Numbers as the other faces write them, but for the minus: what a terminal or a pipe shows is
# copied, searched and read back, so that it is the one on the keyboard.


def number(value: float | None, decimals: int = 3, *, plus: bool = False) -> str:
    """A computed number, see `core.words.numbers.number`."""
    return numbers.number(value, decimals, plus=plus, minus=numbers.HYPHEN)


def figure(value: float | None) -> str:
    """A published figure of at most six digits, see `core.words.numbers.figure`."""
    return numbers.figure(value, 6, minus=numbers.HYPHEN)


#: A share, see `core.words.numbers.percent`.
percent = partial(numbers.percent, minus=numbers.HYPHEN)


@contextmanager
def progress(title: str, color: bool = True) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, nothing in a pipe; yields what moves it: done, of how many."""
    from rich.progress import Progress

    out = console(color, stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
