"""What takes a look at the whole graph: PageRank, betweenness, components.

rustworkx does it. Its betweenness goes from every city; beyond a stated size that would take the
square of the time, so the flows from a sample of cities stand for all, with their error.

Sources: Page, Brin, Motwani and Winograd (1999), The PageRank citation ranking, Stanford InfoLab
1999-66; Freeman (1977), A set of measures of centrality based on betweenness, Sociometry 40(1),
35-41; Brandes (2001), A faster algorithm for betweenness centrality, Journal of Mathematical
Sociology 25(2), 163-177; Brandes and Pich (2007), Centrality estimation in large networks,
International Journal of Bifurcation and Chaos 17(7), 2303-2318.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cityflux.core.engine.flows.network import Network

if TYPE_CHECKING:
    import rustworkx

    from cityflux.core.engine.flows.network import Floats, Integers

#: So many cities are looked at one by one; of more, only `PIVOTS`.
EXACT_UP_TO = 1_000
PIVOTS = 256
DAMPING = 0.85
#: Numbers that a sample keeps at the same time.
_CELLS = 8_000_000
#: One thread: several would add up in another order each time.
_ALONE = 1 << 31


class Betweenness(NamedTuple):
    """How many of the shortest ways between others lead through each city, from 0 to 1.

    Attributes:
        value: the share, in links; ways of equal length share what they bring.
        error: the standard error where a sample stands for all cities; 0 where all were looked at.
        pivots: how many cities the ways went out from.
    """

    value: Floats
    error: Floats
    pivots: int


def graph_of(network: Network) -> rustworkx.PyDiGraph[int, float]:
    """The network as a graph of rustworkx: a node for each city in order, the flows as weights."""
    import rustworkx

    graph: rustworkx.PyDiGraph[int, float] = rustworkx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(range(network.size))
    ends = (network.origin.tolist(), network.destination.tolist(), network.value.tolist())
    graph.add_edges_from(list(zip(*ends, strict=True)))
    return graph


def pagerank(network: Network) -> Floats:
    """PageRank along the flows, weighted by them, with a damping of 0.85: they add up to 1."""
    if not network.size:
        return np.zeros(0)
    import rustworkx

    found = rustworkx.pagerank(
        graph_of(network), alpha=DAMPING, weight_fn=float, tol=1e-12, max_iter=10_000
    )
    return _in_order(found, network.size)


def betweenness(network: Network, exact_up_to: int = EXACT_UP_TO, seed: int = 1) -> Betweenness:
    """Betweenness along the direction of the flows, whatever their size.

    Freeman (1977), over (n - 1)(n - 2); there is none with fewer than three cities. Beyond
    ``exact_up_to`` cities that of `PIVOTS` cities, drawn without replacement, stands for all
    (Brandes and Pich 2007), with its standard error.

    Args:
        network: any.
        exact_up_to: the number of cities beyond which it is sampled.
        seed: of the draw.
    """
    n = network.size
    if n < 3:
        nothing = np.full(n, np.nan)
        return Betweenness(nothing, nothing, n)
    if n > exact_up_to:
        return _sampled(network, min(PIVOTS, n), seed)
    import rustworkx

    found = rustworkx.digraph_betweenness_centrality(
        graph_of(network), normalized=True, parallel_threshold=_ALONE
    )
    return Betweenness(_in_order(found, n), np.zeros(n), n)


def components(network: Network) -> Integers:
    """The number of the component that each city is in, whichever way flows go; 0 is the largest.

    Of equal ones the first has the first city.
    """
    import rustworkx

    found = [sorted(each) for each in rustworkx.weakly_connected_components(graph_of(network))]
    number = np.zeros(network.size, dtype=np.int64)
    for place, members in enumerate(sorted(found, key=lambda each: (-len(each), each[0]))):
        number[members] = place
    return number


def _in_order(found: Any, size: int) -> Floats:
    return np.array([found[place] for place in range(size)], dtype=float)


def _sampled(network: Network, pivots: int, seed: int) -> Betweenness:
    """Estimate from some cities, a few at a time: what one of them adds, times all of them."""
    from scipy.sparse import csr_matrix

    n = network.size
    ones = np.ones(len(network.origin))
    links = csr_matrix((ones, (network.origin, network.destination)), shape=(n, n))
    chosen = np.random.default_rng(seed).choice(n, pivots, replace=False)
    total, squares = np.zeros(n), np.zeros(n)
    step = max(1, _CELLS // n)
    for first in range(0, pivots, step):
        depends = _dependencies(links, chosen[first : first + step])
        total += depends.sum(axis=1)
        squares += (depends**2).sum(axis=1)
    scale = n / ((n - 1) * (n - 2))
    mean = total / pivots
    variance = np.maximum(squares / pivots - mean**2, 0) * pivots / max(pivots - 1, 1)
    error = np.sqrt(variance / pivots * (1 - pivots / n))
    return Betweenness(mean * scale, error * scale, pivots)


def _dependencies(links: Any, sources: Integers) -> Floats:
    """How much of the shortest ways from some cities leads through each, one column a source.

    Brandes (2001), a step of all sources at a time as a product of sparse matrices.
    """
    n, count = links.shape[0], len(sources)
    back = links.T.tocsr()
    front = np.zeros((n, count))
    front[sources, np.arange(count)] = 1
    reached, fronts = front > 0, []
    while front.any():
        fronts.append(front)
        front = back @ front
        front[reached] = 0
        reached |= front > 0
    depends = np.zeros((n, count))
    for ways, nearer in zip(fronts[:0:-1], fronts[-2::-1], strict=True):
        each = np.divide(1 + depends, ways, out=np.zeros_like(ways), where=ways > 0)
        depends += (links @ each) * nearer
    depends[sources, np.arange(count)] = 0
    return depends
