"""Where each rank may lie: an interval for each city, and its rank by each way of counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from cityflux.core.charts.identity import look
from cityflux.core.charts.marks import layered, needs, order, tips
from cityflux.core.charts.style import MUTED, bare_axis, data

#: Beyond its ranks an interval reaches as far, so that one of a single rank is seen.
_REACH = 0.16
#: Pixels between marks that would lie on each other.
_APART = 14
_HEIGHT = 34
#: The marks of the ways of counting, in their order, as Vega calls them and as a legend has them.
_SHAPES = (("circle", "●"), ("circle", "○"), ("cross", "✕"))


def ranges(
    rows: pl.DataFrame,
    ways: Sequence[str],
    *,
    band: str = "5–95 %",
    title: str = "",
    width: int = 420,
) -> alt.LayerChart:
    """Draw a row for each city, in the order of the rows: an interval of ranks, and marks on it.

    Args:
        rows: ``id`` and ``name`` of a city, ``low``, ``median`` and ``high`` of its rank, and
            ``way_0``, ``way_1`` …: its rank by a way of counting; null where
            there is none. A mark may lie outside the interval.
        ways: the names of the ways of counting, three at most.
        band: what the legend calls the interval, whose middle is a line.
        title: of the chart.
        width: in pixels.

    Raises:
        NotEnoughData: no city has an interval.
    """
    needs(rows.drop_nulls("median"), "intervals of ranks need an audit")
    last = _last(rows, len(ways))
    colour = pl.col("id").map_elements(lambda city: look(city).colour, return_dtype=pl.String)
    known = rows.with_columns(colour=colour)
    base = alt.Chart(data(known))
    y = alt.Y("name:N", sort=order(rows, "name"), title=None, axis=bare_axis())
    ticks = [*range(1, last + 1, max(1, -(-last // 12)))]
    axis = alt.Axis(orient="top", values=ticks, format="d", grid=True, domain=False, ticks=False)
    edge = max(2 * _REACH, 1.5 * _APART * last / width)  # room for the marks about a place
    scale = alt.Scale(domain=[1 - edge, last + edge], nice=False)
    pixel = (last - 1 + 2 * edge) / width
    paint = alt.Color("colour:N", scale=None)
    told = tips("name:N", "low:Q", "median:Q", "high:Q")
    bands = (
        base.transform_calculate(start=f"datum.low - {_REACH}", end=f"datum.high + {_REACH}")
        .mark_bar(height=18, cornerRadius=9, opacity=0.25)
        .encode(
            x=alt.X("start:Q", scale=scale, axis=axis, title=None),
            x2=alt.X2("end:Q"),
            y=y,
            color=paint,
            tooltip=told,
        )
    )
    middles = base.mark_tick(thickness=2, height=26).encode(
        x=alt.X("median:Q", scale=scale), y=y, color=paint
    )
    layers = [bands, middles, *_marks(known, len(ways), pixel, scale, y)]
    legend = "   ".join(f"{sign} {way}" for (_, sign), way in zip(_SHAPES, ways, strict=False))
    chart = layered(layers, "", width=width, height=alt.Step(_HEIGHT))
    key = f"{legend}   ▬ {band}"
    small: Any = {"color": MUTED, "fontSize": 12, "fontWeight": "normal"}
    below: Any = {f"subtitle{name[0].upper()}{name[1:]}": value for name, value in small.items()}
    chart.title = alt.Title(title, subtitle=key, **below) if title else alt.Title(key, **small)
    return chart


def _last(rows: pl.DataFrame, ways: int) -> int:
    """The last place that is drawn."""
    shown = rows.select("high", *(f"way_{way}" for way in range(ways)))
    return max((place for row in shown.iter_rows() for place in row if place), default=1)


def _marks(
    rows: pl.DataFrame, ways: int, pixel: float, scale: alt.Scale, y: alt.Y
) -> list[alt.Chart]:
    """The marks of each way; those of one place stand side by side, about it."""
    long = pl.concat(
        [
            rows.select("name", "colour", at=pl.col(f"way_{way}").cast(pl.Float64), way=pl.lit(way))
            for way in range(ways)
        ]
    ).drop_nulls("at")
    place = pl.int_range(pl.len()).over("name", "at") - (pl.len().over("name", "at") - 1) / 2
    placed = long.with_columns(at=pl.col("at") + place * _APART * pixel)
    drawn = []
    for way, (shape, _) in zip(range(ways), _SHAPES, strict=False):
        mark = alt.Chart(data(placed.filter(pl.col("way") == way))).mark_point(
            shape=shape, size=80, opacity=1, strokeWidth=2, angle=45 if shape == "cross" else 0
        )
        fill = alt.FillValue("white") if way == 1 else alt.Fill("colour:N", scale=None)
        stroke = alt.Stroke("colour:N", scale=None)
        drawn.append(mark.encode(x=alt.X("at:Q", scale=scale), y=y, fill=fill, stroke=stroke))
    return drawn
