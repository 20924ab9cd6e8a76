"""Screening: units with too little data leave before anything is computed from them.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, steps 2 and 3.
    COINr, ``Screen`` and ``get_data_avail``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from cityflux.core.model.errors import IndexDefinitionError


@dataclass(frozen=True, slots=True)
class Screening:
    """What a screening decided.

    Attributes:
        kept: the rows that stay, unchanged.
        table: `availability` of every row, with ``low_data``, ``low_nonzero``, ``low_groups``
            (the groups with too little data), ``reason`` (null where nothing speaks against the
            unit) and ``included``.
    """

    kept: pl.DataFrame
    table: pl.DataFrame


def availability(
    frame: pl.DataFrame, indicators: Sequence[str], *, keys: Sequence[str] = ("city",)
) -> pl.DataFrame:
    """Count what each unit lacks. Source: COINr, ``get_data_avail``.

    Args:
        frame: one row per unit.
        indicators: the columns to look at.
        keys: the columns that name the units.

    Returns:
        The keys, ``missing``, ``zero``, ``missing_or_zero``, ``share_available`` (of the
        indicators) and ``share_nonzero`` (of the figures that are there; null without any).
    """
    missing = pl.sum_horizontal(pl.col(indicators).is_null()).cast(pl.Int64)
    zero = pl.sum_horizontal((pl.col(indicators) == 0).fill_null(value=False)).cast(pl.Int64)
    there = len(indicators) - pl.col("missing")
    return (
        frame.select(*keys, missing=missing, zero=zero)
        .with_columns(
            missing_or_zero=pl.col("missing") + pl.col("zero"),
            share_available=there / len(indicators),
            share_nonzero=pl.when(there > 0).then(1 - pl.col("zero") / there),
        )
        .select(*keys, "missing", "zero", "missing_or_zero", "share_available", "share_nonzero")
    )


def availability_by_group(
    frame: pl.DataFrame, groups: Mapping[str, Sequence[str]], *, keys: Sequence[str] = ("city",)
) -> pl.DataFrame:
    """Give for each unit and group the share of the group's indicators that have a figure.

    Source: COINr, ``get_data_avail``.

    Args:
        frame: one row per unit.
        groups: the indicators under each node.
        keys: the columns that name the units.

    Returns:
        The keys, and one column per group with shares of 0 to 1.
    """
    return frame.select(
        *keys,
        **{
            name: pl.sum_horizontal(pl.col(list(columns)).is_not_null()) / len(columns)
            for name, columns in groups.items()
        },
    )


def screen(
    frame: pl.DataFrame,
    indicators: Sequence[str],
    *,
    by: Literal["missing", "zeros", "both"] = "missing",
    min_available: float = 2 / 3,
    min_nonzero: float = 0.05,
    groups: Mapping[str, Sequence[str]] | None = None,
    min_in_group: float = 0.0,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    key: str = "city",
) -> Screening:
    """Leave out the units with too little data, and say of each why.

    A unit that has exactly the share that is asked for stays. In a panel each row is judged by
    itself; ``include`` and ``exclude`` hold for all rows of the unit.
    Source: OECD/JRC (2008), step 2, on the coverage of the data; COINr, ``Screen``.

    Args:
        frame: one row per unit; columns other than the indicators are carried along.
        indicators: the columns to look at.
        by: judge by missing figures, by zeros, or by both.
        min_available: the share of indicators that must have a figure.
        min_nonzero: the share of the unit's figures that must not be zero.
        groups: the indicators under each node, where each group must have enough, too.
        min_in_group: the share of indicators that must have a figure in every group.
        include: units that stay whatever their data.
        exclude: units that leave whatever their data.
        key: the column that names the units.

    Raises:
        IndexDefinitionError: when a unit that is forced in or out is unknown, or is both.
    """
    _check_forced(frame[key], include, exclude)
    shares = availability_by_group(frame, groups or {}, keys=[key]).drop(key)
    table = availability(frame, indicators, keys=[key]).with_columns(
        low_data=pl.col("share_available") < min_available,
        low_nonzero=(pl.col("share_nonzero") < min_nonzero).fill_null(value=False),
        low_groups=_thin_groups(shares, min_in_group),
    )
    rules = {
        "forced in": pl.col(key).is_in(list(include)),
        "forced out": pl.col(key).is_in(list(exclude)),
        f"less than {min_available:.1%} of its figures": pl.col("low_data") & (by != "zeros"),
        f"less than {min_nonzero:.1%} not zero": pl.col("low_nonzero") & (by != "missing"),
        f"a group with less than {min_in_group:.1%}": pl.col("low_groups").list.len() > 0,
    }
    table = table.with_columns(
        reason=pl.coalesce(pl.when(rule).then(pl.lit(text)) for text, rule in rules.items())
    ).with_columns(included=pl.col("reason").is_null() | (pl.col("reason") == "forced in"))
    return Screening(frame.filter(table["included"]), table)


def _thin_groups(shares: pl.DataFrame, least: float) -> pl.Series:
    thin = [
        [name for name, share in row.items() if share < least]
        for row in shares.iter_rows(named=True)
    ]
    return pl.Series("low_groups", thin, dtype=pl.List(pl.String))


def _check_forced(units: pl.Series, include: Sequence[str], exclude: Sequence[str]) -> None:
    if both := sorted(set(include) & set(exclude)):
        raise IndexDefinitionError(f"{', '.join(both)}: forced both in and out; choose one")
    if unknown := sorted((set(include) | set(exclude)) - set(units)):
        raise IndexDefinitionError(
            f"{', '.join(unknown)}: forced in or out, but not among the units; check the names"
        )
