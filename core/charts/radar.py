"""A radar: an axis for each group, a line for each city."""

from __future__ import annotations

import altair as alt
import polars as pl

from cityflux.core.charts.geometry import Span, nice_span, radar_points, rim_labels
from cityflux.core.charts.marks import (
    MOST_SERIES,
    TEXT,
    labels,
    layered,
    legend_of_brackets,
    needs,
    order,
    tips,
    told_apart,
    with_brackets,
)
from cityflux.core.charts.style import FOCUS, MUTED, RULE, data, wrap
from cityflux.core.model.errors import NotEnoughData


def radar(
    cells: pl.DataFrame,
    *,
    focus: str | None = None,
    rival: str | None = None,
    brackets: str = "",
    title: str = "",
    size: int = 380,
) -> alt.LayerChart:
    """Draw a line around an axis per group for each name; a missing value leaves a gap.

    Args:
        cells: ``name``, ``axis`` and ``value``, every name with every axis; of more than
            `MOST_SERIES` names only the focus and the rival are drawn, or the first ones. Where
            ``bracket`` is true the value does not compare, and its mark is hollow.
        focus: the name whose line is filled.
        rival: the second one that is drawn if there are too many.
        brackets: what the legend says of hollow marks.
        title: of the chart.
        size: of the square, in pixels.

    Raises:
        NotEnoughData: there are fewer than three axes, or no value.
    """
    names = order(cells, "name")
    if len(names) > MOST_SERIES:
        names = [name for name in names if name in (focus, rival)] or names[:MOST_SERIES]
    cells = with_brackets(cells).filter(pl.col("name").is_in(names))
    axes = order(cells, "axis")
    if len(axes) < 3:
        raise NotEnoughData(f"a radar needs three groups or more, and there are {len(axes)}")
    needs(cells.drop_nulls("value"), "a radar needs a value")
    span = nice_span(cells["value"].drop_nulls().to_list())
    points = radar_points(cells, span)
    scale = alt.Scale(domain=[-1.1, 1.1], nice=False)
    x, y = alt.X("x:Q", scale=scale, axis=None), alt.Y("y:Q", scale=scale, axis=None)
    color, dash, shape = told_apart(names, focus, rival)
    base = alt.Chart(data(points)).encode(x=x, y=y, order=alt.Order("order:Q"))
    own = base.transform_filter(alt.datum.name == (focus or ""))
    whole = focus in names and not points.filter(name=focus)["value"].null_count()
    area = own.mark_line(fill=FOCUS, fillOpacity=0.1, strokeOpacity=0)
    dots = base.transform_filter("datum.x != null && !datum.bracket")
    hollow = base.transform_filter("datum.x != null && datum.bracket")
    told = {"color": color, "shape": shape, "tooltip": tips("name:N", "axis:N", "value:Q")}
    line = base.mark_line(strokeWidth=2.2)
    layers = [
        *_web(axes, span, x, y),
        *([area] if whole else []),
        line.encode(color=color, strokeDash=dash, detail=alt.Detail("name:N")),
        dots.mark_point(filled=True, size=42, opacity=1).encode(**told),
        hollow.mark_point(fill="white", size=42, opacity=1).encode(**told),
        *legend_of_brackets(cells, brackets),
    ]
    return layered(layers, title, width=size, height=size)


def _web(axes: list[str], span: Span, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The rings with their values, the spokes, and the names of the axes around them."""
    rings = pl.DataFrame(
        [{"name": f"{tick:g}", "axis": axis, "value": tick} for tick in span.ticks for axis in axes]
    )
    ring = alt.Chart(data(radar_points(rings, span))).encode(x=x, y=y, order=alt.Order("order:Q"))
    names = rim_labels([wrap(axis, 18) for axis in axes])
    spokes = names.select(x=pl.col("x") / 1.08, y=pl.col("y") / 1.08, zero=pl.lit(0.0))
    marks = [
        {"x": 0.02, "y": (tick - span.low) / (span.high - span.low), "text": f"{tick:g}"}
        for tick in span.ticks
    ]
    return [
        ring.mark_line(color=RULE, strokeWidth=0.8).encode(detail=alt.Detail("name:N")),
        ring.transform_filter("datum.value == 0").mark_line(color=MUTED, strokeWidth=1.1),
        alt.Chart(data(spokes))
        .mark_rule(color=RULE, strokeWidth=0.8)
        .encode(x=x, y=y, x2=alt.X2("zero:Q"), y2=alt.Y2("zero:Q")),
        alt.Chart(data(pl.DataFrame(marks)))
        .mark_text(align="left", fontSize=10, color=MUTED)
        .encode(x=x, y=y, text=TEXT),
        *labels(names, x, y),
    ]
