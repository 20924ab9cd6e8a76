"""Where a series may be compared with itself, and where growth means nothing.

A break parts a series in segments; only figures of one segment compare. Breaks are a frame with
``indicator``, ``city`` (null: every city) and ``period``, the first one on the new base.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.measures.timeline import decimal_years

#: Why there is no growth: the series breaks in between; it is a difference; it changes its sign;
#: it begins with zero, or ends there; it has fewer than two figures.
Reason = Literal["break", "difference", "sign", "zero", "few"]

#: The breaks of one series, in the order of time: the moment in years, and the period.
Moments = Sequence[tuple[float, str]]

NO_BREAKS = pl.DataFrame(schema=dict.fromkeys(("indicator", "city", "period"), pl.String))


def moments(breaks: pl.DataFrame) -> Callable[[str, object], Moments]:
    """Say the breaks of a series, by its indicator and its city."""
    known: dict[tuple[str, object], set[tuple[float, str]]] = {}
    rows = breaks.select("indicator", "city", "period", at=decimal_years(breaks["period"]))
    for indicator, city, period, at in rows.rows():
        known.setdefault((indicator, city), set()).add((at, period))

    def of(indicator: str, city: object) -> Moments:
        return sorted(known.get((indicator, city), set()) | known.get((indicator, None), set()))

    return of


def crossed(found: Moments, first: float, last: float) -> list[str]:
    """Name the breaks of a series between two figures.

    Args:
        found: the breaks of the series.
        first: the moment of the earlier figure, in years.
        last: that of the later one.

    Returns:
        The periods of those after the one and not after the other.
    """
    return [period for at, period in found if first < at <= last]


def segments(found: Moments, t: Floats) -> Floats:
    """Number the segments of a series.

    Args:
        found: the breaks of the series.
        t: moments in years.

    Returns:
        For each moment, how many breaks lie before it.
    """
    return np.searchsorted([at for at, _ in found], t, side="right").astype(float)


def with_segments(figures: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Number the segments of many series.

    Args:
        figures: ``indicator``, ``city``, ``period`` and more, a row per figure.
        breaks: as in this module.

    Returns:
        The figures in their order, with ``segment``: how many breaks lie before each.
    """
    if breaks.is_empty():
        return figures.with_columns(segment=pl.lit(0, dtype=pl.Int64))
    rows = figures.select("indicator", "city", at=decimal_years(figures["period"])).with_row_index()
    known = breaks.select("indicator", whose="city", begins=decimal_years(breaks["period"]))
    own = pl.col("whose").is_null() | (pl.col("whose") == pl.col("city"))
    counted = (
        rows.join(known.unique(), on="indicator")
        .filter(own & (pl.col("begins") <= pl.col("at")))
        .group_by("index")
        .agg(segment=pl.col("begins").n_unique())
    )
    found = rows.join(counted, on="index", how="left", maintain_order="left")["segment"]
    return figures.with_columns(segment=found.fill_null(0).cast(pl.Int64))


def since_break(figures: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Keep the figures of the last segment of each series, which compare with its last figure."""
    numbered = with_segments(figures, breaks)
    last = pl.col("segment") == pl.col("segment").max().over("indicator", "city")
    return numbered.filter(last).drop("segment")
