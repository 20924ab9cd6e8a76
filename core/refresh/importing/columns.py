"""What each column of a file holds: which series, period, city and unit its figures are of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cityflux.core.model.written_period import Marked, marked_period
from cityflux.core.refresh.importing.names import Names
from cityflux.scrapers.handed.table import Column
from cityflux.scrapers.handed.words import is_beside, is_within, without_territory
from cityflux.scrapers.tables.labels import split_languages, split_marks, split_unit, unit_of

#: A period before or behind a name: 2023年末常住人口, GDP 2023.
_DATED = re.compile(
    r"(?P<before>(?:19|20)\d\d年(?:[一1]-?\d{0,2}月|末|底|度)?)\s*(?P<name>\D.*)"
    r"|(?P<label>.*\D)[\s_]*(?P<behind>(?:19|20)\d\d)年?"
)
#: A part of a year that leaves the year to something else: 1—6月, 三季度.
_PART = re.compile(
    r"\d{1,2}\s*[-–—~至到]\s*\d{1,2}月|\d{1,2}月|第?[一二三四1-4]季度|Q[1-4]|[上下]半年|前[一二三]季度"
    r"|全年",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """A column of figures.

    Attributes:
        column: which it is.
        series: the name of what it counts; ``""`` where something else says so.
        period: of all its figures.
        part: a part of a year, where something else says which year.
        city: the id of the city of all its figures.
        unit: of all its figures.
        leave: why it is left out; ``""`` where it is not.
    """

    column: Column
    series: str = ""
    period: Marked | None = None
    part: str = ""
    city: str = ""
    unit: str = ""
    leave: str = ""


def figure_columns(columns: list[Column], names: Names) -> Iterator[Figures]:
    """The columns whose headings say what they hold, and those of values."""
    for column in columns:
        if column.role == "value":
            yield Figures(column, unit=column.unit or split_unit(column.name)[1])
        elif column.role is None:
            yield _read(column, names)


def _read(column: Column, names: Names) -> Figures:
    unit = column.unit
    period: Marked | None = None
    part = city = leave = ""
    said: list[str] = []
    for heading in column.path:
        text, own = _name_and_unit(heading)
        if own and not text and heading.lower() in names.indicators:  # a code such as H or T
            text, own = heading, ""
        unit = own or unit
        if found := marked_period(heading) or marked_period(text):
            period = found
        elif _PART.fullmatch(text):
            part = text
        elif not city and (place := names.city(text)):
            city = place
        elif is_within(text):
            leave = "a part of each city"
        elif without_territory(text):
            said.append(without_territory(text))
    if len(said) == 1 and period is None and (match := _DATED.fullmatch(said[0])):
        dated = marked_period((match["before"] or match["behind"]).replace("末", "").strip())
        rest = (match["name"] or match["label"]).strip(" _-")
        if dated and (not names.called(said[0]) or names.called(rest)):
            period, said = dated, [rest]
    series = _series(said, names)
    if series and is_beside(" ".join(column.path)) and not names.called(series):
        leave = leave or "a change, a rank or a share"
    return Figures(column, series, period, part, city, unit, leave)


def _series(said: list[str], names: Names) -> str:
    """The name of a series: its last heading, if those above it are names that are known."""
    known = [names.called(each) for each in said]
    if len(said) > 1 and not (all(known) or names.called("".join(said))):
        return " > ".join(said)
    return said[-1] if said and (len(said) == 1 or known[-1]) else "".join(said)


def _name_and_unit(heading: str) -> tuple[str, str]:
    """A heading without marks and units, the unit in Chinese first."""
    unit = ""
    parts = []
    for text in split_languages(split_marks(heading)[0]):
        name, own = split_unit(text)
        unit = unit or own
        parts.append(name)
    chinese, english = parts
    name = chinese or english
    if english and chinese and marked_period(chinese):  # 2023年GDP is in one language
        name = f"{chinese}{english}"
    return ("", unit or unit_of(name)) if unit_of(name) and not unit else (name, unit)
