"""A network of flows: cities, and what goes from one to another in one period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class Partners(NamedTuple):
    """What each city exchanges with each of its partners, by city and then partner.

    Attributes:
        city: the place of the city in `Network.cities`.
        partner: that of its partner.
        sent: what goes from the city to the partner.
        received: what comes back.
    """

    city: Integers
    partner: Integers
    sent: Floats
    received: Floats

    @property
    def both(self) -> Floats:
        """Sent and received together."""
        return self.sent + self.received


@dataclass(frozen=True)
class Network:
    """A directed, weighted network without loops and without double links.

    Attributes:
        cities: the ids of the n cities, in order.
        origin: of each of the m links, the place of its origin in ``cities``; links are sorted by
            origin and destination.
        destination: the same of its destination.
        value: what flows along it, above zero.
        latitude: of each city in degrees; NaN where nobody knows.
        longitude: the same.
        country: of each city; empty where nobody knows.
        region: the same.
        left_out: how many rows were no flows between two cities, by the reason.
    """

    cities: tuple[str, ...]
    origin: Integers
    destination: Integers
    value: Floats
    latitude: Floats
    longitude: Floats
    country: tuple[str, ...]
    region: tuple[str, ...]
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many cities there are."""
        return len(self.cities)

    @cached_property
    def outflow(self) -> Floats:
        """What leaves each city."""
        return add_up(self.origin, self.value, self.size)

    @cached_property
    def inflow(self) -> Floats:
        """What comes to each city."""
        return add_up(self.destination, self.value, self.size)

    @property
    def throughflow(self) -> Floats:
        """Both together."""
        return self.outflow + self.inflow

    @cached_property
    def partners(self) -> Partners:
        """Each city with each of its partners, whichever way the flow goes."""
        n = max(self.size, 1)
        there, back = self.origin * n + self.destination, self.destination * n + self.origin
        pairs, place = np.unique(np.concatenate([there, back]), return_inverse=True)
        nothing = np.zeros_like(self.value)
        sent = add_up(place, np.concatenate([self.value, nothing]), len(pairs))
        received = add_up(place, np.concatenate([nothing, self.value]), len(pairs))
        return Partners(pairs // n, pairs % n, sent, received)

    def per_city(self, values: Any) -> Floats:
        """Add up what belongs to each pair of `partners`, city by city."""
        return add_up(self.partners.city, values, self.size)


def add_up(places: Any, values: Any, size: int) -> Floats:
    """Add up values that belong to the same of some places, of which there are ``size``."""
    return np.bincount(places, values, size).astype(np.float64)


def network_of(flows: pl.DataFrame, places: pl.DataFrame | None = None) -> Network:
    """Make a network of the flows of one kind in one period.

    Rows that are no flow between two cities are left out and counted: loops, values below zero
    or that are no number, and zeros. What stands twice is added up.

    Args:
        flows: ``origin``, ``destination`` and ``value``.
        places: ``id``, ``country``, ``region``, ``latitude`` and ``longitude`` of cities; what it
            does not know of a city is unknown.
    """
    import polars as pl

    loops = pl.col("origin") == pl.col("destination")
    number = pl.col("value").is_finite().fill_null(value=False)
    reasons = {
        "goes from a city to itself": loops,
        "is no number": ~loops & ~number,
        "is below zero": ~loops & number & (pl.col("value") < 0),
        "is zero": ~loops & number & (pl.col("value") == 0),
    }
    counts = flows.select(**{name: rule.sum() for name, rule in reasons.items()}).row(0, named=True)
    links = (
        flows.filter(~loops & number & (pl.col("value") > 0))
        .group_by("origin", "destination")
        .agg(pl.col("value").sum())
        .sort("origin", "destination")
    )
    cities = pl.concat([links["origin"], links["destination"]]).unique().sort().to_list()
    place = pl.DataFrame({"id": cities}, schema={"id": pl.String}).with_row_index("place")

    def places_of(end: str) -> Integers:
        found = links.join(place, left_on=end, right_on="id", how="left", maintain_order="left")
        return found["place"].cast(pl.Int64).to_numpy()

    return make_network(
        cities,
        places_of("origin"),
        places_of("destination"),
        links["value"].cast(pl.Float64).to_numpy(),
        _known(cities, places),
        {name: count for name, count in counts.items() if count},
    )


def make_network(
    cities: Sequence[str],
    origin: Integers,
    destination: Integers,
    value: Floats,
    places: pl.DataFrame | None = None,
    left_out: dict[str, int] | None = None,
) -> Network:
    """Make a network of arrays, which may hold cities without a flow.

    Args:
        cities: the ids of the cities.
        origin: places in ``cities``, sorted, with ``destination``.
        destination: the same.
        value: above zero.
        places: a row for each city with what is known of it, see `network_of`.
        left_out: see `Network`.
    """

    def degrees(name: str) -> Floats:
        if places is None:
            return np.full(len(cities), np.nan)
        return places[name].cast(float).fill_null(np.nan).to_numpy()

    def texts(name: str) -> tuple[str, ...]:
        if places is None:
            return ("",) * len(cities)
        return tuple(places[name].fill_null("").to_list())

    return Network(
        tuple(cities),
        origin,
        destination,
        value,
        latitude=degrees("latitude"),
        longitude=degrees("longitude"),
        country=texts("country"),
        region=texts("region"),
        left_out=left_out or {},
    )


def _known(cities: Sequence[str], places: pl.DataFrame | None) -> pl.DataFrame | None:
    """A row for each city, in order."""
    import polars as pl

    if places is None:
        return None
    asked = pl.DataFrame({"id": cities}, schema={"id": pl.String})
    return asked.join(places, on="id", how="left", maintain_order="left")
