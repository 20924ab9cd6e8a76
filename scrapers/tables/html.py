"""HTML tables as full grids of cells, and what to say when a page is not the expected one.

Cells and rows that are never closed, as in pages that a spreadsheet exported, are read all the
same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, SourceError, Unexpected
from cityflux.scrapers.foreign import bounded, reader
from cityflux.scrapers.soup import Soup, soup_of
from cityflux.scrapers.tables.labels import has_chinese, unit_row

_MOST_COLUMNS = 1000  # as in the HTML standard, for a colspan that is a slip or an attack
_MOST_CELLS = 100_000  # of a page, merged ones as often as they stand in the grid
_MOST_TABLES = 1_000
_MOST_STEPS = 500_000
_LINES_BEFORE = 3  # title, English title, unit
_WIDE_SPACES = {"\u00a0": 1, "\u3000": 2}
# 全角空格 (A1A1 in GBK) read as latin-1, and the replacement character.
_BROKEN_TEXT = re.compile("¡¡|\ufffd")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_LINE_ENDS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table"}


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell; a merged cell stands in the grid several times as the same object.

    Attributes:
        text: what it says, white space collapsed, superscript footnote marks taken out.
        marks: the footnote marks that were set as superscript.
        indent: how far the text is indented, in half-width columns: by no-break spaces (1) and
            full-width spaces (2), the way that Chinese yearbooks do it.
        heading: whether it is a ``th``.
    """

    text: str = ""
    marks: tuple[str, ...] = ()
    indent: int = 0
    heading: bool = False


BLANK = Cell()


@dataclass(frozen=True, slots=True)
class Table:
    """One table as a rectangle of cells.

    Attributes:
        rows: the rows; all have the same length.
        caption: the caption, or the last line of text before the table that is no unit.
        unit: the unit, where one of the last lines before the table states it (单位：万人).
        after: the lines of text between this table and the next one: footnotes.
        place: how an error message names it: ``table 2``.
        address: the address of the page.
    """

    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    unit: str = ""
    after: tuple[str, ...] = ()
    place: str = "table"
    address: str = ""

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0]) if self.rows else 0


def parse(document: Document) -> Soup:
    """Parse a page.

    Raises:
        Refused: when the answer has the status 401 or 403.
        Unexpected: when the document is no HTML: an image, a spreadsheet, JSON.
    """
    if document.status in (401, 403):
        raise Refused(
            f"{document.address}: answered {document.status}, access refused",
            address=document.address,
            status=document.status,
        )
    if kind := _kind_of(_start(document)):
        raise Unexpected(
            f"{document.address}: expected an HTML page, got {kind}", address=document.address
        )
    if "<" not in document.text:
        start = document.text.strip()[:40]
        raise Unexpected(
            f"{document.address}: expected an HTML page, got text: {start!r}",
            address=document.address,
        )
    return soup_of(document)


@reader("an HTML page")
def read_tables(document: Document) -> list[Table]:
    """All tables of a page with at least one row of two cells, in the order of the page.

    Raises:
        Refused: when the page asks for a login instead.
        Unexpected: when the page has no such table, or was decoded with a wrong charset.
    """
    soup = parse(document)
    tags = soup.find_all("table")
    bounded(document, "tables", len(tags), _MOST_TABLES)
    bounded(document, "steps from its tables to its root", len(tags) * soup.depth, _MOST_STEPS)
    found = [
        read_table(tag, place=f"table {number}", address=document.address)
        for number, tag in enumerate(tags, start=1)
    ]
    found = [table for table in found if any(_filled(row) > 1 for row in table.rows)]
    if not found:
        raise not_found(document, soup, "expected a table, found none")
    return found


def read_table(tag: Tag, *, place: str = "table", address: str = "") -> Table:
    """Expand one ``table`` element to a full grid; tables inside its cells are left out.

    Raises:
        Unexpected: when a cell shows that the page was decoded with a wrong charset, or merged
            cells make more of the table than is read.
    """
    raw = _raw_rows(tag)
    if (cells := _area(raw)) > _MOST_CELLS:
        raise Unexpected(
            f"{address}: {place} has {cells:,} cells, merged ones counted in full, more than the "
            f"{_MOST_CELLS:,} that are read; look at the address in a browser",
            address=address,
        )
    rows = _expand(raw)
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if _BROKEN_TEXT.search(cell.text):
                raise Unexpected(
                    f"{address}: {place}, row {number}: {cell.text[:30]!r} was decoded with a "
                    "wrong charset; save or fetch the page anew",
                    address=address,
                )
    before = list(islice(_lines_before(tag), _LINES_BEFORE))
    own = tag.find("caption", recursive=False)
    titles = [line for line in before if not unit_row(line)]
    return Table(
        rows=rows,
        caption=_squeeze(own.get_text(" ")) if own else _title(titles),
        unit=next((unit for line in before if (unit := unit_row(line))), ""),
        after=tuple(_lines_after(tag)),
        place=place,
        address=address,
    )


def read_cell(tag: Tag) -> Cell:
    """Any element as one cell: its text, and apart from it the superscript footnote marks."""
    cell = _Open(tag)
    for node in _shown(tag):
        if isinstance(node, Tag) and node.name in _LINE_ENDS:
            cell.parts.append(" ")
        elif type(node) is NavigableString:
            _add_text(cell, node)
    return cell.closed()[0]


def not_found(document: Document, soup: BeautifulSoup, message: str) -> SourceError:
    """The error for a page that lacks what was sought: `Refused` where it asks for a login."""
    title = page_title(soup)
    named = f" (the page is titled {title!r})" if title else ""
    if soup.select_one("input[type=password i]"):
        return Refused(
            f"{document.address}: {message}; the page asks for a login{named}",
            address=document.address,
            status=document.status,
        )
    return Unexpected(
        f"{document.address}: {message}{named}", address=document.address, status=document.status
    )


def page_instead(document: Document, expected: str) -> SourceError | None:
    """The error for an HTML page that came where data was due; None for anything else."""
    if not _start(document).startswith(b"<"):
        return None
    return not_found(document, soup_of(document), f"expected {expected}, got an HTML page")


def page_title(soup: BeautifulSoup) -> str:
    """The title of a page, or its first words."""
    if soup.title and soup.title.get_text(strip=True):
        return _squeeze(soup.title.get_text())[:60]
    return _squeeze(soup.get_text(" "))[:40]


def distinct(row: Sequence[Cell]) -> list[Cell]:
    """The cells of a row that say something, each merged one once."""
    return [cell for cell in dict.fromkeys(row) if cell.text or cell.marks]


def _filled(row: Sequence[Cell]) -> int:
    return len(distinct(row))


def _start(document: Document) -> bytes:
    return document.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")


def _kind_of(start: bytes) -> str:
    """What bytes are, if they are surely not a web page."""
    kinds = {
        b"PK\x03\x04": "a spreadsheet (read it with cityflux.scrapers.files)",
        b"\xd0\xcf\x11\xe0": "a spreadsheet (read it with cityflux.scrapers.files)",
        b"%PDF": "a PDF file",
        b"\xff\xd8\xff": "an image",
        b"\x89PNG": "an image",
        b"GIF8": "an image",
        b"{": "JSON",
        b"[": "JSON",
    }
    return next((kind for magic, kind in kinds.items() if start.startswith(magic)), "")


@dataclass(slots=True)
class _Open:
    """A cell while its text is being collected."""

    tag: Tag
    parts: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def closed(self) -> tuple[Cell, int, int]:
        text = "".join(self.parts).lstrip(" \t\r\n\f")
        start = text[: len(text) - len(text.lstrip("\u00a0\u3000"))]
        indent = sum(_WIDE_SPACES[space] for space in start)
        cell = Cell(_squeeze(text), tuple(self.marks), indent, self.tag.name == "th")
        columns = _span(self.tag, "colspan") or 1
        return cell, _span(self.tag, "rowspan"), min(columns, _MOST_COLUMNS)


def _raw_rows(table: Tag) -> list[list[tuple[Cell, int, int]]]:
    """Each row's own cells with their row and column spans.

    Walks the source in its order, because the parser nests a cell that is never closed around
    the ones that follow it.
    """
    rows: list[list[_Open]] = []
    for node in _own_nodes(table):
        if isinstance(node, Tag):
            if node.name == "tr":
                rows.append([])
            elif node.name in ("td", "th"):
                rows = rows or [[]]
                rows[-1].append(_Open(node))
            elif node.name in _LINE_ENDS and rows and rows[-1]:
                rows[-1][-1].parts.append(" ")
        elif type(node) is NavigableString and rows and rows[-1]:
            _add_text(rows[-1][-1], node)
    return [[cell.closed() for cell in row] for row in rows]


def _own_nodes(table: Tag) -> Iterator[PageElement]:
    """All that is shown in a table, without the tables inside its cells."""
    return _shown(table, without="table")


def _shown(outer: Tag, without: str = "") -> Iterator[PageElement]:
    """All that stands in an element and that a browser shows.

    Whether the element itself is shown does not count: a page may show it at a click.

    Args:
        outer: the element.
        without: a tag of which the inside is left out.
    """
    end = _next_after(outer)
    node = outer.next_element
    while node is not None and node is not end:
        hidden = isinstance(node, Tag) and _is_hidden(node)
        if not hidden:
            yield node
        inner = isinstance(node, Tag) and node.name == without
        node = _next_after(node) if hidden or inner else node.next_element


def _is_hidden(tag: Tag) -> bool:
    if not tag.attrs:
        return False
    return "hidden" in tag.attrs or _HIDDEN.search(str(tag.attrs.get("style", ""))) is not None


def _next_after(node: PageElement) -> PageElement | None:
    while isinstance(node, Tag) and node.contents:
        node = node.contents[-1]
    return node.next_element


def _add_text(cell: _Open, node: NavigableString) -> None:
    """Add text to a cell; a superscript is a footnote mark, or the power of a unit: km²."""
    raised = any(tag is not None and tag.name == "sup" for tag in _two_parents(node))
    if not raised:
        cell.parts.append(node)
    elif node.strip() in ("2", "3") and "".join(cell.parts).endswith("m"):
        cell.parts.append({"2": "²", "3": "³"}[node.strip()])
    elif node.strip():
        cell.marks.append(node.strip())


def _two_parents(node: PageElement) -> tuple[Tag | None, Tag | None]:
    return node.parent, node.parent and node.parent.parent


def _area(rows: list[list[tuple[Cell, int, int]]]) -> int:
    """How many cells the grid has at the most: its rows, as wide as the widest of them."""
    change = [0] * (len(rows) + 1)
    for top, row in enumerate(rows):
        for _, high, wide in row:
            change[top] += wide
            change[min(top + high, len(rows)) if high else len(rows)] -= wide
    return len(rows) * max(accumulate(change))


def _expand(rows: list[list[tuple[Cell, int, int]]]) -> tuple[tuple[Cell, ...], ...]:
    grid: list[dict[int, Cell]] = [{} for _ in rows]
    for top, row in enumerate(rows):
        left = 0
        for cell, rowspan, colspan in row:
            while left in grid[top]:
                left += 1
            for line in grid[top : top + rowspan if rowspan else len(rows)]:
                for column in range(left, left + colspan):
                    line.setdefault(column, cell)
            left += colspan
    width = max((max(line, default=-1) + 1 for line in grid), default=0)
    return tuple(tuple(line.get(column, BLANK) for column in range(width)) for line in grid)


def _span(tag: Tag, name: str) -> int:
    """A span; 0 says "to the end" for rows, and a slip such as ``50%`` is 1."""
    value = str(tag.get(name, "1")).strip()
    return int(value) if value.isdecimal() and len(value) < 6 else 1


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _lines_before(table: Tag) -> Iterator[str]:
    """The lines of text before a table, the nearest first, back to the table before it."""
    line = ""
    outer = table.find_parent("table")
    for node in table.previous_elements:
        if isinstance(node, Tag):
            if node.name in ("table", "body", "td"):
                break
            if node.name in _LINE_ENDS and line:
                yield line
                line = ""
        elif type(node) is NavigableString and (text := _squeeze(node)):
            if node.find_parent("table") not in (None, outer):
                break
            line = f"{text} {line}".strip()
    if line:
        yield line


def _title(lines: Sequence[str]) -> str:
    """The title among the lines before a table; of two languages the Chinese one."""
    chinese = [line for line in lines if has_chinese(line)]
    return (chinese or [*lines, ""])[0][:200]


def _lines_after(table: Tag) -> Iterator[str]:
    line = ""
    node = _next_after(table)
    while node is not None:
        if isinstance(node, Tag):
            if node.name == "table":
                break
            if node.name in _LINE_ENDS and line:
                yield line
                line = ""
        elif type(node) is NavigableString:
            line = _squeeze(f"{line} {node}")
        node = node.next_element
    if line:
        yield line
