"""A row per group: a heat map, and the distances to the best."""

from __future__ import annotations

import altair as alt
import polars as pl

from cityflux.core.charts.marks import layered, needs, numbers, order, with_lines
from cityflux.core.charts.style import FOCUS, INK, MUTED, RIVAL, RULE, bare_axis, data
from cityflux.core.words.numbers import percent

#: One hue from light to dark: in black and white the order stays.
_RAMP = ["#f4f8fb", "#c9deec", "#8dbbd8", "#4a90bd", "#0d659f", "#063d63"]


def heatmap(
    cells: pl.DataFrame,
    *,
    shares: bool = False,
    legend: str = "",
    title: str = "",
    cell: int = 72,
) -> alt.LayerChart:
    """Draw a table whose cells are the darker the higher their value, with the value in each.

    Args:
        cells: ``row``, ``column`` and ``value``; rows and columns in the order of their first
            appearance; null is drawn as an empty cell with a dash.
        shares: whether the values are shares, 0 to 1, which are written in percent.
        legend: the title of the scale.
        title: of the chart.
        cell: the width of a column, in pixels.

    Raises:
        NotEnoughData: no cell has a value.
    """
    values = cells["value"].drop_nulls()
    needs(values.to_frame(), "a heat map needs a value")
    low, high = min(values), max(values)
    text = pl.col("value").map_elements(percent, pl.String) if shares else numbers("value")
    rows = with_lines(cells, "row").with_columns(text=text)
    top = alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False, labelLimit=cell)
    base = alt.Chart(data(rows)).encode(
        x=alt.X("column:N", sort=order(rows, "column"), title=None, axis=top),
        y=alt.Y("row:N", sort=order(rows, "row"), title=None, axis=bare_axis()),
    )
    known = base.transform_filter("datum.value != null")
    empty = base.transform_filter("datum.value == null")
    color = alt.Color(
        "value:Q",
        title=legend or None,
        scale=alt.Scale(range=_RAMP, domain=[low, high], interpolate="lab"),
        legend=alt.Legend(gradientLength=160, orient="bottom", format=".0%" if shares else ".2f"),
    )
    dark = f"datum.value > {low + 0.55 * (high - low)}"
    layers = [
        known.mark_rect(stroke="white", strokeWidth=2).encode(
            color=color, tooltip=["row:N", "column:N", "value:Q"]
        ),
        empty.mark_rect(fill="white", stroke=RULE, strokeDash=[2, 2]),
        empty.mark_text(text="–", color=MUTED),
        known.mark_text(fontSize=12).encode(
            text="text:N",
            color=alt.condition(dark, alt.value("white"), alt.value(INK)),
        ),
    ]
    return layered(layers, title, width=alt.Step(cell), height=alt.Step(32))


def distances(
    cells: pl.DataFrame,
    *,
    focus: str,
    rival: str | None = None,
    others: str = "others",
    score: str = "Score",
    title: str = "",
    width: int = 420,
) -> alt.LayerChart:
    """Draw for each group where every city stands, and how far the focus is from the best one.

    Args:
        cells: ``row``, ``name`` and ``value``; null is left out.
        focus: the name from which a line goes to the best.
        rival: another one with a mark of its own.
        others: what the legend calls the rest.
        score: the title of the axis.
        title: of the chart.
        width: in pixels.

    Raises:
        NotEnoughData: no cell has a value.
    """
    rows = with_lines(cells, "row")
    marked = [focus, *([rival] if rival else [])]
    known = rows.drop_nulls("value").with_columns(
        series=pl.when(pl.col("name").is_in(marked)).then("name").otherwise(pl.lit(others)),
        best=pl.col("value").max().over("row"),
    )
    needs(known, "distances need a value")
    names = [*marked, others]
    hues, shapes = [FOCUS, RIVAL][: len(marked)], ["circle", "diamond"][: len(marked)]
    color = alt.Scale(domain=names, range=[*hues, MUTED])
    shape = alt.Scale(domain=names, range=[*shapes, "stroke"])
    told = {
        "color": alt.Color("series:N", title=None, scale=color),
        "shape": alt.Shape("series:N", title=None, scale=shape),
        "tooltip": ["row:N", "name:N", "value:Q"],
    }
    x = alt.X("value:Q", title=score, scale=alt.Scale(zero=False, padding=12))
    y = alt.Y("row:N", sort=order(rows, "row"), title=None, axis=bare_axis(grid=True))
    base = alt.Chart(data(known)).encode(x=x, y=y)
    gap = base.transform_filter(alt.datum.name == focus).mark_rule(
        color=FOCUS, strokeWidth=4, opacity=0.3
    )
    rest, two = (
        base.transform_filter(condition)
        for condition in (alt.datum.series == others, alt.datum.series != others)
    )
    layers = [
        gap.encode(x2="best:Q"),
        rest.mark_point(size=140, strokeWidth=2, angle=90, opacity=1).encode(**told),
        two.mark_point(size=120, filled=True, opacity=1).encode(**told),
    ]
    return layered(layers, title, width=width, height=alt.Step(30))
