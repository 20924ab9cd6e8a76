"""How the figures of an index hang together before they are divided, treated or standardized."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.association import correlation_flags, correlations
from cityflux.core.engine.measures.correlation import Method
from cityflux.core.model.errors import IndexDefinitionError


def figure_correlations(
    definition: Definition,
    figures: pl.DataFrame,
    *,
    above: float | None = 0.9,
    below: float | None = None,
    method: Method = "pearson",
) -> pl.DataFrame:
    """List the indicators under one node whose raw figures hang together too much, or too little.

    Source: OECD/JRC (2008), step 4; COINr, ``get_corr_flags``.

    Args:
        definition: the index.
        figures: a Float64 column per indicator in its own unit, one row per observation.
        above: list pairs with a correlation above this.
        below: list pairs with a correlation below this.
        method: the kind of correlation.

    Returns:
        ``group``, ``row``, ``column``, ``correlation``, ``p_value`` and ``units``; each pair once.

    Raises:
        IndexDefinitionError: a threshold is no correlation.
    """
    _check(above, below)
    groups: dict[str, list[str]] = {}
    for leaf in definition.leaves:
        groups.setdefault(leaf.path[-1], []).append(leaf.id)
    return correlation_flags(figures, groups, above=above, below=below, method=method)


def denominator_correlations(
    definition: Definition,
    figures: pl.DataFrame,
    denominators: Sequence[str] | None = None,
    *,
    above: float = 0.6,
    method: Method = "pearson",
) -> pl.DataFrame:
    """List the indicators whose raw figures go with the size of a city: these may want dividing.

    Source: COINr, ``get_denom_corr``.

    Args:
        definition: the index.
        figures: a Float64 column per indicator and denominator in its own unit.
        denominators: the columns that stand for size; those that the definition divides by,
            unless given.
        above: list pairs whose correlation has an absolute value above this.
        method: the kind of correlation.

    Returns:
        ``row`` (the indicator), ``column`` (the denominator), ``correlation``, ``p_value``,
        ``units``, and ``divided``: whether the definition divides the one by the other.

    Raises:
        IndexDefinitionError: the threshold is no correlation, or a denominator is not there, or
            there is none.
    """
    _check(above)
    divisors = {leaf.id: leaf.denominator.by for leaf in definition.leaves if leaf.denominator}
    sizes = list(dict.fromkeys(divisors.values() if denominators is None else denominators))
    if not sizes:
        raise IndexDefinitionError(f"{definition.id} divides by nothing; name the denominators")
    if missing := [name for name in sizes if name not in figures.columns]:
        raise IndexDefinitionError(f"{missing[0]!r} is not among the figures; read it with them")
    rows = [leaf.id for leaf in definition.leaves if leaf.id not in sizes]
    table = correlations(figures, rows, sizes, method=method)
    table = table.filter(pl.col("correlation").abs() > above)
    divided = [divisors.get(row) == size for row, size in table.select("row", "column").rows()]
    return table.with_columns(divided=pl.Series(divided, dtype=pl.Boolean))


def _check(*thresholds: float | None) -> None:
    for threshold in thresholds:
        if threshold is not None and not -1 <= threshold <= 1:
            raise IndexDefinitionError(f"threshold {threshold} is no correlation; write -1 to 1")
