"""What `normalize` and `derive` must return, and how that becomes figures."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import PeriodError, PluginError
from core.period import Period
from storage.flows import FlowFigure
from storage.observations import Figure

if TYPE_CHECKING:
    import polars as pl

REQUIRED = ("city", "period", "value")
OPTIONAL = ("status", "note")
FLOW = ("origin", "destination", "period", "value")
STATUSES = ("ok", "provisional", "suspect")


def figures(frame: Any, hook: str, cities: Collection[str]) -> list[Figure]:
    """Check a frame and turn it into figures; rows with a null value are missing figures.

    Args:
        frame: what a plugin returned: city (text), period (text), value (number), and
            perhaps status and note.
        hook: whose return value it is, for the message.
        cities: the ids of the cities that exist.

    Raises:
        PluginError: naming the first thing that breaks the contract.
    """
    rows = _typed_rows(frame, hook)
    found: dict[tuple[str, str], Figure] = {}
    for city, period, value, status, note in rows:
        if value is None:
            continue
        figure = Figure(city, period, float(value), status or "ok", note or "")
        problem = "stands there twice" if (city, period) in found else _problem(figure, cities)
        if problem:
            raise PluginError(f"{hook}() returned {city} {period} {value}: {problem}")
        found[city, period] = figure
    return list(found.values())


def flow_figures(frame: Any, hook: str, cities: Collection[str]) -> list[FlowFigure]:
    """Check the frame of a flow and turn it into figures; rows with a null value are missing.

    Args:
        frame: what a plugin returned: origin and destination (text), period (text), value.
        hook: whose return value it is, for the message.
        cities: the ids of the cities that exist.

    Raises:
        PluginError: naming the first thing that breaks the contract.
    """
    found: dict[tuple[str, str, str], FlowFigure] = {}
    for origin, destination, period, value in _typed_rows(frame, hook, FLOW, ()):
        if value is None:
            continue
        figure = FlowFigure(origin, destination, period, float(value))
        problem = "stands there twice" if figure[:3] in found else ""
        for end in (origin, destination):
            problem = problem or _problem(Figure(end, period, figure.value), cities)
        if problem:
            raise PluginError(
                f"{hook}() returned {origin} to {destination} {period} {value}: {problem}"
            )
        found[figure[:3]] = figure
    return list(found.values())


def _typed_rows(
    frame: Any,
    hook: str,
    required: Sequence[str] = REQUIRED,
    optional: Sequence[str] = OPTIONAL,
) -> Iterable[tuple[Any, ...]]:
    import polars as pl

    if not isinstance(frame, pl.DataFrame):
        raise PluginError(f"{hook}() returned a {type(frame).__name__}; return a polars DataFrame")
    if missing := [name for name in required if name not in frame.columns]:
        raise PluginError(
            f"{hook}() returned the columns {', '.join(frame.columns) or 'none'}; "
            f"{' and '.join(missing)} must be among them"
        )
    if frame.is_empty():
        return []
    for name in required:
        kind = frame.schema[name]
        if name == "value":
            _check_type(frame, hook, name, kind.is_numeric(), "numbers")
        else:
            _check_type(frame, hook, name, kind == pl.String, "text")
    nothing = [None] * frame.height
    columns = [
        frame[name].to_list() if name in frame.columns else nothing
        for name in (*required, *optional)
    ]
    return zip(*columns, strict=True)


def _check_type(frame: pl.DataFrame, hook: str, column: str, right: bool, wanted: str) -> None:
    if not right:
        kind = frame.schema[column]
        raise PluginError(f"{hook}() returned a column {column} of {kind}; it must hold {wanted}")


def _problem(figure: Figure, cities: Collection[str]) -> str:
    if figure.city_id is None or figure.city_id not in cities:
        return f"no city {figure.city_id!r} is known; add it with the hook register_cities"
    if not math.isfinite(figure.value):
        return "the value is no finite number; leave the row out where a figure is missing"
    if figure.status not in STATUSES:
        return f"status {figure.status!r} is none of {', '.join(STATUSES)}"
    try:
        Period.parse(figure.period)
    except PeriodError as error:
        return str(error)
    return ""
