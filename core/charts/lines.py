"""Lines over the years: one chart of them, or many small ones side by side."""

from __future__ import annotations

import math

import altair as alt
import polars as pl

from cityflux.core.charts.marks import (
    MOST_SERIES,
    layered,
    legend_of_brackets,
    needs,
    order,
    tips,
    told_apart,
    with_brackets,
)
from cityflux.core.charts.style import INK, MUTED, PALE, data, themed, wrap

#: Pixels that a year at the axis takes.
_YEAR = 56


def lines(
    series: pl.DataFrame,
    *,
    focus: str | None = None,
    rival: str | None = None,
    unit: str = "",
    title: str = "",
    broken: str = "",
    brackets: str = "",
    width: int = 560,
    height: int = 240,
) -> alt.LayerChart:
    """Draw a line per name over the years; a line breaks where a figure is missing.

    Args:
        series: ``name``, ``year`` (as `core.engine.measures.timeline.decimal_years` gives it) and
            ``value``; of more than `MOST_SERIES` names all but the focus and the rival are grey.
            With ``segment``, a line breaks also where that number changes, and a dashed rule
            marks the place. Where ``bracket`` is true the value does not compare, and its mark is
            hollow.
        focus: the name with the heavy line.
        rival: another one that keeps its colour.
        unit: the title of the axis of values.
        title: of the chart.
        broken: what stands at the rules of breaks.
        brackets: what the legend says of hollow marks.
        width: in pixels.
        height: in pixels.

    Raises:
        NotEnoughData: there is no value.
    """
    needs(series.drop_nulls("value"), "trend lines need a value")
    names = order(series, "name")
    parted = with_brackets(_parted(series))
    base = alt.Chart(data(parted))
    layers = _drawn(base, names, focus, rival, unit, _span(series), width)
    if "break_at" in parted.columns:
        layers += _rules(base, _span(series), broken)
    layers += legend_of_brackets(parted, brackets)
    return layered(layers, title, width=width, height=height)


def panels(
    series: pl.DataFrame,
    *,
    focus: str | None = None,
    rival: str | None = None,
    broken: str = "",
    columns: int = 3,
    width: int = 168,
    height: int = 96,
) -> alt.FacetChart:
    """Draw small charts of lines side by side, each with a scale of its own.

    Args:
        series: as for `lines`, with ``panel`` (its title) and ``unit``.
        focus: as there.
        rival: as there.
        broken: as there.
        columns: how many stand side by side.
        width: of each, in pixels.
        height: of each, in pixels.

    Raises:
        NotEnoughData: there is no value.
    """
    known = series.filter(pl.col("value").is_not_null().any().over("panel"))
    needs(known, "trend lines need a value")
    rows = _parted(known).with_columns(
        panel=pl.struct("panel", "unit").map_elements(_heading, pl.String)
    )
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
    layers = _drawn(alt.Chart(), order(rows, "name"), focus, rival, "", _span(rows), width)
    if "break_at" in rows.columns:
        layers += _rules(alt.Chart(), _span(rows), broken)
    joined = (
        alt.layer(*layers, width=width, height=height)
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


def _parted(series: pl.DataFrame) -> pl.DataFrame:
    """The series with ``part``, which names a line, and with the places of its breaks.

    ``break_at`` stands with the first figure after a break, and ``word_at`` with the first break
    of a chart. Without a break both are left out; of several series that break at one place only
    one has it, so that there is one rule.
    """
    if "segment" not in series.columns:
        return series.with_columns(part=pl.col("name"))
    panel = [each for each in ("panel",) if each in series.columns]
    own = [*panel, "name"]
    there = series.drop_nulls("value").sort("year", maintain_order=True)
    before = pl.col("year", "segment").shift().over(own).name.suffix("_before")
    gap = pl.col("year") - pl.col("year_before")
    place = pl.col("year_before") + pl.min_horizontal(gap / 2, 0.5)
    first = pl.col("break_at").min().over(panel) if panel else pl.col("break_at").min()
    breaks = (
        there.with_columns(before)
        .filter(pl.col("segment") != pl.col("segment_before"))
        .select(*own, "year", break_at=place)
        .unique([*panel, "break_at"], keep="first", maintain_order=True)
        .with_columns(word_at=pl.when(pl.col("break_at") == first).then("break_at"))
    )
    parted = series.with_columns(part=pl.format("{} {}", "name", "segment")).drop("segment")
    if breaks.is_empty():
        return parted
    return parted.join(breaks, on=[*own, "year"], how="left", maintain_order="left")


def _rules(rows: alt.Chart, span: list[float], broken: str) -> list[alt.Chart]:
    """A dashed rule at each break, and beside the first one what it is."""
    years = alt.Scale(domain=span, nice=False)
    at, word = (
        rows.transform_filter(f"isValid(datum.{name})").encode(
            x=alt.X(f"{name}:Q", title=None, scale=years)
        )
        for name in ("break_at", "word_at")
    )
    rule = at.mark_rule(color=MUTED, strokeDash=[3, 3])
    text = word.mark_text(color=MUTED, fontSize=9, align="right", baseline="top", dx=-3)
    return [rule, text.encode(y=alt.value(0), text=alt.value(broken))]


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
) -> list[alt.Chart]:
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
        detail=alt.Detail("part:N"),
    )
    told = base.transform_filter(alt.FieldOneOfPredicate("name", known)).encode(color=color)
    layers: list[alt.Chart] = []
    if len(known) < len(names):
        layers.append(base.mark_line(color=PALE, strokeWidth=0.8))
    layers.append(told.mark_line(strokeWidth=1.6).encode(strokeDash=dash))
    if focus:
        heavy = told.transform_filter(alt.datum.name == focus)
        layers.append(heavy.mark_line(strokeWidth=3).encode(strokeDash=dash))
    points = told.encode(shape=shape, tooltip=tips("name:N", "year:Q", "value:Q"))
    layers.append(points.mark_point(filled=True, size=26, opacity=1))
    hollow = points.transform_filter("datum.bracket")
    layers.append(hollow.mark_point(fill="white", size=26, opacity=1))
    return layers
