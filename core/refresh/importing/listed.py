"""The rows of a file that declare indicators and cities: sheets of a workbook, or TOML beside it.

The columns are ours, or those of COINr: iCode, iName, Direction, Weight, Level, Parent, Type and
Unit of its iMeta, uCode and uName of its iData.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.toml import read_checked
from cityflux.scrapers.handed.sheets import Sheet
from cityflux.scrapers.tables.labels import has_chinese, key

#: What the columns may be called.
_WORDS = {
    "id": "id icode ucode indcode unitcode code 代码 编码 指标代码 城市代码 标识",
    "name": "name iname uname indname unitname 名称 指标 指标名称 城市 城市名称",
    "name_zh": "name_zh 中文名 中文名称 chinese",
    "name_en": "name_en 英文名 英文名称 english",
    "unit": "unit 单位 计量单位",
    "direction": "direction 方向 指标方向 属性",
    "weight": "weight 权重 indweight",
    "parent": "parent 上级 父级 上级指标 所属",
    "type": "type 类型",
    "level": "level 层级 级别",
    "publisher": "publisher 发布机构 来源 数据来源 source",
    "licence": "licence license 许可",
    "definition": "definition description 定义 说明",
    "frequency": "frequency 频率",
    "aliases": "aliases alias 别名",
    "note": "note 备注",
    "country": "country 国家",
    "region": "region 区域",
    "admin_code": "admin_code 行政区划代码",
    "latitude": "latitude lat 纬度",
    "longitude": "longitude lon 经度",
}
_FIELDS = {word: field for field, words in _WORDS.items() for word in words.split()}
#: Columns that only a list of indicators has, and all that one of cities has.
_OF_INDICATORS = {"direction", "weight", "parent", "type", "level", "unit"}
_OF_CITIES = {"id", "name", "name_zh", "name_en", "country", "region", "admin_code", "note"}
_OF_CITIES |= {"latitude", "longitude"}
_SHEETS = {
    "indicators": {"indicators", "indicator", "imeta", "indmeta", "指标", "指标表", "指标体系"},
    "cities": {"cities", "city", "umeta", "units", "城市", "城市表"},
}
#: Columns of one level each, from above to below, the last one that of the indicators.
_LEVELS = ("目标层", "准则层", "一级指标", "二级指标", "三级指标", "指标层")
_MOST_ABOVE = 10

Row = dict[str, str]


class Listed(NamedTuple):
    """The rows that declare indicators and cities."""

    indicators: list[Row]
    cities: list[Row]


def listed_in(sheets: Sequence[Sheet]) -> tuple[Listed, list[Sheet]]:
    """What the sheets of a file list, and the sheets that hold something else."""
    found = Listed([], [])
    others = []
    for sheet in sheets:
        what, rows = _list_of(sheet)
        if what:
            getattr(found, what).extend(rows)
        else:
            others.append(sheet)
    if found.indicators and not found.cities:
        found.cities.extend(row for sheet in others for row in units_of(sheet))
    return found, others


def listed_beside(path: Path) -> Listed:
    """What a metadata file beside the data lists: ``[[indicators]]``, ``[[cities]]``, ``[index]``.

    Raises:
        CityfluxError: it is no TOML, or says something else.
    """
    tables: dict[str, list[Row]] = {"indicators": [], "cities": [], "index": []}
    for name, said in read_checked(path, CityfluxError).items():
        rows = [said] if name == "index" else said
        if name not in tables or not isinstance(rows, list):
            raise _meaningless(path, name, "[index], [[indicators]], [[cities]]")
        for row in rows:
            if not isinstance(row, dict):
                raise _meaningless(path, name, f"[[{name}]]")
            if unknown := sorted(row.keys() - _WORDS.keys()):
                raise _meaningless(path, unknown[0], ", ".join(_WORDS))
            tables[name].append({each: _text(value) for each, value in row.items()})
    for top in tables["index"]:
        top.setdefault("id", "index")
        for each in tables["indicators"]:
            each.setdefault("parent", top["id"])
        tables["indicators"].append({**top, "type": "group"})
    return Listed(tables["indicators"], tables["cities"])


def units_of(sheet: Sheet) -> list[Row]:
    """The units of a sheet with both uCode and uName, as COINr has it."""
    for at, cells in enumerate(sheet.grid[:_MOST_ABOVE]):
        heads = [key(cell) for cell in cells]
        if "ucode" in heads and "uname" in heads:
            code, name = heads.index("ucode"), heads.index("uname")
            wide = [row for row in sheet.grid[at + 1 :] if len(row) > max(code, name)]
            pairs = {row[code]: row[name] for row in wide if row[code]}
            return [{"id": one, "name": other or one} for one, other in pairs.items()]
    return []


def both(row: Row) -> tuple[str, str]:
    """The names of a row, zh and en; the one stands for the other where only one is given."""
    name = row.get("name", "") or row.get("id", "")
    name_zh = row.get("name_zh", "") or (name if has_chinese(name) else "")
    name_en = row.get("name_en", "") or ("" if has_chinese(name) else name)
    return name_zh or name_en, name_en or name_zh


def label(row: Row) -> str:
    """How a row is named in messages."""
    return (row.get("id") or both(row)[0])[:60]


def _list_of(sheet: Sheet) -> tuple[str, list[Row]]:
    """What a sheet lists and its rows; nothing for a sheet of figures."""
    title = key(sheet.name)
    for at, cells in enumerate(sheet.grid[:_MOST_ABOVE]):
        heads = [key(cell) for cell in cells]
        fields = [_FIELDS.get(head, "") for head in heads]
        if levels := [column for column, head in enumerate(heads) if head in _LEVELS]:
            fields = _in_levels(fields, levels)
        there, filled = {*fields} - {""}, [head for head in heads if head]
        if not {"id", "name", "name_zh"} & there or len(filled) < 2:
            continue
        known = len(filled) == sum(map(bool, fields))
        of_indicators = len(there & _OF_INDICATORS)
        if len(levels) > 1 and known and "parent" in there:
            return "indicators", [*_rows(sheet, at, fields), *_above(sheet, at, levels)]
        if "icode" in heads or (of_indicators and title in _SHEETS["indicators"]):
            return "indicators", _rows(sheet, at, fields)
        if known and of_indicators > 1 and {"direction", "weight", "parent"} & there:
            return "indicators", _rows(sheet, at, fields)
        if known and title in _SHEETS["cities"] and there <= _OF_CITIES:
            return "cities", _rows(sheet, at, fields)
        break
    return "", []


def _in_levels(fields: Sequence[str], levels: Sequence[int]) -> list[str]:
    """What the columns are where some are levels: the last names the indicator, unless one does."""
    found = [*fields]
    below = [*levels]
    if "name" not in fields or fields.index("name") in levels:
        found[below.pop()] = "name"
    for column in below:
        found[column] = "level"
    if below:
        found[below[-1]] = "parent"
    return found


def _above(sheet: Sheet, head: int, levels: Sequence[int]) -> list[Row]:
    """The groups of all levels but the last, each with the one that it stands under."""
    groups: dict[str, str] = {}
    for cells in sheet.grid[head + 1 :]:
        path = [cells[column] for column in levels[:-1] if column < len(cells) and cells[column]]
        groups |= dict(zip(path, ["", *path], strict=False))
    return [{"id": name, "parent": parent, "type": "group"} for name, parent in groups.items()]


def _rows(sheet: Sheet, head: int, fields: Sequence[str]) -> list[Row]:
    found = []
    for cells in sheet.grid[head + 1 :]:
        row = {
            name: cell
            for name, cell in zip(fields, cells, strict=False)
            if name and cell and cell.lower() not in ("na", "n/a")
        }
        if row.keys() & {"id", "name", "name_zh"}:
            found.append(row)
    return found


def _text(value: object) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _meaningless(path: Path, name: str, known: str) -> CityfluxError:
    return CityfluxError(f"{path}: {name} means nothing here; there are {known}")
