"""JSON-stat 2.0: a cube of figures whose cells are numbered instead of named."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.scrapers.expect import field, number, rows, unexpected
from cityflux.scrapers.foreign import reader

_POSITION = re.compile(r"[0-9]{1,18}")


@reader("JSON-stat")
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
    if len({*names, "value", "flag"}) != len(names) + 2:
        raise unexpected(document, "dimensions of different names", ", ".join(names))
    codes = [_codes(document, field(document, cube, "dimension", name)) for name in names]
    sizes = [len(some) for some in codes]
    if field(document, cube, "size") != sizes:
        raise unexpected(document, f"the size {sizes} of its categories", cube["size"])
    size, status = math.prod(sizes), cube.get("status")
    one = status if isinstance(status, str) else None  # one flag for the whole cube
    flags = {} if one or status is None else dict(_cells(document, status, size))
    named = []
    for position, written in _cells(document, field(document, cube, "value"), size):
        value = number(document, written)
        if value is not None:
            flag = flags.get(position, one)
            said = None if flag is None else str(flag)
            named.append((*_locate(position, codes), value, said))
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
    if not isinstance(category, dict):
        raise unexpected(document, "an object under 'category'", category)
    index = category.get("index")
    if index is None:  # allowed where there is a single category
        index = list(field(document, category, "label"))
    if isinstance(index, list):
        return [str(code) for code in index]
    if not isinstance(index, dict) or {*map(repr, index.values())} != {
        *map(str, range(len(index)))
    }:
        raise unexpected(document, "an index that counts from 0", index)
    return sorted(index, key=index.__getitem__)


def _cells(document: Document, cells: Any, size: int) -> Iterable[tuple[int, Any]]:
    """The position and the content of each cell; an object leaves most of them out."""
    if not isinstance(cells, list | dict):
        raise unexpected(document, "a list or an object of cells", cells)
    for key, content in enumerate(cells) if isinstance(cells, list) else cells.items():
        position = int(key) if _POSITION.fullmatch(str(key)) else -1
        if not 0 <= position < size:
            raise unexpected(document, f"cells 0 to {size - 1}", f"cell {key}")
        yield position, content
