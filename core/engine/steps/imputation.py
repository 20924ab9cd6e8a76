"""Imputation: figures for cells that have none, every one of them marked.

Nothing is imputed unless an index asks for it. Each method gives the filled frame and a mask of
the same height that is true where a cell was filled, so that coverage counts observed cells only.
What a method cannot fill stays null.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 3.
    COINr, ``Impute``, ``i_mean_grp`` and ``impute_panel``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import Bools, Floats, cut, replaced, to_frame, to_matrix
from cityflux.core.engine.measures.timeline import decimal_years
from cityflux.core.model.errors import ConfigError, IndexDefinitionError

Imputation = Callable[..., "Imputed"]
Statistic = Literal["mean", "median"]


@dataclass(frozen=True, slots=True)
class Imputed:
    """A frame with fewer gaps.

    Attributes:
        frame: the frame, filled.
        mask: one boolean column per imputed column, true where a cell was filled.
    """

    frame: pl.DataFrame
    mask: pl.DataFrame

    @property
    def count(self) -> int:
        """How many cells were filled."""
        return int(np.sum(self.mask.to_numpy()))


def no_imputation(frame: pl.DataFrame, columns: Sequence[str]) -> Imputed:
    """Leave every gap of the columns as it is."""
    return _filled(frame, frame, columns)


def column_mean(frame: pl.DataFrame, columns: Sequence[str], *, by: str | None = None) -> Imputed:
    """Fill with the mean of the column, or of the rows that share ``by`` (region, period).

    A group without any figure stays without; so does a row whose group is null.
    Source: OECD/JRC (2008), section 3.2, unconditional mean imputation.
    """
    return _column_statistic(frame, columns, "mean", by)


def column_median(frame: pl.DataFrame, columns: Sequence[str], *, by: str | None = None) -> Imputed:
    """Fill with the median of the column, or of the rows that share ``by`` (region, period).

    Source: OECD/JRC (2008), section 3.2, unconditional mean imputation.
    """
    return _column_statistic(frame, columns, "median", by)


def row(
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    directions: Mapping[str, int] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    statistic: Statistic = "mean",
) -> Imputed:
    """Fill with what the unit has in its other indicators, on a scale of 0 to 1.

    Each column is turned by its direction and brought to 0 to 1 between its worst and its best;
    a gap gets the mean (or median) of the unit's other indicators and is carried back to the
    unit of the column. Source: COINr, ``Impute`` with ``impute_by = "row"``.

    Args:
        frame: one row per unit.
        columns: the indicators.
        directions: 1 or -1 for each column; 1 unless given.
        groups: the indicators under each node: gaps are filled from their own group only.
        statistic: the mean or the median.
    """
    signs = np.array([(directions or {}).get(name, 1) for name in columns], dtype=np.float64)
    x = to_matrix(frame.select(columns)) * signs
    there = ~np.isnan(x)
    low = np.min(x, axis=0, initial=np.inf, where=there)
    span = np.max(x, axis=0, initial=-np.inf, where=there) - low
    known = there.any(axis=0)
    low, span = np.where(known, low, np.nan), np.where(known, span, np.nan)
    with np.errstate(invalid="ignore"):
        share = (x - low) / np.where(span > 0, span, np.nan)  # a constant says nothing of a unit
    for members in (groups or {"": columns}).values():
        places = [columns.index(name) for name in members]
        level = _row_statistic(share[:, places], statistic)
        guess = low[places] + span[places] * level[:, None]
        x[:, places] = np.where(there[:, places], x[:, places], guess)
    return _filled(frame, _fill_gaps(frame, to_frame(x * signs, columns)), columns)


def last_value(
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "city",
    period: str = "period",
    limit: int | None = None,
) -> Imputed:
    """Fill with the unit's last figure before the gap.

    Source: COINr, ``impute_panel`` with ``imp_type = "latest"``.

    Args:
        frame: one row per unit and period, in any order.
        columns: the indicators.
        unit: the column that names the units.
        period: the column of periods: numbers, or texts as in `core.model.period`.
        limit: how many of the frame's periods to look back at most; all of them unless given.

    Raises:
        IndexDefinitionError: when the limit is below 1.
    """
    if limit is not None and limit < 1:
        raise IndexDefinitionError(f"limit {limit} looks back at nothing; write 1 or more")
    steps = decimal_years(frame[period]).rank("dense").cast(pl.Int64)
    timed = frame.with_columns(__step=steps)
    step = pl.col("__step")

    def last(name: str) -> pl.Expr:
        seen = pl.when(pl.col(name).is_not_null()).then(step).forward_fill()
        value = pl.col(name).forward_fill()
        near = value if limit is None else pl.when(step - seen <= limit).then(value)
        return near.over(unit, order_by="__step").alias(name)

    return _filled(frame, timed.with_columns(map(last, columns)).drop("__step"), columns)


def interpolation(
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "city",
    period: str = "period",
    between: Literal["linear", "previous"] = "linear",
    ends: bool = False,
) -> Imputed:
    """Fill gaps between two figures of a unit, and outside of them only if asked for.

    Source: OECD/JRC (2008), step 3; COINr, ``impute_panel`` with ``linear`` and ``constant``.

    Args:
        frame: one row per unit and period, in any order.
        columns: the indicators.
        unit: the column that names the units.
        period: the column of periods: numbers, or texts as in `core.model.period`.
        between: on the straight line in time, or with the previous figure.
        ends: before the first and after the last figure take the nearest one.
    """
    timed = frame.with_columns(__time=decimal_years(frame[period]))

    def inside(name: str) -> pl.Expr:
        x = pl.col(name)
        if between == "linear":
            x = x.interpolate_by("__time")
        else:
            x = pl.when(x.backward_fill().is_not_null()).then(x.forward_fill())
        if ends:
            x = x.forward_fill().backward_fill()
        return x.over(unit, order_by="__time").alias(name)

    return _filled(frame, timed.with_columns(map(inside, columns)).drop("__time"), columns)


def regression(frame: pl.DataFrame, columns: Sequence[str], *, on: Sequence[str]) -> Imputed:
    """Fill with the least-squares prediction from named indicators.

    The line is fitted on the rows that have the column and all predictors, and used where all
    predictors are there. A column with too few such rows stays as it is, as does a predictor
    that is itself among the columns. Source: OECD/JRC (2008), section 3.3, regression imputation.

    Args:
        frame: one row per unit.
        columns: the indicators to fill.
        on: the indicators to predict from.

    Raises:
        IndexDefinitionError: when no predictor is named.
    """
    if not on:
        raise IndexDefinitionError("imputation by regression: name the indicators to predict from")
    predictors = to_matrix(frame.select(on))
    usable = ~np.isnan(predictors).any(axis=1)
    design = np.column_stack([np.ones(len(predictors)), predictors])
    guesses = np.full((frame.height, len(columns)), np.nan)
    for i, name in enumerate(columns):
        y = frame[name].to_numpy()
        rows = usable & ~np.isnan(y)
        if name not in on and np.linalg.matrix_rank(design[rows]) == design.shape[1]:
            coefficients = np.linalg.lstsq(design[rows], y[rows], rcond=None)[0]
            guesses[usable, i] = design[usable] @ coefficients
    return _filled(frame, _fill_gaps(frame, to_frame(guesses, columns)), columns)


def iterative(
    frame: pl.DataFrame, columns: Sequence[str], *, seed: int = 0, **options: Any
) -> Imputed:
    """Fill each column from all the others, in rounds until nothing moves (MICE).

    Done by scikit-learn's ``IterativeImputer``, which comes with ``cityflux[impute]``.
    Source: van Buuren, Groothuis-Oudshoorn (2011), Journal of Statistical Software 45(3), 1-67.

    Args:
        frame: one row per unit.
        columns: the indicators; one without any figure stays empty.
        seed: of the random numbers.
        options: further parameters of ``IterativeImputer``.

    Raises:
        ConfigError: when scikit-learn is not installed.
    """
    try:
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
        from sklearn.impute import IterativeImputer
    except ImportError as error:
        raise ConfigError(
            "iterative imputation needs scikit-learn; install it by pip install 'cityflux[impute]'"
        ) from error
    known = [name for name in columns if frame[name].count() > 0]
    guesses = IterativeImputer(random_state=seed, **options).fit_transform(
        to_matrix(frame.select(known))
    )
    return _filled(frame, _fill_gaps(frame, to_frame(guesses, known)), columns)


#: Those that look at the other periods of a city; a plugin's says so by ``over_time = True``.
OVER_TIME = ("last", "interpolate")

#: Every built-in method by the name that an index definition uses.
IMPUTATIONS: dict[str, Imputation] = {
    "none": no_imputation,
    "mean": column_mean,
    "median": column_median,
    "row": row,
    "last": last_value,
    "interpolate": interpolation,
    "regression": regression,
    "iterative": iterative,
}


def _column_statistic(
    frame: pl.DataFrame, columns: Sequence[str], statistic: Statistic, by: str | None
) -> Imputed:
    if by is None:  # column by column, as an expression would wake all threads
        figures = frame[[*columns]]
        middles = [
            column.mean() if statistic == "mean" else column.median()
            for column in figures.iter_columns()
        ]
        x = to_matrix(figures)
        gaps = np.isnan(x)
        x = np.where(gaps, np.array(middles, dtype=np.float64), x)
        return _masked(replaced(frame, to_frame(x, [*columns])), gaps & ~np.isnan(x), columns)
    each = pl.col(columns)
    middle = each.mean() if statistic == "mean" else each.median()
    guess = pl.when(pl.col(by).is_not_null()).then(middle.over(by))
    return _filled(frame, frame.with_columns(each.fill_null(guess)), columns)


def _row_statistic(values: Floats, statistic: Statistic) -> Floats:
    """Give the mean or median of each row's values; NaN for a row without any."""
    level = np.full(len(values), np.nan)
    known = ~np.isnan(values).all(axis=1)
    middle = np.nanmean if statistic == "mean" else np.nanmedian
    level[known] = middle(values[known], axis=1)
    return level


def _fill_gaps(frame: pl.DataFrame, guesses: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(name).fill_null(guesses[name]) for name in guesses.columns)


def _filled(before: pl.DataFrame, after: pl.DataFrame, columns: Sequence[str]) -> Imputed:
    gaps, left = (np.isnan(to_matrix(f[[*columns]])) for f in (before, after))
    return _masked(after, gaps & ~left, columns)


def _masked(after: pl.DataFrame, filled: Bools, columns: Sequence[str]) -> Imputed:
    return Imputed(after, cut(pl.Series(filled.ravel("F")), columns))
