"""One thing at a time: the index without a node, with another weight, with another figure.

What compares stays what it is for the whole index: a node that is left out has no weight. Sources:
OECD/JRC (2008), section 7.1; COINr, ``remove_elements``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.audit.effects import rank_shift
from cityflux.core.engine.audit.kernel import Failed
from cityflux.core.engine.audit.paths import Ground, Path
from cityflux.core.engine.audit.ranking import Ranks, ranks
from cityflux.core.engine.measures.matrix import Floats

#: By how much a weight is raised to see its local effect.
RAISED = 0.1
#: By how many standard deviations a figure is moved to see its local effect.
MOVED = 1e-3
#: So many scores of leaves are moved at once.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Left:
    """What single nodes and figures do to the root.

    Attributes:
        nodes: every node but the root, the rows of the next three.
        ranks: nodes x rows: the rank of each city without the node; 0 for none.
        shifts: nodes x periods: the mean change of rank without the node.
        weights: nodes x rows: the points that a weight of a tenth more adds to a score.
        figures: leaves x rows: the points that a standard deviation more in the score of this leaf
            adds to the score of the city, the other cities and the standardization held.
    """

    nodes: list[str]
    ranks: Ranks
    shifts: Floats
    weights: Floats
    figures: Floats


def left_out(ground: Ground, path: Path, written: Floats, periods: list[NDArray[np.int64]]) -> Left:
    """Leave out each node, raise each weight, and move each figure, one at a time.

    Args:
        ground: the index.
        path: the one that the index goes.
        written: the weights of its nodes, in the order of the tree.
        periods: the rows of each period.
    """
    own = np.arange(1, len(written))
    as_it_is = _root(ground, path, written[None])[0]
    without = np.tile(written, (len(own), 1))
    without[own - 1, own] = 0.0
    raised = np.tile(written, (len(own), 1))
    raised[own - 1, own] *= 1 + RAISED
    scores = _root(ground, path, without)
    placed = np.zeros(scores.shape, dtype=np.int32)
    shifts = np.zeros((len(own), len(periods)))
    for k, rows in enumerate(periods):
        placed[:, rows] = ranks(scores[:, rows])
        nominal = ranks(as_it_is[None, rows])[0].astype(np.float64)
        shifts[:, k] = rank_shift(placed[:, rows].astype(np.float64), nominal)
    return Left(
        [node.id for node in ground.definition.tree[1:]],
        placed,
        shifts,
        _root(ground, path, raised) - as_it_is,
        _moved(ground, path, written, as_it_is),
    )


def _moved(ground: Ground, path: Path, written: Floats, as_it_is: Floats) -> Floats:
    """Leaves x rows: the points for a standard deviation more of each leaf."""
    leaves = path.climb.leaves
    _, rows, count = leaves.shape
    out = np.full((count, rows), np.nan)
    if any(node.weighting for node in ground.definition.tree):
        return out  # then a figure moves the weights of all
    there = ~np.isnan(leaves[0])
    size = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, leaves[0], 0.0).sum(axis=0) / size
    spread = np.sqrt((np.where(there, leaves[0] - mean, 0.0) ** 2).sum(axis=0) / size)
    step = max(1, _AT_ONCE // (rows * count))
    for first in range(0, count, step):
        moved = np.arange(first, min(first + step, count))
        own = np.repeat(leaves, len(moved), axis=0)
        own[np.arange(len(moved)), :, moved] += (MOVED * spread[moved])[:, None]
        weights = np.tile(written, (len(moved), 1))
        out[moved] = (_root(ground, path, weights, own) - as_it_is) / MOVED
    return out


def _root(ground: Ground, path: Path, weights: Floats, leaves: Floats | None = None) -> Floats:
    """Draws x rows of the root."""
    climb = path.climb if leaves is None else path.climb.over(leaves)
    failed = Failed(len(weights))
    scores = climb.scores(weights, failed)[ground.inner[0]]
    found = np.where(path.compared[:, 0], scores, np.nan)
    found[list(failed.reasons)] = np.nan
    return found
