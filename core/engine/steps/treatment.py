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

from cityflux.core.engine.measures.matrix import Bools, Floats, to_matrix, to_series
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
    plans: dict[Treatment, list[str]] = {}
    for name in columns:
        plan = (each or {}).get(name, treatment)
        if plan is not None:
            plans.setdefault(plan, []).append(name)
    order = [name for name in columns if (each or {}).get(name, treatment) is not None]
    parts = [
        _treat_alike(frame.select(names), plan, transformations) for plan, names in plans.items()
    ]
    if not parts:
        parts = [_treat_alike(frame.select(), treatment, transformations)]
    return Treated(
        frame.with_columns(column for part in parts for column in part.frame),
        pl.DataFrame({"indicator": pl.Series(order, dtype=pl.String)}).join(
            pl.concat(part.table for part in parts),
            on="indicator",
            how="left",
            maintain_order="left",
        ),
        pl.concat([part.cells for part in parts], how="horizontal").select(order),
    )


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
    frame: pl.DataFrame, plan: Treatment, transformations: Mapping[str, Transformation]
) -> Treated:
    """Treat the columns of a frame by one plan."""
    x = to_matrix(frame)
    tests = _tests(x, plan.limits, "")
    failing = (~tests["passes"]).fill_null(value=False).to_numpy()
    touched = [name for name, fails in zip(frame.columns, failing, strict=True) if fails]
    x, stages, marks = _two_stages(x[:, failing], plan, transformations)
    table = tests.select(pl.Series("indicator", frame.columns, dtype=pl.String), pl.all()).join(
        stages.select(pl.Series("indicator", touched, dtype=pl.String), pl.all()),
        on="indicator",
        how="left",
    )
    height = frame.height
    cells = np.zeros((frame.width, height), dtype=np.uint8)
    cells[failing] = marks.T
    words = pl.Series(_labels(plan.transform)).gather(cells.ravel())
    return Treated(
        frame.with_columns(to_series(x[:, i], name) for i, name in enumerate(touched)),
        table.with_columns(pl.col("points").fill_null(0), pl.col("outcome").fill_null("passes")),
        pl.DataFrame(
            [words.slice(i * height, height).alias(name) for i, name in enumerate(frame.columns)]
        ),
    )


def _two_stages(
    x: Floats, plan: Treatment, transformations: Mapping[str, Transformation]
) -> tuple[Floats, pl.DataFrame, NDArray[np.int64]]:
    """Treat columns that have outliers: the figures, the table, and what was done to each cell."""
    if plan.transform and plan.transform not in transformations:
        raise IndexDefinitionError(
            f"no transformation is called {plan.transform!r}; "
            f"there are {', '.join(transformations)}"
        )
    first = winsorize(
        x, most=plan.winsorize, limits=plan.winsorize_limits or plan.limits, force=plan.force
    )
    middle = _tests(first.x, plan.limits, "_winsorized")
    passes = middle["passes_winsorized"]
    again = (~passes).fill_null(value=False).to_numpy() & bool(plan.transform)
    second = first.x.copy()
    if again.any():
        base = first.x if plan.combine else x
        second[:, again] = transformations[plan.transform](base[:, again], **plan.params)
    after = _tests(second, plan.limits, "_transformed").select(
        pl.when(pl.Series(again)).then(pl.all())
    )
    passes = passes.zip_with(pl.Series(~again), after["passes_transformed"])
    alone = passes.is_null().to_numpy()
    second[:, alone] = x[:, alone]
    table = (
        pl.DataFrame(
            [
                pl.Series("points", first.points),
                *middle,
                pl.Series("transform", np.where(again, plan.transform, "").tolist(), pl.String),
                *after,
            ]
        )
        .with_columns(
            outcome=pl.when(passes).then(pl.lit("treated")).otherwise(pl.lit("still fails")),
        )
        .with_columns(
            outcome=pl.when(pl.Series(alone)).then(pl.lit("left alone")).otherwise("outcome")
        )
    )
    marks = np.where(first.high, 1, np.where(first.low, 2, 0))
    marks[:, again & (not plan.combine)] = 0
    marks += 3 * (again & ~np.isnan(x))
    marks[:, alone] = 0
    return second, table, marks


def _labels(transform: str) -> list[str]:
    """Give what may have happened to a figure, in the order of its number."""
    plain = ["", "high", "low"]
    return plain + ([f"{label}+{transform}".strip("+") for label in plain] if transform else [])


def _tests(x: Floats, limits: Limits, suffix: str) -> pl.DataFrame:
    test = outlier_test(x, limits)
    return pl.DataFrame(
        {
            f"skewness{suffix}": to_series(test.skewness),
            f"kurtosis{suffix}": to_series(test.kurtosis),
            f"passes{suffix}": to_series(test.passes).cast(pl.Boolean),
        }
    )
