"""Reading a table of origins and destinations: one row a flow, or a matrix of cities.

A table of firms and cities gives flows too: those of the interlocking network model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ImportRefused
from cityflux.core.model.figure import FlowFigure
from cityflux.core.model.numerals import parse_number
from cityflux.core.model.units import convert
from cityflux.core.model.written_period import iso_period
from cityflux.core.refresh.importing.names import Names
from cityflux.core.refresh.importing.reading import opened
from cityflux.scrapers.handed.sheets import Sheet
from cityflux.scrapers.tables.labels import key

_MOST_SHOWN = 200
_KIND = re.compile(r"[a-z][a-z0-9_]*")
_HEADS = {
    "origin": "origin from source origin_id o 起点 出发地 出发城市 来源地 流出地 流出城市",
    "destination": "destination to target destination_id d 终点 目的地 目的城市 到达地 到达城市 "
    "流入地 流入城市",
    "value": "value flow weight volume 数值 值 流量 数量 权重",
    "kind": "kind 流 流的种类 种类",
    "period": "period year date 年份 年 时间 时期 日期",
    "unit": "unit 单位",
    "firm": "firm company 企业 公司 机构",
    "city": "city 城市",
}
_ROLE = {key(word): role for role, words in _HEADS.items() for word in words.split()}


class Asked(NamedTuple):
    """What the file does not say.

    Attributes:
        kind: the kind of flow.
        unit: of the values.
        period: of the flows.
        sheet: the only one that is read.
    """

    kind: str = ""
    unit: str = ""
    period: str = ""
    sheet: str | None = None


class Kinds(NamedTuple):
    """The kinds of flows that are known, with their units."""

    units: Mapping[str, str]

    def named(self, kind: str, unit: str) -> str:
        """The unit in which a kind is stored.

        Raises:
            CityfluxError: nobody knows the kind, and its id is none or no unit is stated.
        """
        if kind in self.units:
            return self.units[kind]
        known = ", ".join(sorted(self.units))
        if not _KIND.fullmatch(kind):
            raise CityfluxError(
                f"kind {kind!r}: write one of {known}, or an id of small letters, digits and _"
            )
        if not unit:
            raise CityfluxError(f"kind {kind!r} is new; say its unit with --unit, or use: {known}")
        return unit


class Flowing(NamedTuple):
    """One flow of a file: its line, kind and unit."""

    line: int
    kind: str
    unit: str
    flow: FlowFigure


@dataclass
class Read:
    """What was read.

    Attributes:
        said: what the file was found to be.
        rows: the flows.
        missing: how many cells say that there is no flow.
    """

    said: list[str]
    rows: list[Flowing] = field(default_factory=list)
    missing: int = 0


class _Cell(NamedTuple):
    """One value of a table, with what is written beside it."""

    line: int
    one: str
    other: str
    value: str
    kind: str = ""
    period: str = ""
    unit: str = ""


def read_flows(document: Document, names: Names, kinds: Kinds, asked: Asked) -> Read:
    """Read flows: from and to in columns, or a matrix with the cities down and across.

    Args:
        document: the file.
        names: what cities are called.
        kinds: what may flow.
        asked: what the file does not say.

    Raises:
        ImportRefused: with a reason for each bad row; then none is good.
    """
    said, sheet = _sheet(document, asked)
    cells, matrix = _cells(document, sheet, "origin", "destination")
    bad = [] if not matrix else [*_not_square(cells, names)]
    found = Read([said, "a matrix, cities down and across" if matrix else "a row for each flow"])
    first: dict[tuple[str, ...], int] = {}
    places = set[tuple[str, ...]]()
    for cell in () if bad else cells:
        try:
            row = _flow(cell, names, kinds, asked)
            if row is None:
                found.missing += 1
                continue
            place = (row.kind, *row.flow[:3])
            earlier = first.setdefault(place, cell.line)
            if place in places:
                raise CityfluxError(f"{' '.join(place)} stands on line {earlier} already; keep one")
            places.add(place)
            found.rows.append(row)
        except (CityfluxError, ValueError) as error:
            bad.append(f"line {cell.line}: {error}")
    return _good(document, found, bad)


def read_firms(
    document: Document,
    names: Names,
    asked: Asked,
    interlock: Callable[[list[tuple[str, str, float]]], list[tuple[str, str, float]]],
) -> Read:
    """Read the service values of firms in cities, and link the cities by them.

    Args:
        document: firm, city and value in columns, or a matrix of firms down and cities across.
        names: what cities are called.
        asked: kind, unit and period of the flows.
        interlock: from firm, city and value to origin, destination and value.

    Raises:
        ImportRefused: with a reason for each bad row; then none is good.
    """
    said, sheet = _sheet(document, asked)
    cells, matrix = _cells(document, sheet, "firm", "city")
    found = Read([said, "a matrix of firms and cities" if matrix else "a row for each office"])
    bad: list[str] = []
    values: dict[tuple[str, str], float] = {}
    period = ""
    try:
        period = _period(asked.period)
    except (CityfluxError, ValueError) as error:
        bad.append(str(error))
    for cell in cells:
        try:
            value = parse_number(cell.value)
            if value is None:
                found.missing += 1
                continue
            office = (cell.one, _city(cell.other, names))
            if value < 0:
                raise CityfluxError(f"the service value {value:g} is below zero")
            if office in values:
                raise CityfluxError(f"{cell.one} in {office[1]} stands twice; keep one")
            values[office] = value
        except (CityfluxError, ValueError) as error:
            bad.append(f"line {cell.line}: {error}")
    if not bad:
        links = interlock([(*office, value) for office, value in values.items()])
        firms = len({firm for firm, _ in values})
        cities = len({city for _, city in values})
        found.said.append(f"{firms} firms in {cities} cities give {len(links)} links")
        found.rows = [
            Flowing(0, asked.kind, asked.unit, FlowFigure(origin, destination, period, value))
            for origin, destination, value in links
        ]
    return _good(document, found, bad)


def _sheet(document: Document, asked: Asked) -> tuple[str, Sheet]:
    said, sheets = opened(document)
    named = [sheet for sheet in sheets if asked.sheet in (None, sheet.name)]
    if not named:
        there = ", ".join(sheet.name for sheet in sheets)
        raise _refused(document, [f"there is no sheet {asked.sheet!r}; there are: {there}"])
    return said, named[0]


def _cells(document: Document, sheet: Sheet, one: str, other: str) -> tuple[list[_Cell], bool]:
    """The values of a sheet, and whether they stand in a matrix.

    The head is the first row with two cells or more that hold something.
    """
    filled = [(at, row) for at, row in enumerate(sheet.grid, 1) if sum(map(bool, row)) > 1]
    if not filled:
        raise _refused(document, ["there is no table: no row has two cells"])
    head = [cell.strip() for cell in filled[0][1]]
    roles = {role: at for at, cell in enumerate(head) if (role := _ROLE.get(key(cell)))}
    body = filled[1:]
    if {one, other} <= roles.keys():
        if "value" not in roles:
            raise _refused(document, [f"no column is the value; the head is {', '.join(head)}"])
        return [_long(line, row, roles, one, other) for line, row in body], False
    across = [(at, name) for at, name in enumerate(head) if at and name]
    return [
        _Cell(line, row[0].strip(), name, row[at].strip() if at < len(row) else "")
        for line, row in body
        for at, name in across
    ], True


def _long(line: int, row: Sequence[str], roles: Mapping[str, int], one: str, other: str) -> _Cell:
    def cell(role: str) -> str:
        at = roles.get(role)
        return row[at].strip() if at is not None and at < len(row) else ""

    beside = (cell(role) for role in ("kind", "period", "unit"))
    return _Cell(line, cell(one), cell(other), cell("value"), *beside)


def _not_square(cells: Sequence[_Cell], names: Names) -> Iterator[str]:
    """Which cities stand on one side of a matrix alone, or twice."""
    sides = {}
    for side, listed in (
        ("down", dict.fromkeys((cell.line, cell.one) for cell in cells)),
        ("across", dict.fromkeys((0, cell.other) for cell in cells)),
    ):
        found: dict[str, str] = {}
        for _, label in listed:
            try:
                city = _city(label, names)
            except CityfluxError as error:
                yield f"the cities {side}: {error}"
                continue
            if city in found:
                yield f"the cities {side}: {label} stands twice; keep one"
            found[city] = label
        sides[side] = found
    for side, other in (("down", "across"), ("across", "down")):
        for city in sides[side].keys() - sides[other].keys():
            yield f"the matrix is not square: {sides[side][city]} stands {side} and not {other}"


def _flow(cell: _Cell, names: Names, kinds: Kinds, asked: Asked) -> Flowing | None:
    """The flow of a cell; None where it says that there is none.

    Raises:
        CityfluxError: what is wrong with it.
        ValueError: the same.
    """
    value = parse_number(cell.value)
    if value is None:
        return None
    origin, destination = _city(cell.one, names), _city(cell.other, names)
    kind = cell.kind or asked.kind
    if not kind:
        raise CityfluxError("no kind of flow is stated; say it with --indicator, such as goods")
    stated = cell.unit or asked.unit
    unit = kinds.named(kind, stated)
    if origin == destination:
        raise CityfluxError(f"{origin} to itself: a flow goes from one city to another")
    if value < 0:
        raise CityfluxError(f"{value:g} from {origin} to {destination} is below zero")
    if stated and stated != unit:
        value = convert(value, stated, unit)
    period = _period(cell.period or asked.period)
    return Flowing(cell.line, kind, unit, FlowFigure(origin, destination, period, value))


def _city(label: str, names: Names) -> str:
    if not label:
        raise CityfluxError("a city is missing")
    city = names.city(label)
    if city is None:
        raise CityfluxError(
            f"no city is called {label!r}{names.near_city(label)}; add it with cityflux add city"
        )
    return city


def _period(text: str) -> str:
    if not text:
        raise CityfluxError("no period is stated; say it with --period, such as 2020")
    return iso_period(text)


def _good(document: Document, found: Read, bad: list[str]) -> Read:
    if not bad and not found.rows:
        bad = ["there is no flow in it"]
    if bad:
        raise _refused(document, bad)
    return found


def _refused(document: Document, reasons: list[str]) -> ImportRefused:
    shown = reasons[:_MOST_SHOWN]
    if len(reasons) > _MOST_SHOWN:
        shown.append(f"and {len(reasons) - _MOST_SHOWN} more")
    return ImportRefused(f"{document.address}: nothing was taken in; {reasons[0]}", shown)
