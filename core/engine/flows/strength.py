"""Scale, direction and frequency: how much flows, which way, and how often.

Each measure takes a network and gives a value for each of its cities, NaN where it has none.

Sources: Limtanakool, Dijst and Schwanen (2007), A theoretical framework and methodology for
characterising national urban systems on the basis of flows of people, Urban Studies 44(11),
2123-2145 (symmetry of nodes, entropy); Hirschman (1964), The paternity of an index, American
Economic Review 54(5), 761-762 (concentration).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cityflux.core.engine.flows.network import Network

if TYPE_CHECKING:
    from cityflux.core.engine.flows.network import Floats


def ratio(above: Floats, below: Floats) -> Floats:
    """Divide what is above by what is below; NaN where there is nothing to divide by."""
    found = np.full(len(above), np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def share(network: Network) -> Floats:
    """Of each city, its through flow over that of all cities: they add up to 1."""
    through = network.throughflow
    return ratio(through, np.full(network.size, through.sum()))


def growth(network: Network, before: Network) -> Floats:
    """Through flow over that of the period before, less 1; NaN for a city that had none."""
    known = dict(zip(before.cities, before.throughflow, strict=True))
    earlier = np.array([known.get(city, 0.0) for city in network.cities], dtype=float)
    return ratio(network.throughflow, earlier) - 1


def balance(network: Network) -> Floats:
    """(in - out) / (in + out): from -1, all goes out, to 1, all comes in.

    The node symmetry index of Limtanakool, Dijst and Schwanen (2007).
    """
    return ratio(network.inflow - network.outflow, network.throughflow)


def symmetry(network: Network) -> Floats:
    """1 - sum of |sent - received| over the through flow: 1 where partners give what they get."""
    pairs = network.partners
    uneven = network.per_city(np.abs(pairs.sent - pairs.received))
    return 1 - ratio(uneven, network.throughflow)


def international_share(network: Network) -> Floats:
    """The share of the through flow that crosses a border, of what goes between known countries."""
    pairs = network.partners
    country = np.array(network.country, dtype=object)
    own, other = country[pairs.city], country[pairs.partner]
    known = (own != "") & (other != "")
    across = network.per_city(pairs.both * (known & (own != other)))
    return ratio(across, network.per_city(pairs.both * known))


def region_share(network: Network) -> Floats:
    """The share of the through flow that stays in the city's own region.

    A city of no region has none; a partner of no region is in another one.
    """
    pairs = network.partners
    region = np.array(network.region, dtype=object)
    inside = (region[pairs.city] == region[pairs.partner]) & (region[pairs.city] != "")
    found = ratio(network.per_city(pairs.both * inside), network.throughflow)
    return np.where(region == "", np.nan, found) if network.size else found


def concentration(network: Network) -> Floats:
    """Sum of the squared shares of the partners: 1/k where k are equal, 1 where there is one.

    The index of Hirschman (1964) and Herfindahl.
    """
    pairs = network.partners
    return ratio(network.per_city(pairs.both**2), network.throughflow**2)


def entropy(network: Network) -> Floats:
    """-sum of p ln p over partners, over ln(n - 1): 1 where all other cities have equal shares.

    The entropy index of Limtanakool, Dijst and Schwanen (2007). There is none with fewer than
    three cities, nor for a city without a flow.
    """
    through = network.throughflow
    if network.size < 3:
        return np.full(network.size, np.nan)
    pairs = network.partners
    part = pairs.both / through[pairs.city]
    found = -network.per_city(part * np.log(part)) / np.log(network.size - 1)
    return np.where(through > 0, np.abs(found), np.nan)


def per_day(network: Network, days: int) -> Floats:
    """Movements in and out a day.

    Args:
        network: whose values count movements.
        days: of the period.
    """
    return network.throughflow / days
