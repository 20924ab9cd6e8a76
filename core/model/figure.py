"""The figure: what is known of a city at a period, and of a pair of cities.

Tuples with names, because a first refresh makes tens of thousands of them.
"""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """One figure of one indicator from one source, in the indicator's unit."""

    city_id: str
    period: str
    value: float
    status: str = "ok"
    note: str = ""


class FlowFigure(NamedTuple):
    """One flow from a city to another, in the unit of its kind."""

    origin_id: str
    destination_id: str
    period: str
    value: float
