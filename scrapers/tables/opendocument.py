"""The cells of a spreadsheet of LibreOffice (ODS), as it shows them."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator

from cityflux.core.model.document import Document
from cityflux.scrapers.foreign import bounded, reader
from cityflux.scrapers.tables.apart import MOST_CELLS, Grid

_MOST_BYTES = 48 * 2**20
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


@reader("ODS")
def read_opendocument(document: Document) -> dict[str, Grid]:
    """The cells of each sheet as text; a merged cell stands in its first place alone.

    Raises:
        Unexpected: when it cannot be read, or has more cells than are read.
    """
    with zipfile.ZipFile(io.BytesIO(document.body)) as archive, archive.open("content.xml") as file:
        content = file.read(_MOST_BYTES + 1)
    bounded(document, "bytes once unpacked", len(content), _MOST_BYTES)
    bounded(document, "tags", content.count(b"<"), 4 * MOST_CELLS)
    sheets: dict[str, Grid] = {}
    cells = 0
    for table in ET.fromstring(content).iter(f"{_TABLE}table"):
        grid: Grid = []
        for row, times in _repeated(table, "table-row", "number-rows-repeated"):
            line: list[str] = []
            for cell, across in _repeated(row, "table-cell", "number-columns-repeated"):
                text = _shown(cell)
                if not text:
                    line += [""] * min(across, MOST_CELLS)
                    continue
                cells += across
                bounded(document, "cells", cells, MOST_CELLS)
                line += [text] * across
            while line and not line[-1]:
                line.pop()
            cells += len(line) * (times if line else 0)
            bounded(document, "cells", cells, MOST_CELLS)
            bounded(document, "rows", len(grid) if line else 0, MOST_CELLS)
            grid += [[*line] for _ in range(times if line else min(times, MOST_CELLS - len(grid)))]
        while grid and not grid[-1]:
            grid.pop()
        width = max(map(len, grid), default=0)
        bounded(document, "cells", width * len(grid), MOST_CELLS)
        sheets[table.get(f"{_TABLE}name", "")] = [
            [*row, *[""] * (width - len(row))] for row in grid
        ]
    return sheets


def _repeated(outer: ET.Element, name: str, count: str) -> Iterator[tuple[ET.Element, int]]:
    for each in outer.iter():
        if each.tag in (f"{_TABLE}{name}", f"{_TABLE}covered-{name}"):
            yield each, max(1, int(each.get(f"{_TABLE}{count}", 1)))


def _shown(cell: ET.Element) -> str:
    """A number at its full precision; anything else as it is shown."""
    said = "\n".join("".join(each.itertext()) for each in cell.iter(f"{_TEXT}p")).strip()
    kind, value = cell.get(f"{_OFFICE}value-type"), cell.get(f"{_OFFICE}value")
    if kind == "percentage" and value:
        return f"{float(value) * 100:.9f}".rstrip("0").rstrip(".") + "%"
    if kind == "float" and value and not said.startswith(("#", "Err:")):
        return value
    return said
