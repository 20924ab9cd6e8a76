"""One sheet taken apart: the lines above, the headings, the rows of figures, the notes below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cityflux.core.model.numerals import half_width, parse_number
from cityflux.core.model.written_period import marked_period
from cityflux.scrapers.handed.sheets import Sheet
from cityflux.scrapers.handed.words import Role, is_note, role_of
from cityflux.scrapers.tables.apart import Grid
from cityflux.scrapers.tables.labels import key, split_marks, unit_of, unit_row

_MOST_ROWS_ABOVE = 40
_MOST_HEADINGS = 5

_FACT = re.compile(
    r"(数据库|指标|地区|城市|时间|年份|indicator|region|city|period|year)\s*[:：]\s*(.*)", re.I
)
_FACTS = {
    **{"指标": "indicator", "indicator": "indicator", "地区": "city", "城市": "city"},
    **{"region": "city", "city": "city", "时间": "period", "年份": "period", "period": "period"},
    **{"year": "period"},
}


@dataclass(slots=True)
class Column:
    """A column of a table.

    Attributes:
        index: where it stands, from 0.
        path: its headings from above to below, each merged one once; units that stand alone left
            out.
        role: what it is by its heading; None where the heading names what it holds.
        unit: the unit of a heading of its own.
    """

    index: int
    path: tuple[str, ...]
    role: Role | None
    unit: str = ""

    @property
    def name(self) -> str:
        """Its headings in one text."""
        return " > ".join(self.path)


@dataclass(slots=True)
class Table:
    """A sheet taken apart.

    Attributes:
        sheet: what it came from.
        columns: those that have a heading.
        rows: the rows of the body with their numbers, from 1; all as wide as the head.
        title: the lines above that say neither unit nor fact.
        unit: the unit that a line above states.
        facts: what lines such as 指标：地区生产总值 say, by role.
        notes: the lines below the figures.
        bad: what cannot be told, row by row.
    """

    sheet: Sheet
    columns: list[Column] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    unit: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def take_apart(sheet: Sheet) -> Table | None:
    """Tell the head of a sheet from its body; None where it has no table."""
    grid = sheet.grid
    first = 0 if sheet.names_columns else _head_row(grid)
    if first is None:
        return None
    start = first if sheet.names_columns else _head_start(sheet, first)
    end = _head_end(sheet, first)
    table = Table(sheet)
    _read_above(table, grid[:start])
    width = max(_width(row) for row in grid[start:end])
    heads = [[*row, *[""] * width][:width] for row in grid[start:end]]
    units = [unit for row in heads if (unit := _row_of_unit(row))]
    heads = [row for row in heads if not _row_of_unit(row)] or heads
    for row in heads[1:]:
        row[:] = ["" if _is_unit_row(row) and role_of(cell) == "unit" else cell for cell in row]
    table.unit = table.unit or (units[0] if units else "")
    is_merged = any(start <= row < end for row, _ in sheet.merged)
    table.columns = [*_columns(heads if is_merged else _spread(heads))]
    _read_body(table, grid, end, width, {tuple(map(key, row)) for row in heads})
    return table


def _head_row(grid: Grid) -> int | None:
    """The row that names the columns: the first with two cells and a word that heads have."""
    fallback = None
    for number, row in enumerate(grid[:_MOST_ROWS_ABOVE]):
        filled = [cell for cell in row if cell]
        if len(dict.fromkeys(filled)) < 2 or filled[0].startswith("#") or _FACT.match(filled[0]):
            continue
        if any(map(unit_row, filled)) and len(filled) <= 2:
            continue
        if any(role_of(cell) in ("city", "period", "indicator") for cell in filled):
            return number
        if fallback is None and sum(map(_is_period, filled)) >= 1:
            fallback = number
    return fallback


def _head_start(sheet: Sheet, first: int) -> int:
    """The first row of the head: group headings may stand above the row that names the columns."""
    start = first
    while start and first - start < _MOST_HEADINGS:
        row = sheet.grid[start - 1]
        filled = [cell for cell in row if cell]
        groups = len(dict.fromkeys(filled)) > 1 or (filled and all(map(_is_period, filled)))
        above = not row or (row[0] and (start, 0) not in sheet.merged)
        if not groups or above or any(map(unit_row, filled)) or _FACT.match(filled[0]):
            break
        start -= 1
    return start


def _head_end(sheet: Sheet, first: int) -> int:
    """The first row behind the head: below the headings of labels nothing stands in a head."""
    grid = sheet.grid
    labels = [at for at, cell in enumerate(grid[first]) if role_of(cell) not in (None, "value")]
    labels = labels or [0]
    end = first + 1
    while end < len(grid) and end - first < _MOST_HEADINGS and not sheet.names_columns:
        row = grid[end]
        own = [at for at in labels if at < len(row) and row[at] and (end, at) not in sheet.merged]
        filled = [cell for cell in row if cell]
        # A second language names the labels again; 年份 may stand above the years.
        again = all(role_of(row[at]) not in (None, "value") for at in own)
        again = again or (not row[0] and all(map(_is_period, filled)))
        if (own and not (again or _is_unit_row(row))) or not filled or is_note(filled[0]):
            break
        if any(map(_is_figure, filled)) and not all(map(_is_period, _apart(sheet, end, labels))):
            break
        end += 1
    return end


def _apart(sheet: Sheet, row: int, labels: Sequence[int]) -> list[str]:
    return [cell for at, cell in enumerate(sheet.grid[row]) if cell and at not in labels]


def _is_unit_row(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return bool(_row_of_unit(row)) or (
        len(filled) > 1 and role_of(filled[0]) == "unit" and all(map(unit_of, filled[1:]))
    )


def _row_of_unit(row: Sequence[str]) -> str:
    """The unit of a row that says nothing else."""
    filled = [*dict.fromkeys(cell for cell in row if cell)]
    found = [unit_row(cell) for cell in filled]
    return found[0] if filled and all(found) and len({*found}) == 1 else ""


def _spread(heads: list[list[str]]) -> list[list[str]]:
    """Head rows with each group heading over all columns that it stands above."""
    spread: list[list[str]] = []
    for depth, row in enumerate(heads):
        line, group = [], ""
        for at, cell in enumerate(row):
            below = any(each[at] for each in heads[depth + 1 :])
            inside = at > 0 and all(each[at] == each[at - 1] for each in spread)
            group = cell or (group if below and inside else "")
            line.append(group)
        spread.append(line)
    return spread


def _columns(heads: list[list[str]]) -> Iterator[Column]:
    for at in range(len(heads[0]) if heads else 0):
        texts = [*dict.fromkeys(" ".join(row[at].split()) for row in heads if row[at])]
        if not texts:
            continue
        units = [unit for text in texts[1:] if (unit := unit_of(text.strip("()（）")))]
        path = tuple(text for text in texts if not unit_of(text.strip("()（）")) or len(texts) == 1)
        roles = [role for text in path or texts if (role := role_of(text))]
        role = roles[0] if roles and len(path) == 1 else None
        if role is None and roles and len(path) > 1:  # 地区 above 城市, or 数值 below a name
            named = [text for text in path if role_of(text) is None]
            role = None if named else roles[-1]
            path = tuple(named) or path
        yield Column(at, path or tuple(texts), role, units[0] if units else "")


def _read_above(table: Table, rows: Grid) -> None:
    for row in rows:
        for cell in dict.fromkeys(cell for cell in row if cell):
            plain = " ".join(half_width(cell).split())
            if unit := unit_row(plain):
                table.unit = table.unit or unit
            elif (match := _FACT.fullmatch(plain)) and match[1].lower() in _FACTS:
                table.facts.setdefault(_FACTS[match[1].lower()], match[2].strip())
            elif not is_note(plain):
                table.title.append(plain)


def _read_body(
    table: Table, grid: Grid, start: int, width: int, heads: set[tuple[str, ...]]
) -> None:
    labels = [each.index for each in table.columns if each.role]
    below = False
    for number, row in enumerate(grid[start:], start=start + 1):
        filled = [cell for cell in row if cell]
        if not filled or tuple(map(key, [*row, *[""] * width][:width])) in heads:
            continue
        alone = len(dict.fromkeys(filled)) == 1 and not _is_figure(filled[0])
        if is_note(filled[0]) or (below and alone):
            below = True
            table.notes.append(" ".join(filled))
            continue
        if any(row[width:]):
            table.bad.append(
                f"line {number}: {_width(row)} cells under {width} headings; put what holds a "
                'comma between quotes: "1,234"'
            )
        elif alone and not any(row[at] for at in labels if at < len(row)):
            table.notes.append(" ".join(filled))
        else:
            table.rows.append((number, [*row, *[""] * width][:width]))


def _width(row: Sequence[str]) -> int:
    return max((at + 1 for at, cell in enumerate(row) if cell), default=0)


def _is_period(text: str) -> bool:
    return marked_period(text) is not None


def _is_figure(text: str) -> bool:
    try:
        return parse_number(split_marks(text)[0]) is not None
    except ValueError:
        return False
