"""From the tables of a file to its figures, each with its place in the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ImportRefused, SourceError
from cityflux.core.model.figure import Figure
from cityflux.core.model.numerals import parse_number
from cityflux.core.model.secrecy import redact
from cityflux.core.plugin.contract import STATUSES
from cityflux.core.refresh.importing.columns import Figures, figure_columns
from cityflux.core.refresh.importing.names import PROVINCES, Names
from cityflux.core.refresh.importing.periods import Dates
from cityflux.core.refresh.importing.series import Choice, Series, known_source
from cityflux.core.refresh.importing.units import in_unit
from cityflux.scrapers.handed.sheets import Sheet, open_file
from cityflux.scrapers.handed.table import Column, Table, take_apart
from cityflux.scrapers.handed.words import Role
from cityflux.scrapers.tables.labels import key, split_languages, split_marks

#: A file with these columns is written for cityflux: what it names must be there.
STANDARD = ("indicator", "city", "period", "value")
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One good figure of the file, its value in the indicator's unit."""

    indicator_id: str
    source_id: str
    figure: Figure
    line: int = 0


@dataclass(slots=True)
class Reading:
    """What a file was understood as.

    Attributes:
        said: what was found, in a line or two.
        rows: its figures.
        missing: how many cells say that there is no figure.
        places: rows about other places, by their names.
        series: figures of other series, by their names, with what is like them.
        hidden: how many rows the workbook hides.
    """

    said: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    missing: int = 0
    places: Counter[str] = field(default_factory=Counter)
    series: Counter[str] = field(default_factory=Counter)
    hidden: int = 0


@dataclass(slots=True)
class _Line:
    """What the columns of labels say of a row."""

    number: int
    cells: list[str]
    labels: dict[Role, str]


def read_figures(document: Document, names: Names, source_id: str, choice: Choice) -> Reading:
    """Read and check all figures of a file, whatever its layout.

    Args:
        document: the file.
        names: what it may name.
        source_id: the source of rows that name none.
        choice: what the file does not say.

    Raises:
        ImportRefused: with a reason for each bad row; then no row is good.
    """
    said, sheets = opened(document)
    return read_sheets(document, said, sheets, names, source_id, choice)


def opened(document: Document) -> tuple[str, list[Sheet]]:
    """What a file is, in words, and its sheets that hold something.

    Raises:
        ImportRefused: it cannot be read.
    """
    try:
        return open_file(document)
    except SourceError as error:
        raise _refused(document, [str(error).removeprefix(f"{document.address}: ")]) from None


def read_sheets(
    document: Document,
    said: str,
    sheets: Sequence[Sheet],
    names: Names,
    source_id: str,
    choice: Choice,
) -> Reading:
    """As `read_figures`, of a file that was opened and of which some sheets hold no figures.

    Args:
        document: the file, for messages.
        said: what it is.
        sheets: those that may hold figures.
        names: what it may name.
        source_id: the source of rows that name none.
        choice: what the file does not say.

    Raises:
        ImportRefused: with a reason for each bad row; then no row is good.
    """
    if choice.sheet is not None:
        there = ", ".join(each.name for each in sheets if each.name) or "no sheets"
        sheets = [each for each in sheets if each.name == choice.sheet]
        if not sheets:
            raise _refused(document, [f"no sheet {choice.sheet!r} of figures; it has {there}"])
    reading = Reading([said])
    bad: list[str] = []
    tables = [(sheet, table) for sheet in sheets if (table := take_apart(sheet))]
    if not tables:
        raise _refused(
            document,
            [
                "no table was found: a head that names the columns, such as "
                f"{', '.join(STANDARD)} or 城市 and years, and rows below it; the first rows are "
                + "; ".join(
                    " | ".join(filter(None, row))[:60] for each in sheets for row in each.grid[:2]
                )
            ],
        )
    for sheet, table in tables:
        place = f"sheet {sheet.name}, " if len(sheets) > 1 and sheet.name else ""
        try:
            reader = _Reader(table, names, source_id, choice, reading)
            bad += [f"{place}{reason}" for reason in [*table.bad, *reader.read()]]
        except CityfluxError as error:
            bad += [f"{place}{reason}" for reason in [*table.bad, str(error)]]
        reading.hidden += len(sheet.hidden)
    bad += [*_twice(reading.rows)]
    if not reading.rows and not bad:
        bad.append(_nothing(reading))
    if bad:
        raise _refused(document, bad)
    return reading


class _Reader:
    """Reads one table."""

    def __init__(
        self, table: Table, names: Names, source_id: str, choice: Choice, reading: Reading
    ) -> None:
        self._table, self._names, self._choice = table, names, choice
        self._source_id, self._reading = source_id, reading
        headings = {key(column.name) for column in table.columns}
        self._strict = headings >= set(STANDARD)
        self._labels = _labels(table)
        self._figures = [*figure_columns(table.columns, names)]
        if any(each.column.role == "value" for each in self._figures):
            self._leave_out_extras()
        self._city = self._of_all("city")
        self._lines = [*self._read_lines()]
        named = {key(line.labels.get("city", "")) for line in self._lines}
        self._provincial = len(named & PROVINCES) > 1
        self._series = Series(table, names, choice, self._strict, self._all_series())
        self._dates = Dates(table, choice, [line.labels.get("period", "") for line in self._lines])

    def read(self) -> Iterator[str]:
        """Take the figures; gives a reason for each bad cell."""
        refuse_twice(self._figures)
        self._say()
        found = len(self._reading.rows)
        for line in self._lines:
            for figures in self._figures:
                try:
                    self._take(line, figures)
                except (CityfluxError, ValueError) as error:
                    where = f", column {figures.column.name!r}" if len(self._figures) > 1 else ""
                    yield f"line {line.number}{where}: {error}"
        if self._series.by_id and len(self._reading.rows) > found:
            self._reading.said.append("no unit is stated: that of each indicator holds")

    def _take(self, line: _Line, figures: Figures) -> None:
        """Take the figure of one cell, or count why it is none."""
        text = line.cells[figures.column.index]
        series = line.labels.get("indicator", "") or figures.series
        if figures.leave:
            self._reading.series[f"{figures.column.name} ({figures.leave})"] += bool(text)
            return
        indicator = self._series.of(series, bool(text))
        if indicator is None:
            near = self._names.near_indicator(series)
            self._reading.series[f"{series or figures.column.name}{near}"] += bool(text)
            return
        city = self._city_of(line, figures, bool(text))
        if city is None:
            return
        stated = line.labels.get("unit", "") or figures.unit
        unit = self._series.unit_of(series, stated)
        value = self._value(text, unit)
        if value is None:
            self._reading.missing += 1
            return
        period, provisional = self._dates.of(
            line.labels.get("period", ""), figures, self._names.frequencies.get(indicator, "")
        )
        value = in_unit(value, unit, self._names.units[indicator])
        status = line.labels.get("status", "") or ("provisional" if provisional else "ok")
        if status not in STATUSES:
            raise CityfluxError(f"status {status!r} is none of {', '.join(STATUSES)}")
        source = known_source(
            line.labels.get("source", ""), self._source_id, self._strict, self._names
        )
        note = redact(line.labels.get("note", ""))
        figure = Figure(city, period, value, status, note)
        self._reading.rows.append(Row(indicator, source, figure, line.number))

    def _value(self, text: str, unit: str) -> float | None:
        if text in (":", "："):
            return None
        try:
            return parse_number(split_marks(text)[0], unit=unit)
        except ValueError as error:
            hint = "; leave the cell empty if missing"
            if re.fullmatch(r"[-\d.]+,\d+", text):
                hint = "; write a decimal point, and thousands between quotes or without commas"
            elif text.startswith("#"):
                hint = ", an error of Excel; mend the formula, or clear the cell"
            raise CityfluxError(f"value {error}{hint}") from None

    def _city_of(self, line: _Line, figures: Figures, counts: bool) -> str | None:
        """The city of a cell; None where it is about another place, which is counted."""
        if figures.city or self._city:
            return figures.city or self._city
        label = line.labels.get("city", "") or line.labels.get("code", "")
        if not label:
            if "city" in self._labels or "code" in self._labels:
                if not counts:
                    return None
                raise CityfluxError("no city beside the figure; write it into each row")
            raise CityfluxError("no city is named; say it with --city")
        found = None
        if not (self._provincial and key(label) in PROVINCES):
            found = self._names.city(label) or self._names.city(line.labels.get("code", ""))
        if found is None and self._strict:
            raise CityfluxError(
                f"city {label[:60]!r} is unknown"
                + (self._names.near_city(label) or "; list them with: cityflux cities")
            )
        if found is None and counts:
            self._reading.places[f"{label[:60]}{self._names.near_city(label)}"] += 1
        return found

    def _read_lines(self) -> Iterator[_Line]:
        for number, cells in self._table.rows:
            labels: dict[Role, str] = {}
            for role, columns in self._labels.items():
                texts = [cells[each.index] for each in columns]
                labels[role] = next(filter(None, texts), "")
                if role == "period" and len(columns) == 2 and all(texts):
                    labels[role] = f"{texts[0].rstrip('年')}年{_part(columns[1], texts[1])}"
            yield _Line(number, cells, labels)

    def _all_series(self) -> list[str]:
        """The names of all series with figures, as they stand."""
        rows = [line.labels.get("indicator", "") for line in self._lines]
        heads = [each.series for each in self._figures if not each.leave]
        return [*dict.fromkeys(rows if any(rows) else heads)]

    def _leave_out_extras(self) -> None:
        """Beside a column of values, others hold no figures."""
        values = [each for each in self._figures if each.column.role == "value"]
        extras = [each.column.name for each in self._figures if each not in values]
        if extras and self._strict:
            raise CityfluxError(
                f"column {extras[0]!r} means nothing here; there are unit, source, status, note "
                "besides"
            )
        self._reading.series.update(dict.fromkeys((f"column {name}" for name in extras), 1))
        self._figures = values

    def _of_all(self, role: Role) -> str:
        """The city of the whole table: said by the user, or by a line above or the title."""
        if role in self._labels or any(each.city for each in self._figures):
            return ""
        told = self._choice.city or self._table.facts.get("city", "")
        if told:
            if found := self._names.city(told):
                return found
            raise CityfluxError(f"city {told!r} is unknown{self._names.near_city(told)}")
        for text in [*self._table.title, self._table.sheet.name]:
            for name in re.split(r"[\s,，、:：]|(?<=市)|\d{4}年", text):
                if name and (found := self._names.city(name)):
                    return found
        return ""

    def _say(self) -> None:
        table = self._table
        across = [
            what
            for what, there in (
                ("periods", any(each.period or each.part for each in self._figures)),
                ("cities", any(each.city for each in self._figures)),
                ("indicators", len({each.series for each in self._figures}) > 1),
            )
            if there
        ]
        head = table.rows[0][0] - 1 if table.rows else 0
        layout = f"{' and '.join(across)} across" if across else "one figure a row"
        name = f"sheet {table.sheet.name}: " if table.sheet.name else ""
        unit = f", unit {table.unit}" if table.unit else ""
        self._reading.said.append(
            f"{name}head up to line {head}, {layout}, {len(table.rows)} rows{unit}"
            + (f", {len(table.notes)} lines of notes" if table.notes else "")
        )


def refuse_twice(figures: Sequence[Figures]) -> None:
    """Refuse two columns of one heading.

    Raises:
        CityfluxError: naming them.
    """
    seen: dict[str, int] = {}
    for each in figures:
        at = each.column.index + 1
        if (first := seen.setdefault(key(each.column.name), at)) != at:
            raise CityfluxError(
                f"column {each.column.name!r} stands twice, as the columns {first} and {at}; "
                "keep one of them"
            )


def _labels(table: Table) -> dict[Role, list[Column]]:
    """The columns that say what a row is about, by their role.

    Two of a role are one where they are two languages, or a year and its part.
    """
    found: dict[Role, list[Column]] = {}
    for column in table.columns:
        if column.role in (None, "value", "other"):
            continue
        before = found.setdefault(column.role, [])
        if any(key(each.name) == key(column.name) for each in before):
            raise CityfluxError(f"column {column.name!r} stands twice; keep one of them")
        before.append(column)
    return found


def _part(column: Column, text: str) -> str:
    """The part of a year that a second column of periods names: 3 below 月 is 3月."""
    plain = split_languages(text)[0] or text
    if not plain.isdecimal():
        return plain
    quarter = "季" in column.name or "quarter" in column.name.lower()
    return f"{plain}季度" if quarter else f"{plain}月"


def _twice(rows: Sequence[Row]) -> Iterator[str]:
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        cell = (row.indicator_id, *row.figure[:2], row.source_id)
        if cell in first:
            yield (
                f"line {row.line}: {' '.join(cell[:3])} stands in line {first[cell]} already; keep "
                "one of them"
            )
        first.setdefault(cell, row.line)


def _nothing(reading: Reading) -> str:
    if reading.places or reading.series:
        names = [*reading.places, *reading.series][:5]
        return f"not one figure is of a known city and series; there are {', '.join(names)}"
    return "the file has no rows" if not reading.missing else "every figure is missing"


def _refused(document: Document, reasons: list[str]) -> ImportRefused:
    shown = reasons[:_MOST_SHOWN]
    if len(reasons) > _MOST_SHOWN:
        shown.append(f"and {len(reasons) - _MOST_SHOWN} more")
    count = f"{len(reasons)} bad row{'s' * (len(reasons) > 1)}"
    return ImportRefused(f"{document.address}: {count}, nothing was taken in; {reasons[0]}", shown)
