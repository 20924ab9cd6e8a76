"""From the tables of a file to its figures, each with its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ImportRefused, NothingKnown, SourceError
from cityflux.core.refresh.importing.names import Names
from cityflux.core.refresh.importing.series import Choice
from cityflux.core.refresh.importing.table_reader import STANDARD, Reading, Row, TableReader
from cityflux.scrapers.handed.sheets import Sheet, open_file
from cityflux.scrapers.handed.table import Table, take_apart

if TYPE_CHECKING:
    import polars as pl

_MOST_SHOWN = 200


def read_figures(document: Document, names: Names, source_id: str, choice: Choice) -> Reading:
    """Read and check all figures of a file, whatever its layout.

    Args:
        document: the file.
        names: what it may name.
        source_id: the source of rows that name none.
        choice: what the file does not say.

    Raises:
        ImportRefused: with a reason for each bad row; then no row is good.
    """
    said, sheets = opened(document)
    return read_sheets(document, said, sheets, names, source_id, choice)


def opened(document: Document) -> tuple[str, list[Sheet]]:
    """What a file is, in words, and its sheets that hold something.

    Raises:
        ImportRefused: it cannot be read.
    """
    try:
        return open_file(document)
    except SourceError as error:
        raise _refused(document, [str(error).removeprefix(f"{document.address}: ")]) from None


def read_sheets(
    document: Document,
    said: str,
    sheets: Sequence[Sheet],
    names: Names,
    source_id: str,
    choice: Choice,
) -> Reading:
    """As `read_figures`, of a file that was opened and of which some sheets hold no figures.

    Args:
        document: the file, for messages.
        said: what it is.
        sheets: those that may hold figures.
        names: what it may name.
        source_id: the source of rows that name none.
        choice: what the file does not say.

    Raises:
        ImportRefused: with a reason for each bad row; then no row is good.
    """
    if choice.sheet is not None:
        there = ", ".join(each.name for each in sheets if each.name) or "no sheets"
        sheets = [each for each in sheets if each.name == choice.sheet]
        if not sheets:
            raise _refused(document, [f"no sheet {choice.sheet!r} of figures; it has {there}"])
    reading = Reading([said])
    bad: list[str] = []
    tables = [(sheet, table) for sheet in sheets if (table := take_apart(sheet))]
    if not tables:
        raise _refused(
            document,
            [
                "no table was found: a head that names the columns, such as "
                f"{', '.join(STANDARD)} or 城市 and years, and rows below it; the first rows are "
                + "; ".join(
                    " | ".join(filter(None, row))[:60] for each in sheets for row in each.grid[:2]
                )
            ],
        )
    for sheet, table in tables:
        place = f"sheet {sheet.name}, " if len(sheets) > 1 and sheet.name else ""
        try:
            if sheet.rest:
                read = _large(table, sheet.rest, names, source_id, choice, reading)
            else:
                read = TableReader(table, names, source_id, choice, reading).read()
            bad += [f"{place}{reason}" for reason in [*table.bad, *read]]
        except SourceError as error:
            bad.append(str(error).removeprefix(f"{document.address}: "))
        except CityfluxError as error:
            bad += [f"{place}{reason}" for reason in [*table.bad, str(error)]]
        reading.hidden += len(sheet.hidden)
    if not any(sheet.rest for sheet, _ in tables):
        bad += [*_twice(reading.rows)]
    if not reading.rows and not bad:
        strange = bool(reading.places or reading.series)
        raise _refused(document, [_nothing(reading)], NothingKnown if strange else ImportRefused)
    if bad:
        raise _refused(document, bad)
    return reading


def _large(
    table: Table,
    rest: Callable[[int], pl.DataFrame],
    names: Names,
    source_id: str,
    choice: Choice,
    reading: Reading,
) -> Iterator[str]:
    """Read a table that is too large to be read cell by cell."""
    from cityflux.core.refresh.importing.columns_of_text import read_columns

    first = table.rows[0][0] if table.rows else len(table.sheet.grid) + 1
    return read_columns(table, rest(first), names, source_id, choice, reading)


def _twice(rows: Sequence[Row]) -> Iterator[str]:
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        cell = (row.indicator_id, *row.figure[:2], row.source_id)
        if cell in first:
            yield (
                f"line {row.line}: {' '.join(cell[:3])} stands in line {first[cell]} already; keep "
                "one of them"
            )
        first.setdefault(cell, row.line)


def _nothing(reading: Reading) -> str:
    if reading.places or reading.series:
        names = [*reading.places, *reading.series][:5]
        return f"not one figure is of a known city and series; there are {', '.join(names)}"
    return "the file has no rows" if not reading.missing else "every figure is missing"


def _refused(
    document: Document, reasons: list[str], kind: type[ImportRefused] = ImportRefused
) -> ImportRefused:
    reasons = [" ".join(reason.split()) for reason in reasons]  # a cell may have several lines
    shown = reasons[:_MOST_SHOWN]
    if len(reasons) > _MOST_SHOWN:
        shown.append(f"and {len(reasons) - _MOST_SHOWN} more")
    count = f"{len(reasons)} bad row{'s' * (len(reasons) > 1)}"
    return kind(f"{document.address}: {count}, nothing was taken in; {reasons[0]}", shown)
