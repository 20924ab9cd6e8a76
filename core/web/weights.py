"""The page of a reader's own weights: a plain form, an address for each setting, and all others."""

from __future__ import annotations

import math
import sqlite3
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.core.model.errors import CityfluxError
from cityflux.core.reading.indices import definition_of
from cityflux.core.reading.runs import Run, last_run
from cityflux.core.reading.standing import ranking
from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.web.queries import chosen
from cityflux.core.words.catalogue import text
from cityflux.core.words.names import pick
from cityflux.storage.changes import position

if TYPE_CHECKING:
    from cityflux.core.engine.audit.paths import Ground
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.scoring import Scores
    from cityflux.core.engine.whatif.outcome import Moved
    from cityflux.core.engine.whatif.readers import Readers


class Row(NamedTuple):
    """A city: what moved, and its ranks over all weights, None where nothing compares."""

    city: sqlite3.Row
    moved: Moved
    low: int | None
    high: int | None
    first: float | None


#: What stands before the id of a node in the address, and the largest weight.
PREFIX, LARGEST = "w.", 1e6


def weights_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of an index with the weights of a reader.

    Raises:
        NotHere: there is no such index or period.
    """
    shown = chosen(connection, asked, asked.place("id"))
    name, run = shown.index.id, last_run(connection, shown.index.id)
    values: dict[str, Any] = {"shown": shown, "rows": [], "nodes": [], "wrong": ""}
    try:
        definition = definition_of(connection, name)
        given = _given(definition, asked)
        values["nodes"] = [
            {"node": node, "weight": given.get(node.id, node.weight)}
            for node in definition.children[definition.id]
        ]
        values["rows"] = _rows(connection, asked, shown.period, definition, given, run)
    except CityfluxError as error:
        values["wrong"] = str(error)
    index = pick(asked.language, shown.index.name_zh, shown.index.name_en, name)
    return Page("weights.html", text(asked.language, "web.own_weights", index=index), values)


def _given(definition: Definition, asked: Asked) -> dict[str, float]:
    """The weights in the address; what is no weight is passed over."""
    found = {}
    for node in definition.children[definition.id]:
        try:
            value = float(asked.arguments.get(PREFIX + node.id, ""))
        except ValueError:
            continue
        if math.isfinite(value) and 0 <= value <= LARGEST and value != node.weight:
            found[node.id] = value
    return found


def _rows(
    connection: sqlite3.Connection,
    asked: Asked,
    period: str,
    definition: Definition,
    given: dict[str, float],
    run: Run | None,
) -> list[Row]:
    """The cities in the order of the reader's weights, with what all others come to."""
    from cityflux.core.engine.scoring import score
    from cityflux.core.engine.whatif.outcome import moved
    from cityflux.core.engine.whatif.settings import Settings, changed

    ground, before, every = _known(
        connection, definition.id, run.id if run else 0, position(connection), period
    )
    other = changed(ground, Settings(weights=given))
    after = score(other.definition, other.panel, other.directions, other.methods)
    places = {city: i for i, city in enumerate(definition.cities)}
    names = {
        row["city_id"]: row for row in ranking(connection, chosen(connection, asked, definition.id))
    }
    rows = []
    for each in moved(before, after):
        if each.node == definition.id and each.period == period:
            at = places[each.city]
            low, high, first = (float(x[at]) for x in (every.low, every.high, every.first))
            if each.bracket_before or math.isnan(low):
                rows.append(Row(names[each.city], each, None, None, None))
            else:
                rows.append(Row(names[each.city], each, int(low), int(high), first))
    rows.sort(key=lambda row: (row.moved.rank_after or math.inf, -(row.moved.after or 0.0)))
    return rows


@lru_cache(maxsize=8)
def _known(
    connection: sqlite3.Connection, index: str, run: int, at: int, period: str
) -> tuple[Ground, Scores, Readers]:
    """The index as it is, and what all weights come to; asked again after a run or change."""
    from cityflux.core.engine.audit.paths import ground_of
    from cityflux.core.engine.scoring import score
    from cityflux.core.engine.steps.methods import Methods
    from cityflux.core.engine.whatif.readers import readers

    ground = ground_of(connection, definition_of(connection, index), Methods())
    found = score(ground.definition, ground.panel, ground.directions, ground.methods)
    return ground, found, readers(ground, found, period)
