"""What a city could move: its indicators in an index, with what they were before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from cityflux.core.model.period import Period, is_period
from cityflux.core.reading import answers
from cityflux.storage.breaks import breaks_of
from cityflux.storage.observations import read_current

_INDICATORS = """
SELECT id, name_zh, name_en, unit, scale, movable FROM indicators
WHERE id IN (SELECT value FROM json_each(?))
"""
_COMPUTED = """
SELECT DISTINCT indicator_id FROM derivations
WHERE input_indicator_id IN (SELECT value FROM json_each(?))
"""


class Movable(NamedTuple):
    """An indicator of an index, and the figures of a city in it.

    ``years`` and ``values`` are those since the last break, one a year; ``ratio`` says whether
    growth is a rate.
    """

    name_zh: str
    name_en: str
    unit: str
    ratio: bool
    movable: bool
    years: list[float]
    values: list[float]


def movable_indicators(
    connection: sqlite3.Connection, indicators: Sequence[str], city: str
) -> dict[str, Movable]:
    """Some indicators by id, with the figures that a city had."""
    series: dict[str, list[tuple[str, float]]] = {name: [] for name in indicators}
    for name, own, period, value in read_current(connection, indicators):
        if own == city and is_period(period) and Period.parse(period).precision == "year":
            series[name].append((period, value))
    since: dict[str, str] = {}
    for name, own, period, *_ in breaks_of(connection, indicators, [city]):
        if own in (None, city):
            since[name] = max(since.get(name, ""), period)
    found = {}
    for row in answers.rows(connection, _INDICATORS, (json.dumps([*indicators]),)):
        known = [each for each in series[row["id"]] if each[0] >= since.get(row["id"], "")]
        found[row["id"]] = Movable(
            row["name_zh"],
            row["name_en"],
            row["unit"],
            row["scale"] == "ratio",
            bool(row["movable"]),
            [float(period) for period, _ in known],
            [value for _, value in known],
        )
    return found


def computed_from(connection: sqlite3.Connection, indicators: Sequence[str]) -> set[str]:
    """The indicators of which some figure is computed from one of these."""
    rows = answers.rows(connection, _COMPUTED, (json.dumps([*indicators]),))
    return {row["indicator_id"] for row in rows}
