"""Dominance: which cities the flows of others depend on.

Sources: Nystuen and Dacey (1961), A graph theory interpretation of nodal regions, Papers of the
Regional Science Association 7, 29-42; Limtanakool, Dijst and Schwanen (2007), Urban Studies
44(11), 2123-2145 (dominance, relative strength); Neal (2011), Differentiating centrality and power
in the world city network, Urban Studies 48(13), 2733-2748 (recursive centrality and power).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cityflux.core.engine.flows.network import Network
from cityflux.core.engine.flows.strength import ratio

if TYPE_CHECKING:
    from cityflux.core.engine.flows.network import Floats, Integers


def dominance_index(network: Network) -> Floats:
    """The through flow of a city over the mean of the other cities: above 1, it dominates.

    DIT of Limtanakool, Dijst and Schwanen (2007). There is none for a city alone.
    """
    through = network.throughflow
    if network.size < 2:
        return np.full(network.size, np.nan)
    return ratio(through, (through.sum() - through) / (network.size - 1))


def relative_strength(network: Network) -> Floats:
    """Of each link, its flow over that of all links: they add up to 1.

    RSI of Limtanakool, Dijst and Schwanen (2007).
    """
    return ratio(network.value, np.full(len(network.value), network.value.sum()))


def strongest_link(network: Network) -> Floats:
    """Of each city, the relative strength of its strongest link, either way."""
    strength = relative_strength(network)
    found = np.zeros(network.size)
    for ends in (network.origin, network.destination):
        np.maximum.at(found, ends, strength)
    return found


def recursive_centrality(network: Network) -> Floats:
    """Sum over partners of the exchange times the partner's own: linked to the well linked.

    Neal (2011): RC_i = sum of R_ij DC_j, where R_ij is the exchange of two cities either way and
    DC_j the sum of R_jk.
    """
    pairs = network.partners
    return network.per_city(pairs.both * network.throughflow[pairs.partner])


def recursive_power(network: Network) -> Floats:
    """Sum over partners of the share that the city has in the partner's exchange.

    Neal (2011): RP_i = sum of R_ij / DC_j; over all cities that have a flow it adds up to their
    number.
    """
    pairs = network.partners
    return network.per_city(pairs.both / network.throughflow[pairs.partner])


class Hierarchy(NamedTuple):
    """The forest of nodal regions, an entry for each city.

    Attributes:
        above: the place of the city that dominates it; -1 for one that nobody dominates.
        top: the place of the city at the top of its region; its own where nobody dominates it.
        level: 0 at the top, 1 for those directly under it, and so on.
        below: how many cities it dominates, through others too.
    """

    above: Integers
    top: Integers
    level: Integers
    below: Integers


def hierarchy(network: Network) -> Hierarchy:
    """Find the dominant flows, and the hierarchy of cities that they give.

    Nystuen and Dacey (1961): the size of a city is what comes to it; a city is dominated where its
    largest outflow goes to a larger city, and independent where it goes to a smaller one. Of equal
    outflows the one to the larger city counts; of equal sizes none is larger. As each step goes up
    in size there is no circle.
    """
    n, size = network.size, network.inflow
    above = np.full(n, -1, dtype=np.int64)
    order = np.lexsort((network.destination, -size[network.destination], -network.value))
    first = np.unique(network.origin[order], return_index=True)
    target = network.destination[order][first[1]]
    up = size[target] > size[first[0]]
    above[first[0][up]] = target[up]
    top, level = np.arange(n), np.zeros(n, dtype=np.int64)
    while True:
        climbs = above[top] >= 0 if n else np.zeros(0, dtype=bool)
        if not climbs.any():
            break
        level += climbs
        top = np.where(climbs, above[top], top)
    below = np.zeros(n, dtype=np.int64)
    for depth in range(int(level.max(initial=0)), 0, -1):
        members = np.flatnonzero(level == depth)
        np.add.at(below, above[members], below[members] + 1)
    return Hierarchy(above, top, level, below)
