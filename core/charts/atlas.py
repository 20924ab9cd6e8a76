"""A map of cities and of what flows between them, without a tile or an outline."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import polars as pl

from cityflux.core.charts.geometry import Frame, frame_of, place_labels, project
from cityflux.core.charts.marks import (
    TEXT,
    labels,
    layered,
    legend_of_brackets,
    needs,
    role,
    tips,
    with_brackets,
)
from cityflux.core.charts.style import FOCUS, MUTED, OKABE_ITO, data, wrap


def city_map(
    places: pl.DataFrame,
    flows: pl.DataFrame | None = None,
    *,
    focus: str | None = None,
    value: str = "",
    brackets: str = "",
    title: str = "",
    width: int = 640,
) -> alt.LayerChart:
    """Draw cities where they lie, on a graticule, with what flows between them.

    Args:
        places: ``name``, ``latitude``, ``longitude`` (degrees) and ``value`` (the size of the
            disc; null draws a ring), and perhaps ``label`` where something else than the name is
            to be written, or nothing; rows without coordinates are left out. Where ``bracket``
            is true the value does not compare, and the disc is hollow.
        flows: ``origin`` and ``destination`` (names of places) and ``value``; the larger, the
            wider.
        focus: the name that stands out; all places are equal where none does.
        value: the title of the scale of sizes.
        brackets: what the legend says of hollow discs.
        title: of the chart.
        width: in pixels.

    Raises:
        NotEnoughData: no place has coordinates.
    """
    known = with_brackets(places).drop_nulls(["latitude", "longitude"])
    needs(known, "a map needs the coordinates of a city")
    frame = frame_of(known, width)
    points = project(known, frame).with_columns(role=role(focus, None))
    x, y = _across("x:Q", frame), _down("y:Q", frame)
    base = alt.Chart(data(points)).encode(x=x, y=y)
    roles = alt.Scale(domain=["focus", "other"], range=[FOCUS, MUTED])
    color = alt.Color("role:N", legend=None, scale=roles)
    values = [0.0, *points["value"].drop_nulls()]
    size = alt.Size(
        "value:Q",
        title=value or None,
        scale=alt.Scale(domain=[min(values), max(values) or 1.0], range=[40, 300]),
        legend=alt.Legend(orient="bottom", symbolFillColor=MUTED) if value else None,
    )
    discs = base.transform_filter("datum.value != null && !datum.bracket")
    hollow = base.transform_filter("datum.value != null && datum.bracket")
    told = {"size": size, "color": color, "tooltip": tips("name:N", "value:Q")}
    rings = base.transform_filter("datum.value == null").mark_point(size=50)
    layers = [
        *_graticule(frame),
        *([] if flows is None or flows.is_empty() else [_streams(points, flows, x, y)]),
        discs.mark_circle(opacity=0.85, stroke="white").encode(**told),
        hollow.mark_point(fill="white", opacity=1, strokeWidth=1.5).encode(**told),
        *legend_of_brackets(known, brackets),
        rings.encode(color=color),
        *labels(place_labels(_labelled(points), frame), x, y),
    ]
    return layered(layers, title, width=frame.width, height=frame.height)


def _labelled(points: pl.DataFrame) -> pl.DataFrame:
    """The places with the text that is written at each, short enough to find room."""
    text = pl.col("label" if "label" in points.columns else "name")
    short = text.map_elements(lambda label: wrap(label, 34, lines=1), return_dtype=pl.String)
    return points.select("x", "y", name=short)


def _across(column: str, frame: Frame) -> alt.X:
    return alt.X(column, scale=alt.Scale(domain=[0, frame.width], nice=False), axis=None)


def _down(column: str, frame: Frame) -> alt.Y:
    scale = alt.Scale(domain=[0, frame.height], nice=False, reverse=True)
    return alt.Y(column, scale=scale, axis=None)


def _streams(points: pl.DataFrame, flows: pl.DataFrame, x: alt.X, y: alt.Y) -> Any:
    """Straight lines between the places that both have coordinates, the larger the wider."""
    at = points.select("name", "x", "y")
    rows = flows.join(at, left_on="origin", right_on="name").join(
        at.rename({"x": "x2", "y": "y2"}), left_on="destination", right_on="name"
    )
    width = alt.StrokeWidth("value:Q", legend=None, scale=alt.Scale(range=[0.6, 5], zero=True))
    return (
        alt.Chart(data(rows))
        .mark_rule(color=OKABE_ITO[1], opacity=0.45, strokeCap="round")
        .encode(x=x, y=y, x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), strokeWidth=width)
    )


def _graticule(frame: Frame) -> list[alt.Chart]:
    """Meridians and parallels with their degrees."""
    step = frame.step
    lines = []
    for degree in range(math.ceil(frame.west / step) * step, math.ceil(frame.east), step):
        across = (degree - frame.west) / (frame.east - frame.west) * frame.width
        text = f"{abs(degree)}°{'E' if degree > 0 else 'W' if degree < 0 else ''}"
        lines.append((across, 0.0, across, frame.height, across, frame.height - 6, text))
    for degree in range(math.ceil(frame.south / step) * step, math.ceil(frame.north), step):
        down = (frame.north - degree) / (frame.north - frame.south) * frame.height
        text = f"{abs(degree)}°{'N' if degree > 0 else 'S' if degree < 0 else ''}"
        lines.append((0.0, down, frame.width, down, 2.0, down - 6, text))
    columns = ("x", "y", "x2", "y2", "at", "level", "text")
    rows = data(pl.DataFrame(lines, schema=columns, orient="row"))
    drawn = alt.Chart(rows).mark_rule(color="#e3e8ec")
    texts = alt.Chart(rows).mark_text(fontSize=9, color="#8a959d", align="left", dx=2)
    return [
        drawn.encode(
            x=_across("x:Q", frame), y=_down("y:Q", frame), x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q")
        ),
        texts.encode(x=_across("at:Q", frame), y=_down("level:Q", frame), text=TEXT),
    ]
