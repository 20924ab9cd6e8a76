"""What a request means by its words: an index and a period, or a page that is not here."""

from __future__ import annotations

import sqlite3
from typing import TypeVar

from cityflux.core.model.errors import IndexDefinitionError
from cityflux.core.reading.indices import Chosen, choose, indices
from cityflux.core.web.asked import Asked, NotHere

Found = TypeVar("Found")


def here(found: Found | None, *asked: str) -> Found:
    """What was found.

    Args:
        found: None where there is nothing.
        asked: what was asked for.

    Raises:
        NotHere: there is nothing.
    """
    if found is None:
        raise NotHere(", ".join(asked))
    return found


def chosen(connection: sqlite3.Connection, asked: Asked, index_id: str) -> Chosen:
    """An index, and the period that was asked for or the last one ('' where there is none).

    Raises:
        NotHere: there is no such index, or it was not computed for that period.
    """
    period = asked.text("period")
    try:
        return choose(connection, index_id, period)
    except IndexDefinitionError:
        raise NotHere(", ".join(filter(None, (index_id, period)))) from None


def some_index(connection: sqlite3.Connection, asked: Asked) -> Chosen | None:
    """The index that was asked for, or the first one; None where there is none at all.

    Raises:
        NotHere: there is no such index or period.
    """
    wanted = asked.text("index")
    if wanted is None:
        known = indices(connection)
        if not known:
            return None
        wanted = known[0].id
    return chosen(connection, asked, wanted)
