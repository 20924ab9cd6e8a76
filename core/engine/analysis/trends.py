"""Trends: growth, compound growth, the slope of a line, and catching up with the leader.

Figures y are a matrix, periods x series, with the times t of the periods in years. A series needs
two figures; where a rate means nothing (from zero, over a change of sign, of a difference, across a
break of the series) there is no trend, and `trends` says why.

References:
    COINr, ``get_trends``, ``CAGR`` and ``prc_change``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.measures.continuity import (
    NO_BREAKS,
    Moments,
    Reason,
    crossed,
    moments,
    segments,
)
from cityflux.core.engine.measures.matrix import Bools, Floats, to_series
from cityflux.core.engine.measures.timeline import decimal_years
from cityflux.core.model.errors import IndexDefinitionError

Trend = Callable[..., Floats]


def growth(y: Floats, t: Floats) -> Floats:
    """Compute last / first - 1 of each column.

    NaN where the first figure is not positive, or the last one negative.
    Source: OECD/JRC (2008), section 5.7, over the whole series instead of a year.
    """
    first, last, years = _ends(y, t)
    defined = (first > 0) & (last >= 0) & (years > 0)
    return np.where(defined, last / np.where(defined, first, 1.0) - 1, np.nan)


def compound_growth(y: Floats, t: Floats) -> Floats:
    """Compute the yearly rate that leads from the first to the last figure of each column.

    (last / first)^(1 / years) - 1; 0 where both are equal, NaN where they differ in sign or one
    is zero. Source: COINr, ``CAGR``.
    """
    first, last, years = _ends(y, t)
    ratio = np.where(first * last > 0, last / np.where(first != 0, first, 1.0), np.nan)
    rate = ratio ** (1 / np.where(years > 0, years, 1.0)) - 1
    return np.where(years > 0, np.where(first == last, 0.0, rate), np.nan)


def yearly_change(y: Floats, t: Floats) -> Floats:
    """Compute (last - first) / years of each column: for scores, which have no natural zero."""
    first, last, years = _ends(y, t)
    return np.where(years > 0, (last - first) / np.where(years > 0, years, 1.0), np.nan)


def percent_change(y: Floats, t: Floats, *, per: float = 1.0) -> Floats:
    """Compute the change per so many years in percent of the start of the series.

    From the least-squares line: 100 slope ``per`` / value of the line at the first figure, so
    that ``per`` 1 is the yearly change and 10 that in ten years. The line goes through both
    figures where there are only two. Source: COINr, ``prc_change``.

    Raises:
        IndexDefinitionError: when ``per`` is not positive.
    """
    if not per > 0:
        raise IndexDefinitionError(f"percent_change: per {per} years is no time; write 1 or more")
    there = ~np.isnan(y)
    n = there.sum(axis=0)
    count = np.maximum(n, 1)
    time = np.where(there, t[:, None], 0.0)
    away = np.where(there, time - time.sum(axis=0) / count, 0.0)
    mean = np.where(there, y, 0.0).sum(axis=0) / count
    spread = (away**2).sum(axis=0)
    slope = (away * np.where(there, y - mean, 0.0)).sum(axis=0) / np.where(spread > 0, spread, 1.0)
    start = mean + slope * away[np.argmax(there, axis=0), np.arange(y.shape[1])]
    change = np.where(start != 0, 100 * slope / np.where(start != 0, start, 1.0), np.nan) * per
    low = np.min(y, axis=0, initial=np.inf, where=there)
    level = low == np.max(y, axis=0, initial=-np.inf, where=there)
    return np.where(n > 1, np.where(level, 0.0, change), np.nan)


#: Every trend by name: a function of figures (periods x series) and times in years.
TRENDS: dict[str, Trend] = {
    "growth": growth,
    "compound_growth": compound_growth,
    "percent_change": percent_change,
    "yearly_change": yearly_change,
}


def trends(
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    statistic: Trend = compound_growth,
    latest: int | None = None,
    interpolate: bool = False,
    directions: Mapping[str, int] | None = None,
    breaks: pl.DataFrame = NO_BREAKS,
    differences: Collection[str] = (),
    unit: str = "city",
    period: str = "period",
    **params: Any,
) -> pl.DataFrame:
    """Compute the trend of every unit and indicator.

    Args:
        frame: one row per unit and period, in any order.
        columns: the indicators.
        statistic: one of `TRENDS`.
        latest: use so many periods only, back from the last figure of the series; no trend where
            the frame does not reach back so far.
        interpolate: fill gaps between figures on a straight line first.
        directions: 1 or -1 for each indicator; -1 turns the sign, so that up is always better.
        breaks: where series begin anew, see `core.engine.measures.continuity`; across one there is
            no trend, and nothing is interpolated.
        differences: the indicators on a scale of differences; of them there is no rate, only
            `yearly_change`.
        unit: the column that names the units.
        period: the column of periods: numbers, or texts as in `core.model.period`.
        params: the keyword parameters of the statistic, such as ``per``.

    Returns:
        One row per unit and indicator: the unit, ``indicator``, ``trend``, ``reason`` (why there is
        none, a `Reason`; null where there is one), ``broken`` (the first break between the figures,
        null without one), ``share_available`` (of the periods, before interpolation), ``first`` and
        ``latest`` (the periods of the first and the last figure, null below two figures), and,
        where ``latest`` is given, ``share_available_latest`` and ``first_latest`` of the periods
        that are used.
    """
    units, periods, t, cube = series_of(frame, columns, unit, period)
    observed = cube.copy()
    known = _moments(breaks, columns, units)
    if interpolate:
        cube = _interpolated(cube, t, known)
    if latest is not None:
        window, reached = _window(cube, latest)
        cube = np.where(window & reached, cube, np.nan)
    signs = np.repeat([(directions or {}).get(name, 1) for name in columns], len(units))
    different = np.repeat([name in differences for name in columns], len(units))
    broken = _broken(cube, t, known)
    trend = statistic(cube, t, **params) * signs
    rate = statistic is not yearly_change
    reasons = _reasons(cube, trend, broken, different if rate else None)
    trend = np.where([reason is None for reason in reasons], trend, np.nan)
    table = {
        unit: units.to_list() * len(columns),
        "indicator": [name for name in columns for _ in units],
        "trend": to_series(trend),
        "reason": pl.Series(reasons, dtype=pl.String),
        "broken": pl.Series(broken, dtype=pl.String),
        "share_available": (~np.isnan(observed)).mean(axis=0),
        "first": _period_of(_first(observed), observed, periods),
        "latest": _period_of(_last(observed), observed, periods),
    }
    if latest is not None:
        used = (~np.isnan(observed) & window).sum(axis=0) / latest
        table["share_available_latest"] = to_series(np.where(reached, used, np.nan))
        table["first_latest"] = _period_of(_first(cube), cube, periods)
    return pl.DataFrame(table)


def catching_up(
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    directions: Mapping[str, int] | None = None,
    breaks: pl.DataFrame = NO_BREAKS,
    unit: str = "city",
    period: str = "period",
) -> pl.DataFrame:
    """Compare every unit with the leader of each period: does the distance shrink?

    The level of a unit is its figure as a share of the best one of the period (the best one as a
    share of it, where less is better), so that the leader has 1. Made for figures that are not
    negative; a period without a positive best figure has no level.
    Source: Abramovitz (1986), Catching up, forging ahead, and falling behind, Journal of Economic
    History 46(2), 385-406.

    Args:
        frame: one row per unit and period, in any order.
        columns: the indicators.
        directions: 1 or -1 for each indicator; 1 unless given.
        breaks: where series begin anew, see `core.engine.measures.continuity`; across one of the
            unit or of the leader there is no ``level_first`` and no ``yearly``.
        unit: the column that names the units.
        period: the column of periods: numbers, or texts as in `core.model.period`.

    Returns:
        One row per unit and indicator: the unit, ``indicator``, ``level_first`` and
        ``level_latest``, ``first`` and ``latest`` (their periods), and ``yearly``: by how much of
        the leader's figure the unit has come nearer (or fallen back) per year.
    """
    units, periods, t, cube = series_of(frame, columns, unit, period)
    levels = np.full(cube.shape, np.nan)
    known = _moments(breaks, columns, units)
    same = np.ones(cube.shape[1], dtype=bool)
    for i, name in enumerate(columns):
        part = slice(i * len(units), (i + 1) * len(units))
        levels[:, part] = _levels(cube[:, part], (directions or {}).get(name, 1))
        same[part] = _same_base(levels[:, part], t, known[part])
    first, last, years = _ends(levels, t)
    first = np.where(same, first, np.nan)
    yearly = (last - first) / np.where(years > 0, years, np.nan)
    return pl.DataFrame(
        {
            unit: units.to_list() * len(columns),
            "indicator": [name for name in columns for _ in units],
            "level_first": to_series(first),
            "level_latest": to_series(last),
            "first": _period_of(_first(levels), levels, periods),
            "latest": _period_of(_last(levels), levels, periods),
            "yearly": to_series(yearly),
        }
    )


def _levels(y: Floats, direction: int) -> Floats:
    there = ~np.isnan(y) & (y >= 0 if direction == 1 else y > 0)
    if direction == 1:
        best = np.max(y, axis=1, initial=-np.inf, where=there, keepdims=True)
        return np.where(there & (best > 0), y / np.where(best > 0, best, 1.0), np.nan)
    best = np.min(y, axis=1, initial=np.inf, where=there, keepdims=True)
    return np.where(there, best / np.where(there, y, 1.0), np.nan)


def _moments(breaks: pl.DataFrame, columns: Sequence[str], units: pl.Series) -> list[Moments]:
    """The breaks of each series, in the order of `series_of`."""
    if breaks.is_empty():
        return [()] * (len(columns) * len(units))
    of = moments(breaks)
    return [of(name, each) for name in columns for each in units]


def _broken(y: Floats, t: Floats, known: Sequence[Moments]) -> list[str | None]:
    """The first break between the first and the last figure of each series."""
    first, last = t[_first(y)], t[_last(y)]
    return [
        next(iter(crossed(found, *ends)), None) if found else None
        for found, *ends in zip(known, first, last, strict=True)
    ]


def _reasons(
    y: Floats, trend: Floats, broken: Sequence[str | None], different: Bools | None
) -> list[Reason | None]:
    """Why each series has no trend; ``different`` is None where the trend is no rate."""
    few = (~np.isnan(y)).sum(axis=0) < 2
    first, last, _ = _ends(y, np.arange(len(y), dtype=float))
    there = ~np.isnan(y)
    turns = np.min(y, axis=0, initial=np.inf, where=there) < 0
    turns &= np.max(y, axis=0, initial=-np.inf, where=there) > 0
    zero = (first == 0) | ((last == 0) & np.isnan(trend))
    asked: list[tuple[Reason, Any]] = [("few", few), ("break", [at is not None for at in broken])]
    if different is not None:
        asked += [("difference", different), ("sign", turns), ("zero", zero)]
    asked.append(("sign", np.isnan(trend)))
    names, found = zip(*asked, strict=True)
    chosen = np.select(list(map(np.asarray, found)), list(range(len(names))), -1)
    return [None if place < 0 else names[place] for place in chosen]


def _same_base(levels: Floats, t: Floats, known: Sequence[Moments]) -> Bools:
    """Whether neither a unit nor its leader breaks between its first and its last level."""
    if not any(known) or not len(levels):
        return np.ones(levels.shape[1], dtype=bool)
    leaders = np.argmax(np.where(np.isnan(levels), -np.inf, levels), axis=1)
    first, last = _first(levels), _last(levels)
    return np.array(
        [
            not any(
                crossed(known[each], t[first[place]], t[last[place]])
                for each in (place, leaders[first[place]], leaders[last[place]])
            )
            for place in range(levels.shape[1])
        ]
    )


def series_of(
    frame: pl.DataFrame, columns: Sequence[str], unit: str, period: str
) -> tuple[pl.Series, pl.Series, Floats, Floats]:
    """Turn a long frame into a matrix of series, in the order of time.

    Args:
        frame: one row per unit and period, in any order.
        columns: the indicators.
        unit: the column that names the units.
        period: the column of periods: numbers, or texts as in `core.model.period`.

    Returns:
        The units, sorted; the periods, and their years; and the figures, periods x series, one
        indicator after the other and in each the units; NaN where missing.

    Raises:
        IndexDefinitionError: when a unit has two rows in a period.
    """
    if frame.select(unit, period).is_duplicated().any():
        raise IndexDefinitionError(
            f"a {unit} has more than one row in a {period}; keep one of them"
        )
    units = frame[unit].unique().sort()
    timed = frame.select(period, __time=decimal_years(frame[period])).unique().sort("__time")
    place = pl.col(unit).replace_strict(units, range(len(units)))
    step = pl.col(period).replace_strict(timed[period], range(timed.height))
    at = frame.select(place.alias("place"), step.alias("step"))
    cube = np.full((timed.height, len(columns), len(units)), np.nan)
    cube[at["step"].to_numpy(), :, at["place"].to_numpy()] = frame.select(columns).to_numpy()
    return units, timed[period], timed["__time"].to_numpy(), cube.reshape(timed.height, -1)


def _interpolated(y: Floats, t: Floats, known: Sequence[Moments]) -> Floats:
    """Fill the gaps of each series on straight lines, and none across a break."""
    out = y.copy()
    for series, found in zip(out.T, known, strict=True):
        numbers = segments(found, t)
        for number in np.unique(numbers):
            part = numbers == number
            there = part & ~np.isnan(series)
            if there.sum() > 1:
                filled = np.interp(t[part], t[there], series[there], left=np.nan, right=np.nan)
                series[part] = filled
    return out


def _window(y: Floats, periods: int) -> tuple[Bools, Bools]:
    """Mark the last periods of each series, and the series that reach back so far."""
    last = _last(y)
    row = np.arange(len(y))[:, None]
    return (row <= last) & (row > last - periods), last >= periods - 1


def _first(y: Floats) -> NDArray[np.intp]:
    return np.asarray(np.argmax(~np.isnan(y), axis=0))


def _last(y: Floats) -> NDArray[np.intp]:
    return np.asarray(len(y) - 1 - np.argmax(~np.isnan(y[::-1]), axis=0))


def _ends(y: Floats, t: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the first and the last figure of each series, and the years between them."""
    series = np.arange(y.shape[1])
    first, last = _first(y), _last(y)
    return y[first, series], y[last, series], t[last] - t[first]


def _period_of(rows: NDArray[np.intp], y: Floats, periods: pl.Series) -> pl.Series:
    """Name the periods of rows, null for series of fewer than two figures."""
    enough = pl.Series((~np.isnan(y)).sum(axis=0) > 1)
    named = periods.gather(rows)
    return named.to_frame("period").select(pl.when(enough).then("period")).to_series()
