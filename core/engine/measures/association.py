"""How indicators hang together: correlation, Cronbach's alpha and principal components.

Correlations are pairwise complete: each pair uses the units that have both figures. A pair with
a constant, or with too few units, has none (null).

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 4,
    sections 4.1 and 4.3.
    COINr, ``get_corr``, ``get_pvals``, ``get_corr_flags``, ``get_cronbach`` and ``get_PCA``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cityflux.core.engine.measures.correlation import (
    Method,
    correlation_matrix,
    covariance_matrix,
    kendall_p,
    student_p,
)
from cityflux.core.engine.measures.matrix import to_matrix, to_series
from cityflux.core.engine.measures.tolerance import constant
from cityflux.core.model.errors import IndexDefinitionError


@dataclass(frozen=True, slots=True)
class Components:
    """The principal components of the correlation matrix.

    Attributes:
        loadings: one row per indicator: ``indicator``, and ``pc1``, ``pc2`` … (unit length).
            The sign of a component is arbitrary; here its loadings have a positive sum.
        scree: one row per component: ``component``, ``sd``, ``eigenvalue``, ``share`` of the
            variance and ``cumulated`` share.
        units: how many complete units it rests on.
    """

    loadings: pl.DataFrame
    scree: pl.DataFrame
    units: int


def correlations(
    frame: pl.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    *,
    method: Method = "pearson",
) -> pl.DataFrame:
    """Correlate every column of ``rows`` with every column of ``columns``.

    Args:
        frame: one row per unit.
        rows: indicators or nodes, of one level.
        columns: indicators or nodes, of the same or another level; ``rows`` unless given.
        method: ``pearson``; ``spearman``, on average ranks; ``kendall``, tau-b.

    Returns:
        One row per pair: ``row``, ``column``, ``correlation``, ``p_value`` (two-sided, of no
        correlation; Student's t for Pearson and Spearman) and ``units`` (how many have both).
    """
    columns = rows if columns is None else columns
    x, y = to_matrix(frame.select(rows)), to_matrix(frame.select(columns))
    r = correlation_matrix(x, y, method)
    units = (~np.isnan(x)).astype(np.float64).T @ (~np.isnan(y)).astype(np.float64)
    p = kendall_p(x, y) if method == "kendall" else student_p(r, units)
    return pl.DataFrame(
        {
            "row": pl.Series([a for a in rows for _ in columns], dtype=pl.String),
            "column": pl.Series(list(columns) * len(rows), dtype=pl.String),
            "correlation": to_series(r.ravel()),
            "p_value": to_series(p.ravel()),
            "units": units.ravel().astype(np.int64),
        }
    )


def correlation_flags(
    frame: pl.DataFrame,
    groups: Mapping[str, Sequence[str]],
    *,
    above: float | None = None,
    below: float | None = None,
    method: Method = "pearson",
) -> pl.DataFrame:
    """List the pairs of one group that hang together too much, or too little.

    Very high correlation inside a node may count one thing twice; a negative one makes children
    cancel out. Source: OECD/JRC (2008), step 6; COINr, ``get_corr_flags``.

    Args:
        frame: one row per unit.
        groups: the columns under each node.
        above: list pairs with a correlation above this.
        below: list pairs with a correlation below this.
        method: as in `correlations`.

    Returns:
        ``group``, ``row``, ``column``, ``correlation``, ``p_value`` and ``units``; each pair once.
    """
    parts = []
    for group, members in groups.items():
        order = {name: i for i, name in enumerate(members)}
        place = pl.col("row", "column").replace_strict(order)
        pairs = correlations(frame, list(members), method=method)
        upper = pairs.select(place).select(pl.col("row") < pl.col("column")).to_series()
        parts.append(pairs.filter(upper).select(pl.lit(group).alias("group"), pl.all()))
    r = pl.col("correlation")
    high = r > above if above is not None else pl.lit(value=False)
    low = r < below if below is not None else pl.lit(value=False)
    return pl.concat(parts).filter(high | low)


def cronbach_alpha(frame: pl.DataFrame) -> float | None:
    """Compute the reliability of a group of indicators: α = k² c̄ / Σ c.

    c are the covariances (pairwise complete) and c̄ the mean of those between different
    indicators. None for fewer than two indicators, or without variance.
    Source: Cronbach (1951), Psychometrika 16(3), 297-334; OECD/JRC (2008), section
    4.3.

    Args:
        frame: one Float64 column per indicator, one row per unit; no key columns.
    """
    k = frame.width
    c = np.nan_to_num(covariance_matrix(to_matrix(frame)))
    total = float(c.sum())
    if k < 2 or total == 0:
        return None
    return k**2 * (total - float(np.trace(c))) / (k * (k - 1)) / total


def principal_components(frame: pl.DataFrame) -> Components:
    """Find the principal components of the standardized indicators.

    Units with any figure missing are left out.
    Source: OECD/JRC (2008), section 4.1; Hotelling (1933), Journal of Educational Psychology 24.

    Args:
        frame: one Float64 column per indicator, one row per unit; no key columns.

    Raises:
        IndexDefinitionError: when fewer than two units are complete, or an indicator is constant.
    """
    x = to_matrix(frame.drop_nulls())
    n = len(x)
    if n < 2:
        raise IndexDefinitionError(
            f"principal components of {', '.join(frame.columns)}: only {n} units have all figures; "
            "leave out those with gaps"
        )
    flat_ones = [c for c, flat in zip(frame.columns, constant(x), strict=True) if flat]
    if flat_ones:
        raise IndexDefinitionError(
            f"principal components: {', '.join(flat_ones)} is constant over the complete units; "
            "leave it out"
        )
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    _, singular, axes = np.linalg.svd(z, full_matrices=False)
    axes *= np.where(axes.sum(axis=1) < 0, -1.0, 1.0)[:, None]
    variance = singular**2 / (n - 1)
    names = [f"pc{i + 1}" for i in range(len(singular))]
    return Components(
        pl.DataFrame({"indicator": frame.columns, **dict(zip(names, axes, strict=True))}),
        pl.DataFrame(
            {
                "component": names,
                "sd": np.sqrt(variance),
                "eigenvalue": variance,
                "share": variance / variance.sum(),
                "cumulated": np.cumsum(variance) / variance.sum(),
            }
        ),
        n,
    )
