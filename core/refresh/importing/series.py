"""Which indicator the figures of a file are of, and in which unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.near import meant
from cityflux.core.refresh.importing.names import Names, series_key
from cityflux.core.refresh.importing.units import is_same
from cityflux.scrapers.handed.table import Table
from cityflux.scrapers.tables.labels import key, split_unit


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user says that a file does not.

    Attributes:
        indicator: the id of what the figures are of.
        series: which of the file's series that is.
        unit: of the figures, where the file states none.
        period: of all figures.
        city: of all figures.
        sheet: of a workbook.
    """

    indicator: str = ""
    series: str = ""
    unit: str = ""
    period: str = ""
    city: str = ""
    sheet: str | None = None


class Series:
    """The series of a table.

    Args:
        table: the table.
        names: what may be named.
        choice: what the user says.
        strict: whether a name that is not known is an error.
        found: the names of all series of the table, as they stand.

    Attributes:
        by_id: whether units are those of the indicators, as the file names these by their ids or
            declares them.
    """

    def __init__(
        self, table: Table, names: Names, choice: Choice, strict: bool, found: Sequence[str]
    ) -> None:
        self._table, self._names, self._choice, self._strict = table, names, choice, strict
        self.by_id = False
        if choice.indicator and choice.indicator not in names.units:
            raise CityfluxError(
                f"indicator {choice.indicator!r} is unknown"
                + (names.near_indicator(choice.indicator) or "; list them: cityflux indicators")
            )
        self._title = self._of_title()
        self._known = {name: self._id_of(name) for name in found}
        self._chosen = self._choose()

    def of(self, name: str, counts: bool) -> str | None:
        """The indicator of a series; None where it is another one than wanted, or unknown.

        Raises:
            CityfluxError: nothing says which it is, in a file that must name it.
        """
        if name in self._chosen:
            return self._chosen[name]
        if self._strict and counts and not self._choice.indicator:
            raise CityfluxError(
                f"indicator {name[:60]!r} is unknown"
                + (self._names.near_indicator(name) or "; list them with: cityflux indicators")
            )
        return None

    def unit_of(self, name: str, stated: str) -> str:
        """The unit of a figure.

        Args:
            name: of its series.
            stated: the unit that its row or its heading states.

        Raises:
            CityfluxError: the file states none, or another one than the user.
        """
        own = stated or split_unit(name)[1] or self._table.unit or self._unit_above()
        said = self._choice.unit
        if own and said and not is_same(own, said):
            raise CityfluxError(f"the file states the unit {own}, and --unit {said}")
        if own or said:
            return own or said
        indicator = self._chosen[name]
        if (
            name == indicator
            or self._table.facts.get("indicator") == indicator
            or indicator in self._names.declared
        ):
            self.by_id = True
            return self._names.units[indicator]
        raise CityfluxError(
            f"no unit is stated for {name or indicator!r}; say it with --unit, such as "
            f"--unit {self._names.units[indicator]}"
        )

    def _unit_above(self) -> str:
        texts = [self._table.facts.get("indicator", ""), *self._table.title]
        return next((unit for text in texts if (unit := split_unit(text)[1])), "")

    def _id_of(self, name: str) -> str | None:
        """The indicator of a name: that which the user says, where it may be meant."""
        if not name:
            return self._meant(self._title)
        return self._meant(self._names.called(name)) or self._names.indicator(name)

    def _meant(self, ids: Sequence[str]) -> str | None:
        wanted = self._choice.indicator
        return wanted if wanted in ids else ids[0] if len(ids) == 1 else None

    def _of_title(self) -> tuple[str, ...]:
        """What a line above, the title or the name of the sheet may speak of."""
        fact = self._table.facts.get("indicator", "")
        if fact and (found := self._names.called(fact)):
            return found
        for text in () if fact else [*self._table.title, self._table.sheet.name]:
            if len(named := self._names.indicators_in(text)) == 1:
                return named[0]
        return ()

    def _choose(self) -> dict[str, str]:
        """The indicator of each series that is taken, by its name."""
        wanted, series = self._choice.indicator, self._choice.series
        if series:
            return self._by_series(wanted or None, series)
        if not wanted:
            if "" in self._known and not self._known[""] and not self._strict:
                raise CityfluxError("nothing says what the figures are; say it with --indicator")
            return {name: found for name, found in self._known.items() if found}
        mine = {name: wanted for name, found in self._known.items() if found == wanted}
        if mine:
            return mine
        unknown = [name for name, found in self._known.items() if not found]
        others = sorted({found for found in self._known.values() if found})
        if len(unknown) == 1 and not others and (unknown != [""] or not self._named_otherwise()):
            return {unknown[0]: wanted}
        about = ", ".join([*others, *unknown][:6]) or self._table.facts.get("indicator", "")
        how = "say which it is with --series" if len(unknown) > 1 else "check --indicator"
        raise CityfluxError(f"the file is about {about}, and not {wanted}; {how}")

    def _named_otherwise(self) -> bool:
        return bool(self._title) and self._choice.indicator not in self._title

    def _by_series(self, wanted: str | None, series: str) -> dict[str, str]:
        asked = series_key(series)
        mine = [
            name for name in self._known if key(name) == key(series) or series_key(name) == asked
        ]
        if not mine and [*self._known] == [""]:
            mine = [""]  # the file names none; the user does
        if not mine:
            there = ", ".join(filter(None, [*self._known][:12])) or "none"
            raise CityfluxError(f"no series {series!r}; there are {there}")
        found = wanted or self._names.indicator(series)
        if found is None:
            raise CityfluxError(f"{series!r} is no indicator here; say it with --indicator")
        return dict.fromkeys(mine, found)


def known_source(name: str, source_id: str, strict: bool, names: Names) -> str:
    """The source of a row: one that exists, or that of the file.

    Raises:
        CityfluxError: a file written for cityflux names one that is not there.
    """
    if name in ("", source_id) or not strict:
        return source_id
    if name in names.sources:
        return name

    hint = meant(name[:60], names.sources, "list them with: cityflux sources")
    raise CityfluxError(f"source {name[:60]!r} is unknown; {hint}")
