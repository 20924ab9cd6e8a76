"""What the columns of a table mean: names, units, this year's values, growth rates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scrapers.communique.numbers import Quantity, normalise, quantities, split_unit
from scrapers.communique.tables import Table

_UNIT_HEAD = re.compile(r"^(?:计量)?单位")
_NAME_HEAD = re.compile(r"^(?:指标|项目|类别|名称|分类|.*方式)")
_GROWTH_HEAD = re.compile(r"增长|增速|增减|±|同比|比上年|升降")
_LEVEL_HEAD = re.compile(r"绝对|总量|总计|合计|数量|金额|数值|实绩|完成|全年|本年|累计|绝对值|投资额|运输量|万|亿")
_LAST_YEAR_HEAD = re.compile(r"上年(?!.*增)|去年")
_SHARE_HEAD = re.compile(r"比重|占|构成|位次|拉动|贡献")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?%?")
_IN_PARENTHESES = re.compile(r"\(([^()]*)\)")
_LABEL_MARKS = re.compile(r"^(?:#+|\*+|其中:?|[一二三四五六七八九十]+、|\d+[.、]|\([一二三四五六七八九十\d]+\)|—+|-+)+")
_TOTALS = ("合计", "总计", "全市", "总量", "总额")


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
class _Columns:
    unit: int | None
    levels: tuple[tuple[int, str, int | None], ...]  # column, name of the measure, growth column
    growth_only: int | None


def caption(table: Table) -> str:
    """Caption and header of a table as one normalised phrase, to tell what the rows are about."""
    first = " ".join(table.rows[0]) if table.rows else ""
    return normalise(f"{table.caption} {first}")


def read_rows(table: Table, year: int | None) -> Iterator[Row]:
    """Read a table line by line.

    Args:
        table: the table.
        year: the year of the communiqué, to choose among columns of several years.
    """
    cells = [[normalise(cell) for cell in row] for row in table.rows]
    depth = _header_depth(cells)
    columns = _columns(cells[:depth], year) if 0 < depth < len(cells) else None
    if columns is None:
        return
    note = re.search(r"单位:?([^、，\s)]+)", normalise(table.caption) + " ".join(map("".join, cells[:depth])))
    carried = ""
    for row, printed in zip(cells[depth:], table.rows[depth:], strict=True):
        text = " | ".join(cell for cell in printed if cell)
        name, own_unit = _label(row[0])
        carried = own_unit or carried
        if columns.unit is not None and columns.unit < len(row):
            own_unit = row[columns.unit].strip("()") or own_unit
        for column, measure, growth_column in columns.levels:
            measured, unit = _label(measure)
            unit = own_unit or unit or (note.group(1) if note else carried)
            rate = _cell(row, growth_column, "%")
            value = _cell(row, column, unit)
            whole = measured if name in _TOTALS else name + measured
            yield Row(whole or name, value, rate, text)
        if columns.growth_only is not None:
            yield Row(name, None, _cell(row, columns.growth_only, "%"), text)


def _header_depth(cells: list[list[str]]) -> int:
    """How many rows stand above the first one with numbers."""
    for index, row in enumerate(cells):
        if any(_NUMBER.fullmatch(cell) and not re.fullmatch(r"(?:19|20)\d\d", cell) for cell in row[1:]):
            return index
    return len(cells)


def _columns(header: list[list[str]], year: int | None) -> _Columns | None:
    width = max(map(len, header))
    heads = []
    for x in range(width):
        parts = dict.fromkeys(row[x] for row in header if x < len(row))
        heads.append("".join(parts))
    unit = next((x for x, head in enumerate(heads) if _UNIT_HEAD.match(head) and x > 0), None)
    growth = [x for x, head in enumerate(heads) if x > 0 and _is_growth(head)]
    plain = [x for x in range(1, width) if x != unit and x not in growth and heads[x]]
    plain = [x for x in plain if not _SHARE_HEAD.search(heads[x])]
    this_year = [x for x in plain if year and f"{year}年" in heads[x]] or [
        x for x in plain if year and heads[x] == str(year)
    ]
    dated = [x for x in plain if re.search(r"(?:19|20)\d\d", heads[x]) or _LAST_YEAR_HEAD.search(heads[x])]
    if this_year:
        plain = this_year[:1]
    elif dated:
        plain = [x for x in plain if x not in dated]
    if not plain:
        return _Columns(unit, (), growth[0]) if len(growth) == 1 else None
    if len(plain) == 1:
        head = heads[plain[0]]
        measure = "(" + (_label(head)[1] or "") + ")"
        return _Columns(unit, ((plain[0], measure, growth[0] if growth else None),), None)
    following = {x: next((g for g in growth if g > x), None) for x in plain}
    return _Columns(unit, tuple((x, heads[x], following[x]) for x in plain), None)


def _is_growth(head: str) -> bool:
    return bool(_GROWTH_HEAD.search(head)) and not re.search(r"绝对", head)


def _label(text: str) -> tuple[str, str]:
    """Name and unit of a cell such as ``货物运输量(万吨)``."""
    units = [u for u in _IN_PARENTHESES.findall(text) if split_unit(u)[0] != 1 or quantities(f"1{u}") and quantities(f"1{u}")[0].unit]
    name = _IN_PARENTHESES.sub("", text)
    return _LABEL_MARKS.sub("", name), units[-1] if units else ""


def _cell(row: list[str], column: int | None, unit: str) -> Quantity | None:
    if column is None or column >= len(row):
        return None
    text = row[column].rstrip("%")
    if text.endswith("持平") and unit == "%":
        return Quantity(0.0, "%")
    if unit == "%" and text.endswith("倍") and _NUMBER.fullmatch(text[:-1]):
        return Quantity(float(text[:-1]), "倍")
    return Quantity(float(text), unit) if _NUMBER.fullmatch(text) else None
