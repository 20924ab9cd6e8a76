"""Lines over the years: one chart of them, or many small ones side by side."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import polars as pl

from cityflux.core.charts.marks import MOST_SERIES, needs, order, tips, told_apart
from cityflux.core.charts.style import INK, PALE, data, themed, wrap

#: Pixels that a year at the axis takes.
_YEAR = 56


def lines(
    series: pl.DataFrame,
    *,
    focus: str | None = None,
    rival: str | None = None,
    unit: str = "",
    title: str = "",
    width: int = 560,
    height: int = 240,
) -> alt.LayerChart:
    """Draw a line per name over the years; a line breaks where a figure is missing.

    Args:
        series: ``name``, ``year`` (as `core.engine.measures.timeline.decimal_years` gives it) and
            ``value``; of more than `MOST_SERIES` names all but the focus and the rival are grey.
        focus: the name with the heavy line.
        rival: another one that keeps its colour.
        unit: the title of the axis of values.
        title: of the chart.
        width: in pixels.
        height: in pixels.

    Raises:
        NotEnoughData: there is no value.
    """
    needs(series.drop_nulls("value"), "trend lines need a value")
    names = order(series, "name")
    rows = alt.Chart(data(series))
    drawn = _drawn(rows, names, focus, rival, unit, _span(series), width)
    chart: alt.LayerChart = themed(drawn.properties(width=width, height=height), title)
    return chart


def panels(
    series: pl.DataFrame,
    *,
    focus: str | None = None,
    rival: str | None = None,
    columns: int = 3,
    width: int = 168,
    height: int = 96,
) -> alt.FacetChart:
    """Draw small charts of lines side by side, each with a scale of its own.

    Args:
        series: as for `lines`, with ``panel`` (its title) and ``unit``.
        focus: as there.
        rival: as there.
        columns: how many stand side by side.
        width: of each, in pixels.
        height: of each, in pixels.

    Raises:
        NotEnoughData: there is no value.
    """
    known = series.filter(pl.col("value").is_not_null().any().over("panel"))
    needs(known, "trend lines need a value")
    rows = known.with_columns(panel=pl.struct("panel", "unit").map_elements(_heading, pl.String))
    header = alt.Header(
        labelExpr="split(datum.label, '\\n')",
        labelAlign="left",
        labelAnchor="start",
        labelColor=INK,
        labelFontSize=11,
        labelFontWeight="bold",
        labelPadding=6,
    )
    # One chart in facets, and not charts side by side: Altair and Vega-Lite take half the time.
    drawn = _drawn(alt.Chart(), order(rows, "name"), focus, rival, "", _span(rows), width)
    joined = (
        drawn.properties(width=width, height=height)
        .facet(
            alt.Facet("panel:N", sort=order(rows, "panel"), title=None, header=header),
            data=data(rows),
            columns=columns,
            spacing={"row": 20, "column": 24},
        )
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")
    )
    chart: alt.FacetChart = themed(joined)
    return chart


def _heading(panel: dict[str, str]) -> str:
    """The title of a panel with its unit below."""
    return f"{wrap(panel['panel'], 30, 2)}\n{panel['unit']}"


def _span(series: pl.DataFrame) -> list[float]:
    """The first and the last year with a figure."""
    years = series.drop_nulls("value")["year"]
    return [min(years), max(years)]


def _ticks(span: list[float], width: int) -> list[float]:
    """As many whole years as have room, the last one among them; without any the first moment."""
    first, last = math.ceil(span[0]), math.floor(span[1])
    least = max(1, (last - first) / (width // _YEAR))
    step = next((step for step in (1, 2, 5, 10, 20, 50) if step >= least), 100)
    return [*range(last, first - 1, -step)] or [span[0]]


def _drawn(
    rows: alt.Chart,
    names: list[str],
    focus: str | None,
    rival: str | None,
    unit: str,
    span: list[float],
    width: int,
) -> Any:
    """The lines, the focus heavy and on top; every figure has a mark, so that gaps show."""
    marked = [name for name in names if name in (focus, rival)]
    known = names if len(names) <= MOST_SERIES else marked or names[:MOST_SERIES]
    color, dash, shape = told_apart(known, focus, rival, legend_offset=28 if unit else 16)
    years = alt.Scale(domain=span, nice=False)
    axis = alt.Axis(format="d", values=_ticks(span, width), grid=False)
    above = alt.Axis(tickCount=4, titleAngle=0, titleAlign="left", titleX=-8, titleY=-10)
    base = rows.encode(
        x=alt.X("year:Q", title=None, scale=years, axis=axis),
        y=alt.Y("value:Q", title=unit or None, scale=alt.Scale(zero=False), axis=above),
        detail=alt.Detail("name:N"),
    )
    told = base.transform_filter(alt.FieldOneOfPredicate("name", known)).encode(color=color)
    layers: list[Any] = []
    if len(known) < len(names):
        layers.append(base.mark_line(color=PALE, strokeWidth=0.8))
    layers.append(told.mark_line(strokeWidth=1.6).encode(strokeDash=dash))
    if focus:
        heavy = told.transform_filter(alt.datum.name == focus)
        layers.append(heavy.mark_line(strokeWidth=3).encode(strokeDash=dash))
    points = told.mark_point(filled=True, size=26, opacity=1)
    layers.append(points.encode(shape=shape, tooltip=tips("name:N", "year:Q", "value:Q")))
    return alt.layer(*layers)
