"""How the charts look: a palette that the colour-blind tell apart, the fonts, and the theme."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import altair as alt
import polars as pl

from cityflux.core.words.text import clean

#: Source: Okabe and Ito (2008), Color universal design; the yellow is left out, which white paper
#: swallows.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Dashes and shapes say the same again, for black and white.
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (4, 4), (1, 3), (10, 4))
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")

INK, MUTED, RULE, PALE = "#1c2833", "#5b6770", "#d5dbe0", "#b8c2ca"
FOCUS, RIVAL = OKABE_ITO[0], OKABE_ITO[1]
GAIN, LOSS = "#0072B2", "#E69F00"

#: The reader's own fonts draw the text, so each system's Chinese one is named. The Latin ones
#: stand before them, as in the page: they are small, and half the time goes into measuring text.
FONTS = (
    "'Helvetica Neue', Arial, 'Liberation Sans', 'Noto Sans CJK SC', 'Source Han Sans SC', "
    "'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif"
)

#: In a PNG one face draws all letters: what takes the Chinese ones that a Latin face lacks from
#: elsewhere takes them from any font that it finds, with serifs or without.
PICTURE_FONTS = (
    "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', "
    "'WenQuanYi Micro Hei', Arial, sans-serif"
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: The lines of a label.
_LINES = "split(datum.label, '\\n')"


def data(rows: pl.DataFrame) -> alt.InlineData:
    """The rows of a chart, in the chart itself: it needs no other file and has no limit of rows.

    They are one JSON text, because Altair copies and checks every value again with each layer.
    """
    cells = rows.with_columns(pl.col(pl.String).map_elements(clean, return_dtype=pl.String))
    text = json.dumps(cells.to_dicts(), ensure_ascii=False, separators=(",", ":"))
    return alt.InlineData(values=text, format={"type": "json"})


_AXIS = {
    "labelColor": INK,
    "labelFontSize": 12,
    "titleColor": MUTED,
    "titleFontSize": 11,
    "titleFontWeight": "normal",
    "gridColor": "#e8ecef",
    "domainColor": RULE,
    "tickColor": RULE,
    "labelLimit": 320,
}
_LEGEND = {
    "labelColor": INK,
    "labelFontSize": 12,
    "labelLimit": 240,
    "titleColor": MUTED,
    "titleFontSize": 11,
    "titleFontWeight": "normal",
    "orient": "top",
}
_TITLE = {
    "color": INK,
    "fontSize": 13,
    "fontWeight": "bold",
    "anchor": "start",
    "subtitleColor": MUTED,
    "offset": 8,
}


def themed(chart: Any, title: str = "") -> Any:
    """Give a finished chart the fonts, the colours and the quiet lines of the report.

    In place: Altair's own ways to do so copy a chart with all its layers, and each copy of layers
    copies every layer again.
    """
    if title:
        chart.title = title
    chart.config = alt.Config(
        font=FONTS,
        background="white",
        padding=4,
        view={"stroke": None},
        axis=_AXIS,
        legend=_LEGEND,
        title=_TITLE,
    )
    return chart


def bare_axis(*, grid: bool = False, label: str = _LINES) -> alt.Axis:
    """An axis of names without a line or ticks; the names keep their line breaks.

    Args:
        grid: whether a line goes from each name across the chart.
        label: the Vega expression that gives the lines of a label.
    """
    return alt.Axis(labelExpr=label, grid=grid, ticks=False, domain=False)


def width_of(text: str) -> int:
    """How wide a text is, in halves of a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def wrap(text: str, width: int = 24, lines: int = 3) -> str:
    """Break a text into lines no wider than some letters, at spaces where it has any.

    Args:
        text: any text; control characters become spaces.
        width: in Latin letters; a Chinese character takes two.
        lines: what does not fit into so many is cut off with an ellipsis.
    """
    done, line = [], ""
    for piece in _pieces(_CONTROL.sub(" ", text), width):
        if line and width_of(line + piece.rstrip()) > width:
            done.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    done.append(line.rstrip())
    if len(done) > lines:
        done = [*done[: lines - 1], done[lines - 1][: max(1, width // 2 - 1)] + "…"]
    return "\n".join(done)


def _pieces(text: str, width: int) -> Iterable[str]:
    """Words with the space behind them, single Chinese characters, and parts of endless words."""
    word = ""
    for letter in text:
        if word and _may_break(word[-1], letter, full=width_of(word) >= width):
            yield word
            word = ""
        word += letter
    if word:
        yield word


def _may_break(before: str, after: str, *, full: bool) -> bool:
    """Whether a line may end between two letters; none begins with a closing mark (避头尾)."""
    if unicodedata.category(after) in ("Po", "Pe", "Pf", "Zs"):
        return False
    if unicodedata.category(before) == "Ps":
        return False
    return full or width_of(before + after) > 2 or before == " "


def colours(names: list[str], focus: str | None = None, rival: str | None = None) -> list[str]:
    """One colour per name: those of the focus and the rival are always the same two."""
    special = {name: hue for name, hue in ((rival, RIVAL), (focus, FOCUS)) if name}
    others = [hue for hue in OKABE_ITO if hue not in special.values()]
    plain = [name for name in names if name not in special]
    rest = {name: others[i] if i < len(others) else PALE for i, name in enumerate(plain)}
    return [special.get(name) or rest[name] for name in names]
