"""What was meant by a name: cities, nodes and indicators by their id, their names or their code."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence

from cityflux.core.model.errors import UnknownName
from cityflux.core.model.near import by_name, nearest, the_one
from cityflux.core.reading.catalog import cities
from cityflux.core.reading.nodes import nodes

#: How alike a name must be for what was typed to be taken for a slip of it.
_ALIKE = 0.75
#: What a name says in brackets at its end may be left out.
_REMARK = re.compile(r"\s*[(（].*[)）]\s*$")


def city_called(connection: sqlite3.Connection, name: str) -> str:
    """The id of a city: by its id, a name in either language, or its administrative code.

    Returns:
        The name as it is where no city is called so, or nearly so: who asks knows what there is.

    Raises:
        UnknownName: it is nearly the name of a city, or that of several.
    """
    known = {each.id: (each.name_zh, each.name_en, each.admin_code) for each in cities(connection)}
    return _meant(name, known, "city")


def node_called(connection: sqlite3.Connection, index: str, name: str) -> str:
    """The id of a node or indicator of an index: by its id, or a name in either language.

    Returns, and raises, as `city_called` does.
    """
    known = {each.node: (each.name_zh, each.name_en) for each in nodes(connection, index)}
    return _meant(name, known, "node")


def _meant(name: str, known: Mapping[str, Sequence[str]], what: str) -> str:
    if name in known:
        return name
    entries = (
        (each, *names, *(_REMARK.sub("", text) for text in names)) for each, names in known.items()
    )
    ids = by_name(entries, str.casefold)
    if found := the_one(name, ids.get(name.strip().casefold(), ()), what):
        return found
    if near := nearest(name.casefold(), ids, _ALIKE):
        raise UnknownName(f"no {what} is called {name!r}; did you mean {ids[near][0]}?")
    return name
