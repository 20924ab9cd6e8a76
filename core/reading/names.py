"""What was meant by a name: cities, nodes and indicators by their id, their names or their code."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence

from cityflux.core.model.errors import UnknownName
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
    ids: dict[str, list[str]] = {}
    for identifier, names in known.items():
        texts = [identifier, *names]
        texts += [_REMARK.sub("", text) for text in names]
        for each in {text.casefold() for text in texts if text}:
            ids.setdefault(each, []).append(identifier)
    found = ids.get(name.strip().casefold(), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownName(f"{name!r} is the name of {', '.join(found)}; write the id of one {what}")
    from difflib import get_close_matches

    for near in get_close_matches(name.casefold(), ids, n=1, cutoff=_ALIKE):
        raise UnknownName(f"no {what} is called {name!r}; did you mean {ids[near][0]}?")
    return name
