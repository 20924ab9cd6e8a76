"""Any file that may hold a table, as sheets of text cells."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from cityflux.core.model.charset import decode
from cityflux.core.model.document import Document
from cityflux.core.model.errors import SourceError, Unexpected
from cityflux.scrapers.foreign import blamed, bounded, reader
from cityflux.scrapers.handed.large import LargeText, is_large
from cityflux.scrapers.tables.apart import MOST_CELLS, Grid
from cityflux.scrapers.tables.delimited import delimiter_of, read_delimited
from cityflux.scrapers.tables.frames import read_json_table, read_parquet
from cityflux.scrapers.tables.grids import Format, decoded, read_book, sniff
from cityflux.scrapers.tables.html import read_tables
from cityflux.scrapers.tables.workbook import Sheet as ShownSheet

if TYPE_CHECKING:
    import polars as pl

    from cityflux.scrapers.tables.appearance import Place

_SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", "，": "commas ，"}
_BOMS = {b"\xef\xbb\xbf": "UTF-8 with a mark", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_SAID = re.compile(r"\s*sep=(.)\s*\r?\n", re.I)


@dataclass(slots=True)
class Sheet:
    """One sheet of a file.

    Attributes:
        grid: its cells as text; row 1 is the first.
        name: of the sheet of a workbook.
        hidden: the rows that a workbook hides, from 1.
        merged: the cells that are one with the cell above or to the left, from 0.
        names_columns: whether the first row is known to hold the names of the columns.
        rest: of a file with too many cells for a grid, which holds its first rows alone: gives all
            rows from a line on as columns of text ``c0``, ``c1`` …, empty cells as null.
    """

    grid: Grid
    name: str = ""
    hidden: tuple[int, ...] = ()
    merged: frozenset[Place] = field(default_factory=frozenset)
    names_columns: bool = False
    rest: Callable[[int], pl.DataFrame] | None = None


@reader("a table")
def open_file(document: Document) -> tuple[str, list[Sheet]]:
    """What a file is, in words, and its sheets that hold something.

    Args:
        document: CSV, TSV, XLSX, XLS, ODS, Parquet, JSON, or a page saved as HTML.

    Raises:
        Unexpected: when it cannot be read, or holds nothing.
    """
    said, sheets = _opened(document)
    filled = [each for each in sheets if any(map(any, each.grid))]
    if not filled:
        raise _refused(document, "holds no cell with something in it")
    return said, filled


def _opened(document: Document) -> tuple[str, list[Sheet]]:
    if is_large(document):
        return _large(document)
    try:
        form = sniff(document)
    except SourceError:
        if not document.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise
        return "a page (HTML)", _pages(document)
    if form in ("xlsx", "xls", "ods"):
        sheets = [_of_book(name, each) for name, each in read_book(document, form).items()]
        return form.upper(), sheets
    if form == "parquet":
        return "Parquet", [_of_frame(document, read_parquet(document))]
    if form in ("json", "jsonl"):
        frame = read_json_table(document, decoded(document), form == "jsonl")
        return "JSON", [_of_frame(document, frame)]
    return _delimited(document, form)


def _delimited(document: Document, form: Format) -> tuple[str, list[Sheet]]:
    text = decoded(document)
    separator = delimiter_of(text)
    if match := _SAID.match(text):  # Excel writes and reads such a line
        separator, text = match[1], text[match.end() :]
    with blamed(document.address, "delimited text"):
        rows = read_delimited(text, "\t" if form == "tsv" else separator)
    grid = [[cell.strip() for cell in row] for row in rows]
    if match:
        grid.insert(0, [])
    known = _SEPARATORS.get(separator, f"the separator {separator!r}")
    return f"text, {_charset(document.body)}, {known}", [Sheet(grid)]


def _large(document: Document) -> tuple[str, list[Sheet]]:
    """The first rows of a long text, and a way to read them all."""
    with blamed(document.address, "delimited text"):
        text = LargeText(document)
    known = _SEPARATORS.get(text.separator, f"the separator {text.separator!r}")
    return f"text, {text.charset}, {known}", [Sheet(text.grid, rest=text.rows)]


def _charset(body: bytes) -> str:
    """The charset by which `core.model.charset` has read it, in words."""
    for bom, name in _BOMS.items():
        if body.startswith(bom):
            return name
    for name, charset in (("UTF-8", "utf-8"), ("GBK", "gb18030")):
        try:
            if body.decode(charset) == decode(body):
                return name
        except UnicodeDecodeError:
            continue
    return "a charset of Western Europe"


def _of_book(name: str, sheet: ShownSheet) -> Sheet:
    grid, look = sheet.grid, sheet.look
    merged = set()
    for (top, left), (bottom, right) in look.merged:
        text = grid[top][left] if top < len(grid) and left < len(grid[top]) else ""
        for row in range(top, min(bottom + 1, len(grid))):
            for column in range(left, min(right + 1, len(grid[row]))):
                if (row, column) != (top, left):
                    grid[row][column] = text
                    merged.add((row, column))
    hidden = tuple(sorted(row + 1 for row in look.hidden if row < len(grid) and any(grid[row])))
    return Sheet(grid, name, hidden, frozenset(merged))


def _of_frame(document: Document, frame: pl.DataFrame) -> Sheet:
    bounded(document, "cells", frame.width * frame.height, MOST_CELLS)
    rows = [[_text(cell) for cell in row] for row in frame.iter_rows()]
    return Sheet([[name.strip() for name in frame.columns], *rows], names_columns=True)


def _pages(document: Document) -> list[Sheet]:
    found = []
    for table in read_tables(document):
        unit = f"单位：{table.unit}" if table.unit else ""
        lines = [[text] for text in (table.caption, unit) if text]
        merged, seen = set(), set()
        for number, row in enumerate(table.rows, start=len(lines)):
            for column, cell in enumerate(row):
                if cell in seen and cell.text:
                    merged.add((number, column))
                seen.add(cell)
        cells = [[cell.text for cell in row] for row in table.rows]
        found.append(Sheet([*lines, *cells], table.place, merged=frozenset(merged)))
    return found


def _text(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def _refused(document: Document, why: str) -> Unexpected:
    return Unexpected(f"{document.address}: {why}", address=document.address)
