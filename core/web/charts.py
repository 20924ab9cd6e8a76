"""How the charts are drawn: rows in, an Altair chart out.

Every chart can be read without colour: by length, by place, by a number or a shape beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from cityflux.core.words.catalogue import Code, text

if TYPE_CHECKING:
    import altair as alt

Cells = Sequence[dict[str, Any]]
Side = Literal["left", "right"]
Draw = Callable[[Cells, Code], "alt.LayerChart"]

INK, STRONG, WARM, FAINT = "#1d2733", "#0b5c8a", "#c8551b", "#c9d6df"
#: What a chart is measured with, and what it is shown with: fitting labels with a large Chinese
#: font takes three times as long.
MEASURED = "sans-serif"
FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif'
#: Pixels: the width of a chart, the height of a bar's slot, of a line chart and of a map.
WIDTH, ROW, LINES, MAP = 640, 26, 320, 440
#: Cities that fit into the ranking, the ranks by group and the lines; the CSV has all of them.
BARS, TILES, SERIES = 25, 12, 8
#: Cities that have their name on the map.
NAMED = 10
#: About so many numbers stand at an axis.
TICKS = 8


def bars(rows: Cells, language: Code) -> alt.LayerChart:
    """Scores as bars, the best above: ``city``, ``score``, and as text ``shown``."""
    import altair as alt

    base = _chart(rows).encode(
        x=alt.X("score:Q", title=text(language, "common.score"), axis=alt.Axis(tickCount=TICKS)),
        y=alt.Y("city:N", sort=None, title=None),
    )
    # The number stands where the bar ends, or right of zero, where it meets no name of a city.
    beside = base.mark_text(align="left", dx=4).encode(text="shown:N")
    return _finished(
        base.mark_bar(color=STRONG, height=ROW * 0.62),
        beside.transform_filter("datum.score >= 0"),
        beside.encode(x=alt.datum(0)).transform_filter("datum.score < 0"),
        height=len(rows) * ROW,
    )


def pairs(rows: Cells, language: Code) -> alt.LayerChart:
    """Two cities by group: ``group``, ``city``, ``score``; a dot and a square on one line."""
    import altair as alt

    base = _chart(rows).encode(
        x=alt.X("score:Q", title=text(language, "common.score"), axis=alt.Axis(tickCount=TICKS)),
        y=alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
    )
    shapes = alt.Scale(range=["circle", "square"])
    colours = alt.Scale(range=[STRONG, WARM])
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        shape=alt.Shape("city:N", sort=None, title=None, scale=shapes),
        color=alt.Color("city:N", sort=None, title=None, scale=colours),
    )
    line = base.mark_line(color=FAINT, strokeWidth=3).encode(detail="group:N")
    return _finished(line, points, height=_groups(rows) * ROW)


def heat(rows: Cells, language: Code) -> alt.LayerChart:
    """Ranks of cities by group, each with its number: ``city``, ``group``, ``rank``."""
    import altair as alt

    last = max(2, *(row["rank"] for row in rows))
    base = _chart(rows).encode(
        x=alt.X("city:N", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
    )
    shades = alt.Scale(domain=[1, last], range=["#0b4f79", "#eef4f8"])
    tiles = base.mark_rect(stroke="white").encode(
        color=alt.Color("rank:Q", scale=shades, legend=None)
    )
    dark = f"datum.rank < {1 + 0.45 * (last - 1)}"
    numbers = base.mark_text().encode(
        text="rank:Q", color=alt.condition(dark, alt.value("white"), alt.value(INK))
    )
    return _finished(tiles, numbers, height=_groups(rows) * ROW)


def lines(rows: Cells, language: Code) -> alt.LayerChart:
    """Series of cities, told apart by colour and shape: ``city``, ``period``, ``value``."""
    import altair as alt

    periods = sorted({row["period"] for row in rows})
    scale = alt.Scale(scheme="dark2")
    base = _chart(rows).encode(
        x=alt.X(
            "period:O", sort=periods, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)
        ),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
    )
    # The points have one legend for colour and shape; one of the lines would stand beside it.
    drawn = base.mark_line(strokeWidth=2).encode(
        stroke=alt.Stroke("city:N", sort=None, legend=None, scale=scale), detail="city:N"
    )
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        color=alt.Color("city:N", sort=None, title=None, scale=scale),
        shape=alt.Shape("city:N", sort=None, title=None),
    )
    return _finished(drawn, points, height=LINES)


def atlas(rows: Cells, language: Code) -> alt.LayerChart:
    """Cities where they lie, the larger the better the rank, with the flows between them.

    Rows have ``label``, ``latitude``, ``longitude`` and ``rank``; a flow has ``latitude2``,
    ``longitude2`` and ``value`` besides.
    """
    import altair as alt

    cities = [row for row in rows if "value" not in row]
    flows = [row for row in rows if "value" in row]
    where = {"latitude": "latitude:Q", "longitude": "longitude:Q"}
    to = {"latitude2": "latitude2:Q", "longitude2": "longitude2:Q"}
    widths = alt.StrokeWidth("value:Q", legend=None, scale=alt.Scale(range=[0.5, 5]))
    routes = _chart(flows).mark_rule(color=WARM, opacity=0.5)
    sizes = alt.Scale(reverse=True, range=[40, 700 if len(cities) <= BARS else 250])
    points = _chart(cities).mark_circle(color=STRONG, opacity=0.85, stroke="white")
    layers = [
        alt.Chart(alt.graticule(step=[5, 5], extent=_extent(cities))).mark_geoshape(
            stroke=FAINT, strokeWidth=0.5, filled=False
        ),
        *([routes.encode(**where, **to, strokeWidth=widths)] if flows else []),
        points.encode(**where, size=alt.Size("rank:Q", legend=None, scale=sizes)),
        *_labels(cities, **where),
    ]
    return _finished(*layers, height=MAP).project("mercator", **_view(cities))


def _labels(cities: Cells, **where: str) -> list[alt.Chart]:
    """The labels, each on the side away from the nearest city, on white where lines pass below."""
    labelled = [row for row in cities if row["label"]]
    made = []
    sides: tuple[tuple[Side, int], ...] = (("left", 13), ("right", -13))
    for side, shift in sides:
        rows = [row for row in labelled if _aligned(row, cities) == side]
        text = _chart(rows).encode(**where, text="label:N")
        for halo in ({"stroke": "white", "strokeWidth": 4}, {"color": INK}):
            made.append(text.mark_text(align=side, dx=shift, **halo))
    return made


def _aligned(city: dict[str, Any], cities: Cells) -> Side:
    """How the label of a city is aligned: it begins at its right, or ends at its left."""
    others = [each for each in cities if each is not city]
    nearest = min(others, key=lambda each: _apart(city, each), default=city)
    return "right" if nearest["longitude"] > city["longitude"] else "left"


def _apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The square of a distance in degrees: enough to find the nearest."""
    return float(
        (one["longitude"] - other["longitude"]) ** 2 + (one["latitude"] - other["latitude"]) ** 2
    )


def _view(cities: Cells) -> dict[str, Any]:
    """Center and scale of a Mercator map that holds all cities, with some room around."""
    north, south = (f(row["latitude"] for row in cities) for f in (max, min))
    east, west = (f(row["longitude"] for row in cities) for f in (max, min))
    # A degree of latitude is drawn longer than one of longitude, and the map is wider than high.
    degrees = 1.25 * max(east - west, 2 * (north - south), 8.0)
    return {
        "center": [(east + west) / 2, (north + south) / 2],
        "scale": WIDTH / degrees * 57.2958,
        "translate": [WIDTH / 2, MAP / 2],
    }


def _extent(cities: Cells) -> list[list[float]]:
    """Corners, south-west and north-east, of the part of the earth that the map can show."""
    places = [(row["longitude"], row["latitude"]) for row in cities]
    sides = [(min(each), max(each)) for each in zip(*places, strict=True)]
    room = max(max(last - first for first, last in sides), 10.0)
    (west, east), (south, north) = sides
    return [
        [max(west - room, -180.0), max(south - room, -80.0)],
        [min(east + room, 180.0), min(north + room, 80.0)],
    ]


def _chart(rows: Cells) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.InlineData(values=list(rows)))


def _groups(rows: Cells) -> int:
    return len({row["group"] for row in rows})


def _finished(*layers: alt.Chart, height: float) -> alt.LayerChart:
    import altair as alt

    axis = {"labelColor": INK, "titleColor": INK, "gridColor": "#e8edf1"}
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(width=WIDTH, height=max(height, 2 * ROW), background="white", padding=12)
        .configure(font=MEASURED)
        .configure_axis(labelFontSize=13, titleFontSize=13, **axis)
        .configure_text(fontSize=13)
        .configure_legend(labelFontSize=13, orient="top", columns=5)
        .configure_view(stroke=None)
    )
    return chart
