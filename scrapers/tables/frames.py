"""Tables that say themselves what their columns are: Parquet and JSON."""

from __future__ import annotations

import io
from typing import Any

import polars as pl

from cityflux.core.model.document import Document, read_json
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.foreign import blamed
from cityflux.scrapers.tables.apart import read_apart


def read_parquet(document: Document) -> pl.DataFrame:
    """A Parquet file, its types kept."""
    return pl.read_ipc(io.BytesIO(read_apart(document, "Parquet")))


def read_json_table(document: Document, text: str, lines: bool) -> pl.DataFrame:
    """A list of records, an object of columns, or one record a line.

    Args:
        document: the file, for messages.
        text: what it says.
        lines: whether each line is a record.

    Raises:
        Unexpected: when it is none of these.
    """
    with blamed(document.address, "JSON"):
        if lines:
            data = [read_json(line) for line in text.splitlines() if line.strip()]
        else:
            data = read_json(text)
    columns = _json_columns(data)
    if columns is None:
        keys = ", ".join(list(data)[:8]) if isinstance(data, dict) else type(data).__name__
        raise Unexpected(
            f"{document.address}: expected a list of records or an object of columns: {keys}",
            address=document.address,
        )
    return pl.DataFrame([_series(name, cells) for name, cells in columns.items()])


def _json_columns(data: object) -> dict[str, list[Any]] | None:
    """Columns of cells, from records, from columns, or from columns of cells by row label."""
    if isinstance(data, list) and data and all(isinstance(record, dict) for record in data):
        names = dict.fromkeys(name for record in data for name in record)
        return {name: [record.get(name) for record in data] for name in names}
    if not isinstance(data, dict) or not data:
        return None
    if all(isinstance(column, list) for column in data.values()):
        columns = data
    elif all(isinstance(column, dict) for column in data.values()):
        labels = list(dict.fromkeys(label for column in data.values() for label in column))
        columns = {name: [column.get(label) for label in labels] for name, column in data.items()}
    else:
        return None
    return columns if len({len(column) for column in columns.values()}) == 1 else None


def _series(name: str, cells: list[Any]) -> pl.Series:
    """A column; one of mixed types becomes text, so that no cell is lost."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int, float}:
        cells = [None if cell is None else float(cell) for cell in cells]
    elif len(kinds) > 1:
        cells = [None if cell is None else str(cell) for cell in cells]
    return pl.Series(name, cells)
