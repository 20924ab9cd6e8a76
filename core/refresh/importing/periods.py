"""Which period the figures of a file are of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from cityflux.core.model.errors import CityfluxError, PeriodError
from cityflux.core.model.period import EXAMPLES, Period
from cityflux.core.model.written_period import Marked, marked_period, refuse_fiscal
from cityflux.core.refresh.importing.columns import Figures
from cityflux.core.refresh.importing.series import Choice
from cityflux.scrapers.handed.table import Table

_SERIAL = re.compile(r"[2-6]\d{4}(?:\.0)?")  # 1954 to 2091 in days of Excel
_EXCEL = date(1899, 12, 30)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_IN_TITLE = re.compile(
    r"(?:19|20)\d\d年?(?:\s*\d{1,2}\s*[-~至到]\s*\d{1,2}月|\d{1,2}月|第?[一二三四]季度"
    r"|[上下]半年|前[一二三]季度)?"
)
_SHORTER = {"annual": "%Y", "monthly": "%Y-%m", "daily": "%Y-%m-%d"}


class Dates:
    """The periods of a table.

    Args:
        table: the table.
        choice: what the user says.
        labels: the periods of its rows, as they stand.
    """

    def __init__(self, table: Table, choice: Choice, labels: Sequence[str]) -> None:
        try:
            refuse_fiscal(labels)
            refuse_fiscal(column.path[-1] for column in table.columns if column.role is None)
        except ValueError as error:
            raise CityfluxError(str(error)) from None
        self._of_all = _of_all(table, choice)

    def of(self, label: str, figures: Figures, frequency: str) -> Marked:
        """The period of a cell.

        Args:
            label: what its row says.
            figures: its column.
            frequency: of its indicator.

        Raises:
            CityfluxError: nothing says it, or it is none.
        """
        if figures.part:
            year = label or (figures.period or self._of_all or Marked("")).period
            return self._read(f"{year.rstrip('年')}年{figures.part}", frequency)
        if label:
            return self._read(label, frequency)
        if found := figures.period or self._of_all:
            return found
        raise CityfluxError("no period is named; say it with --period")

    def _read(self, text: str, frequency: str) -> Marked:
        if _SERIAL.fullmatch(text):
            return Marked(_from_serial(text, frequency))
        if found := marked_period(text):
            return found
        if self._of_all and (whole := marked_period(f"{self._of_all.period}年{text}")):
            return whole
        try:
            return Marked(Period.parse(text).text)
        except PeriodError:
            raise CityfluxError(f"period {text[:40]!r} does not parse; write {EXAMPLES}") from None


def _of_all(table: Table, choice: Choice) -> Marked | None:
    """The period of the whole table: said by the user, a line above, the title or the sheet."""
    if choice.period:
        return Marked(Period.parse(choice.period).text)
    told = table.facts.get("period", "")
    if found := marked_period(told):
        return found
    for text in [*table.title, table.sheet.name]:
        dates = {match.group() for match in _IN_TITLE.finditer(text.replace(" ", ""))}
        if len(dates) == 1 and len({*_YEAR.findall(text)}) == 1:
            return marked_period(dates.pop())
    return None


def _from_serial(text: str, frequency: str) -> str:
    """A day as Excel counts them, at the precision of the indicator."""
    day = _EXCEL + timedelta(days=int(float(text)))
    if frequency not in _SHORTER:
        raise CityfluxError(
            f"period {text!r} is a day as Excel counts them ({day}); write the period out"
        )
    return day.strftime(_SHORTER[frequency])
