"""Cities that are linked by the offices of firms: the interlocking network model.

Source: Taylor (2001), Specification of the world city network, Geographical Analysis 33(2),
181-194.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl


def interlocking(services: pl.DataFrame) -> pl.DataFrame:
    """Compute the links of cities from the offices that firms have in them.

    Taylor (2001): two cities are linked by r = the sum over firms of the product of the service
    values that the firm has in both (equations 2 and 3).

    Args:
        services: ``firm``, ``city`` and ``value``, the service value of the firm in the city, zero
            or above; what is missing is zero.

    Returns:
        ``origin``, ``destination`` and ``value``: a row for each ordered pair of cities that any
        firm links, so that both directions are the same.
    """
    import polars as pl

    cities, values = _matrix(services)
    links = values @ values.T
    np.fill_diagonal(links, 0.0)
    origin, destination = np.nonzero(links)
    names = np.array(cities, dtype=object)
    return pl.DataFrame(
        {
            "origin": names[origin].tolist(),
            "destination": names[destination].tolist(),
            "value": links[origin, destination],
        },
        schema={"origin": pl.String, "destination": pl.String, "value": pl.Float64},
    )


def connectivity(services: pl.DataFrame) -> pl.DataFrame:
    """Compute how well cities are linked by firms.

    Taylor (2001): N of a city is the sum of its links to all others (equation 5); its share is N
    over the largest N; its size is the sum of its service values (equation 1).

    Args:
        services: see `interlocking`.

    Returns:
        ``city``, ``size``, ``connectivity``, ``proportion`` (null where no city has a link) and
        ``firms``, how many have an office there; the best linked first.
    """
    import polars as pl

    cities, values = _matrix(services)
    linked = (values * (values.sum(axis=0) - values)).sum(axis=1)
    best = linked.max(initial=0.0)
    return pl.DataFrame(
        {
            "city": cities,
            "size": values.sum(axis=1),
            "connectivity": linked,
            "proportion": linked / best if best > 0 else [None] * len(cities),
            "firms": (values > 0).sum(axis=1),
        },
        schema={
            "city": pl.String,
            "size": pl.Float64,
            "connectivity": pl.Float64,
            "proportion": pl.Float64,
            "firms": pl.Int64,
        },
    ).sort("connectivity", "city", descending=[True, False])


def _matrix(services: pl.DataFrame) -> tuple[list[str], np.ndarray]:
    """The cities in order, and their service values: a row a city, a column a firm."""
    cities = services["city"].unique().sort().to_list()
    firms = services["firm"].unique().sort().to_list()
    at = {name: place for place, name in enumerate(cities)}
    of = {name: place for place, name in enumerate(firms)}
    values = np.zeros((len(cities), len(firms)))
    for firm, city, value in services.select("firm", "city", "value").iter_rows():
        values[at[city], of[firm]] += value or 0.0
    return cities, values
