"""Charts of an index: plain functions from polars frames to Altair charts.

Every function takes rows that are ready to be read (names in the language of the reader) and
keeps their order. No chart says anything by colour alone: figures stand beside bars and in cells,
lines differ by dash and shape too. What is missing is drawn as missing.
"""

from __future__ import annotations

from cityflux.core.charts.atlas import city_map
from cityflux.core.charts.bars import effects, ranking, waterfall
from cityflux.core.charts.grids import distances, heatmap, od_matrix
from cityflux.core.charts.lines import lines, panels
from cityflux.core.charts.radar import radar
from cityflux.core.charts.ranges import ranges

__all__ = [
    "city_map",
    "distances",
    "effects",
    "heatmap",
    "lines",
    "od_matrix",
    "panels",
    "radar",
    "ranges",
    "ranking",
    "waterfall",
]
