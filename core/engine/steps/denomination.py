"""Denomination: indicators divided by others, per head, per GDP or per km², before they compare.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 2; COINr, ``Denominate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cityflux.core.model.errors import IndexDefinitionError


@dataclass(frozen=True, slots=True)
class Denominator:
    """What an indicator is divided by.

    Attributes:
        by: the column of the denominator.
        scale: the indicator is given per so many units of the denominator: 1000 for a figure
            per 1,000 inhabitants.
    """

    by: str
    scale: float = 1.0


def denominate(frame: pl.DataFrame, plan: Mapping[str, Denominator]) -> pl.DataFrame:
    """Divide indicators by others: x / (d / scale).

    Null where either is missing, or the denominator is zero.
    Source: OECD/JRC (2008), step 2, on scaling by an appropriate size measure; COINr,
    ``Denominate``.

    Args:
        frame: one row per unit, with the indicators and their denominators.
        plan: for each indicator that is divided, by what.

    Returns:
        The same frame, with the named indicators divided; the denominators stay as they were.

    Raises:
        IndexDefinitionError: when a column is not there, or a scale is not positive.
    """
    for name, denominator in plan.items():
        for column in (name, denominator.by):
            if column not in frame.columns:
                raise IndexDefinitionError(f"denomination of {name!r}: there is no {column!r}")
        if not denominator.scale > 0:
            raise IndexDefinitionError(
                f"denomination of {name!r}: scale {denominator.scale} must be positive"
            )
    return frame.with_columns(
        pl.when(pl.col(d.by) != 0).then(pl.col(name) / (pl.col(d.by) / d.scale)).alias(name)
        for name, d in plan.items()
    )
