"""Do the units of a panel draw together, and when does one reach the leader?

Positive figures are compared by their logarithms, so that a rate of growth is a slope; scores,
which have no natural zero, are compared as they are, in points. Below, z is either, turned where
less is better.

References:
    Barro, Sala-i-Martin (1992), Convergence, Journal of Political Economy 100(2), 223-251.
    Sala-i-Martin (1996), The classical approach to convergence analysis, Economic Journal 106,
    1019-1036, for the names beta and sigma convergence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from cityflux.core.engine.analysis.trends import series_of
from cityflux.core.engine.measures.matrix import Bools, Floats, to_series
from cityflux.core.engine.measures.tolerance import constant

Scale = Literal["ratio", "interval"]
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Convergence:
    """Whether the units of a panel draw together.

    Attributes:
        first: the period in which the comparison begins.
        latest: the period in which it ends.
        units: how many have figures in both; they alone are compared.
        slope: b of (z_T - z_0) / T = a + b z_0 + u over these units, by least squares; below
            zero they draw together. Null below three units, or where they begin alike.
        p_value: two-sided, of b = 0, by Student's t with units - 2 degrees of freedom.
        r_squared: the share of the variance of growth that the beginning explains.
        speed: β = -ln(1 + b T) / T, the share of the way to the common level that is gone in a
            year; null where b T is -1 or below.
        half_life: ln 2 / β, the years after which half of the way is gone; null unless β > 0.
        sigma: ``period`` and ``sigma``, the sample standard deviation of z over these units; of
            the periods in which they all have figures.
    """

    first: str | float
    latest: str | float
    units: int
    slope: float | None
    p_value: float | None
    r_squared: float | None
    speed: float | None
    half_life: float | None
    sigma: pl.DataFrame


def convergence(
    frame: pl.DataFrame,
    column: str,
    *,
    scale: Scale = "ratio",
    direction: int = 1,
    unit: str = "city",
    period: str = "period",
) -> Convergence | None:
    """Test beta and sigma convergence.

    The comparison runs between the two periods that the most units have in common, and of these
    between those that lie farthest apart. Sources: Barro, Sala-i-Martin (1992), for the
    regression and β; Sala-i-Martin (1996), for sigma.

    Args:
        frame: one row per unit and period, in any order.
        column: the figures; on the ratio scale those that are not positive count as missing.
        scale: ``ratio`` for figures, by their logarithms; ``interval`` for scores, in points.
        direction: 1, or -1 where less is better; it plays no part in whether they draw together.
        unit: the column that names the units.
        period: the column of periods: numbers, or texts as in `core.model.period`.

    Returns:
        None where no two periods have a unit in common.

    Raises:
        IndexDefinitionError: a unit has two rows in a period.
    """
    _, periods, t, figures = series_of(frame, [column], unit, period)
    z = _levels(figures, scale, direction)
    span = _span(~np.isnan(z), t)
    if span is None:
        return None
    begin, end = span
    both = z[:, ~np.isnan(z[begin]) & ~np.isnan(z[end])]
    years = float(t[end] - t[begin])
    slope, p_value, r_squared = _regression(both[begin], (both[end] - both[begin]) / years)
    speed = None
    if slope is not None and 1 + slope * years > 0:
        speed = -float(np.log1p(slope * years)) / years
    whole = ~np.isnan(both).any(axis=1)
    sigma = both[whole].std(axis=1, ddof=1) if both.shape[1] > 1 else np.full(whole.sum(), np.nan)
    return Convergence(
        first=periods[begin],
        latest=periods[end],
        units=both.shape[1],
        slope=slope,
        p_value=p_value,
        r_squared=r_squared,
        speed=speed,
        half_life=float(np.log(2)) / speed if speed and speed > 0 else None,
        sigma=pl.DataFrame({"period": periods.filter(pl.Series(whole)), "sigma": to_series(sigma)}),
    )


def years_to_leader(
    frame: pl.DataFrame,
    column: str,
    *,
    scale: Scale = "ratio",
    direction: int = 1,
    unit: str = "city",
    period: str = "period",
) -> pl.DataFrame:
    """Say after how many years each unit reaches the leader, if both go on as they did.

    (z_L - z) / (r - r_L), where z are the levels in the last period that two units have in common,
    L is the best one there, and r = (z - z_0) / T is the mean yearly step since the unit's first
    figure: the logarithm of one plus its compound growth on the ratio scale.

    Args:
        frame: as in `convergence`.
        column: as there.
        scale: as there.
        direction: 1, or -1 where less is better, so that the leader has the lowest figure.
        unit: as there.
        period: as there.

    Returns:
        One row per unit: the unit, ``leader`` (who leads in that period; the first by name of
        several), ``latest`` (the period) and ``years``: 0 for the leader and whoever stands beside
        it; null for who does not come nearer, or lacks a figure of that period or an earlier one.

    Raises:
        IndexDefinitionError: a unit has two rows in a period.
    """
    units, periods, t, figures = series_of(frame, [column], unit, period)
    z = _levels(figures, scale, direction)
    there = ~np.isnan(z)
    common = np.flatnonzero(there.sum(axis=1) > 1)
    if not len(common):
        nobody = pl.lit(None, dtype=pl.String)
        return pl.DataFrame({unit: units}).with_columns(
            leader=nobody, latest=nobody, years=pl.lit(None, dtype=pl.Float64)
        )
    last = int(common[-1])
    begin = np.argmax(there, axis=0)
    years = t[last] - t[begin]
    step = np.full(len(units), np.nan)
    later = there[last] & (years > 0)
    step[later] = (z[last] - z[begin, np.arange(len(units))])[later] / years[later]
    leader = int(np.nanargmax(z[last]))
    behind, gain = z[last, leader] - z[last], step - step[leader]
    nearer = np.where(gain > 0, behind / np.where(gain > 0, gain, 1.0), np.nan)
    return pl.DataFrame(
        {
            unit: units,
            "leader": [units[leader]] * len(units),
            "latest": [periods[last]] * len(units),
            "years": to_series(np.where(behind == 0, 0.0, nearer)),
        }
    )


def _levels(figures: Floats, scale: Scale, direction: int) -> Floats:
    """Give z: what is compared, more is better."""
    if scale == "interval":
        return figures * direction
    positive = figures > 0
    return np.where(positive, np.log(np.where(positive, figures, 1.0)), np.nan) * direction


def _span(there: Bools, t: Floats) -> tuple[int, int] | None:
    """Find the two periods with the most units in common, those farthest apart of them."""
    shared = there.astype(np.int64) @ there.T.astype(np.int64)
    pairs = [
        (shared[i, j], t[j] - t[i], i, j)
        for i in range(len(t))
        for j in range(i + 1, len(t))
        if shared[i, j]
    ]
    if not pairs:
        return None
    _, _, begin, end = max(pairs)
    return begin, end


def _regression(x: Floats, y: Floats) -> tuple[float | None, float | None, float | None]:
    """Give slope, p-value and R² of a line; nothing below three points or where x does not vary."""
    if len(x) < _FEWEST or constant(x[:, None])[0]:
        return None, None, None
    from scipy import stats

    line = stats.linregress(x, y)
    return float(line.slope), float(line.pvalue), float(line.rvalue**2)
