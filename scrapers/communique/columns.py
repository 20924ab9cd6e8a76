"""What the columns of a table mean: names, units, this year's values, growth rates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cityflux.scrapers.communique.numbers import LONGEST, Quantity, normalise, quantities
from cityflux.scrapers.communique.tables import Table

_UNIT_HEAD = re.compile(r"^(?:计量)?单位")
_GROWTH_HEAD = re.compile(r"增长|增速|增减|±|同比|比上年|升降")
_LAST_YEAR_HEAD = re.compile(r"上年(?!.*增)|去年")
_SHARE_HEAD = re.compile(r"比重|占|构成|位次|拉动|贡献")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?%?")
_IN_PARENTHESES = re.compile(r"\(([^()]*)\)")
_LABEL_MARKS = re.compile(
    r"^(?:#+|\*+|其中:?|[一二三四五六七八九十]+、|\d+[.、]|\([一二三四五六七八九十\d]+\)|—+|-+)+"
)
_GROWTH_ROW = re.compile(r"(?:其?比上年|同比|较上年)?(?:增长|增速|增幅|增减)(?:率|速度|幅度)?")
_GROWTH_CELL = re.compile(r"(?:增长|上升|增加|(?P<fall>下降|减少))(?=\d)")
_UNCHANGED = re.compile(r"(?:与上年|同比)?持平")
_A_YEAR = re.compile(r"(?:19|20)\d\d")
_NOTE = re.compile(r"单位:?([^、，\s)]+)")
_TOTALS = ("合计", "总计", "全市", "总量", "总额")


Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        name: what it is about.
        level: this year's value, or None.
        growth: the growth rate over the year before, or None.
        text: the line as shown to people.
    """

    name: str
    level: Quantity | None
    growth: Quantity | None
    text: str


@dataclass(frozen=True, slots=True)
class _Measure:
    """A column of values: its place, its unit, and the column of its growth.

    What its head says is the name of the row of totals, and a part of every name (``name``) where
    several columns hold values.
    """

    column: int | None
    head: str
    name: str
    unit: str
    growth: int | None


def caption(table: Table) -> str:
    """Caption and header of a table as one normalised phrase, to tell what the rows are about."""
    table = _without_title(table)
    first = " ".join(table.rows[0]) if table.rows else ""
    return normalise(f"{table.caption} {first}")


def _without_title(table: Table) -> Table:
    """A table whose first rows hold one cell over all columns: they are its caption."""
    rows, above = table.rows, table.caption
    while len(rows) > 1 and len(rows[0]) > 1 and len(set(rows[0])) == 1 and rows[0][0]:
        above, rows = f"{above} {rows[0][0]}", rows[1:]
    return Table(rows, above)


def read_rows(table: Table, year: int | None) -> Iterator[Row]:
    """Read a table line by line.

    Years in the first column are turned into heads; two tables side by side are read one after
    the other; a line of growth rates belongs to the line above it.

    Args:
        table: the table.
        year: the year of the communiqué, to choose among columns of several years.
    """
    table = _without_title(table)
    is_even = len(set(map(len, table.rows))) == 1 and all(table.rows)
    parts = _side_by_side(_years_as_heads(table.rows)) if is_even else [table.rows]
    for rows in parts:
        yield from _read_rows(rows, normalise(table.caption), year)


def _read_rows(rows: Rows, caption: str, year: int | None) -> Iterator[Row]:
    cells = [[normalise(cell) for cell in row] for row in rows]
    depth = _header_depth(cells)
    if not 0 < depth < len(cells):
        return
    heads = _heads(cells[:depth])
    unit_column = next((x for x, head in enumerate(heads) if x and _UNIT_HEAD.match(head)), None)
    measures = _measures(heads, unit_column, year)
    note = _NOTE.search(" ".join([caption, *heads]))
    fallback = note.group(1) if note else ""
    above = ""
    for row, printed in zip(cells[depth:], rows[depth:], strict=True):
        name, unit = _label(row[0])
        if unit_column is not None and unit_column < len(row):
            unit = row[unit_column].strip("()") or unit
        text = " | ".join(cell for cell in printed if cell)
        for measure in measures:
            if above and _GROWTH_ROW.fullmatch(name):
                yield Row(above + measure.name, None, _cell(row, measure.column, "%"), text)
                continue
            own = unit or measure.unit or fallback
            whole = measure.head if name in _TOTALS and measure.head else name + measure.name
            level = _cell(row, measure.column, own)
            growth = _cell(row, measure.growth, "%")
            yield Row(whole, level, growth, text)
        above = "" if _GROWTH_ROW.fullmatch(name) else name
        if unit and not note:
            fallback = unit  # 客运量(万人) gives its unit to the 铁路 below it


def _years_as_heads(rows: Rows) -> Rows:
    """The table turned over where its lines are years."""
    years = sum(bool(_A_YEAR.fullmatch(normalise(row[0]).removesuffix("年"))) for row in rows)
    return tuple(zip(*rows, strict=True)) if years > 1 and years == len(rows) - 1 else rows


def _side_by_side(rows: Rows) -> list[Rows]:
    """The halves of a table whose first head comes again, or the table alone."""
    first, *others = map(normalise, rows[0])
    half = len(rows[0]) // 2
    if not first or others.count(first) != 1 or len(others) < 3 or others[half - 1] != first:
        return [rows]
    return [tuple(row[:half] for row in rows), tuple(row[half:] for row in rows)]


def _header_depth(cells: list[list[str]]) -> int:
    """How many rows stand above the first one with numbers."""
    for index, row in enumerate(cells):
        if any(_NUMBER.fullmatch(cell) and not _A_YEAR.fullmatch(cell) for cell in row[1:]):
            return index
        if index and _is_group(row):
            return index
    return len(cells)


def _is_group(row: list[str]) -> bool:
    """Whether a row only heads those below it: 公路, alone or over all columns."""
    return bool(row[0]) and len(row) > 1 and all(cell in ("", row[0]) for cell in row[1:])


def _heads(header: list[list[str]]) -> list[str]:
    """The head of each column; heads over several rows are joined."""
    width = max(map(len, header))
    stacked = ([row[x] for row in header if x < len(row)] for x in range(width))
    return ["".join(dict.fromkeys(parts)) for parts in stacked]


def _measures(heads: list[str], unit: int | None, year: int | None) -> list[_Measure]:
    """Which columns hold this year's values, and which their growth rates."""
    growth = [x for x, head in enumerate(heads) if x and _is_growth(head)]
    plain = [x for x, head in enumerate(heads) if x and x != unit and head and x not in growth]
    plain = [x for x in plain if not _SHARE_HEAD.search(heads[x])]
    this_year = [x for x in plain if heads[x].removesuffix("年") == str(year)]
    this_year = this_year or [x for x in plain if f"{year}年" in heads[x]]
    dated = [x for x in plain if _A_YEAR.search(heads[x]) or _LAST_YEAR_HEAD.search(heads[x])]
    if this_year:
        plain = this_year[:1]
    elif dated:
        plain = [x for x in plain if x not in dated]
    if not plain:
        return [_Measure(None, "", "", "", growth[0])] if len(growth) == 1 else []
    if len(plain) == 1:
        name, own = _label(heads[plain[0]])
        return [_Measure(plain[0], name, "", own, growth[0] if growth else None)]
    after = {x: next((g for g in growth if g > x), None) for x in plain}
    labels = {x: _label(heads[x]) for x in plain}
    return [_Measure(x, name, name, own, after[x]) for x, (name, own) in labels.items()]


def _is_growth(head: str) -> bool:
    return bool(_GROWTH_HEAD.search(head)) and "绝对" not in head


def _label(text: str) -> tuple[str, str]:
    """Name and unit of a cell such as ``货物运输量(万吨)``."""
    units = [inside for inside in _IN_PARENTHESES.findall(text) if _is_unit(inside)]
    return _LABEL_MARKS.sub("", _IN_PARENTHESES.sub("", text)), units[-1] if units else ""


def _is_unit(text: str) -> bool:
    found = quantities(f"1{text}")
    return bool(found) and bool(found[0].unit) and found[0].end == len(text) + 1


def _cell(row: list[str], column: int | None, unit: str) -> Quantity | None:
    if column is None or column >= len(row):
        return None
    text = row[column].removesuffix("%")
    said = _GROWTH_CELL.match(text) if unit == "%" else None
    if said:
        text = ("-" if said["fall"] else "") + text[said.end() :]
    if unit == "%" and _UNCHANGED.fullmatch(text):
        return Quantity(0.0, "%")
    if unit == "%" and text.endswith("倍"):
        text, unit = text.removesuffix("倍"), "倍"
    if len(text) > LONGEST or not _NUMBER.fullmatch(text):
        return None
    return Quantity(float(text) + 0.0, unit, len(text.partition(".")[2]))
