"""Files that a person typed, bought or was sent: CSV, TSV, XLSX, XLS, Parquet and JSON.

`read_table` turns a file into a frame, `tidy` turns the frame into city, period and value::

    frame = files.read_table(document)
    files.tidy(frame, city="城市", period="年份", value="客运量", unit="万人次")
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells, Unexpected
from cityflux.core.model.numerals import DecimalMark, parse_number
from cityflux.core.model.written_period import marked_period, period_of, refuse_fiscal
from cityflux.scrapers.foreign import bounded, reader
from cityflux.scrapers.tables.apart import Grid
from cityflux.scrapers.tables.delimited import MOST_CELLS
from cityflux.scrapers.tables.frames import read_json_table, read_parquet
from cityflux.scrapers.tables.grids import (
    Format,
    as_document,
    decoded,
    read_grid,
    sniff,
)
from cityflux.scrapers.tables.labels import STEP, key, same_unit, similar, split_unit

#: The column that `read_table` adds: the row in the file, counted from 1 as Excel does.
ROW = "_row"

_YEAR = re.compile(r"\s*(?:1[89]|20)\d\d(?!\d)")
# A figure and one of the flags of Eurostat behind it, or none; ":" with a flag or without.
_FLAGGED = re.compile(r"(?:(?P<figure>[-\d.,]+)\s|:\s?)[bcdefinprsuz]{1,3}|:")
_UNIT_COLUMNS = {"单位", "计量单位", "unit", "units"}
_TIDY = {"city": pl.String, "period": pl.String, "value": pl.Float64}


@reader("a table")
def read_table(
    source: Document | Path | str,
    *,
    format: Format | None = None,  # noqa: A002 - the word that everybody looks for
    sheet: str | None = None,
    header_row: int | tuple[int, int] | None = None,
    encoding: str | None = None,
) -> pl.DataFrame:
    """Read a table file.

    CSV and Excel columns are all text, as typed; blank cells are null. Parquet and JSON keep
    their types. JSON may be a list of records, an object of columns, or one record a line.

    Args:
        source: a document (an address that was fetched) or a path.
        format: what the file is; found out from its content if left out.
        sheet: the sheet of an Excel file; needed only where several hold something.
        header_row: the row of the column names, from 1; two numbers for a header of two rows,
            whose names are joined as ``2020 > GDP``. The first row with two filled cells if
            left out, so that a title above the table does no harm.
        encoding: the charset of a text file, where it is not found out rightly.

    Returns:
        The table, with the column ``_row`` added: the row in the file that each row came from.

    Raises:
        BadCells: when rows are longer than the header.
        Refused: when the document is a page that asks for a login.
        Unexpected: when the file is something else, is damaged, or has no usable header.
    """
    document = as_document(source)
    found = sniff(document)
    form = format or found
    texts = {"csv", "tsv", "json", "jsonl"}
    if form != found and not (form in texts and found in texts):
        raise _unexpected(document, f"expected {form}, got {found}")
    if form == "parquet":
        return numbered(read_parquet(document))
    if form in ("json", "jsonl"):
        return numbered(read_json_table(document, decoded(document, encoding), form == "jsonl"))
    grid = read_grid(document, form, sheet=sheet, encoding=encoding)
    return _with_header(document, grid, header_row)


def tidy(
    frame: pl.DataFrame,
    *,
    city: str | None,
    period: str | None,
    value: str | None = None,
    cities: Mapping[str, str] | None = None,
    unit: str | None = None,
    decimal: DecimalMark = ".",
    name: str = "table",
    stated: str = "",
) -> pl.DataFrame:
    """Turn a table into city, period and value; cells without a figure give no row.

    Three layouts are read: long (``value`` names the column of figures), periods as columns
    (``period=None``: every column whose name is a period) and cities as columns (``city=None``).

    Args:
        frame: the table, best from `read_table`.
        city: the column of cities, or None where each city is a column.
        period: the column of periods, or a period (``2020``) that all figures are about, or
            None where each period is a column.
        value: the column of figures of a long table.
        cities: city ids by label; other labels are passed over, a label that the table lacks is
            an error. Labels are taken as ids if left out.
        unit: the unit that the figures must be in, as the heading of the value column or a
            column named 单位 states it.
        decimal: the decimal mark.
        name: how error messages name the table: the address of the document.
        stated: the unit that the table states for its figures, where a caller knows it.

    Returns:
        A frame with ``city``, ``period`` and ``value`` (float), in the order of the file.

    Raises:
        BadCells: when cells cannot be read or figures stand twice; each has a line.
        Unexpected: when a column or a city is not there, or the unit is another one.
    """
    layout = _Layout(frame, name, city, period, value)
    if unit is not None:
        _check_unit(frame, unit, layout.value, name)
    stated = stated or unit or (split_unit(layout.value)[1] if layout.value else "")
    wanted = {key(label): id_ for label, id_ in cities.items()} if cities is not None else None
    figures: dict[tuple[str, str], float] = {}
    seen: set[str] = set()
    bad: list[str] = []
    with _told(name):
        refuse_fiscal(layout.periods)
    for where, label, when, cell in layout.cells():
        id_ = label if wanted is None else wanted.get(key(label))
        seen.add(key(label))
        try:
            figure = _figure(cell, decimal, stated) if id_ is not None else None
            if id_ is None or figure is None:
                continue
            at = _period(when)
            if not id_:
                raise ValueError("no city beside the figure")
            if (id_, at) in figures:
                raise ValueError(f"a second figure for {id_} in {at}")
            figures[id_, at] = figure
        except ValueError as error:
            bad.append(f"{where}: {error}")
    if bad:
        raise BadCells(name, bad, address=name)
    for label in cities or ():
        if key(label) not in seen:
            raise Unexpected(f"{name}: no city {label!r}; similar: {similar(label, layout.labels)}")
    if not figures:
        raise Unexpected(f"{name}: not one figure among {frame.height} rows")
    rows = [(id_, at, figure) for (id_, at), figure in figures.items()]
    return pl.DataFrame(rows, schema=_TIDY, orient="row")


class _Layout:
    """Which columns of a table hold cities, periods and figures."""

    def __init__(
        self,
        frame: pl.DataFrame,
        name: str,
        city: str | None,
        period: str | None,
        value: str | None,
    ) -> None:
        fixed = period is not None and period_of(period) == period and period not in frame.columns
        if (city is None) + (period is None) + (value is not None) != 1:
            raise ValueError(
                "name the columns city, period and value of a long table; or leave out value and "
                "set city or period to None for a table in which each of them is a column"
            )
        self.frame = frame
        self.city = _column(frame, city, name) if city is not None else None
        self.period = None if period is None or fixed else _column(frame, period, name)
        self.value = _column(frame, value, name) if value is not None else None
        self.fixed = period if fixed else None
        self.across = [] if self.value else self._across(name)

    @property
    def labels(self) -> list[str]:
        """The cities that the table names."""
        if self.city is None:
            return self.across
        return [str(label) for label in self.frame[self.city].unique(maintain_order=True)]

    @property
    def periods(self) -> list[str]:
        """The periods that the table names, as text."""
        if self.period:
            return [str(text) for text in self.frame[self.period].unique().drop_nulls()]
        return [] if self.fixed else self.across

    def cells(self) -> Iterator[tuple[str, str, Any, Any]]:
        """Each figure's cell: where it stands, its city, its period and what it says."""
        for number, row in enumerate(self.frame.iter_rows(named=True), start=1):
            line = row.get(ROW) or number
            for column in [self.value] if self.value else self.across:
                city = row[self.city] if self.city else column
                period = self.fixed or (row[self.period] if self.period else column)
                label = "" if city is None else str(city).strip()
                yield f"row {line}, column {column!r}", label, period, row[column]

    def _across(self, name: str) -> list[str]:
        names = [column for column in self.frame.columns if column not in (ROW, self.period)]
        if self.city is None:
            return names
        periods = [column for column in names if marked_period(column)]
        if not periods:
            told = " ".join(", ".join(names[:12]).split())
            raise Unexpected(f"{name}: no column is a period; columns: {told}")
        if odd := [each for each in names if each not in periods and _YEAR.match(each)]:
            raise Unexpected(
                f"{name}: column {odd[0]!r} begins with a year and is no period; write "
                "2020, 2020-Q3, 2020-07 or 2020-07-14, or take the column out"
            )
        return periods


def _column(frame: pl.DataFrame, wanted: str, name: str) -> str:
    """The column of that name, written in any width, with its unit or without."""
    names = [column for column in frame.columns if column != ROW]
    for form in (key, lambda column: key(split_unit(column)[0])):
        found = [column for column in names if form(column) == key(wanted)]
        if len(found) == 1:
            return found[0]
    raise Unexpected(f"{name}: no column {wanted!r}; similar: {similar(wanted, names)}")


def _check_unit(frame: pl.DataFrame, unit: str, value: str | None, name: str) -> None:
    stated: dict[str, str] = {}
    for column in frame.columns:
        if key(column) in _UNIT_COLUMNS:
            stated = {str(text): f"column {column!r}" for text in frame[column].drop_nulls()}
    if not stated and value is not None and split_unit(value)[1]:
        stated = {split_unit(value)[1]: f"the heading {value!r}"}
    if not stated:
        raise Unexpected(f"{name}: expected figures in {unit}, the table names no unit")
    for found, where in stated.items():
        if not same_unit(found, unit):
            raise Unexpected(f"{name}: expected figures in {unit}, got {found} ({where})")


def _figure(cell: object, decimal: DecimalMark, unit: str) -> float | None:
    if cell is None or isinstance(cell, str):
        return parse_number(_without_flag(cell or ""), decimal=decimal, unit=unit)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise ValueError(f"{cell} is not a number")
    if math.isinf(cell):
        raise ValueError("infinity is not a figure")
    return None if math.isnan(cell) else float(cell)


def _without_flag(cell: str) -> str:
    """A figure without the flag behind it; ``:`` is Eurostat's sign for none."""
    match = _FLAGGED.fullmatch(cell)
    return (match["figure"] or "") if match else cell


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise Unexpected(f"{name}: {error}") from None


def _period(cell: object) -> str:
    text = cell.isoformat()[:10] if isinstance(cell, date) else "" if cell is None else str(cell)
    found = marked_period(text)
    if found is None:
        raise ValueError(f"{text!r} is not a period; write 2020, 2020-Q3, 2020-07 or 2020-07-14")
    return found.period


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """A table of a file that has no rows to see, with numbers for them."""
    return frame if ROW in frame.columns else frame.with_row_index(ROW, offset=1)


def _with_header(
    document: Document, grid: Grid, header_row: int | tuple[int, int] | None
) -> pl.DataFrame:
    rows = _header_rows(document, grid, header_row)
    width = max(len(grid[row - 1]) for row in rows)
    bounded(document, "cells under its headings", width * len(grid), MOST_CELLS)
    names = _names([[*grid[row - 1], *[""] * width][:width] for row in rows])
    body = list(enumerate(grid[rows[-1] :], start=rows[-1] + 1))
    bad = [
        f"row {number}: {len(row)} cells under {width} headings"
        for number, row in body
        if any(row[width:])
    ]
    if bad:
        raise BadCells(document.address, bad, address=document.address)
    body = [(number, [*row, *[""] * width][:width]) for number, row in body if any(row)]
    columns: dict[str, pl.Series] = {}
    for index, name in enumerate(names):
        cells = [row[index] or None for _, row in body]
        if not name and not any(cells):
            continue
        if not name or name in columns:
            raise _unexpected(
                document,
                f"column {index + 1} is headed {name!r}"
                + (" again" if name else "")
                + "; for a header of two rows say header_row=(1, 2)",
            )
        columns[name] = pl.Series(name, cells, dtype=pl.String)
    columns[ROW] = pl.Series(ROW, [number for number, _ in body], dtype=pl.Int64)
    return pl.DataFrame(columns)


def _header_rows(
    document: Document, grid: Grid, header_row: int | tuple[int, int] | None
) -> Sequence[int]:
    if header_row is not None:
        rows = (header_row,) if isinstance(header_row, int) else header_row
        if not all(0 < row <= len(grid) for row in rows):
            raise _unexpected(document, f"no row {max(rows)}; the file has {len(grid)}")
        return rows
    if number := first_row(grid):
        return (number,)
    raise _unexpected(document, "expected a table, no row has two filled cells")


def first_row(grid: Grid) -> int:
    """The row of the headings, from 1: the first with two filled cells; 0 without one.

    Comments above it do not count, nor do lines of two cells above a table twice as wide.
    """
    wide = [sum(map(bool, row)) for row in grid]
    widest = max(wide, default=0)
    for number, (row, filled) in enumerate(zip(grid, wide, strict=True), start=1):
        comment = row[:1] and row[0].startswith("#")
        if filled > 1 and not comment and not (filled == 2 and widest >= 4):
            return number
    return next((number for number, filled in enumerate(wide, start=1) if filled > 1), 0)


def _names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Column names; a merged group heading counts for the columns to its right, too."""
    if len(rows) == 1:
        return list(rows[0])
    names = []
    group = ""
    for upper, lower in zip(*rows, strict=True):
        group = upper or (group if lower else "")
        names.append(STEP.join(part for part in (group, lower) if part))
        group = group if lower else ""
    return names


def _unexpected(document: Document, message: str) -> Unexpected:
    return Unexpected(f"{document.address}: {message}", address=document.address)
