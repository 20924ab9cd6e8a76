"""Figures out of the frame of a format that a plugin reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.figure import Figure
from cityflux.core.model.period import Period
from cityflux.core.model.secrecy import redact
from cityflux.core.refresh.importing.names import Names
from cityflux.core.refresh.importing.table_reader import Reading, Row
from cityflux.core.refresh.importing.units import in_unit

if TYPE_CHECKING:
    import polars as pl

_COLUMNS = ("city", "period", "value", "unit", "note")


def frame_figures(
    frame: pl.DataFrame, names: Names, indicator_id: str, source_id: str, form: str
) -> Reading:
    """Turn the frame of a format into figures of one indicator.

    Args:
        frame: city, period, value, unit and note; a null value is a missing figure.
        names: what it may name; rows about other places are left out.
        indicator_id: what the figures are.
        source_id: the source of the rows.
        form: the name of the format.

    Raises:
        CityfluxError: a unit or a period is wrong, a cell has two values, or not one row is about
            a known city.
    """
    if indicator_id not in names.units:
        near = names.near_indicator(indicator_id) or "; list them with: cityflux indicators"
        raise CityfluxError(f"indicator {indicator_id!r} is unknown{near}")
    unit = names.units[indicator_id]
    reading = Reading([f"the format {form}"])
    first: dict[tuple[str, str], float] = {}
    rows: dict[tuple[str, str], Row] = {}
    for city, period, value, its_unit, note in frame.select(_COLUMNS).iter_rows():
        found = names.city(city or "")
        if found is None:
            reading.places[f"{city}"] += 1
        elif value is not None:
            its_value = in_unit(float(value), its_unit, unit) if its_unit else float(value)
            at = Period.parse(period).text
            if first.setdefault((found, at), its_value) != its_value:
                raise CityfluxError(
                    f"{found} {at} has two values, {first[found, at]:g} and {its_value:g}; keep "
                    "one of them"
                )
            figure = Figure(found, at, its_value, "ok", redact(note or ""))
            rows[found, at] = Row(indicator_id, source_id, figure)
        else:
            reading.missing += 1
    reading.rows = [*rows.values()]
    if not rows:
        others = sum(reading.places.values())
        raise CityfluxError(f"no figure of a known city; {others} rows are about other places")
    return reading
