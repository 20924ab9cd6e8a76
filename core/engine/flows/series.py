"""A measure of flows over all their periods, as the figures of an indicator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cityflux.core.engine.flows.measures import measure
from cityflux.core.engine.flows.network import Network, network_of
from cityflux.core.model.period import Period

if TYPE_CHECKING:
    import polars as pl


def flow_measure(flows: pl.DataFrame, places: pl.DataFrame, name: str) -> pl.DataFrame:
    """Compute a measure of the cities, period by period.

    Args:
        flows: of one kind: ``origin``, ``destination``, ``period``, ``value`` and ``unit``.
        places: ``id``, ``country``, ``region``, ``latitude`` and ``longitude`` of cities.
        name: of `core.engine.flows.measures.MEASURES`.

    Returns:
        ``city``, ``period`` and ``value``; a city without a value has no row.
    """
    import polars as pl

    found = [pl.DataFrame(schema={"city": pl.String, "period": pl.String, "value": pl.Float64})]
    before: Network | None = None
    for period in flows["period"].unique().sort():
        own = flows.filter(pl.col("period") == period)
        network = network_of(own, places)
        days = days_of(period, own["unit"].to_list())
        values = measure(network, [name], before=before, days=days)
        found.append(
            values.select("city", pl.lit(period).alias("period"), value=pl.col(name)).drop_nulls()
        )
        before = network
    return pl.concat(found)


def days_of(period: str, units: list[str]) -> int | None:
    """The days of a period, where all units of its flows count movements; else None."""
    if not units or not all(map(counts_movements, units)):
        return None
    whole = Period.parse(period)
    return (whole.end - whole.start).days + 1


def counts_movements(unit: str) -> bool:
    """Whether a unit counts movements: 万人次, 架次, 班次; passengers, trips, flights."""
    plain = unit.strip().casefold()
    return plain.endswith(("次", "passengers", "trips", "flights", "movements"))
