"""From the scores of cities to those of their regions, or of other groups of cities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import to_frame, to_matrix
from cityflux.core.engine.measures.ranking import ranks
from cityflux.core.model.errors import IndexDefinitionError


def regional_scores(
    scores: pl.DataFrame,
    regions: Mapping[str, str],
    *,
    sizes: Mapping[str, float] | None = None,
    minimum: int = 1,
) -> pl.DataFrame:
    """Take the mean of the scores of the cities of each region: Σ s x / Σ s.

    A city without a score plays no part at that node. Source: OECD/JRC (2008), section 6.10, the
    weighted arithmetic mean, over cities in place of indicators.

    Args:
        scores: ``period``, ``city``, and a Float64 column per node.
        regions: the region of each city; a city without one is left out.
        sizes: what each city counts, such as its people; the same for all unless given.
        minimum: how many cities of the region need a score, or it has none at the node.

    Returns:
        ``period``, ``region``, ``cities`` (how many the region has) and a column per node; the
        periods in their order, and in each the regions in the order of their first city.

    Raises:
        IndexDefinitionError: a size is missing or not above zero, or no city has a region.
    """
    placed = scores.filter(pl.col("city").is_in(list(regions)))
    if placed.is_empty():
        raise IndexDefinitionError("no city of the scores has a region; give one for each")
    cities = placed["city"].unique(maintain_order=True).to_list()
    counts = dict.fromkeys(cities, 1.0) if sizes is None else sizes
    for city in cities:
        if not counts.get(city, 0) > 0:
            raise IndexDefinitionError(
                f"{city} has the size {counts.get(city)}; give one above zero, or no region"
            )
    nodes = [name for name in scores.columns if name not in ("period", "city")]
    region = pl.col("city").replace_strict(dict(regions), return_dtype=pl.String)
    grouped = placed.with_columns(region=region).group_by("period", "region", maintain_order=True)
    keys, rows = [], []
    for key, part in grouped:
        x = to_matrix(part.select(nodes))
        size = np.array([counts[city] for city in part["city"]])
        present = np.where(np.isnan(x), 0.0, size[:, None])
        total, known = present.sum(axis=0), (present > 0).sum(axis=0)
        above = (np.nan_to_num(x) * present).sum(axis=0)
        enough = known >= max(minimum, 1)
        rows.append(np.where(enough, above / np.where(total > 0, total, 1.0), np.nan))
        keys.append((*key, part.height))
    schema = {"period": pl.String, "region": pl.String, "cities": pl.Int64}
    return pl.DataFrame(keys, schema=schema, orient="row").hstack(to_frame(np.array(rows), nodes))


def regional_ranks(scores: pl.DataFrame, nodes: Sequence[str]) -> pl.DataFrame:
    """Rank the regions of each period, 1 for the highest score; equals share a rank.

    Args:
        scores: what `regional_scores` gave.
        nodes: the columns to rank.
    """
    return ranks(scores, nodes, within="period", scale=True)
