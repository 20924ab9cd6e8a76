"""Treatment of outliers: winsorization first, then a transformation, and a table of what was done.

An indicator has outliers when its |skewness| and its kurtosis are both at or above their limits.
The two-stage rule of the JRC audits: (1) winsorize up to a few points; (2) if that is not enough,
transform the untreated figures. The direction of an indicator plays no part here.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 5.
    The JRC's statistical audits, such as those of the Global Innovation Index, on both steps.
    COINr, ``Treat``, ``winsorise``, ``log_CT``, ``log_CT_plus``, ``log_CT_orig`` and ``boxcox``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame, to_matrix, to_series
from cityflux.core.engine.measures.statistics import LIMITS, Limits, OutlierTest, outlier_test
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS, Transformation
from cityflux.core.model.errors import IndexDefinitionError


@dataclass(frozen=True, slots=True)
class Treatment:
    """How an indicator with outliers is treated.

    Attributes:
        limits: of the test that decides whether there are outliers.
        winsorize: how many points to winsorize at most; 0 leaves this step out, None sets no
            limit. Points that are equal move together, so that it may be a few more.
        winsorize_limits: the test inside winsorization, where it is another one.
        force: winsorize up to the limit even when the test is passed on the way.
        transform: the name of the transformation of what still has outliers; empty for none.
        params: the keyword parameters of the transformation.
        combine: transform the winsorized figures instead of the untreated ones.
    """

    limits: Limits = LIMITS
    winsorize: int | None = 5
    winsorize_limits: Limits | None = None
    force: bool = False
    transform: str = "log"
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    combine: bool = False


@dataclass(frozen=True, slots=True)
class Treated:
    """What a treatment did.

    Attributes:
        frame: the frame with treated indicators, other columns as they were.
        table: one row per indicator: ``indicator``; ``skewness`` and ``kurtosis`` before, with
            ``_winsorized`` after the first and ``_transformed`` after the second step;
            ``passes``, ``passes_winsorized`` and ``passes_transformed``, the result of the test
            at the same points (null where it cannot tell); ``points``, how many were winsorized;
            ``transform``; and ``outcome``: ``passes``, ``treated``, ``still fails`` or
            ``left alone`` (the treatment would make it a constant).
        cells: for each indicator and row what was done to the figure: empty, ``high`` or ``low``
            (winsorized), the name of the transformation, or both joined by ``+``.
    """

    frame: pl.DataFrame
    table: pl.DataFrame
    cells: pl.DataFrame


def treat(
    frame: pl.DataFrame,
    columns: Sequence[str],
    treatment: Treatment = Treatment(),
    *,
    each: Mapping[str, Treatment | None] | None = None,
    transformations: Mapping[str, Transformation] = TRANSFORMATIONS,
) -> Treated:
    """Treat the indicators that have outliers, by the two-stage rule.

    Transformed columns are on another scale than before, which only matters until they are
    standardized. Source: as the module; COINr, ``Treat``.

    Args:
        frame: one row per unit.
        columns: the indicators.
        treatment: of all indicators.
        each: other treatments by indicator; None leaves it alone.
        transformations: those that a treatment may name.

    Raises:
        IndexDefinitionError: when a transformation is unknown.
    """
    plans = {name: (each or {}).get(name, treatment) for name in columns}
    chosen = {name: plan for name, plan in plans.items() if plan is not None}
    names = list(chosen)
    done = treat_columns(to_matrix(frame.select(names)), [*chosen.values()], transformations)
    touched = (done.table["outcome"] != "passes").to_numpy()
    words = pl.Series(done.words, dtype=pl.String)
    return Treated(
        frame.with_columns(
            to_frame(
                done.x[:, touched], [name for name, t in zip(names, touched, strict=True) if t]
            )
        ),
        done.table.select(pl.Series("indicator", names, dtype=pl.String), pl.all()),
        pl.DataFrame([words[done.marks[:, i]].alias(name) for i, name in enumerate(names)]),
    )


@dataclass(frozen=True, slots=True)
class TreatedColumns:
    """What a treatment did to the columns of a matrix.

    Attributes:
        x: the figures.
        table: that of `Treated`, a row for each column.
        marks: for each figure the number of the word that says what was done to it.
        words: those of the cells of `Treated`; the first one is empty.
    """

    x: Floats
    table: pl.DataFrame
    marks: NDArray[np.int64]
    words: list[str]


def treat_columns(
    x: Floats,
    plans: Sequence[Treatment],
    transformations: Mapping[str, Transformation] = TRANSFORMATIONS,
) -> TreatedColumns:
    """Do as `treat` with a matrix, rows x columns; all columns of the same plan at once.

    Args:
        x: the figures; NaN is missing.
        plans: the treatment of each column.
        transformations: those that a treatment may name.

    Raises:
        IndexDefinitionError: when a transformation is unknown.
    """
    alike: dict[Treatment, list[int]] = {}
    known: dict[int, list[int]] = {}  # most share one object, which need not be hashed again
    for place, plan in enumerate(plans):
        if id(plan) not in known:
            known[id(plan)] = alike.setdefault(plan, [])
        known[id(plan)].append(place)
    after, marks = x.copy(order="F"), np.zeros(x.shape, dtype=np.int64, order="F")
    words, tables = [""], []
    for plan, places in (alike or {Treatment(): []}).items():
        after[:, places], table, own = _treat_alike(x[:, places], plan, transformations)
        marks[:, places] = np.where(own, own + (len(words) - 1), 0)
        words += _labels(plan.transform)[1:]
        tables.append(table)
    table = pl.concat(tables)
    if len(alike) > 1:
        table = table[np.argsort(np.concatenate([*alike.values()]))]
    return TreatedColumns(after, table, marks, words)


@dataclass(frozen=True, slots=True)
class Winsorized:
    """A matrix after winsorization.

    Attributes:
        x: the figures.
        high: true where a figure was lowered to the next one.
        low: true where a figure was raised to the next one.
    """

    x: Floats
    high: Bools
    low: Bools

    @property
    def points(self) -> NDArray[np.int64]:
        """How many figures of each column sit at the cap."""
        return np.asarray(self.high.sum(axis=0) + self.low.sum(axis=0), dtype=np.int64)


def winsorize(
    x: Floats, *, most: int | None = 5, limits: Limits = LIMITS, force: bool = False
) -> Winsorized:
    """Move the outermost figures of each column to the next one until the column has no outliers.

    In every round all figures equal to the maximum (the minimum, where the skewness is negative)
    become the next distinct one. It ends when the test is passed, when the column has become a
    constant, or when ``most`` figures sit at the cap; equal figures count together and may
    overshoot it. Source: COINr, ``winsorise``.

    Args:
        x: rows x columns; NaN stays NaN.
        most: how many figures to move at most; None for no limit.
        limits: of the test for outliers.
        force: go on to the limit even when the test is passed.
    """
    out = Winsorized(x.copy(), np.zeros(x.shape, dtype=bool), np.zeros(x.shape, dtype=bool))
    test = outlier_test(x, limits)
    skewed, active = test.skewness, _to_winsorize(test, force)
    while (going := active & ((most is None) | (out.points < (most or 0)))).any():
        part = out.x[:, going]
        above = skewed[going] >= 0
        turned = np.where(above, part, -part)
        there = ~np.isnan(turned)
        top = turned == np.max(turned, axis=0, initial=-np.inf, where=there)
        following = np.max(turned, axis=0, initial=-np.inf, where=there & ~top)
        turned = np.where(top, following, turned)
        out.x[:, going] = np.where(above, turned, -turned)
        out.high[:, going] = np.where(above, top, out.high[:, going])
        out.low[:, going] = np.where(above, out.low[:, going], top)
        test = outlier_test(out.x[:, going], limits)
        skewed[going], active[going] = test.skewness, _to_winsorize(test, force)
    return out


def _to_winsorize(test: OutlierTest, force: bool) -> Bools:
    return np.asarray(~np.isnan(test.passes) if force else test.passes == 0)


def _treat_alike(
    x: Floats, plan: Treatment, transformations: Mapping[str, Transformation]
) -> tuple[Floats, pl.DataFrame, NDArray[np.int64]]:
    """Treat columns by one plan: the figures, the table, and what was done to each cell."""
    test = outlier_test(x, plan.limits)
    failing = test.passes == 0
    after, marks = x.copy(order="F"), np.zeros(x.shape, dtype=np.int64, order="F")
    after[:, failing], stages, marks[:, failing] = _two_stages(x[:, failing], plan, transformations)
    columns = _tested(test, "")
    for name, values in stages.items():
        columns[name] = np.full(x.shape[1], _UNTOUCHED.get(name, np.nan), dtype=values.dtype)
        columns[name][failing] = values
    return after, pl.DataFrame([_series(name, values) for name, values in columns.items()]), marks


#: What the table says of an indicator without outliers; null where nothing stands here.
_UNTOUCHED = {"points": 0, "transform": None, "outcome": "passes"}


def _two_stages(
    x: Floats, plan: Treatment, transformations: Mapping[str, Transformation]
) -> tuple[Floats, dict[str, NDArray[Any]], NDArray[np.int64]]:
    """Treat columns that have outliers: the figures, the table, and what was done to each cell."""
    if plan.transform and plan.transform not in transformations:
        raise IndexDefinitionError(
            f"no transformation is called {plan.transform!r}; "
            f"there are {', '.join(transformations)}"
        )
    first = winsorize(
        x, most=plan.winsorize, limits=plan.winsorize_limits or plan.limits, force=plan.force
    )
    middle = outlier_test(first.x, plan.limits)
    again = (middle.passes == 0) & bool(plan.transform)
    second = first.x.copy()
    if again.any():
        base = first.x if plan.combine else x
        second[:, again] = transformations[plan.transform](base[:, again], **plan.params)
    last = outlier_test(second, plan.limits)
    passes = np.where(again, last.passes, middle.passes)
    alone = np.isnan(passes)
    second[:, alone] = x[:, alone]
    table: dict[str, NDArray[Any]] = {
        "points": first.points,
        **_tested(middle, "_winsorized"),
        "transform": np.where(again, plan.transform, "").astype(object),
        **{
            name: np.where(again, values, np.nan)
            for name, values in _tested(last, "_transformed").items()
        },
        "outcome": np.array(["still fails", "treated", "left alone"], dtype=object)[
            np.where(alone, 2, passes).astype(np.int64)
        ],
    }
    marks = np.where(first.high, 1, np.where(first.low, 2, 0))
    marks[:, again & (not plan.combine)] = 0
    marks += 3 * (again & ~np.isnan(x))
    marks[:, alone] = 0
    return second, table, marks


def _labels(transform: str) -> list[str]:
    """Give what may have happened to a figure, in the order of its number."""
    plain = ["", "high", "low"]
    return plain + ([f"{label}+{transform}".strip("+") for label in plain] if transform else [])


def _tested(test: OutlierTest, suffix: str) -> dict[str, NDArray[Any]]:
    return {
        f"skewness{suffix}": test.skewness,
        f"kurtosis{suffix}": test.kurtosis,
        f"passes{suffix}": test.passes,
    }


def _series(name: str, values: NDArray[Any]) -> pl.Series:
    if values.dtype != np.float64:
        return pl.Series(name, values.tolist(), pl.String if values.dtype == object else pl.Int64)
    series = to_series(values, name)
    return series.cast(pl.Boolean) if name.startswith("passes") else series
