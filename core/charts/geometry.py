"""Where things stand in a chart that Vega-Lite has no mark for: radars, maps and their labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl


class Span(NamedTuple):
    """A range of values with the rings or grid lines that divide it."""

    low: float
    high: float
    ticks: tuple[float, ...]


def nice_span(values: Sequence[float], count: int = 4) -> Span:
    """Choose round ticks that enclose some values.

    Source: Heckbert (1990), Nice numbers for graph labels, Graphics Gems, 61-63.

    Args:
        values: one or more.
        count: about how many steps.
    """
    low, high = min(values), max(values)
    if high - low < 1e-9 * max(1.0, abs(low), abs(high)):  # equal but for rounding
        low, high = low - 1.0, high + 1.0
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if raw <= m * power * (1 + 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(i * step, 12) for i in range(first, last + 1))
    return Span(ticks[0], ticks[-1], ticks)


def radar_points(cells: pl.DataFrame, span: Span) -> pl.DataFrame:
    """Turn values on axes into points around a centre; the first axis points up.

    Args:
        cells: ``name``, ``axis`` and ``value``; the axes in the order of their first appearance.
        span: the value at the centre, and the one at the rim.

    Returns:
        The same rows and for every name its first one again, so that the line closes, with ``x``
        and ``y`` (rim = 1; null where the value is missing) and ``order`` along the line.
    """
    axes = cells["axis"].unique(maintain_order=True).to_list()
    places = pl.DataFrame({"axis": axes, "order": range(len(axes))})
    closing = pl.DataFrame({"axis": axes[:1], "order": [len(axes)]})
    placed = cells.join(pl.concat([places, closing]), on="axis", maintain_order="left")
    angle = pl.col("order") * (2 * math.pi / len(axes))
    radius = (pl.col("value") - span.low) / (span.high - span.low)
    return placed.with_columns(x=radius * angle.sin(), y=radius * angle.cos())


def rim_labels(axes: Sequence[str], away: float = 1.08) -> pl.DataFrame:
    """Give the place of the label of each axis of a radar, and how its text is aligned."""
    rows = []
    for i, axis in enumerate(axes):
        angle = 2 * math.pi * i / len(axes)
        x, y = math.sin(angle), math.cos(angle)
        side = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
        rows.append({"name": axis, "x": away * x, "y": away * y, "align": side})
    return pl.DataFrame(rows)


class Frame(NamedTuple):
    """The part of the Earth that a map shows, and its size on paper."""

    west: float
    east: float
    south: float
    north: float
    width: float
    height: float

    @property
    def step(self) -> int:
        """Degrees between two lines of the graticule."""
        wide = max(self.east - self.west, self.north - self.south)
        return next((s for s in (1, 2, 5, 10, 15, 30) if wide / s <= 8), 45)


def frame_of(
    places: pl.DataFrame, width: float = 640.0, highest: float = 520.0, margin: float = 0.12
) -> Frame:
    """Fit a map around places, at least four degrees high.

    Equirectangular, true to scale on the middle parallel: x = longitude · cos φ, y = latitude.
    Source: Snyder (1987), Map projections: a working manual, USGS 1395, eq. 12-1.

    Args:
        places: ``latitude`` and ``longitude`` in degrees, one row or more.
        width: of the map, in pixels.
        highest: the height that it may have, in pixels.
        margin: the share of the extent that is added on every side.
    """
    south, north = min(places["latitude"]), max(places["latitude"])
    west, east = min(places["longitude"]), max(places["longitude"])
    narrow = math.cos(math.radians((south + north) / 2))
    tall = max((north - south) * (1 + 2 * margin), 4.0)
    wide = max((east - west) * (1 + 2 * margin), 4.0)
    scale = min(width / (wide * narrow), highest / tall)  # pixels per degree of latitude
    wide = width / (scale * narrow)
    height = max(tall * scale, width * 0.4)
    tall = height / scale
    middle, centre = (south + north) / 2, (west + east) / 2
    return Frame(
        centre - wide / 2, centre + wide / 2, middle - tall / 2, middle + tall / 2, width, height
    )


def project(places: pl.DataFrame, frame: Frame) -> pl.DataFrame:
    """Add ``x`` and ``y`` in pixels from the upper left corner of a map."""
    across = (pl.col("longitude") - frame.west) / (frame.east - frame.west)
    down = (frame.north - pl.col("latitude")) / (frame.north - frame.south)
    return places.with_columns(x=across * frame.width, y=down * frame.height)


#: Where a label may stand: its alignment, and the place of its anchor beside the point.
_SIDES = (
    ("left", 1.0, 0.0),
    ("right", -1.0, 0.0),
    ("center", 0.0, -1.6),
    ("center", 0.0, 1.6),
    ("left", 0.7, -1.2),
    ("left", 0.7, 1.2),
    ("right", -0.7, -1.2),
    ("right", -0.7, 1.2),
)


def place_labels(points: pl.DataFrame, frame: Frame, size: float = 12.0) -> pl.DataFrame:
    """Find for each label a place beside its point where it hides nothing; the first come first.

    Args:
        points: ``name`` (empty for no label), and ``x`` and ``y`` in pixels.
        frame: the map.
        size: of the letters, in pixels.

    Returns:
        ``name``, ``x``, ``y`` and ``align`` of the labels that found one.
    """
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in points.select("x", "y").iter_rows()]
    found = []
    for name, x, y in points.filter(pl.col("name") != "").select("name", "x", "y").iter_rows():
        wide = sum(size if ord(letter) > 0x2E80 else size * 0.56 for letter in name)
        for align, right, down in _SIDES:
            at, level = x + right * 12, y + down * size * 0.7
            left = at - {"left": 0.0, "center": wide / 2, "right": wide}[align]
            box = (left, level - size * 0.55, left + wide, level + size * 0.55)
            inside = _within(box[::2], frame.width) and _within(box[1::2], frame.height)
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found.append({"name": name, "x": at, "y": level, "align": align})
                break
    schema = {"name": pl.String, "x": pl.Float64, "y": pl.Float64, "align": pl.String}
    return pl.DataFrame(found, schema=schema)


def _within(ends: tuple[float, ...], size: float) -> bool:
    return ends[0] >= 0 and ends[1] <= size


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
