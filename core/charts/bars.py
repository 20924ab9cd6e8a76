"""Bars: a ranking, and how one score comes out of another."""

from __future__ import annotations

import altair as alt
import polars as pl

from cityflux.core.charts.marks import (
    OUTLINE,
    ROLE,
    TEXT,
    bracketed,
    layered,
    legend_of_brackets,
    needs,
    numbers,
    role,
    tips,
    with_brackets,
    with_lines,
    zero_rule,
)
from cityflux.core.charts.style import GAIN, INK, LOSS, MUTED, bare_axis, data
from cityflux.core.words.numbers import percent


def ranking(
    scores: pl.DataFrame,
    *,
    focus: str | None = None,
    rival: str | None = None,
    score: str = "Score",
    coverage: str = "Coverage",
    brackets: str = "",
    title: str = "",
    width: int = 440,
) -> alt.LayerChart:
    """Draw a bar for each city, in the order of the rows, with its score and its coverage.

    Args:
        scores: ``name``, ``rank``, ``score`` and ``coverage`` (0 to 1), and perhaps ``low`` and
            ``high`` (an interval of the score, drawn as a whisker); null where there is none.
            Where ``bracket`` is true the score does not compare, and the bar is hollow.
        focus: the name that stands out; all bars are equal where none does.
        rival: another one, marked differently.
        score: the title of the axis.
        coverage: the heading of the coverage.
        brackets: what the legend says of hollow bars.
        title: of the chart.
        width: of the bars, in pixels.

    Raises:
        NotEnoughData: no city has a score.
    """
    needs(scores.drop_nulls("score"), "a ranking needs a score")
    rows = with_brackets(scores).with_columns(
        label=pl.format("{}  {}", pl.col("rank").cast(pl.String).fill_null("–"), "name"),
        text=bracketed(numbers("score")),
        share=pl.col("coverage").map_elements(percent, return_dtype=pl.String),
        role=role(focus, rival),
        zero=pl.lit(0.0),
    )
    shown = [name for name in ("score", "low", "high", "zero") if name in rows.columns]
    values = [value for name in shown for value in rows[name].drop_nulls()]
    room = (max(values) - min(values) or 1.0) * 0.16
    domain = [min(values) - room * (min(values) < 0), max(values) + room * (max(values) > 0)]
    y = alt.Y("label:N", sort=rows["label"].to_list(), title=None, axis=bare_axis())
    base = alt.Chart(data(rows)).encode(y=y)
    placed = base.encode(
        x=alt.X("score:Q", title=score, scale=alt.Scale(domain=domain, nice=False)),
        x2=alt.X2("zero:Q"),
        tooltip=tips("name:N", "score:Q", "coverage:Q"),
    )
    solid, hollow = map(placed.transform_filter, ("!datum.bracket", "datum.bracket"))
    band = {"band": 0.62}
    whiskers = base.mark_rule(color=INK, strokeWidth=1.5).encode(
        x=alt.X("low:Q"), x2=alt.X2("high:Q")
    )
    layers = [
        zero_rule(),
        solid.mark_bar(height=band, cornerRadiusEnd=2).encode(color=ROLE),
        hollow.mark_bar(height=band, fill="white", strokeDash=[4, 2]).encode(stroke=OUTLINE),
        *legend_of_brackets(rows, brackets),
        *(
            [whiskers.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))]
            if {"low", "high"} <= set(rows.columns)
            else []
        ),
        *_scores_beside(base, "high" in rows.columns),
        *_column_of_coverage(base, coverage, width + 70),
    ]
    return layered(layers, title, width=width, height=alt.Step(26))


def _scores_beside(base: alt.Chart, interval: bool) -> list[alt.Chart]:
    """The scores at the free ends of their bars, and a dash for those that are missing."""
    ends = ("high:Q", "low:Q") if interval else ("score:Q", "score:Q")
    above = base.transform_filter("datum.score != null && datum.score >= 0")
    below = base.transform_filter("datum.score != null && datum.score < 0")
    none = base.transform_filter("datum.score == null")
    return [
        above.mark_text(align="left", dx=5, color=INK).encode(x=alt.X(ends[0]), text=TEXT),
        below.mark_text(align="right", dx=-5, color=INK).encode(x=alt.X(ends[1]), text=TEXT),
        none.mark_text(align="left", dx=5, color=MUTED).encode(x=alt.XDatum(0), text=TEXT),
    ]


def _column_of_coverage(base: alt.Chart, heading: str, x: int) -> list[alt.Chart]:
    head = alt.Chart(alt.InlineData(values=[{"text": heading}]))
    return [
        base.mark_text(align="right", color=MUTED, x=x).encode(text=alt.Text("share:N")),
        head.mark_text(align="right", color=MUTED, baseline="bottom", x=x, y=-2).encode(text=TEXT),
    ]


def effects(rows: pl.DataFrame, *, title_of_axis: str = "", width: int = 420) -> alt.LayerChart:
    """Draw shares as bars, each with its interval and its number.

    Args:
        rows: ``name``, ``value`` (0 to 1, or a little outside), ``low`` and ``high``.
        title_of_axis: what the shares are of.
        width: of the bars, in pixels.

    Raises:
        NotEnoughData: there is no share.
    """
    known = rows.drop_nulls("value")
    needs(known, "effects need a value")
    known = known.with_columns(
        text=pl.col("value").map_elements(percent, return_dtype=pl.String), zero=pl.lit(0.0)
    )
    y = alt.Y("name:N", sort=known["name"].to_list(), title=None, axis=bare_axis())
    base = alt.Chart(data(known)).encode(y=y)
    axis = alt.Axis(format="%")
    layers = [
        zero_rule(),
        base.mark_bar(height={"band": 0.6}, color=MUTED).encode(
            x=alt.X("value:Q", title=title_of_axis or None, axis=axis),
            x2=alt.X2("zero:Q"),
            tooltip=tips("name:N", "value:Q", "low:Q", "high:Q"),
        ),
        base.mark_rule(color=INK, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q")),
        base.mark_text(align="left", dx=5, dy=-8, color=INK).encode(x=alt.X("high:Q"), text=TEXT),
    ]
    return layered(layers, "", width=width, height=alt.Step(30))


def waterfall(
    parts: pl.DataFrame,
    *,
    end: str,
    start: tuple[str, float] | None = None,
    score: str = "Score",
    brackets: str = "",
    title: str = "",
    width: int = 420,
) -> alt.LayerChart:
    """Draw how a difference comes about, or one score out of another: a step for each part.

    Args:
        parts: ``name`` and ``value``; null is left out. Where ``bracket`` is true the part does
            not compare, and its bar is hollow; so is then the last one.
        end: the name of the last bar, the sum.
        start: the name and the value of a first bar; without it the steps begin at zero.
        score: the title of the axis.
        brackets: what the legend says of hollow bars.
        title: of the chart.
        width: in pixels.

    Raises:
        NotEnoughData: no part has a value.
    """
    known = with_brackets(parts).drop_nulls("value")
    needs(known, "a waterfall needs a part with a value")
    rows = _steps(with_lines(known, "name"), start, end)
    axis = bare_axis(label="slice(split(datum.label, '\\n'), 1)")
    y = alt.Y("place:N", sort=rows["place"].to_list(), title=None, axis=axis)
    bounds = [*rows["low"], *rows["high"]]
    room = (max(bounds) - min(bounds) or 1.0) * 0.16
    left = min(bounds) - 0.2 * room * (min(bounds) < 0)
    scale = alt.Scale(domain=[left, max(bounds) + room], nice=False)
    kinds = alt.Scale(domain=["total", "plus", "minus"], range=[MUTED, GAIN, LOSS])
    base = alt.Chart(data(rows)).encode(y=y)
    links = base.transform_filter("datum.below != null").mark_rule(color=MUTED, strokeDash=[2, 2])
    placed = base.encode(
        x=alt.X("low:Q", title=score, scale=scale),
        x2=alt.X2("high:Q"),
        tooltip=tips("name:N", "value:Q"),
    )
    solid, hollow = map(placed.transform_filter, ("!datum.bracket", "datum.bracket"))
    fill = alt.Color("kind:N", scale=kinds, legend=None)
    stroke = alt.Stroke("kind:N", scale=kinds, legend=None)
    layers = [
        zero_rule(),
        solid.mark_bar(height={"band": 0.6}).encode(color=fill),
        hollow.mark_bar(height={"band": 0.6}, fill="white", strokeDash=[4, 2]).encode(stroke),
        *legend_of_brackets(rows, brackets),
        links.encode(x=alt.X("high:Q"), y2=alt.Y2("below:N")),
        base.mark_text(align="left", dx=5, color=INK).encode(x=alt.X("right:Q"), text=TEXT),
    ]
    return layered(layers, title, width=width, height=alt.Step(28))


def _steps(parts: pl.DataFrame, start: tuple[str, float] | None, end: str) -> pl.DataFrame:
    """One row per bar: where it begins and ends, its text, and the bar below it."""
    base = start[1] if start else 0.0
    after = pl.col("value").cum_sum() + base
    kind = pl.when(pl.col("value") < 0).then(pl.lit("minus")).otherwise(pl.lit("plus"))
    low, some = after - pl.col("value"), parts["bracket"].any()
    steps = parts.select("name", "value", low=low, high=after, kind=kind, bracket="bracket")
    bars = [*([start] if start else []), (end, base + sum(parts["value"]))]
    rows = [(name, value, 0.0, value, "total", some) for name, value in bars]
    totals = pl.DataFrame(rows, schema=steps.schema, orient="row")
    absolute = (pl.col("kind") == "total") & (start is not None)
    return pl.concat([totals[:-1], steps, totals[-1:]]).with_columns(
        text=bracketed(
            pl.when(absolute).then(numbers("value")).otherwise(numbers("value", plus=True))
        ),
        right=pl.max_horizontal("low", "high", pl.lit(0.0) if start else "low"),
        place=pl.format("{}\n{}", pl.int_range(pl.len()), "name"),
        below=pl.format("{}\n{}", pl.int_range(pl.len()) + 1, pl.col("name").shift(-1)),
    )
