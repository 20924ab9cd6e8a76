"""Reads one table of a file, cell by cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.figure import Figure
from cityflux.core.model.numerals import parse_number
from cityflux.core.model.secrecy import redact
from cityflux.core.model.written_period import Marked
from cityflux.core.plugin.contract import STATUSES
from cityflux.core.refresh.importing.columns import Figures, figure_columns
from cityflux.core.refresh.importing.names import PROVINCES, Names
from cityflux.core.refresh.importing.periods import Dates
from cityflux.core.refresh.importing.series import Choice, Series, known_source
from cityflux.core.refresh.importing.units import in_unit
from cityflux.scrapers.handed.table import Column, Table
from cityflux.scrapers.handed.words import Role
from cityflux.scrapers.tables.labels import key, split_languages, split_marks

#: A file with these columns is written for cityflux: what it names must be there.
STANDARD = ("indicator", "city", "period", "value")


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
        rows: its figures; of a large file another sequence.
        missing: how many cells say that there is no figure.
        places: rows about other places, by their names.
        series: figures of other series, by their names, with what is like them.
        hidden: how many rows the workbook hides.
    """

    said: list[str] = field(default_factory=list)
    rows: Sequence[Row] = field(default_factory=list)
    missing: int = 0
    places: Counter[str] = field(default_factory=Counter)
    series: Counter[str] = field(default_factory=Counter)
    hidden: int = 0


@dataclass(slots=True)
class Line:
    """What the columns of labels say of a row."""

    number: int
    cells: list[str]
    labels: dict[Role, str]


class TableReader:
    """Reads one table.

    Args:
        table: the table.
        names: what it may name.
        source_id: the source of rows that name none.
        choice: what the file does not say.
        reading: where its figures go, and what is said of them.

    Attributes:
        figures: its columns of figures.
        labels: its columns of labels, by role.
        lines: what its rows say beside the figures.
        series: its series.
        reading: as given.
    """

    def __init__(
        self, table: Table, names: Names, source_id: str, choice: Choice, reading: Reading
    ) -> None:
        self._table, self._names, self._choice = table, names, choice
        self._source_id, self.reading = source_id, reading
        headings = {key(column.name) for column in table.columns}
        self._strict = headings >= set(STANDARD)
        self.labels = label_columns(table)
        self.figures = [*figure_columns(table.columns, names)]
        if any(each.column.role == "value" for each in self.figures):
            self._leave_out_extras()
        self._city = self._of_all("city")
        self.lines = [*self._read_lines()]
        named = {key(line.labels.get("city", "")) for line in self.lines}
        self._provincial = len(named & PROVINCES) > 1
        self.series = Series(table, names, choice, self._strict, self._all_series())
        self._dates = Dates(table, choice, [line.labels.get("period", "") for line in self.lines])

    def read(self) -> Iterator[str]:
        """Take the figures; gives a reason for each bad cell."""
        refuse_twice(self.figures)
        self.say(len(self._table.rows))
        rows: list[Row] = []
        for line in self.lines:
            for figures in self.figures:
                try:
                    rows += self._take(line, figures)
                except (CityfluxError, ValueError) as error:
                    where = f", column {figures.column.name!r}" if len(self.figures) > 1 else ""
                    yield f"line {line.number}{where}: {error}"
        self.reading.rows = [*self.reading.rows, *rows]
        if self.series.by_id and rows:
            self.reading.said.append("no unit is stated: that of each indicator holds")

    def _take(self, line: Line, figures: Figures) -> Iterator[Row]:
        """Take the figure of one cell, or count why it is none."""
        text = line.cells[figures.column.index]
        if figures.leave:
            self.leave_out(figures, bool(text))
            return
        indicator = self.indicator_of(line, figures, int(bool(text)))
        city = indicator and self.city_of(line, figures, int(bool(text)))
        if not (indicator and city):
            return
        unit = self.unit_of(line, figures)
        value = self.value_of(text, unit)
        if value is None:
            self.reading.missing += 1
            return
        period, provisional = self.period_of(line, figures, indicator)
        value = in_unit(value, unit, self._names.units[indicator])
        status = self.status_of(line) or ("provisional" if provisional else "ok")
        figure = Figure(city, period, value, status, redact(line.labels.get("note", "")))
        yield Row(indicator, self.source_of(line), figure, line.number)

    def leave_out(self, figures: Figures, count: int) -> None:
        """Count the figures of a column that is left out."""
        self.reading.series[f"{figures.column.name} ({figures.leave})"] += count

    def indicator_of(self, line: Line, figures: Figures, count: int) -> str | None:
        """The indicator of ``count`` figures; None where they are of others, and counted so."""
        name = line.labels.get("indicator", "") or figures.series
        indicator = self.series.of(name, bool(count))
        if indicator is None:
            near = self._names.near_indicator(name)
            self.reading.series[f"{name or figures.column.name}{near}"] += count
        return indicator

    def unit_of(self, line: Line, figures: Figures) -> str:
        """The unit of a figure."""
        name = line.labels.get("indicator", "") or figures.series
        return self.series.unit_of(name, line.labels.get("unit", "") or figures.unit)

    def period_of(self, line: Line, figures: Figures, indicator: str) -> Marked:
        """The period of a figure."""
        frequency = self._names.frequencies.get(indicator, "")
        return self._dates.of(line.labels.get("period", ""), figures, frequency)

    def status_of(self, line: Line) -> str:
        """The status that a row says; ``""`` without one."""
        status = line.labels.get("status", "")
        if status and status not in STATUSES:
            raise CityfluxError(f"status {status!r} is none of {', '.join(STATUSES)}")
        return status

    def source_of(self, line: Line) -> str:
        """The source of a row."""
        named = line.labels.get("source", "")
        return known_source(named, self._source_id, self._strict, self._names)

    def value_of(self, text: str, unit: str) -> float | None:
        """The number in a cell; None where it says that there is no figure."""
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

    def city_of(self, line: Line, figures: Figures, count: int) -> str | None:
        """The city of ``count`` figures; None where they are of other places, and counted so."""
        if figures.city or self._city:
            return figures.city or self._city
        label = line.labels.get("city", "") or line.labels.get("code", "")
        if not label:
            if "city" in self.labels or "code" in self.labels:
                if not count:
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
        if found is None and count:
            near = "" if self._names.city(label) else self._names.near_city(label)
            near = near or ("; write 市 behind a city" if self._names.city(label) else "")
            self.reading.places[f"{label[:60]}{near}"] += count
        return found

    def _read_lines(self) -> Iterator[Line]:
        for number, cells in self._table.rows:
            labels: dict[Role, str] = {}
            for role, columns in self.labels.items():
                texts = [cells[each.index] for each in columns]
                labels[role] = next(filter(None, texts), "")
                if role == "period" and len(columns) == 2 and all(texts):
                    labels[role] = f"{texts[0].rstrip('年')}年{_part(columns[1], texts[1])}"
            yield Line(number, cells, labels)

    def _all_series(self) -> list[str]:
        """The names of all series with figures, as they stand."""
        rows = [line.labels.get("indicator", "") for line in self.lines]
        heads = [each.series for each in self.figures if not each.leave]
        return [*dict.fromkeys(rows if any(rows) else heads)]

    def _leave_out_extras(self) -> None:
        """Beside a column of values, others hold no figures."""
        values = [each for each in self.figures if each.column.role == "value"]
        extras = [each.column.name for each in self.figures if each not in values]
        if extras and self._strict:
            raise CityfluxError(
                f"column {extras[0]!r} means nothing here; there are unit, source, status, note "
                "besides"
            )
        self.reading.series.update(dict.fromkeys((f"column {name}" for name in extras), 1))
        self.figures = values

    def _of_all(self, role: Role) -> str:
        """The city of the whole table: said by the user, or by a line above or the title."""
        if role in self.labels or any(each.city for each in self.figures):
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

    def say(self, rows: int) -> None:
        """Say how the table was understood."""
        table = self._table
        across = [
            what
            for what, there in (
                ("periods", any(each.period or each.part for each in self.figures)),
                ("cities", any(each.city for each in self.figures)),
                ("indicators", len({each.series for each in self.figures}) > 1),
            )
            if there
        ]
        head = table.rows[0][0] - 1 if table.rows else 0
        layout = f"{' and '.join(across)} across" if across else "one figure a row"
        name = f"sheet {table.sheet.name}: " if table.sheet.name else ""
        unit = f", unit {table.unit}" if table.unit else ""
        self.reading.said.append(
            f"{name}head up to line {head}, {layout}, {rows:,} rows{unit}"
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


def label_columns(table: Table) -> dict[Role, list[Column]]:
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
