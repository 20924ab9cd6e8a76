"""Comparison with expected values: numbers at a relative tolerance of 1e-9, all else exactly.

R's NA and NaN are both missing; so is an infinite number, which only comes of a division by zero.
Zero cannot be met relatively: there 1e-12 of the largest number of the column is near enough.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import polars as pl

RTOL = 1e-9
ZERO = 1e-12


def mismatches(
    ours: pl.DataFrame,
    theirs: pl.DataFrame,
    *,
    fills: bool = False,
    loose: Collection[str] = (),
    atol: float = 0.0,
) -> list[str]:
    """List the cells that differ, at most one per column.

    Args:
        ours: the computed table.
        theirs: the expected table, as text.
        fills: what is missing in theirs may be there in ours.
        loose: columns that need only agree up to ``atol``.
        atol: an absolute tolerance for the loose columns.
    """
    if absent := [name for name in theirs.columns if name not in ours.columns]:
        return [f"no column {name}" for name in absent]
    if ours.height != theirs.height:
        return [f"{ours.height} rows instead of {theirs.height}"]
    ours = _in_order_of(theirs, ours.select(theirs.columns))
    found = []
    for name in theirs.columns:
        mine, expected = ([_read(value) for value in table[name]] for table in (ours, theirs))
        slack = atol if name in loose else _slack(expected)
        for row, (a, e) in enumerate(zip(mine, expected, strict=True)):
            if not same(a, e, slack, fills=fills):
                found.append(f"{name}, row {row}: {a!r} instead of {e!r}")
                break
    return found


def same(ours: Any, theirs: Any, slack: float = 0.0, *, fills: bool = False) -> bool:
    """Compare values, lists and dictionaries; what is missing in theirs may be there if allowed."""
    if isinstance(theirs, dict):
        return all(n in ours and same(ours[n], t, fills=fills) for n, t in theirs.items())
    if isinstance(theirs, list) or isinstance(ours, list):
        mine, expected = ([v] if not isinstance(v, list) else v for v in (ours, theirs))
        near = max(slack, _slack([e for e in expected if not isinstance(e, list)]))
        return len(mine) == len(expected) and all(
            same(a, e, near, fills=fills) for a, e in zip(mine, expected, strict=True)
        )
    if _missing(theirs):
        return fills or _missing(ours)
    if isinstance(theirs, str | bool):
        return type(ours) is type(theirs) and bool(ours == theirs)
    return not _missing(ours) and math.isclose(ours, theirs, rel_tol=RTOL, abs_tol=slack)


def _missing(value: Any) -> bool:
    return value in (None, "", "NA", "NaN", math.inf, -math.inf)


def _read(value: Any) -> Any:
    """Read a cell, which is text in an expected table."""
    if not isinstance(value, str):
        return value
    if value in ("TRUE", "FALSE"):
        return value == "TRUE"
    try:
        return float(value)
    except ValueError:
        return value


def _slack(values: Sequence[Any]) -> float:
    numbers = [abs(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return ZERO * max(numbers, default=0.0)


def _in_order_of(theirs: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Sort our rows by the columns of names, where the order of rows carries no meaning."""
    texts = [name for name, kind in ours.schema.items() if kind == pl.String]
    keys = [*texts, *(n for n in ("Time", "rep", "PC") if n in theirs.columns and n not in texts)]
    if not texts or ours.select(keys).cast(pl.String).rows() == theirs.select(keys).rows():
        return ours
    order = {row: i for i, row in enumerate(theirs.select(keys).rows())}
    mine = ours.select(pl.col(keys).cast(pl.String)).rows()
    if set(mine) != set(order) or len(order) != len(mine):
        return ours
    return ours[sorted(range(len(mine)), key=lambda i: order[mine[i]])]
