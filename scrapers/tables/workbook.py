"""Workbooks as rows of text cells, bounded before a library reads them.

An XLSX file is unpacked and looked through here, and packed anew, so that the library gets nothing
else than what was looked at: one cell far away makes it fill the whole sheet up to there. The cells
of XLS and XLSB stand in binary formats that only the library reads, so that a process of its own
bounds it (see `apart`).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.foreign import bounded, reader
from cityflux.scrapers.tables.apart import MOST_CELLS, Grid, read_apart, read_book
from cityflux.scrapers.tables.appearance import Appearance, appearances, without_raised

_TEXTS = "xl/sharedStrings.xml"
_MOST_MEMBERS = 10_000
_MOST_UNPACKED = 48 * 2**20
#: Characters of text, where each cell that shares a text is taken for the longest one.
_MOST_TEXT = 32 * 2**20
_PIECE = 2**20

_ATTRIBUTES = rb"""((?:\s(?:[^<>"']++|"[^"]*+"|'[^']*+')*+)?+)>"""
_CELL = re.compile(rb"<(?:[^\s<>/:]++:)?+c" + _ATTRIBUTES)
_ROW = re.compile(rb"<(?:[^\s<>/:]++:)?+row" + _ATTRIBUTES)
_PLACE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]*)([0-9]*)""")
_SHARED = re.compile(rb"""\st\s*=\s*["']s["']""")
_TEXT = re.compile(rb"<(?:[^\s<>/:]+:)?si\b")
#: How many texts there are is said before them, and the library makes room for as many.
_COUNTED = re.compile(rb"(<(?:[^\s<>/:]++:)?+sst)" + _ATTRIBUTES)
_COUNT = re.compile(rb"""\s(?:uniqueC|c)ount\s*=\s*(?:"[^"]*+"|'[^']*+')""")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        grid: its cells, as Excel shows them.
        look: what it says beside them; nothing for XLS, of which the library says no more.
    """

    grid: Grid
    look: Appearance = field(default_factory=Appearance)


@reader("Excel")
def read_sheets(document: Document, form: str) -> dict[str, Sheet]:
    """All sheets of a workbook.

    Args:
        document: the file.
        form: ``xlsx`` or ``xls``.

    Raises:
        Unexpected: when it cannot be read, or is larger than any workbook that is read.
    """
    if form == "xlsx" and document.body.startswith(b"PK"):
        members = _unpacked(document)
        if "xl/workbook.bin" not in members:
            _look_through(document, members)
            looks = appearances(members)
            if _TEXTS in members:
                members[_TEXTS] = without_raised(members[_TEXTS])
            for name in members:
                if name.lower() == _TEXTS.lower():  # as the library finds it
                    members[name] = _uncounted(members[name])
            grids = read_book(_packed(members))
            return {name: _as_shown(grid, looks.get(name)) for name, grid in grids.items()}
    found: dict[str, Grid] = json.loads(read_apart(document, "Excel"))
    return {name: Sheet(grid) for name, grid in found.items()}


def _as_shown(grid: Grid, look: Appearance | None) -> Sheet:
    """The cells of a sheet with what Excel shows in the place of some of them."""
    if look is None:
        return Sheet(grid)
    grid = [[*[""] * look.left, *row] for row in grid]
    width = max(map(len, grid), default=0)
    for (row, column), text in look.cells.items():
        while len(grid) <= row:
            grid.append([""] * width)
        grid[row] += [""] * (column + 1 - len(grid[row]))
        grid[row][column] = text
    return Sheet(grid, look)


def _unpacked(document: Document) -> dict[str, bytes]:
    """The members of the archive that make up a workbook; pictures and the like are left out."""
    members: dict[str, bytes] = {}
    left = _MOST_UNPACKED
    with zipfile.ZipFile(io.BytesIO(document.body)) as archive:
        entries = archive.infolist()
        bounded(document, "members", len(entries), _MOST_MEMBERS)
        for entry in entries:
            if not entry.filename.lower().endswith((".xml", ".rels", ".bin")):
                continue
            with archive.open(entry) as member:
                content = b"".join(_pieces(member, left + 1))
            left -= len(content)
            if left < 0:  # a member may unpack to more than it says
                bounded(document, "bytes once unpacked", _MOST_UNPACKED + 1, _MOST_UNPACKED)
            members[entry.filename] = content
    return members


def _uncounted(texts: bytes) -> bytes:
    """The texts that cells share, without what is said of their number."""
    return _COUNTED.sub(lambda tag: tag[1] + _COUNT.sub(b"", tag[2]) + b">", texts, count=1)


def _pieces(member: IO[bytes], most: int) -> Iterator[bytes]:
    while most > 0 and (piece := member.read(min(most, _PIECE))):
        most -= len(piece)
        yield piece


def _packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _look_through(document: Document, members: dict[str, bytes]) -> None:
    """Refuse cells that lie too far apart, and texts that too many of them share."""
    tags = sum(content.count(b"<") for content in members.values())
    bounded(document, "tags", tags, 4 * MOST_CELLS)
    longest = shared = area = 0
    for content in members.values():
        longest = max([longest, *map(len, _TEXT.split(content)[1:])])
        if (found := _extent(content)) is not None:
            high, wide, texts = found
            shared, area = shared + texts, area + high * wide
            if area > MOST_CELLS:
                raise Unexpected(
                    f"{document.address}: its cells reach to row {high:,} and column {wide:,}, and "
                    f"make {area:,} cells, more than the {MOST_CELLS:,} that are read; delete what "
                    "stands far away, or cut the file into parts",
                    address=document.address,
                )
    bounded(document, "characters of text in its cells", longest * shared, _MOST_TEXT)


def _extent(content: bytes) -> tuple[int, int, int] | None:
    """The last row and column of a sheet, and how many cells share a text; None for no sheet."""
    # An empty cell, which has a format and nothing else, ends with a slash.
    cells = [said for said in _CELL.findall(content) if not said.endswith(b"/")]
    if not cells:
        return None
    if len(cells) > MOST_CELLS:
        return len(cells), 1, 0
    high = wide = loose = shared = 0
    for said in cells:
        place = _PLACE.search(said)
        if place is None or not (place[1] and place[2]):
            loose += 1  # it stands behind the one before it
        else:
            high = max(high, int(place[2][:10]))
            wide = max(wide, _column(place[1][:8]))
        shared += _SHARED.search(said) is not None
    if loose:
        rows = [_PLACE.search(said) for said in _ROW.findall(content)]
        high = max([high, *(int(row[2][:10] or 0) for row in rows if row)]) + len(rows)
        wide += loose
    return high, wide, shared


def _column(letters: bytes) -> int:
    """``A`` is 1, ``XFD`` is 16,384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
