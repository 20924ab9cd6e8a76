"""All measures of the cities of a network, by name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from cityflux.core.engine.flows import backbone, centrality, distance, dominance, strength
from cityflux.core.engine.flows.network import Network
from cityflux.core.model.errors import UnknownName

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.flows.network import Floats

Dimension = Literal["scale", "direction", "frequency", "range", "dominance"]

#: The five dimensions, in the order of the document.
DIMENSIONS: tuple[Dimension, ...] = ("scale", "direction", "frequency", "range", "dominance")


class Measure(NamedTuple):
    """One measure of the cities of a network.

    Attributes:
        dimension: which of the five it belongs to.
        compute: from the network to a value a city; None for what needs more than the network.
    """

    dimension: Dimension
    compute: Callable[[Network], Floats] | None


def _below(network: Network) -> Floats:
    return dominance.hierarchy(network).below.astype(float)


#: By name, in the order in which they are shown.
MEASURES: dict[str, Measure] = {
    "outflow": Measure("scale", attrgetter("outflow")),
    "inflow": Measure("scale", attrgetter("inflow")),
    "throughflow": Measure("scale", attrgetter("throughflow")),
    "share": Measure("scale", strength.share),
    "growth": Measure("scale", None),
    "balance": Measure("direction", strength.balance),
    "international": Measure("direction", strength.international_share),
    "own_region": Measure("direction", strength.region_share),
    "concentration": Measure("direction", strength.concentration),
    "entropy": Measure("direction", strength.entropy),
    "symmetry": Measure("direction", strength.symmetry),
    "per_day": Measure("frequency", None),
    "partners": Measure("range", distance.partners),
    "destinations": Measure("range", distance.destinations),
    "reach": Measure("range", distance.reach),
    "distance": Measure("range", distance.mean_distance),
    "median_distance": Measure("range", partial(distance.distance_quantile, quantile=0.5)),
    "distance_90": Measure("range", partial(distance.distance_quantile, quantile=0.9)),
    "dominance": Measure("dominance", dominance.dominance_index),
    "strongest_link": Measure("dominance", dominance.strongest_link),
    "subordinates": Measure("dominance", _below),
    "centrality": Measure("dominance", dominance.recursive_centrality),
    "power": Measure("dominance", dominance.recursive_power),
    "pagerank": Measure("dominance", centrality.pagerank),
    "betweenness": Measure("dominance", None),
    "backbone": Measure("dominance", backbone.backbone_links),
}


def measure(
    network: Network,
    names: Collection[str] | None = None,
    *,
    before: Network | None = None,
    days: int | None = None,
) -> pl.DataFrame:
    """Compute measures of all cities of a network.

    Args:
        network: of one kind and period.
        names: of `MEASURES`; all if left out.
        before: the network of the period before, for ``growth``.
        days: of the period, where the kind counts movements, for ``per_day``.

    Returns:
        ``city`` and a column for each measure, null where it has no value; with ``betweenness``
        also ``betweenness_error``.

    Raises:
        UnknownName: there is no such measure.
    """
    import polars as pl

    wanted = [*MEASURES] if names is None else [*names]
    if unknown := [name for name in wanted if name not in MEASURES]:
        raise UnknownName(f"no measure is called {unknown[0]!r}; there are: {', '.join(MEASURES)}")
    nothing = np.full(network.size, np.nan)
    columns: dict[str, Floats] = {}
    for name in wanted:
        if compute := MEASURES[name].compute:
            columns[name] = compute(network)
        elif name == "growth":
            columns[name] = strength.growth(network, before) if before else nothing
        elif name == "per_day":
            columns[name] = strength.per_day(network, days) if days else nothing
        else:
            between = centrality.betweenness(network)
            columns[name], columns[f"{name}_error"] = between.value, between.error
    frame = pl.DataFrame(
        {"city": [*network.cities], **columns},
        schema={"city": pl.String, **dict.fromkeys(columns, pl.Float64)},
    )
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))
