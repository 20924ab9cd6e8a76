"""The figures of a large file, most of which are never there as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

from cityflux.core.model.figure import Figure
from cityflux.core.refresh.importing.table_reader import Row

if TYPE_CHECKING:
    import polars as pl

#: What makes up a cell, and what else a row says in words that many share.
CELL = ("indicator", "city", "period", "source")
WORDS = (*CELL, "status")
_MOST_TOLD = 200


class LargeRows(Sequence[Row]):
    """The figures of a large table; each `Row` is made when it is asked for.

    Args:
        frame: line, value, note, and the places of indicator, city, period, source and status in
            ``words``.
        words: by column, in their order.
    """

    def __init__(self, frame: pl.DataFrame, words: dict[str, list[str]]) -> None:
        self._frame, self._words = frame, words

    def __len__(self) -> int:
        return self._frame.height

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        if isinstance(at, slice):
            return LargeRows(self._frame[at], self._words)
        return next(iter(LargeRows(self._frame[at : at + 1], self._words)))

    def __iter__(self) -> Iterator[Row]:
        columns = ("line", "indicator", "city", "period", "value", "status", "note", "source")
        indicators, cities, periods, sources, statuses = (self._words[name] for name in WORDS)
        for line, of, city, period, value, status, note, source in self._frame.select(
            columns
        ).iter_rows():
            figure = Figure(cities[city], periods[period], value, statuses[status], note)
            yield Row(indicators[of], sources[source], figure, line)

    def by_indicator(self) -> Iterator[Sequence[Row]]:
        """The rows of one indicator after the other, so that not all are there at once."""
        for part in self._frame.partition_by("indicator"):
            yield [*LargeRows(part, self._words)]

    def named(self, what: str) -> set[str]:
        """The indicators or sources of all rows."""
        return {self._words[what][at] for at in self._frame[what].unique()}

    def doubled(self) -> Sequence[Row]:
        """The first rows of cells that stand twice."""
        import polars as pl

        cell = pl.lit(0, pl.UInt64)
        for name in CELL:
            cell = cell * len(self._words[name]) + pl.col(name).cast(pl.UInt64)
        cells = self._frame.select(cell.alias("cell")).to_series()
        if not (cells.sort().diff() == 0).any():
            return []
        twice = self._frame.filter(cells.is_duplicated()).sort("line")
        return LargeRows(twice[:_MOST_TOLD], self._words)
