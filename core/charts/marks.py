"""What the charts share: layers, scales that tell series apart, and how figures are written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import cycle, islice
from typing import Any, Literal

import altair as alt
import polars as pl

from cityflux.core.charts.style import (
    DASHES,
    FOCUS,
    INK,
    MUTED,
    PALE,
    RIVAL,
    RULE,
    SHAPES,
    colours,
    data,
    themed,
    wrap,
)
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.words.numbers import MISSING, number

#: Series that lines and shapes can still tell apart; of more, only the focus and the rival count.
MOST_SERIES = 7

#: The colours of `role`.
ROLE = alt.Color(
    "role:N",
    scale=alt.Scale(domain=["focus", "rival", "other"], range=[FOCUS, RIVAL, PALE]),
    legend=None,
)
#: The same for the outline of what is hollow.
OUTLINE = alt.Stroke(
    "role:N",
    scale=alt.Scale(domain=["focus", "rival", "other"], range=[FOCUS, RIVAL, MUTED]),
    legend=None,
)
#: The column that a mark of text writes.
TEXT = alt.Text("text:N")
_SIDES: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")


def needs(rows: pl.DataFrame, what: str) -> None:
    """Refuse to draw nothing.

    Raises:
        NotEnoughData: there is no row.
    """
    if rows.is_empty():
        raise NotEnoughData(what)


def layered(layers: Sequence[Any], title: str, **size: Any) -> alt.LayerChart:
    """Put layers on each other and give them the look of the report."""
    chart: alt.LayerChart = themed(alt.layer(*layers, **size), title)
    return chart


def with_brackets(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``bracket``: whether a value does not compare; none is where it is not told."""
    return rows if "bracket" in rows.columns else rows.with_columns(bracket=pl.lit(value=False))


def legend_of_brackets(rows: pl.DataFrame, text: str) -> list[alt.Chart]:
    """The entry of the legend for hollow marks; nothing where there are none."""
    if not text or not rows["bracket"].any():
        return []
    legend = alt.Legend(
        symbolType="square", symbolStrokeColor=MUTED, symbolStrokeWidth=1, symbolOpacity=1
    )
    only = alt.Scale(domain=[text], range=["white"])
    told = alt.Fill("text:N", title=None, legend=legend, scale=only)
    return [alt.Chart(alt.InlineData(values=[{"text": text}])).mark_square(size=0).encode(told)]


def zero_rule() -> Any:
    """A line at zero, so that what is above and below average shows."""
    return alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=RULE).encode(x=alt.XDatum(0))


def labels(rows: pl.DataFrame, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The texts ``name`` at ``x`` and ``y``, each aligned as its ``align`` says."""
    return [
        alt.Chart(data(rows.filter(pl.col("align") == side)))
        .mark_text(align=side, baseline="middle", fontSize=12, color=INK, lineBreak="\n")
        .encode(x=x, y=y, text=alt.Text("name:N"))
        for side in _SIDES
    ]


def tips(*columns: str) -> list[alt.Tooltip]:
    """What a tooltip shows.

    Here as elsewhere the channel is named: of a bare text Altair finds it out by going through
    its whole schema, which takes longer than the drawing.
    """
    return [*map(alt.Tooltip, columns)]


def role(focus: str | None, rival: str | None) -> pl.Expr:
    """Which part a row plays: focus, rival or other; each is the focus where none is named."""
    if focus is None and rival is None:
        return pl.lit("focus")
    return (
        pl.when(pl.col("name").eq_missing(focus))
        .then(pl.lit("focus"))
        .when(pl.col("name").eq_missing(rival))
        .then(pl.lit("rival"))
        .otherwise(pl.lit("other"))
    )


def with_lines(rows: pl.DataFrame, column: str, width: int = 34) -> pl.DataFrame:
    """Break the long names of a column into lines."""
    return rows.with_columns(
        pl.col(column).map_elements(partial(wrap, width=width), return_dtype=pl.String)
    )


def order(rows: pl.DataFrame, column: str) -> list[str]:
    """The values of a column in the order of their first appearance."""
    return rows[column].unique(maintain_order=True).to_list()


def numbers(column: str, decimals: int = 2, *, plus: bool = False) -> pl.Expr:
    """A column of numbers as texts; a dash for what is missing."""
    written = partial(number, decimals=decimals, plus=plus)
    return pl.col(column).map_elements(written, return_dtype=pl.String).fill_null(MISSING)


def bracketed(text: pl.Expr) -> pl.Expr:
    """The texts of values, in brackets where these do not compare."""
    return pl.when(pl.col("bracket")).then(pl.format("({})", text)).otherwise(text)


def told_apart(
    names: list[str], focus: str | None, rival: str | None, *, legend_offset: int = 16
) -> tuple[alt.Color, alt.StrokeDash, alt.Shape]:
    """The scales by which lines differ: colour, dash and shape; the focus and the rival first."""
    names = sorted(names, key=lambda name: (name != focus, name != rival))
    dashes = [*islice(cycle(DASHES), len(names))]
    shapes = [*islice(cycle(SHAPES), len(names))]
    scale = partial(alt.Scale, domain=names)
    legend = alt.Legend(symbolSize=110, symbolStrokeWidth=0, offset=legend_offset)
    return (
        alt.Color(
            "name:N", title=None, legend=legend, scale=scale(range=colours(names, focus, rival))
        ),
        alt.StrokeDash("name:N", title=None, legend=legend, scale=scale(range=dashes)),
        alt.Shape("name:N", title=None, legend=legend, scale=scale(range=shapes)),
    )
