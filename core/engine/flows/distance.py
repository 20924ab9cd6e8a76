"""Range: with how many cities there is an exchange, and how far away they are.

Each measure takes a network and gives a value for each of its cities, NaN where it has none.

Source of the distance: Sinnott (1984), Virtues of the haversine, Sky and Telescope 68(2), 159, on
a sphere of the Earth's mean radius (IUGG 1980: 6371.0088 km).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cityflux.core.engine.flows.network import Network
from cityflux.core.engine.flows.strength import ratio

if TYPE_CHECKING:
    from cityflux.core.engine.flows.network import Floats

#: Kilometres.
EARTH = 6371.0088


def great_circle(
    latitude: Floats, longitude: Floats, to_latitude: Floats, to_longitude: Floats
) -> Floats:
    """The distance along a great circle in km, of places in degrees; NaN with NaN.

    Args:
        latitude: of one end.
        longitude: of one end.
        to_latitude: of the other.
        to_longitude: of the other.
    """
    phi, lam, to_phi, to_lam = map(np.radians, (latitude, longitude, to_latitude, to_longitude))
    half = (
        np.sin((to_phi - phi) / 2) ** 2
        + np.cos(phi) * np.cos(to_phi) * np.sin((to_lam - lam) / 2) ** 2
    )
    found: Floats = 2 * EARTH * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return found


def partner_distance(network: Network) -> Floats:
    """The distance of each pair of `Network.partners` in km; NaN where a place is unknown."""
    pairs, at, across = network.partners, network.latitude, network.longitude
    return great_circle(
        at[pairs.city], across[pairs.city], at[pairs.partner], across[pairs.partner]
    )


def partners(network: Network) -> Floats:
    """With how many cities there is an exchange, either way."""
    return network.per_city(np.ones(len(network.partners.city)))


def destinations(network: Network) -> Floats:
    """To how many cities something goes."""
    return np.bincount(network.origin, minlength=network.size).astype(float)


def reach(network: Network) -> Floats:
    """The share of all other cities with which there is an exchange; none for a city alone."""
    return ratio(partners(network), np.full(network.size, network.size - 1.0))


def mean_distance(network: Network) -> Floats:
    """How far a unit of flow goes on average, in km, over the partners whose place is known."""
    far, both = partner_distance(network), network.partners.both
    known = ~np.isnan(far)
    total = network.per_city(np.where(known, both * np.nan_to_num(far), 0.0))
    return ratio(total, network.per_city(both * known))


def distance_quantile(network: Network, quantile: float) -> Floats:
    """The least distance in km within which a share of a city's flow stays; NaN without a place.

    Args:
        network: any.
        quantile: the share, above 0 and at most 1.
    """
    far, pairs = partner_distance(network), network.partners
    known = ~np.isnan(far)
    order = np.lexsort((far[known], pairs.city[known]))
    city, both, far = pairs.city[known][order], pairs.both[known][order], far[known][order]
    found = np.full(network.size, np.nan)
    if not len(city):
        return found
    running = np.cumsum(both)
    total = np.bincount(city, both, network.size)
    before = np.concatenate([[0.0], np.cumsum(total)[:-1]])
    # A hair less than the share, so that a sum that is exact but for rounding is enough.
    enough = running - before[city] >= quantile * total[city] * (1 - 1e-12)
    first = np.unique(city[enough], return_index=True)
    found[first[0]] = far[enough][first[1]]
    return found
