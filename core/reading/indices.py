"""The indices as the last run of each wrote them down: names, definition, periods."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.model.errors import CityfluxError, IndexDefinitionError, UnknownName
from cityflux.core.model.near import meant
from cityflux.core.reading import answers

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.definition.index import Definition

_INDICES = "SELECT id, name_zh, name_en, description FROM indices"
_PERIODS = """
SELECT DISTINCT period FROM scores WHERE index_id = :index AND node_id = :index ORDER BY period
"""


#: How many names a message lists at most.
_NAMES_SHOWN = 12


class Index(NamedTuple):
    """An index that was computed in this database."""

    id: str
    name_zh: str
    name_en: str
    description: str


@dataclass(frozen=True)
class Chosen:
    """An index and the period that is shown; before is the period before it.

    ``periods`` are those that it was computed for, ``period`` is empty where there are none, and
    ``root`` is the node of the whole index.
    """

    index: Index
    periods: list[str]
    period: str
    before: str | None

    @property
    def root(self) -> str:
        """The node of the whole index, which has its id."""
        return self.index.id


def indices(connection: sqlite3.Connection) -> list[Index]:
    """All indices that were computed."""
    return [Index(*row) for row in answers.rows(connection, f"{_INDICES} ORDER BY id")]


def index_frame(connection: sqlite3.Connection) -> pl.DataFrame:
    """The same as a frame: ``index``, ``name_zh``, ``name_en`` and ``description``."""
    return answers.frame(connection, f"{_INDICES} ORDER BY id").rename({"id": "index"})


def find_index(connection: sqlite3.Connection, name: str) -> Index | None:
    """The index of this name; None where none was computed."""
    row = answers.first(connection, f"{_INDICES} WHERE id = ?", (name,))
    return None if row is None else Index(*row)


def index_of(connection: sqlite3.Connection, name: str) -> Index:
    """The index of this name.

    Raises:
        IndexDefinitionError: none was computed.
    """
    found = find_index(connection, name)
    if found is None:
        raise _unknown(connection, name)
    return found


def definition_of(connection: sqlite3.Connection, name: str) -> Definition:
    """The definition by which an index was computed last.

    Raises:
        IndexDefinitionError: none was computed, or what stands there is no definition any more.
    """
    row = answers.first(connection, "SELECT definition FROM indices WHERE id = ?", (name,))
    if row is None:
        raise _unknown(connection, name)
    definition = read_definition(name, row["definition"])
    _check_rows(connection, definition)
    return definition


def _check_rows(connection: sqlite3.Connection, definition: Definition) -> None:
    """Refuse an index whose nodes or cities a hand took out of their tables."""
    there = {
        "nodes": answers.rows(
            connection, "SELECT node_id FROM nodes WHERE index_id = ?", (definition.id,)
        ),
        "cities": answers.rows(connection, "SELECT id FROM cities"),
    }
    wanted = {"nodes": [node.id for node in definition.tree], "cities": definition.cities}
    for table, names in wanted.items():
        known = {row[0] for row in there[table]}
        if gone := [name for name in names if name not in known]:
            raise IndexDefinitionError(
                f"{definition.id}: {gone[0]} is not in the table {table} any more; compute it "
                f"again with: cityflux compute {definition.id}"
            )


def read_definition(index: str, text: str) -> Definition:
    """A definition as it is stored, which a hand may have changed.

    Raises:
        IndexDefinitionError: it is none.
    """
    from pydantic import ValidationError

    from cityflux.core.engine.definition.index import Definition

    try:
        return Definition.model_validate_json(text)
    except ValidationError as error:
        raise IndexDefinitionError(
            f"{index}: its stored definition cannot be read; compute it again with: "
            f"cityflux compute {index}"
        ) from error


def is_definition(text: str) -> bool:
    """Whether a stored text is the definition of an index."""
    try:
        read_definition("", text)
    except CityfluxError:
        return False
    return True


def choose(connection: sqlite3.Connection, name: str, period: str | None = None) -> Chosen:
    """An index, and one of its periods, the last one unless given.

    Raises:
        IndexDefinitionError: the index was not computed, or not for this period.
    """
    index = index_of(connection, name)
    periods = [*chain.from_iterable(answers.rows(connection, _PERIODS, {"index": name}))]
    if period is not None and period not in periods:
        raise IndexDefinitionError(
            f"{name} was not computed for {period!r}; there are: {', '.join(periods)}"
        )
    period = period or (periods[-1] if periods else "")
    place = periods.index(period) if period else 0
    return Chosen(index, periods, period, periods[place - 1] if place else None)


def check_cities(definition: Definition, *names: str) -> None:
    """Refuse cities that an index does not compare.

    Raises:
        IndexDefinitionError: one is not in it.
    """
    for name in names:
        if name not in definition.cities:
            raise IndexDefinitionError(
                f"{name!r} is not among the cities of the index {definition.id}: "
                + meant(name, definition.cities, _few(sorted(definition.cities)))
            )


def _few(names: list[str]) -> str:
    """The first of many names, and how many more there are."""
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _unknown(connection: sqlite3.Connection, name: str) -> UnknownName:
    known = [index.id for index in indices(connection)]
    hint = meant(name, known, f"there are: {', '.join(known)}" if known else "there is none")
    return UnknownName(
        f"no index {name!r} was computed in this database ({hint}); compute those that are "
        "defined with: cityflux compute"
    )
