"""The figures of a yearbook table: which item, heading, unit and period each belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cityflux.core.model.numerals import parse_number
from cityflux.core.model.written_period import period_of, refuse_fiscal
from cityflux.scrapers.tables.html import Cell, distinct
from cityflux.scrapers.tables.labels import (
    STEP,
    has_chinese,
    key,
    split_languages,
    split_marks,
    split_unit,
    unit_of,
)
from cityflux.scrapers.yearbook.head import (
    Block,
    Column,
    Head,
    Row,
    body_start,
    columns_of,
    is_missing,
    is_number,
    label_columns,
    one_period,
    read_head,
)
from cityflux.scrapers.yearbook.notes import Notes, is_note

_UNIT_WORDS = {"单位", "计量单位", "unit", "units"}
_RANK_WORDS = {"名次", "排名", "排序", "序号", "位次", "rank", "no", "no."}
_SUB_ITEM = re.compile(r"[#＃]\s*|#?\s*其中\s*[:：]?\s*|of which\s*:?\s*", re.I)
_ENUMERATED = re.compile(r"[一二三四五六七八九十]+、|[(（][一二三四五六七八九十]+[)）]|.*[:：]$")
# A sub-item and its unmarked siblings are set with an error of one full-width character.
_TOLERANCE = 2


@dataclass(slots=True)
class Line:
    """A row of the body with its label; two rows of one label are one line."""

    number: int
    row: Row
    groups: list[str]
    name: str
    name_en: str
    unit: str
    marks: list[str]
    level: float
    sub: bool
    has_figures: bool
    heading: bool = False


def read_block(
    block: Block, before: Head | None, head_rows: int | None, bad: list[str]
) -> tuple[Head, list[dict[str, Any]]]:
    """Read one block.

    Args:
        block: the block.
        before: the head of the table before it, for a continuation.
        head_rows: how many rows stand above the figures; found out if None.
        bad: gets a line for each cell that cannot be read.

    Returns:
        Its head, and a row for each cell of figures, blank ones included.
    """
    rows = [row for _, row in block.rows]
    place = f"{block.table.address}: {block.table.place}"
    head = read_head(rows, body_start(rows) if head_rows is None else head_rows)
    head.unit = head.unit or block.table.unit
    if block.continued and before is not None:
        head.take_over(before)
    head.title = head.title or block.table.caption
    body = block.rows[head.end :]
    figures = [row for _, row in body if any(is_number(cell) for cell in row[1:])]
    if not figures:
        return head, []
    if head.rows and len(head.rows[0]) != len(figures[0]):
        bad.append(
            f"{place}: the continuation has {len(figures[0])} columns, "
            f"the table before it {len(head.rows[0])}"
        )
        return head, []
    labels = label_columns(head, figures)
    columns = [
        column
        for column in columns_of(head, range(labels, len(figures[0])))
        if any(is_number(row[column.index]) for row in figures)
        or (column.name and all(is_missing(row[column.index]) for row in figures))
    ]
    with _collected(bad, place):
        refuse_fiscal(column.name for column in columns if column.period)
    notes = Notes()
    lines = list(_lines(body, head, labels, columns, notes))
    notes.add_all(line for line in block.table.after if is_note(line))
    return head, list(_records(lines, columns, head, notes, place, bad))


@contextmanager
def _collected(bad: list[str], place: str) -> Iterator[None]:
    """Let what cannot be read become a line of ``bad``."""
    try:
        yield
    except ValueError as error:
        bad.append(f"{place}: {error}")


def _lines(
    body: Sequence[tuple[int, Row]],
    head: Head,
    labels: int,
    columns: Sequence[Column],
    notes: Notes,
) -> Iterator[Line]:
    headings = [[cell.text for cell in row] for row in head.rows]
    last: Line | None = None
    above: Row = ()
    for number, row in body:
        texts = distinct(row)
        if not texts or [cell.text for cell in row] in headings:
            continue
        own = [
            row[column.index]
            for column in columns
            if is_number(row[column.index])
            and not (above and row[column.index] is above[column.index])
        ]
        if not own and (is_note(texts[0].text) or notes.open):
            notes.add_all([" ".join(cell.text for cell in texts)])
            continue
        notes.open = False
        line = _line(number, row, head, labels, has_figures=bool(own))
        if last is not None and _continues(last, line):
            _join(last, line)
        else:
            line.heading = not own and _is_heading(line, columns)
            if last is not None:
                yield last
            last = line
        above = row
    if last is not None:
        yield last


def _line(number: int, row: Row, head: Head, labels: int, *, has_figures: bool) -> Line:
    names: list[tuple[Cell, str, str]] = []
    unit = ""
    marks: list[str] = []
    for index in range(labels):
        cell = row[index]
        heading = key("".join(cell.text for cell in distinct([line[index] for line in head.rows])))
        if heading in _RANK_WORDS or cell in [seen for seen, _, _ in names]:
            continue
        text, found = split_marks(cell.text)
        marks += [*cell.marks, *found]
        if heading in _UNIT_WORDS or (text and not split_unit(text)[0]):
            unit = unit or unit_of(text) or split_unit(text)[1] or text
        elif text:
            names.append((cell, *split_languages(text)))
    chinese = [(cell, name) for cell, name, _ in names if name]
    english = " ".join(name for _, _, name in names if name)
    named = chinese or [(cell, name) for cell, _, name in names]
    cell, written = named[-1] if named else (Cell(), "")
    plain, name_unit = split_unit(written)
    english, english_unit = split_unit(english)
    sub = _SUB_ITEM.match(plain)
    start = sub.group() if sub else ""
    return Line(
        number=number,
        row=row,
        groups=[split_unit(name)[0] for _, name in named[:-1]],
        name=plain[len(start) :].strip(),
        name_en=english.lstrip("#＃ "),
        unit=unit or name_unit or english_unit,
        marks=marks,
        level=cell.indent + sum(2 if ord(letter) > 255 else 1 for letter in start),
        sub=sub is not None,
        has_figures=has_figures,
    )


def _continues(last: Line, line: Line) -> bool:
    """Whether a row only goes on with the label above it: ``Not Classified / by Region``."""
    if line.has_figures and last.has_figures:
        return False
    if not line.name:
        return True
    if has_chinese(last.name) and not has_chinese(line.name):
        return not line.has_figures
    return line.name[0].islower()


def _join(last: Line, line: Line) -> None:
    if not has_chinese(last.name):
        last.name = f"{last.name} {line.name}".strip()
    last.name_en = f"{last.name_en} {line.name_en}".strip()
    last.unit = last.unit or line.unit
    last.marks += line.marks
    if line.has_figures:
        last.number, last.row, last.has_figures, last.heading = line.number, line.row, True, False


def _is_heading(line: Line, columns: Sequence[Column]) -> bool:
    cells = [line.row[column.index] for column in columns]
    if all(cell.text and is_missing(cell) for cell in cells):
        return False  # dashes all along: an item without figures
    merged = any(not is_missing(cell) for cell in cells)
    return merged or bool(line.unit) or _ENUMERATED.match(line.name) is not None


def _records(
    lines: Sequence[Line],
    columns: Sequence[Column],
    head: Head,
    notes: Notes,
    place: str,
    bad: list[str],
) -> Iterator[dict[str, Any]]:
    path: list[Line] = []
    above: Row = ()
    for line in lines:
        line.level -= 0.5 if line.heading else 0
        while path and line.level <= path[-1].level + (_TOLERANCE if path[-1].sub else 0):
            path.pop()
        path.append(line)
        if line.heading:
            continue
        names = [*(step.name for step in path[:-1]), *line.groups, line.name]
        inherited = next((step.unit for step in reversed(path) if step.unit), head.unit)
        for column in columns:
            where = f"{place}, row {line.number}, column {column.name or str(column.index + 1)!r}"
            cell = line.row[column.index]
            text, marks = split_marks(cell.text)
            try:
                value = parse_number(text, unit=column.unit or inherited)
                if value is not None and _is_shared(line.row, above, column.index, columns):
                    raise ValueError(f"one merged cell {text!r} for two places")
            except ValueError as error:
                bad.append(f"{where}: {error}")
                continue
            yield {
                "table": head.title,
                "item": STEP.join(name for name in names if name and not period_of(name)),
                "item_en": "" if period_of(line.name_en) else line.name_en,
                "header": column.name,
                "header_en": column.name_en,
                "unit": column.unit or inherited or None,
                "period": one_period([name for name in names if period_of(name)]) or column.period,
                "value": value,
                "footnotes": notes.of([*line.marks, *column.marks, *cell.marks, *marks]),
                "place": where,
            }
        above = line.row


def _is_shared(row: Row, above: Row, index: int, columns: Sequence[Column]) -> bool:
    left = index > columns[0].index and row[index - 1] is row[index]
    return left or bool(above and above[index] is row[index])
