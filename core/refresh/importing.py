"""Taking in figures from a CSV file: all of them or none."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ImportRefused
from cityflux.core.model.figure import Figure
from cityflux.core.model.nouns import Source
from cityflux.core.model.numerals import parse_number
from cityflux.core.model.period import Period
from cityflux.core.model.secrecy import redact
from cityflux.core.model.units import convert
from cityflux.core.plugin.contract import STATUSES
from cityflux.core.refresh.catalog import source_row
from cityflux.scrapers.tables.delimited import DELIMITERS, read_delimited
from cityflux.storage import catalog, fetches
from cityflux.storage.database import now, write
from cityflux.storage.observations import store_figures

if TYPE_CHECKING:
    import polars as pl

REQUIRED = ("indicator", "city", "period", "value")
OPTIONAL = ("unit", "source", "status", "note")

_MOST_HINTS = 100  # a near name takes milliseconds to be found
_LONGEST = 60


@dataclass(frozen=True)
class Row:
    """One good row of the file, its value in the indicator's unit."""

    indicator_id: str
    source_id: str
    figure: Figure


@dataclass(frozen=True)
class Catalogue:
    """What a row may name."""

    units: Mapping[str, str]
    cities: Mapping[str, str]
    sources: frozenset[str]


def read_catalogue(connection: sqlite3.Connection) -> Catalogue:
    """The indicators with their units, the cities by id and by name, and the sources."""
    return Catalogue(
        catalog.units(connection),
        catalog.cities_by_name(connection),
        frozenset(catalog.known_ids(connection, "sources")),
    )


def read_rows(document: Document, known: Catalogue, source_id: str) -> list[Row]:
    """Read and check every row of a file.

    Args:
        document: a CSV with indicator, city, period, value and perhaps unit, source, status, note.
        known: what a row may name.
        source_id: the source of rows that name none.

    Raises:
        ImportRefused: with a reason for each bad row; then no row is good.
    """
    lines = _lines(document)
    header = [name.strip() for name in lines[0]] if lines else []
    if problem := _bad_header(header):
        raise _refused(document, problem)
    rows: list[Row] = []
    reasons: list[str] = []
    first: dict[tuple[str, ...], int] = {}
    for line, cells in enumerate(lines[1:], start=2):
        if not any(map(str.strip, cells)):
            continue
        try:
            if any(map(str.strip, cells[len(header) :])):
                raise CityfluxError(
                    f"{len(cells)} cells under {len(header)} headings; put what holds a comma "
                    'between quotes: "1,234"'
                )
            texts = dict(zip_longest(header, map(str.strip, cells[: len(header)]), fillvalue=""))
            row = _row(texts, known, source_id, hints=len(reasons) < _MOST_HINTS)
            cell = (row.indicator_id, row.figure.city_id, row.figure.period, row.source_id)
            if cell in first:
                raise CityfluxError(
                    f"{' '.join(cell[:3])} stands in line {first[cell]} already; keep one of them"
                )
            first[cell] = line
            rows.append(row)
        except CityfluxError as error:
            reasons.append(f"line {line}: {error}")
    if not rows and not reasons:
        reasons.append("the file has no rows")
    if reasons:
        raise ImportRefused(
            f"{document.address}: {len(reasons)} bad rows, nothing was taken in; {reasons[0]}",
            reasons,
        )
    return rows


def frame_rows(
    frame: pl.DataFrame, known: Catalogue, indicator_id: str, source_id: str
) -> tuple[list[Row], int]:
    """Turn the frame of a format into rows of one indicator.

    Args:
        frame: city, period, value, unit and note; a null value is a missing figure.
        known: which cities there are; rows about other places are left out.
        indicator_id: what the figures are.
        source_id: the source of the rows.

    Returns:
        The rows, and how many were left out.

    Raises:
        CityfluxError: a unit or a period is wrong, a cell has two values, or not one row is about
            a known city.
    """
    unit = known.units[_known(indicator_id, known.units, "indicator", "cityflux indicators")]
    rows, others = [], 0
    first: dict[tuple[str, str], float] = {}
    columns = ("city", "period", "value", "unit", "note")
    for city, period, value, its_unit, note in frame.select(columns).iter_rows():
        if city not in known.cities:
            others += 1
        elif value is not None:
            its_value = convert(value, its_unit, unit) if its_unit else float(value)
            figure = Figure(
                known.cities[city], Period.parse(period).text, its_value, "ok", redact(note or "")
            )
            cell = figure[:2]
            if first.setdefault(cell, its_value) != its_value:
                raise CityfluxError(
                    f"{' '.join(cell)} has two values, {first[cell]:g} and {its_value:g}; keep one "
                    "of them"
                )
            rows.append(Row(indicator_id, source_id, figure))
    if not rows:
        raise CityfluxError(f"no figure of a known city; {others} rows are about other places")
    return rows, others


def import_rows(
    connection: sqlite3.Connection, rows: list[Row], document: Document, source: Source
) -> int:
    """Store rows in one transaction, with the file as their snapshot.

    Returns:
        How many figures are new or different.
    """
    answer = fetches.Answer(document.address, document.sha256, lambda: document.body)
    changed = 0
    by_series = sorted(rows, key=lambda row: (row.indicator_id, row.source_id))
    with write(connection):
        if any(each.source_id == source.id for each in rows):
            catalog.save_sources(connection, [source_row(source)])
        for (indicator_id, source_id), group in groupby(
            by_series, key=lambda row: (row.indicator_id, row.source_id)
        ):
            found = [row.figure for row in group]
            fetch = fetches.begin_fetch(
                connection, indicator_id, source_id, document.address, now()
            )
            catalog.save_indicator_sources(connection, [(indicator_id, source_id)])
            news = store_figures(connection, indicator_id, source_id, found, fetch)
            fetches.end_fetch(connection, fetch, "stored", [answer], len(found), news)
            changed += news
    return changed


def _lines(document: Document) -> list[list[str]]:
    """The cells of the file, row by row, whatever parts them."""
    if document.body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _refused(document, "it is an Excel workbook; save the sheet as CSV (UTF-8)")
    text = document.text.removeprefix("\ufeff")
    head = text.lstrip("\r\n").partition("\n")[0]
    try:
        return read_delimited(text, max(DELIMITERS, key=head.count))
    except ValueError as error:
        raise _refused(document, f"cannot be read as CSV: {error}") from None


def _refused(document: Document, problem: str) -> ImportRefused:
    return ImportRefused(f"{document.address}: {problem}", [problem])


def _bad_header(found: Sequence[str]) -> str:
    if missing := [name for name in REQUIRED if name not in found]:
        return f"the first line lacks the column {missing[0]}; it needs {', '.join(REQUIRED)}"
    if unknown := [name for name in found if name not in (*REQUIRED, *OPTIONAL)]:
        return f"column {unknown[0]!r} means nothing here; there are {', '.join(OPTIONAL)} besides"
    return ""


def _row(cells: Mapping[str, str], known: Catalogue, source_id: str, *, hints: bool) -> Row:
    indicator = _known(cells["indicator"], known.units, "indicator", "cityflux indicators", hints)
    city = _known(
        cells["city"], known.cities, "city", "sqlite-utils rows cityflux.db cities", hints
    )
    source = cells.get("source") or source_id
    if source != source_id:
        _known(source, dict.fromkeys(known.sources), "source", "cityflux sources", hints)
    status = cells.get("status") or "ok"
    if status not in STATUSES:
        raise CityfluxError(f"status {status!r} is none of {', '.join(STATUSES)}")
    period = Period.parse(cells["period"]).text
    value = _number(cells["value"])
    if unit := cells.get("unit"):
        value = convert(value, unit, known.units[indicator])
    figure = Figure(known.cities[city], period, value, status, cells.get("note", ""))
    return Row(indicator, source, figure)


def _known(
    name: str, names: Mapping[str, object], kind: str, listing: str, hints: bool = True
) -> str:
    if name in names:
        return name
    close = difflib.get_close_matches(name[:_LONGEST], names, n=1) if hints else []
    hint = f"did you mean {close[0]}?" if close else f"list them with: {listing}"
    raise CityfluxError(f"{kind} {name[:_LONGEST]!r} is unknown; {hint}")


def _number(text: str) -> float:
    try:
        value = parse_number(text)
    except ValueError as error:
        raise CityfluxError(f"value {error}; leave the row out if missing") from None
    if value is None:
        raise CityfluxError(f"value {text!r} is not a number; leave the row out if missing")
    return value
