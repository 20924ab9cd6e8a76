"""A number or a table on any web page: what the smallest plugins are made of.

::

    page.number(document, selector="#stores b", unit="家")
    page.table(document, selector=".ports", city="港名", value="1-3月", period="2024", unit="万吨")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl
from bs4 import BeautifulSoup
from bs4.element import Tag

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells
from cityflux.core.model.numerals import DecimalMark, half_width, parse_number
from cityflux.core.model.written_period import period_of
from cityflux.scrapers.files import ROW, tidy
from cityflux.scrapers.foreign import reader
from cityflux.scrapers.tables.html import (
    Cell,
    Table,
    distinct,
    not_found,
    parse,
    read_cell,
    read_table,
)
from cityflux.scrapers.tables.labels import (
    STEP,
    key,
    matching,
    same_unit,
    similar,
    split_marks,
    split_unit,
    unit_row,
)

_MOST_HEADER_ROWS = 4
_PERIOD = "_period"


@reader("an HTML page")
def number(
    document: Document,
    *,
    selector: str,
    unit: str,
    format: str = "{}",  # noqa: A002 - the word that everybody looks for
    decimal: DecimalMark = ".",
) -> float | None:
    """Read the one number in an element of a page.

    Args:
        document: the page.
        selector: a CSS selector that fits exactly one element.
        unit: the unit that must stand behind the number; ``""`` where there is none. A scale in
            front of it counts: ``1.2万家`` is 12000 家.
        format: the text of the element with ``{}`` for the number: ``共有门店 {} 家``.
        decimal: the decimal mark.

    Returns:
        The number in that unit; None where the page shows a dash or another sign for "none".

    Raises:
        Refused: when the page asks for a login instead.
        Unexpected: when nothing or several elements fit the selector, the element is empty, the
            text is not of that format, or the unit is another one.
    """
    soup = parse(document)
    tag = _only(document, soup, selector)
    text = split_marks(_squeeze(read_cell(tag).text))[0]
    before, _, after = _squeeze(format).partition("{}")
    if not text:
        raise not_found(document, soup, f"{selector!r} is empty; a script may fill it in")
    frame = re.fullmatch(f"{re.escape(before)}(.*){re.escape(after)}", text)
    if frame is None:
        raise not_found(document, soup, f"expected {format!r} in {selector!r}, got {text[:60]!r}")
    figure = split_marks(frame[1])[0]
    beside = bool(unit) and after.strip().startswith(half_width(unit))
    try:
        return parse_number(figure if beside else _without_unit(figure, unit), decimal=decimal)
    except ValueError as error:
        raise not_found(document, soup, f"{selector!r}: {error}") from error


@reader("an HTML page")
def table(
    document: Document,
    *,
    selector: str = "table",
    city: str,
    value: str,
    period: str,
    unit: str,
    cities: Mapping[str, str] | None = None,
    decimal: DecimalMark = ".",
) -> pl.DataFrame:
    """Read city, period and value out of one table of a page.

    Merged cells are expanded. A header of several rows is found out: its names are paths such as
    ``2024年 > 吞吐量``, and the last part of a path is enough where it stands once.

    Args:
        document: the page.
        selector: a CSS selector that fits the table or something around it alone.
        city: the heading of the column of cities.
        value: the heading of the column of figures.
        period: the heading of the column of periods, or the period of all figures: ``2024``.
        unit: the unit, as the heading, a line above the table or each cell states it; ``""``
            where the page names none.
        cities: city ids by label; other labels are passed over, a label that the table lacks is
            an error. Labels are taken as ids if left out.
        decimal: the decimal mark.

    Returns:
        A frame with ``city``, ``period`` and ``value``; a missing figure gives no row.

    Raises:
        BadCells: when cells cannot be read or figures stand twice; each has a line.
        Refused: when the page asks for a login instead.
        Unexpected: when the table, a column or a city is not there (says what is similar), the
            unit is another one, or not one figure is left.
    """
    soup = parse(document)
    found = _only_table(document, soup, selector)
    fixed = period_of(period) == period
    wanted = [city, value] if fixed else [city, value, period]
    names, start = _header(document, soup, found, selector, wanted)
    rows = [
        (line, {name: split_marks(row[index].text)[0] for name, index in names.items()})
        for line, row in enumerate(found.rows[start:], start=start + 1)
        if _is_figure_row(row, *list(names.values())[:2])
    ]
    stated = _stated_unit(found, start, names[value])
    if unit and stated and not same_unit(stated, unit):
        raise not_found(document, soup, f"{selector!r}: expected {unit}, got {stated} ({value!r})")
    place = f"{document.address}: {selector}"
    if unit and not stated:
        rows = _without_units(rows, value, unit, place)
    if not rows:
        raise not_found(document, soup, f"{selector!r}: the table is empty")
    frame = pl.DataFrame([{ROW: line, **cells} for line, cells in rows])
    if fixed:  # a column of its own, because a column of figures may be headed 2024, too
        frame = frame.with_columns(pl.lit(period).alias(_PERIOD))
        period = _PERIOD
    return tidy(
        frame,
        city=city,
        value=value,
        period=period,
        cities=cities,
        decimal=decimal,
        name=place,
        stated=stated or unit,
    )


def _only(document: Document, soup: BeautifulSoup, selector: str) -> Tag:
    found = soup.select(selector)
    if len(found) == 1:
        return found[0]
    if found:
        first = ", ".join(repr(_squeeze(tag.get_text())[:20]) for tag in found[:3])
        message = f"expected one element for {selector!r}, got {len(found)}: {first}"
        raise not_found(document, soup, message)
    near = similar(selector, _selectors(soup))
    raise not_found(document, soup, f"nothing fits {selector!r}; the page has {near}")


def _only_table(document: Document, soup: BeautifulSoup, selector: str) -> Table:
    tag = _only(document, soup, selector)
    inside = [tag] if tag.name == "table" else tag.select("table")
    if len(inside) != 1:
        message = f"expected one table in {selector!r}, got {len(inside)}"
        raise not_found(document, soup, message)
    return read_table(inside[0], place=selector, address=document.address)


def _selectors(soup: BeautifulSoup) -> list[str]:
    """Selectors by id and class that would find something in the page."""
    found: dict[str, None] = {}
    for tag in soup.find_all(True):
        if tag.get("id"):
            found[f"{tag.name}#{tag['id']}"] = None
        for name in tag.get_attribute_list("class"):
            if name:
                found[f"{tag.name}.{name}"] = None
        if tag.name == "table":
            found.setdefault("table", None)
    return list(found)


def _header(
    document: Document, soup: BeautifulSoup, table: Table, selector: str, wanted: Sequence[str]
) -> tuple[dict[str, int], int]:
    """The column of each wanted heading, and how many rows the header has."""
    problem = "the table is empty"
    for end in range(1, min(_MOST_HEADER_ROWS, len(table.rows)) + 1):
        paths = [_path(table.rows[:end], index) for index in range(table.width)]
        found = {label: matching(paths, split_unit(label)[0]) for label in wanted}
        columns = {
            label: [index for index, path in enumerate(paths) if path in names]
            for label, names in found.items()
        }
        if all(len(indices) == 1 for indices in columns.values()):
            return {label: indices[0] for label, indices in columns.items()}, end
        bad = next(label for label, indices in columns.items() if len(indices) != 1)
        count = len(columns[bad])
        if count or "columns" not in problem:
            near = ", ".join(map(repr, found[bad])) if count else similar(bad, paths)
            problem = f"{count or 'no'} columns {bad!r}; the table has {near}"
    raise not_found(document, soup, f"{selector!r}: {problem}")


def _path(rows: Sequence[Sequence[Cell]], index: int) -> str:
    """The heading of a column, without its unit; headings below one another become a path."""
    cells = distinct([row[index] for row in rows])
    names = [split_unit(split_marks(cell.text)[0])[0] for cell in cells]
    return STEP.join(name for name in names if name)


def _is_figure_row(row: Sequence[Cell], city: int, value: int) -> bool:
    """Whether a row is about a city: not blank, not merged across, not a heading again."""
    return bool(row[city].text) and row[city] is not row[value] and not row[value].heading


def _stated_unit(table: Table, start: int, index: int) -> str:
    """The unit in the heading of a column, or on a line of the table or above it."""
    for cell in distinct([row[index] for row in reversed(table.rows[:start])]):
        text = split_marks(cell.text)[0]
        if unit := split_unit(text)[1] or unit_row(text):
            return unit
    lines = (unit_row(cell.text) for row in table.rows[:start] for cell in distinct(row))
    return next((unit for unit in lines if unit), table.unit)


def _without_units(
    rows: Sequence[tuple[int, dict[str, str]]], value: str, unit: str, place: str
) -> list[tuple[int, dict[str, str]]]:
    """Rows whose figures stood with their unit in the cell, as bare figures."""
    bad = []
    bare = []
    for line, cells in rows:
        try:
            bare.append((line, {**cells, value: _without_unit(cells[value], unit)}))
        except ValueError as error:
            bad.append(f"row {line}, column {value!r}: {error}")
    if bad:
        raise BadCells(place, bad, address=place)
    return bare


def _without_unit(text: str, unit: str) -> str:
    """A figure without the unit behind it; one without a figure as it is.

    Raises:
        ValueError: when another unit, or none, stands behind the figure.
    """
    plain = re.sub(r"\s+", "", half_width(text))
    if plain.lower().endswith(key(unit)) and unit:
        return plain[: -len(key(unit))]
    try:
        missing = parse_number(text) is None
    except ValueError:
        missing = False
    if unit and not missing:
        raise ValueError(f"expected a figure in {unit}, got {text!r}")
    return text


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", half_width(text)).strip()
