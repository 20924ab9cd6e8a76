"""The range of rankings over all weights that a reader could give to the groups of an index.

Every set of weights is as likely as any other: uniform on the simplex, a Dirichlet distribution
with ones. Source: Lahdelma, Hokkanen, Salminen (1998), European Journal of Operational Research
106(1), 137-143, without preferences; see `core.engine.audit.measures`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cityflux.core.engine.audit.kernel import Failed
from cityflux.core.engine.audit.measures import acceptability, rank_quantiles
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.audit.ranking import rank_counts
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.scoring import Scores


@dataclass(frozen=True)
class Readers:
    """What the ranks are over all readers' weights; an array has an entry for each city.

    Attributes:
        low: the rank in 5 % of the sets of weights, and ``high`` in 95 %; NaN for none.
        high: see ``low``.
        first: the share of sets with which a city is first.
    """

    low: Floats
    high: Floats
    first: Floats


def readers(
    ground: Ground, found: Scores, period: str, draws: int = 2000, seed: int = 1
) -> Readers:
    """The ranks of the whole index over the weights of what stands right under it.

    Args:
        ground: the index and its figures.
        found: what the engine gave of it.
        period: one of the index.
        draws: how many sets of weights.
        seed: of the random numbers.

    Raises:
        CityfluxError: what compares could not be computed.
    """
    definition = ground.definition
    path, tree = ground.path(found), definition.tree
    children = definition.children[definition.id]
    scores = path.climb.scores(np.array([[node.weight for node in tree]]), Failed(1))
    leaves = {leaf.id: path.climb.leaves[:, :, i] for i, leaf in enumerate(definition.leaves)}
    below = [(scores | leaves)[child.id] for child in children]
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(children)), draws)
    part = path.climb.parts.get(definition.id) if path.climb.parts is not None else None
    failed = Failed(draws)
    root = path.climb.node(tree[0], children, below, weights, part, failed)
    cities = len(definition.cities)
    own = slice(first := definition.periods.of.index(period) * cities, first + cities)
    root = np.where(path.compared[own, 0], root[:, own], np.nan)
    counts = rank_counts(np.delete(root, list(failed.reasons), axis=0))
    low, _, high = rank_quantiles(counts)
    return Readers(low, high, acceptability(counts)[:, 0])
