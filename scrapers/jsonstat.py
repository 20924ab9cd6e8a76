"""JSON-stat 2.0: a cube of figures whose cells are numbered instead of named."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.scrapers.expect import field, number, rows, unexpected


def table(document: Document, cube: Any) -> pl.DataFrame:
    """Name the cells of a cube.

    A cell's position counts through the dimensions in row-major order, the last one fastest
    (JSON-stat 2.0, https://json-stat.org/format/, ``value``). Cells without a figure are absent.

    Returns:
        one column of codes for each dimension, then value and flag (null where there is none).

    Raises:
        Unexpected: when a key is missing, or a cell lies outside the cube.
    """
    names = [str(name) for name in rows(document, cube, "id")]
    codes = [_codes(document, field(document, cube, "dimension", name)) for name in names]
    sizes = [len(some) for some in codes]
    if field(document, cube, "size") != sizes:
        raise unexpected(document, f"the size {sizes} of its categories", cube["size"])
    flags = dict(_cells(document, cube.get("status"), math.prod(sizes)))
    named = []
    for position, written in _cells(document, field(document, cube, "value"), math.prod(sizes)):
        value = number(document, written)
        if value is not None:
            named.append((*_locate(position, codes), value, flags.get(position)))
    columns = [*((name, pl.String) for name in names), ("value", pl.Float64), ("flag", pl.String)]
    return pl.DataFrame(named, schema=dict(columns), orient="row")


def _locate(position: int, codes: list[list[str]]) -> list[str]:
    found: list[str] = []
    for some in reversed(codes):
        position, place = divmod(position, len(some))
        found.append(some[place])
    return found[::-1]


def _codes(document: Document, dimension: Any) -> list[str]:
    """The codes of a dimension in the order of their positions."""
    category = field(document, dimension, "category")
    index = category.get("index")
    if index is None:  # allowed where there is a single category
        index = list(field(document, category, "label"))
    if isinstance(index, list):
        return [str(code) for code in index]
    if sorted(index.values()) != list(range(len(index))):
        raise unexpected(document, "an index that counts from 0", index)
    return sorted(index, key=index.__getitem__)


def _cells(document: Document, cells: Any, size: int) -> Iterable[tuple[int, Any]]:
    """The position and the content of each cell; an object leaves most of them out."""
    if cells is None:
        return
    if isinstance(cells, str):  # one flag for the whole cube
        cells = [cells] * size
    for key, content in enumerate(cells) if isinstance(cells, list) else cells.items():
        position = int(key)
        if not 0 <= position < size:
            raise unexpected(document, f"cells 0 to {size - 1}", f"cell {position}")
        yield position, content
