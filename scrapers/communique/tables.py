"""Tables of a communiqué, however they were printed: HTML, tabs, Markdown, one cell per line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bs4 import Tag

_NUMERIC = re.compile(
    r"[-+±−－]?[\d０-９][\d０-９., ，．]*[%％]?(?:倍)?|[-—–…]+|(?:与上年|同比)?持平"
)
_SENTENCE = re.compile(r"[。；，]")
_NUMERALS = "[一二三四五六七八九十]{1,3}"
_HEADING = re.compile(rf"^(?:第?{_NUMERALS}[、.．章]|[(（]{_NUMERALS}[)）])")
_CAPTION = re.compile(r"^(?:附?表|图)\s*\d*|^单位\s*[:：]")
_NEW_TABLE = re.compile(r"^(?:附?表|图)\s*\d")
_CHART = re.compile(r"^图")
_CONTINUES = re.compile(r"^(?:[(（±%％]|增长|增减|±)")
_LONGEST_CELL = 26
_MOST_CELLS = 5_000  # of one table


@dataclass(frozen=True, slots=True)
class Table:
    """A table as printed.

    Attributes:
        rows: the cells, row by row; header rows first.
        caption: what stands above it, with a note such as 单位：亿元.
    """

    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


Block = str | Table


def from_html(tag: Tag) -> Table | None:
    """Read a ``<table>``; a cell over several rows or columns is repeated in each of them.

    Returns:
        The table, or None where the tag only arranges the page: it holds running text, further
        tables, a single column, or thousands of cells.
    """
    if tag.find("table"):
        return None
    grid: dict[tuple[int, int], str] = {}
    for y, row in enumerate(tag.find_all("tr")):
        x = 0
        for cell in row.find_all(["td", "th"]):
            text = re.sub(r"\s+", " ", cell.get_text()).strip()
            if len(text) > 4 * _LONGEST_CELL:
                return None
            while (y, x) in grid:
                x += 1
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            for dy in range(height):
                for dx in range(width):
                    grid[y + dy, x + dx] = text
            x += width
    if not grid:
        return None
    wide = 1 + max(x for _, x in grid)
    high = 1 + max(y for y, _ in grid)
    if wide == 1 or wide * high > _MOST_CELLS:
        return None
    return Table(tuple(tuple(grid.get((y, x), "") for x in range(wide)) for y in range(high)))


def area(tags: Iterable[Tag]) -> int:
    """How many cells there are among the elements of a page, each as large as it says it is."""
    cells = [tag for tag in tags if tag.name in ("td", "th")]
    return sum(_span(cell, "colspan") * _span(cell, "rowspan") for cell in cells)


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1"))
    return min(int(value), 50) if value.isdecimal() and len(value) < 6 and int(value) else 1


def from_lines(lines: Sequence[Block]) -> list[Block]:
    """Find the tables among lines of text: tabs, Markdown, columns of spaces, or loose cells."""
    blocks: list[Block] = []
    cells: list[str] = []
    rows: list[tuple[str, ...]] = []

    def flush() -> None:
        blocks.extend(_loose(cells))
        if rows:
            blocks.append(Table(tuple(rows)))
        cells.clear()
        rows.clear()

    for line in lines:
        row = None if isinstance(line, Table) else _columns(line)
        if row is not None:
            if cells:
                flush()
            if not all(re.fullmatch(r":?-*:?", cell) for cell in row):
                rows.append(row)
            continue
        if rows:
            flush()
        if isinstance(line, str) and _is_cell(line):
            if _NEW_TABLE.match(line.strip()):
                flush()
            cells.append(line.strip())
            continue
        flush()
        blocks.append(line)
    flush()
    return _with_captions(blocks)


def _columns(line: str) -> tuple[str, ...] | None:
    text = line.strip("\n\r")
    if text.lstrip().startswith("|") and text.count("|") > 2:
        return tuple(cell.strip() for cell in text.strip().strip("|").split("|"))
    if _SENTENCE.search(text):
        return None
    parts = text.split("\t") if "\t" in text else re.split(r" {2,}", text.strip())
    return tuple(part.strip() for part in parts) if len(parts) > 1 else None


def _is_cell(line: str) -> bool:
    text = line.strip()
    return bool(
        text
        and len(text) <= _LONGEST_CELL
        and (_NUMERIC.fullmatch(text) or not _SENTENCE.search(text))
        and not _HEADING.match(text)
    )


def _loose(cells: Sequence[str]) -> list[Block]:
    """Rebuild a table from its cells, one per line; lines that are no table come back as text.

    Names and numbers alternate: the usual length of a run of each tells how many columns the
    table has, and so where among the first words the heads of the columns begin.
    """
    lines = _join_split(cells)
    names, numbers = _runs(lines)
    if len(numbers) < 2 or _CHART.match(names[0][0]):
        return list(lines)
    width = _usual_length(numbers)
    label = _usual_length(names[1 : len(numbers)])
    first = names[0]
    header = first[:-label][-(width + label) :]
    if len(header) < width + label or _CAPTION.match(header[0]):  # the name column has no head
        header = ["", *header[1 - width - label :]]
    rows = [tuple(header)] if len(header) == width + label else []
    for name, values in zip(names, numbers, strict=False):
        if len(values) == width and len(name) >= label:
            rows.append((*name[-label:], *values))
    above = first[: len(first) - label - sum(map(bool, header))]
    after: list[Block] = list(names[-1]) if len(names) > len(numbers) else []
    return [*above, Table(tuple(rows)), *after]


def _runs(lines: Sequence[str]) -> tuple[list[list[str]], list[list[str]]]:
    """The runs of lines with words and of lines with numbers, from the first words on."""
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        numeric = bool(_NUMERIC.fullmatch(line))
        if runs and runs[-1][0] == numeric:
            runs[-1][1].append(line)
        elif runs or not numeric:
            runs.append((numeric, [line]))
    return [run for numeric, run in runs if not numeric], [run for numeric, run in runs if numeric]


def _usual_length(runs: Sequence[list[str]]) -> int:
    return Counter(map(len, runs)).most_common(1)[0][0]


def _join_split(cells: Sequence[str]) -> list[str]:
    """Close up a cell that was broken over lines: 比上年 / 增长(%), 旅客发送量 / (万人次)."""
    joined: list[str] = []
    for cell in cells:
        before = joined[-1] if joined else ""
        is_name = before and not _NUMERIC.fullmatch(before) and not _CAPTION.match(before)
        is_open = cell[0] in "(（" or before.endswith(("比上年", "较上年", "同比", "比"))
        if is_name and is_open and _CONTINUES.match(cell):
            joined[-1] = before + cell
        else:
            joined.append(cell)
    return joined


def _with_captions(blocks: Sequence[Block]) -> list[Block]:
    """Hand each table the captions that stand right above it, three lines at the most."""
    done: list[Block] = []
    for block in blocks:
        if isinstance(block, Table) and not block.caption:
            above: list[str] = []
            while done and len(above) < 3:
                last = done[-1]
                if not isinstance(last, str) or len(last.strip()) > 40 or _SENTENCE.search(last):
                    break
                if above and not _CAPTION.match(last.strip()) and not _CAPTION.match(above[0]):
                    break
                above.insert(0, last.strip())
                done.pop()
            done.append(Table(block.rows, " ".join(above)))
        else:
            done.append(block)
    return done
