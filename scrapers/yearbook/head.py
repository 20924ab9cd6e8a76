"""What stands above the figures of a yearbook table: title, unit and column headings.

Nothing marks where the head ends: the body begins with the first row that holds figures, and a
row of years is a heading, not figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cityflux.core.model.numerals import half_width, parse_number
from cityflux.core.model.written_period import period_of
from cityflux.scrapers.tables.html import Cell, Table, distinct
from cityflux.scrapers.tables.labels import (
    STEP,
    has_chinese,
    is_continuation,
    key,
    split_languages,
    split_marks,
    split_unit,
    unit_of,
    unit_row,
)

Row = tuple[Cell, ...]

_HEADING_WORD = re.compile(
    r"(项目|指标|指标名称|地区|省份?|城市|区县?|年份|年度|时间|名称|分类|类别|行业|国别|港口?名"
    r"|item|indicators?|region|area|city|year|country|name)",
    re.I,
)


@dataclass(slots=True)
class Block:
    """A table, or the part of one from a line 续表 to the next."""

    table: Table
    rows: list[tuple[int, Row]]
    continued: bool


@dataclass(slots=True)
class Column:
    """A column of figures: its heading in two languages, its unit, its period."""

    index: int
    name: str
    name_en: str
    unit: str
    period: str | None
    marks: tuple[str, ...]


@dataclass(slots=True)
class Head:
    """What stands above the figures; a continuation takes it from the table before."""

    title: str = ""
    unit: str = ""
    rows: list[Row] = field(default_factory=list)
    end: int = 0

    def take_over(self, before: Head) -> None:
        """Let a continuation have the title, and what else it does not say, of its beginning."""
        self.title = before.title
        self.unit = self.unit or before.unit
        self.rows = self.rows or before.rows


def blocks(table: Table) -> Iterator[Block]:
    """Part a table at its lines that say 续表."""
    block = Block(table, [], is_continuation(table.caption))
    for number, row in enumerate(table.rows, start=1):
        texts = distinct(row)
        if len(texts) == 1 and is_continuation(texts[0].text):
            if block.rows:
                yield block
            block = Block(table, [], True)
        else:
            block.rows.append((number, row))
    yield block


def _number(cell: Cell) -> float | None:
    return parse_number(split_marks(cell.text)[0])


def is_number(cell: Cell) -> bool:
    """Whether a cell holds a figure, footnote marks aside."""
    try:
        return _number(cell) is not None
    except ValueError:
        return False


def body_start(rows: Sequence[Row]) -> int:
    """The index of the first row of figures, or of dashes and dots in their place."""
    years_seen = False
    for index, row in enumerate(rows):
        if any(is_missing(cell) for cell in distinct(row[1:])):
            return index
        numbers = [cell for cell in distinct(row[1:]) if is_number(cell)]
        if not numbers or all(cell.heading for cell in distinct(row)):
            continue
        if years_seen or not _is_row_of_years(row, numbers):
            return index
        years_seen = True
    return len(rows)


def _is_row_of_years(row: Row, numbers: Sequence[Cell]) -> bool:
    texts = [split_marks(cell.text)[0] for cell in numbers]
    if not all(len(text) == 4 and period_of(text) for text in texts):
        return False
    if len(texts) > 1 and texts in (sorted(set(texts)), sorted(set(texts), reverse=True)):
        return True
    others = [cell for cell in distinct(row) if cell not in numbers]
    return all(_HEADING_WORD.match(key(cell.text)) for cell in others)


def read_head(rows: Sequence[Row], end: int) -> Head:
    """Read the rows above the figures: lines of title and unit, then the headings."""
    head = Head(end=_without_first_group(rows, end))
    titles = []
    for row in rows[: head.end]:
        texts = distinct(row)
        units = [unit_row(cell.text) for cell in texts]
        if not texts:
            continue
        if not head.rows and all(units):
            head.unit = next((unit for unit in units if has_chinese(unit)), units[0])
        elif not head.rows and len(texts) == 1 and not _HEADING_WORD.fullmatch(key(texts[0].text)):
            titles.append(texts[0].text)
        else:
            head.rows.append(row)
    head.title = " ".join(title for title in titles if has_chinese(title)) or " ".join(titles)
    return head


def _without_first_group(rows: Sequence[Row], end: int) -> int:
    """The end of the head, where a group heading (一、按方式分) stands above the first figures."""
    headings = [index for index in range(end) if len(distinct(rows[index])) > 1]
    while headings and end - 1 > headings[-1]:
        first = rows[end - 1][0]
        spanned = first is rows[end - 2][0]
        if spanned or unit_row(first.text) or _HEADING_WORD.fullmatch(key(first.text)):
            break
        if distinct(rows[end - 1]) not in ([], [first]):
            break
        end -= 1
    return end


def label_columns(head: Head, figures: Sequence[Row]) -> int:
    """How many columns at the left are labels: the first, and all that hold text, not figures."""
    width = len(figures[0])
    for index in range(1, width):
        cells = [row[index] for row in figures]
        texts = [cell for cell in cells if cell.text and not is_number(cell)]
        headed = any(row[index].text for row in head.rows)
        dashes = all(is_missing(cell) for cell in texts)
        if any(is_number(cell) for cell in cells) or (dashes and headed):
            return index
    return width


def is_missing(cell: Cell) -> bool:
    """Whether a cell is blank or says that there is no figure."""
    try:
        return _number(cell) is None
    except ValueError:
        return False


def columns_of(head: Head, indices: range) -> Iterator[Column]:
    """What the headings say of each column; headings one below the other become a path."""
    for index in indices:
        chinese: list[str] = []
        english: list[str] = []
        marks: list[str] = []
        units: list[str] = []
        for depth, cell in enumerate(distinct([row[index] for row in head.rows])):
            text, found = split_marks(cell.text)
            marks += [*cell.marks, *found]
            if depth and (unit := unit_of(text)):
                units.append(unit)
                continue
            both = zip((chinese, english), split_languages(text), strict=True)
            for names, part in both:
                name, unit = split_unit(part)
                names += [name] if name else []
                units += [unit] if unit else []
        unit = next((unit for unit in units if has_chinese(unit)), units[0] if units else "")
        names = chinese or english
        yield Column(
            index, STEP.join(names), STEP.join(english), unit, one_period(names), tuple(marks)
        )


def one_period(names: Sequence[str]) -> str | None:
    """The period of a heading, unless it speaks of two: ``2023年比2022年增长``."""
    periods = {period for name in names if (period := period_of(name))}
    years = set(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", half_width(" ".join(names))))
    for period in periods:
        if len(periods) == 1 and all(year in period for year in years):
            return period
    return None
