"""The figures of a large table, column by column: each label is read once, however often it stands.

What a label, a unit or a number means is said by `TableReader`, as for a small table; only plain
numbers, which most are, do not pass it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.secrecy import known as known_secrets
from cityflux.core.model.secrecy import redact
from cityflux.core.refresh.importing.large_rows import CELL, WORDS, LargeRows
from cityflux.core.refresh.importing.names import Names
from cityflux.core.refresh.importing.series import Choice
from cityflux.core.refresh.importing.table_reader import (
    Line,
    Reading,
    TableReader,
    label_columns,
    refuse_twice,
)
from cityflux.core.refresh.importing.units import factors
from cityflux.scrapers.handed.table import Table

if TYPE_CHECKING:
    from cityflux.core.refresh.importing.columns import Figures
    from cityflux.scrapers.handed.words import Role

#: Which labels are read together.
_TOGETHER: tuple[tuple[Role, ...], ...] = (
    ("city", "code"),
    ("indicator", "unit"),
    ("period",),
    ("status",),
    ("source",),
)
_APART = "\x1f"
_MOST_TOLD = 200


def read_columns(
    table: Table,
    frame: pl.DataFrame,
    names: Names,
    source_id: str,
    choice: Choice,
    reading: Reading,
) -> Iterator[str]:
    """Take the figures of a table of which all rows are columns of text.

    Args:
        table: the head of the table, with its first rows.
        frame: all rows of figures: ``c0``, ``c1`` … as text.
        names: what it may name.
        source_id: the source of rows that name none.
        choice: what the file does not say.
        reading: where the figures go, and what is said of them.

    Returns:
        A reason for each of the first bad cells.
    """
    first = table.rows[0][0] if table.rows else 1
    labels = _Labels(table, frame, first)
    table.rows = [(first, cells) for cells in labels.rows()]
    reader = TableReader(table, names, source_id, choice, reading)
    refuse_twice(reader.figures)
    reader.say(frame.height)
    words: dict[str, dict[str, int]] = {name: {} for name in WORDS}
    found: list[pl.DataFrame] = []
    bad: list[tuple[int, str]] = []
    for figures in reader.figures:
        text = frame[f"c{figures.column.index}"].fill_null("").str.strip_chars()
        if figures.leave:
            reader.leave_out(figures, text.filter(text != "").len())
            continue
        column = _Column(reader, figures, labels, text, names, words)
        found.append(column.read())
        where = f", column {figures.column.name!r}" if len(reader.figures) > 1 else ""
        bad += [(line, f"line {line}{where}: {why}") for line, why in column.bad]
    yield from (why for _, why in sorted(bad))
    if found:
        rows = LargeRows(pl.concat(found), {name: [*each] for name, each in words.items()})
        for row in rows.doubled():
            cell = f"{row.indicator_id} {row.figure.city_id} {row.figure.period}"
            yield f"line {row.line}: {cell} stands twice; keep one of them"
        if reader.series.by_id and rows:
            reading.said.append("no unit is stated: that of each indicator holds")
        reading.rows = rows


class _Labels:
    """Which combination of labels each row has.

    Attributes:
        codes: for the first of each `_TOGETHER` the number of the combination, row by row.
        numbers: the rows as lines of the file.
        notes: of each row.
    """

    def __init__(self, table: Table, frame: pl.DataFrame, first: int) -> None:
        columns = label_columns(table)
        self._width = 1 + max((each.index for each in table.columns), default=0)
        self._places = [
            [each.index for role in roles for each in columns.get(role, ())] for roles in _TOGETHER
        ]
        self._distinct: list[list[str]] = []
        self.codes: dict[Role, pl.Series] = {}
        self.numbers = pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True)
        for roles, places in zip(_TOGETHER, self._places, strict=True):
            cells = [pl.col(f"c{at}").fill_null("") for at in places] or [pl.lit("")]
            joined = frame.select(pl.concat_str(cells, separator=_APART)).to_series()
            distinct = joined.unique(maintain_order=True)
            self._distinct.append(distinct.to_list() or [_APART.join([""] * len(places))])
            self.codes[roles[0]] = (
                joined.cast(pl.Enum(distinct)).to_physical().cast(pl.UInt32)
                if places
                else pl.zeros(frame.height, pl.UInt32, eager=True)
            )
        self.notes = pl.repeat("", frame.height, eager=True)
        if notes := [pl.col(f"c{each.index}") for each in columns.get("note", ())]:
            said = pl.coalesce(*notes, pl.lit("")).str.strip_chars()
            self.notes = frame.select(said).to_series()
            if known_secrets():
                self.notes = self.notes.map_elements(redact, return_dtype=pl.String)

    def rows(self) -> Iterator[list[str]]:
        """Rows that hold each combination once, beside the first of all others."""
        first = [""] * self._width
        for places, (top, *_) in zip(self._places, self._distinct, strict=True):
            for at, cell in zip(places, top.split(_APART), strict=False):
                first[at] = cell.strip()
        for places, distinct in zip(self._places, self._distinct, strict=True):
            for cells in distinct if places else ():
                row = [*first]
                for at, cell in zip(places, cells.split(_APART), strict=True):
                    row[at] = cell.strip()
                yield row

    def lines(self, reader: TableReader) -> dict[Role, list[Line]]:
        """What the reader makes of them: for each of `_TOGETHER`, by their numbers."""
        lines = iter(reader.lines)
        return {
            roles[0]: [*islice(lines, len(distinct))] if places else [Line(0, [], {})]
            for roles, places, distinct in zip(_TOGETHER, self._places, self._distinct, strict=True)
        }


class _Column:
    """Reads one column of figures.

    Attributes:
        bad: of the first bad cells, line and reason.
    """

    def __init__(
        self,
        reader: TableReader,
        figures: Figures,
        labels: _Labels,
        text: pl.Series,
        names: Names,
        words: dict[str, dict[str, int]],
    ) -> None:
        self._reader, self._figures, self._names = reader, figures, names
        self._labels, self._text, self._words = labels, text, words
        self._lines = labels.lines(reader)
        self._wanted = text != ""
        self.bad: list[tuple[int, str]] = []

    def read(self) -> pl.DataFrame:
        """The figures; what is missing is counted, and what is bad is kept in `bad`."""
        reader, figures = self._reader, self._figures
        filled = self._wanted
        of_code = self._resolved(
            "indicator", lambda line, count: reader.indicator_of(line, figures, count)
        )
        known = {"indicator": of_code.gather(self._labels.codes["indicator"])}
        of_ours = known["indicator"].is_not_null()
        self._wanted = filled & of_ours
        known["city"] = self._meaning(
            "city", lambda line, count: reader.city_of(line, figures, count)
        )
        of_ours &= known["city"].is_not_null()
        reader.reading.missing += _count(of_ours & ~filled)
        self._wanted = filled & of_ours
        value = self._values(of_code.to_list())
        known["period"], first = self._periods(known["indicator"])
        known["source"] = self._meaning("source", lambda line, count: reader.source_of(line))
        status = self._meaning("status", lambda line, count: reader.status_of(line) or None)
        ok, provisional = (self._word("status", said) for said in ("ok", "provisional"))
        frame = pl.DataFrame(
            [series.alias(name) for name, series in known.items()]
            + [status.alias("status"), first.alias("first"), value.alias("value")]
            + [self._labels.numbers.alias("line"), self._labels.notes.alias("note")]
        )
        marked = pl.when("first").then(pl.lit(provisional)).otherwise(pl.lit(ok))
        taken = self._wanted & value.is_not_null()
        for name in CELL:
            taken &= known[name].is_not_null()
        return frame.filter(taken).with_columns(
            pl.coalesce("status", marked.cast(pl.UInt32)).alias("status")
        )

    def _meaning(self, role: Role, resolve: Callable[[Line, int], str | None]) -> pl.Series:
        """What the labels of a role mean, row by row, as places in `words`; null for nothing."""
        return self._resolved(role, resolve).gather(self._labels.codes[role])

    def _resolved(self, role: Role, resolve: Callable[[Line, int], str | None]) -> pl.Series:
        """The same for each combination of labels once."""
        codes, lines = self._labels.codes[role], self._lines[role]
        counts = dict(codes.filter(self._wanted).value_counts().iter_rows())
        found: list[int | None] = [None] * len(lines)
        for code, line in enumerate(lines):
            try:
                meant = resolve(line, counts.get(code, 0))
            except (CityfluxError, ValueError) as error:
                self._blame(codes == code, error)
            else:
                found[code] = None if meant is None else self._word(role, meant)
        return pl.Series(role, found, pl.UInt32)

    def _word(self, role: str, word: str) -> int:
        return self._words[role].setdefault(word, len(self._words[role]))

    def _values(self, indicators: Sequence[int | None]) -> pl.Series:
        """The numbers, in the units of the indicators; null where there is none."""
        codes = self._labels.codes["indicator"]
        units, turns = self._units(indicators)
        value = self._text.cast(pl.Float64, strict=False)
        plain = (value.is_finite() & ~self._text.str.ends_with(".")).fill_null(False)
        value = value.set(~plain, None)
        rest = (self._wanted & ~plain).arg_true()
        if rest.len():
            cells = [*zip(self._text.gather(rest), codes.gather(rest), strict=True)]
            read = {cell: self._value(cell[0], cell[1], units) for cell in dict.fromkeys(cells)}
            value = value.scatter(rest, [read[cell] for cell in cells])
        if any(turn != (1, 1, 1) for turn in turns):
            one, many, of = (
                pl.Series([float(turn[at]) for turn in turns]).gather(codes) for at in range(3)
            )
            value = value * one * many / of
        return value

    def _units(
        self, indicators: Sequence[int | None]
    ) -> tuple[list[str], list[tuple[int, int, int]]]:
        """The unit of each combination of labels, and how it is turned into the indicator's."""
        codes = self._labels.codes["indicator"]
        named = [*self._words["indicator"]]
        units, turns = (
            [""] * len(self._lines["indicator"]),
            [(1, 1, 1)] * len(self._lines["indicator"]),
        )
        for code in codes.filter(self._wanted).unique():
            of = indicators[code]
            assert of is not None  # the figures of others are not wanted
            try:
                units[code] = self._reader.unit_of(self._lines["indicator"][code], self._figures)
                turns[code] = factors(units[code], self._names.units[named[of]])
            except (CityfluxError, ValueError) as error:
                self._blame(codes == code, error)
        return units, turns

    def _value(self, text: str, code: int, units: Sequence[str]) -> float | None:
        """A number that is not plain; a missing one is counted, a bad one kept in `bad`."""
        same = (self._text == text) & (self._labels.codes["indicator"] == code)
        try:
            value = self._reader.value_of(text, units[code])
        except (CityfluxError, ValueError) as error:
            self._blame(same, error)
            return None
        if value is None:
            self._reader.reading.missing += _count(same & self._wanted)
        return value

    def _periods(self, indicators: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The periods, as places in `words`, and whether they are marked as preliminary."""
        named, codes = [*self._words["indicator"]], self._labels.codes["period"]
        often = [self._names.frequencies.get(each, "") for each in named]
        kinds = [*dict.fromkeys(often)]
        kind = pl.Series([kinds.index(each) for each in often], dtype=pl.UInt32).gather(indicators)
        cell = codes * len(kinds) + kind
        size = len(self._lines["period"]) * len(kinds)
        found: list[int | None] = [None] * size
        first = [False] * size
        for at in cell.filter(self._wanted).unique().drop_nulls():
            line = self._lines["period"][at // len(kinds)]
            indicator = named[often.index(kinds[at % len(kinds)])]
            try:
                period, first[at] = self._reader.period_of(line, self._figures, indicator)
            except (CityfluxError, ValueError) as error:
                self._blame(cell == at, error)
            else:
                found[at] = self._word("period", period)
        periods, marks = pl.Series(found, dtype=pl.UInt32), pl.Series(first, dtype=pl.Boolean)
        return periods.gather(cell), marks.gather(cell)

    def _blame(self, rows: pl.Series, error: Exception) -> None:
        """Keep a reason for the first of some rows that hold a figure."""
        lines = self._labels.numbers.filter(rows & self._wanted)[:_MOST_TOLD]
        self.bad += [(line, str(error)) for line in lines]


def _count(rows: pl.Series) -> int:
    return int(rows.sum() or 0)
