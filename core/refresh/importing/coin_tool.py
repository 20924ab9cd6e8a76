"""The workbook of the COIN Tool of the European Commission, as lists and a table of figures.

What is known of it is what COINr's `import_coin_tool` reads (https://github.com/bluefoxr/COINr): in
the sheet Database the codes of the indicators (Ind.01 …) stand in a row, above it their names, then
the codes of the groups of up to four levels, the goalposts, the direction and the weight; below it
the units, their names three and their codes two columns before the first figure. Framework
names the groups: code, weight and name in the columns C, E and H, below a row in which a cell says
Dimension/indicator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cityflux.core.refresh.importing.listed import Row
from cityflux.scrapers.handed.sheets import Sheet
from cityflux.scrapers.tables.labels import key

_CODE = re.compile(r"ind\.?\d+", re.I)
#: How many rows above the codes the rest stands.
_NAME, _GROUPS, _DIRECTION, _WEIGHT = 1, (2, 3, 4, 5), 8, 9
_UNIT_NAME, _UNIT_CODE = 3, 2
_HEAD = "dimension/indicator"
_GROUP_CODE, _GROUP_WEIGHT, _GROUP_NAME = 2, 4, 7


def read_coin_tool(sheets: Sequence[Sheet]) -> tuple[list[Row], Sheet] | None:
    """Its indicators and groups as rows, and its figures as a table; None for another workbook."""
    named = {key(sheet.name): sheet for sheet in sheets}
    database, framework = named.get("database"), named.get("framework")
    if database is None or framework is None:
        return None
    grid = database.grid
    for at, row in enumerate(grid):
        columns = [column for column, cell in enumerate(row) if _CODE.fullmatch(cell)]
        if columns and at >= _WEIGHT and columns[0] >= _UNIT_NAME:
            rows = [*_indicators(grid, at, columns, _groups(framework))]
            return rows, Sheet([*_figures(grid, at, columns)], database.name, names_columns=True)
    return None


def _indicators(
    grid: list[list[str]], at: int, columns: Sequence[int], described: Mapping[str, Row]
) -> Iterator[Row]:
    """The indicators, and each group that they name; levels without a choice are left out."""
    levels = [[_cell(grid, at - up, column) for column in columns] for up in _GROUPS]
    used = [level for level in levels[:-1] if len({*level}) > 1] + levels[-1:]
    above: dict[str, str] = {}
    for number, column in enumerate(columns):
        if not any(_cell(grid, below, column) for below in range(at + 1, len(grid))):
            continue  # one of the hundred places that nobody used
        path = [level[number] for level in used]
        above |= dict(zip(path, [*path[1:], ""], strict=True))
        yield {
            "id": _cell(grid, at, column),
            "name": _cell(grid, at - _NAME, column),
            "direction": _cell(grid, at - _DIRECTION, column),
            "weight": _cell(grid, at - _WEIGHT, column),
            "parent": path[0],
            "type": "indicator",
        }
    for code, parent in above.items():
        yield {**described.get(code, {}), "id": code, "parent": parent, "type": "group"}


def _groups(framework: Sheet) -> dict[str, Row]:
    """What the framework says of the groups, by their codes: names and weights."""
    grid, found = framework.grid, {}
    head = next((at for at, row in enumerate(grid) if _HEAD in map(key, row)), len(grid))
    for at in range(head + 1, len(grid)):
        code, name = _cell(grid, at, _GROUP_CODE), _cell(grid, at, _GROUP_NAME)
        if code and name and "--" not in (code, name) and not _CODE.fullmatch(code):
            found[code] = {"name": name, "weight": _cell(grid, at, _GROUP_WEIGHT)}
    return found


def _figures(grid: list[list[str]], at: int, columns: Sequence[int]) -> Iterator[list[str]]:
    first = columns[0]
    yield ["uCode", "uName", *(grid[at][column] for column in columns)]
    for row in range(at + 1, len(grid)):
        code, name = _cell(grid, row, first - _UNIT_CODE), _cell(grid, row, first - _UNIT_NAME)
        if code or name:
            yield [code or name, name, *(_cell(grid, row, column) for column in columns)]


def _cell(grid: list[list[str]], row: int, column: int) -> str:
    return grid[row][column] if 0 <= row < len(grid) and column < len(grid[row]) else ""
