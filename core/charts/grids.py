"""A row per group: a heat map, a matrix of flows, and the distances to the best."""

from __future__ import annotations

from typing import Literal

import altair as alt
import polars as pl

from cityflux.core.charts.marks import (
    TEXT,
    layered,
    legend_of_brackets,
    needs,
    numbers,
    order,
    tips,
    with_brackets,
    with_lines,
)
from cityflux.core.charts.style import FOCUS, INK, MUTED, RIVAL, RULE, bare_axis, data, width_of
from cityflux.core.words.numbers import MISSING, figure, percent

Values = Literal["scores", "shares", "ranks"]

#: Pixels of a Latin letter in a heading; a Chinese one takes two.
_LETTER = 6.5
#: One hue from light to dark: in black and white the order stays.
_RAMP = ["#f4f8fb", "#c9deec", "#8dbbd8", "#4a90bd", "#0d659f", "#063d63"]


def heatmap(
    cells: pl.DataFrame,
    *,
    values: Values = "scores",
    legend: str = "",
    brackets: str = "",
    title: str = "",
    cell: int = 72,
) -> alt.LayerChart:
    """Draw a table whose cells are the darker the better their value, with the value in each.

    Args:
        cells: ``row``, ``column`` and ``value``; rows and columns in the order of their first
            appearance; null is drawn as an empty cell with a dash. Where ``bracket`` is true the
            value is a score that does not compare: it has no shade, and stands in brackets.
        values: what they are: ``scores``; ``shares``, 0 to 1, which are written in percent; or
            ``ranks``, of which 1 is the best.
        legend: the title of the scale; ranks need none.
        brackets: what the legend says of cells without a shade.
        title: of the chart.
        cell: the width of a column, in pixels.

    Raises:
        NotEnoughData: no cell has a value.
    """
    cells = with_brackets(cells)
    needs(cells.drop_nulls("value"), "a heat map needs a value")
    shaded = cells.filter(~pl.col("bracket"))["value"].drop_nulls().to_list() or [0.0]
    low, high = min(shaded), max(shaded)
    ranks = values == "ranks"
    ramp = _RAMP[::-1] if ranks else _RAMP
    middle = low + (0.45 if ranks else 0.55) * (high - low)
    dark = pl.col("value") <= middle if ranks else pl.col("value") > middle
    rows = with_lines(cells, "row").with_columns(text=_written(values), dark=dark)
    base = alt.Chart(data(rows)).encode(
        x=alt.X("column:N", sort=order(rows, "column"), title=None, axis=_heads(rows, cell)),
        y=alt.Y("row:N", sort=order(rows, "row"), title=None, axis=bare_axis()),
    )
    known = base.transform_filter("datum.value != null && !datum.bracket")
    hollow = base.transform_filter("datum.value != null && datum.bracket")
    empty = base.transform_filter("datum.value == null")
    form = ".0%" if values == "shares" else ".2f"
    color = alt.Color(
        "value:Q",
        title=legend or None,
        scale=alt.Scale(range=ramp, domain=[low, high], interpolate="lab"),
        legend=None if ranks else alt.Legend(gradientLength=160, orient="bottom", format=form),
    )
    layers = [
        known.mark_rect(stroke="white", strokeWidth=2).encode(
            color=color, tooltip=tips("row:N", "column:N", "value:Q")
        ),
        hollow.mark_rect(fill="white", stroke=MUTED, strokeWidth=0.8).encode(
            tooltip=tips("row:N", "column:N", "value:Q")
        ),
        hollow.mark_text(color=MUTED).encode(text=TEXT),
        *legend_of_brackets(rows, brackets),
        empty.mark_rect(fill="white", stroke=RULE, strokeDash=[2, 2]),
        empty.mark_text(text=MISSING, color=MUTED),
        known.transform_filter("datum.dark").mark_text(color="white").encode(text=TEXT),
        known.transform_filter("!datum.dark").mark_text(color=INK).encode(text=TEXT),
    ]
    return layered(layers, title, width=alt.Step(cell), height=alt.Step(32))


def _written(values: Values) -> pl.Expr:
    """The values as they stand in the cells."""
    if values == "shares":
        return pl.col("value").map_elements(percent, pl.String)
    hollow = pl.format("({})", numbers("value"))
    return pl.when("bracket").then(hollow).otherwise(numbers("value", 2 * (values != "ranks")))


def _heads(rows: pl.DataFrame, cell: int) -> alt.Axis:
    """The names over the columns, aslant where one of them is wider than its column."""
    widest = max(width_of(name) for name in order(rows, "column")) * _LETTER
    angle, limit = (0, cell) if widest <= cell else (-40, 160)
    return alt.Axis(orient="top", labelAngle=angle, ticks=False, domain=False, labelLimit=limit)


def od_matrix(
    flows: pl.DataFrame, *, legend: str = "", title: str = "", cell: int = 64
) -> alt.LayerChart:
    """Draw what goes from city to city as a matrix, the darker the more.

    Shades grow with the root of a flow, since few flows are many times the others; what each is
    stands in its cell.

    Args:
        flows: ``origin``, ``destination`` (names) and ``value``; both in the order of the first
            appearance of a city at either end. A pair without a row has no flow.
        legend: the title of the scale.
        title: of the chart.
        cell: the width of a column in pixels.

    Raises:
        NotEnoughData: there is no flow.
    """
    needs(flows, "a matrix needs a flow")
    ends = pl.concat([flows["origin"], flows["destination"]]).unique(maintain_order=True)
    names = pl.DataFrame({"origin": ends})
    largest = float(flows["value"].max())  # type: ignore[arg-type]
    cells = (
        names.join(names.rename({"origin": "destination"}), how="cross")
        .join(flows, on=["origin", "destination"], how="left", maintain_order="left")
        .with_columns(
            text=pl.col("value").map_elements(figure, pl.String),
            dark=pl.col("value") > 0.3 * largest,
        )
    )
    top = alt.Axis(orient="top", labelAngle=-40, ticks=False, domain=False, labelLimit=160)
    base = alt.Chart(data(cells)).encode(
        x=alt.X("destination:N", sort=order(cells, "destination"), title=None, axis=top),
        y=alt.Y("origin:N", sort=order(cells, "origin"), title=None, axis=bare_axis()),
    )
    known = base.transform_filter("datum.value != null")
    empty = base.transform_filter("datum.value == null")
    color = alt.Color(
        "value:Q",
        title=legend or None,
        scale=alt.Scale(type="sqrt", range=_RAMP, domain=[0, largest], interpolate="lab"),
        legend=alt.Legend(gradientLength=160, orient="bottom"),
    )
    layers = [
        known.mark_rect(stroke="white", strokeWidth=2).encode(
            color=color, tooltip=tips("origin:N", "destination:N", "value:Q")
        ),
        empty.mark_rect(fill="white", stroke=RULE, strokeDash=[2, 2]),
        empty.transform_filter("datum.origin != datum.destination").mark_text(
            text=MISSING, color=MUTED
        ),
        known.transform_filter("datum.dark").mark_text(color="white").encode(text=TEXT),
        known.transform_filter("!datum.dark").mark_text(color=INK).encode(text=TEXT),
    ]
    return layered(layers, title, width=alt.Step(cell), height=alt.Step(32))


def distances(
    cells: pl.DataFrame,
    *,
    focus: str,
    rival: str | None = None,
    others: str | None = "others",
    score: str = "Score",
    brackets: str = "",
    title: str = "",
    width: int = 420,
) -> alt.LayerChart:
    """Draw for each group where every city stands, and how far the focus is from the best one.

    Args:
        cells: ``row``, ``name`` and ``value``; null is left out. Where ``bracket`` is true the
            value does not compare: its mark is hollow, and there is no line to it or from it.
        focus: the name from which a line goes to the best.
        rival: another one with a mark of its own.
        others: what the legend calls the rest; None where there is none, and the line goes from
            the focus to the rival.
        score: the title of the axis.
        brackets: what the legend says of hollow marks.
        title: of the chart.
        width: in pixels.

    Raises:
        NotEnoughData: no cell has a value.
    """
    rows = with_lines(with_brackets(cells), "row")
    marked = [focus, *([rival] if rival else [])]
    among = ~pl.col("bracket") & (pl.lit(value=bool(others)) | (pl.col("name") != focus))
    known = rows.drop_nulls("value").with_columns(
        series=pl.when(pl.col("name").is_in(marked)).then("name").otherwise(pl.lit(others or "")),
        goal=pl.col("value").filter(among).max().over("row"),
    )
    needs(known, "distances need a value")
    names = [*marked, *([others] if others else [])]
    hues, shapes = [FOCUS, RIVAL][: len(marked)], ["circle", "diamond"][: len(marked)]
    color = alt.Scale(domain=names, range=[*hues, MUTED][: len(names)])
    shape = alt.Scale(domain=names, range=[*shapes, "stroke"][: len(names)])
    told = {
        "color": alt.Color("series:N", title=None, scale=color),
        "shape": alt.Shape("series:N", title=None, scale=shape),
        "tooltip": tips("row:N", "name:N", "value:Q"),
    }
    x = alt.X("value:Q", title=score, scale=alt.Scale(zero=False, padding=12))
    y = alt.Y("row:N", sort=order(rows, "row"), title=None, axis=bare_axis(grid=True))
    base = alt.Chart(data(known)).encode(x=x, y=y)
    own = base.transform_filter(alt.datum.name == focus).transform_filter(
        "datum.goal != null && !datum.bracket"
    )
    gap = own.mark_rule(color=FOCUS, strokeWidth=4, opacity=0.3)
    rest, two = (
        base.transform_filter(condition)
        for condition in (alt.datum.series == (others or ""), alt.datum.series != (others or ""))
    )
    strokes = rest.mark_point(size=140, strokeWidth=2, angle=90, opacity=1)
    layers = [
        gap.encode(x2=alt.X2("goal:Q")),
        *([strokes.encode(**told)] if others else []),
        two.transform_filter("!datum.bracket")
        .mark_point(size=120, filled=True, opacity=1)
        .encode(**told),
        two.transform_filter("datum.bracket")
        .mark_point(size=120, filled=False, opacity=1)
        .encode(**told),
        *legend_of_brackets(known, brackets),
    ]
    return layered(layers, title, width=width, height=alt.Step(30))
