"""What a reader must know of how an index compares, a line each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from cityflux.core.engine.common_periods import Common
from cityflux.core.engine.definition.choices import FEWEST
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.matrix import Floats


def ceiling(n: int) -> float:
    """How far from zero a z-score among n units can be, with the deviation over n - 1.

    Source: Shiffler (1988), Maximum Z scores and outliers, The American Statistician 42(1).
    """
    return (n - 1) / math.sqrt(n)


def reservations(definition: Definition, common: Common, scores: Floats) -> Iterator[str]:
    """Say what holds of the whole index.

    Args:
        definition: the index.
        common: the figures over common periods.
        scores: over all known figures, rows x nodes of the tree.
    """
    if len(definition.cities) < FEWEST:
        yield (
            f"{len(definition.cities)} cities compare with nobody: it takes {FEWEST}, so that all "
            "results stand in brackets; name more in cities"
        )
        return
    yield from _too_few_periods(definition, common)
    mixed = [
        name for name, each in zip(definition.figures, common.mixed.T, strict=True) if any(each)
    ]
    if mixed:
        yield f"figures of unlike precision, years beside others, are compared at {few(mixed)}"
    yield from _at_the_ceiling(definition, scores)


def _too_few_periods(definition: Definition, common: Common) -> Iterator[str]:
    """The indicators that have figures, and too few periods that are common."""
    known = np.asarray(~np.isnan(common.values).all(axis=1))
    for at, period in enumerate(definition.periods.of):
        out = [
            f"{name} ({common.shared[at, i]} of {common.full[at, i]})"
            for i, name in enumerate(definition.figures)
            if known[at, i] and not common.enough[at, i]
        ]
        if out:
            yield (
                f"{period}: too few of its periods are common to the cities that have half of them "
                f"or more, so that nothing is compared at {few(out)}"
            )


def _at_the_ceiling(definition: Definition, scores: Floats) -> Iterator[str]:
    """The indicators with a z-score that cannot be further from zero among so few cities."""
    places = [
        place
        for place, leaf in enumerate(definition.tree)
        if leaf.indicator
        and (chosen := leaf.standardization or definition.standardization).method == "zscore"
        and chosen.within == "period"
    ]
    leaves = [definition.tree[place].id for place in places]
    shape = (len(definition.periods.of), len(definition.cities), len(leaves))
    z = np.abs(scores[:, places].reshape(shape))
    counts = (~np.isnan(z)).sum(axis=1)
    most = np.nan_to_num(z).max(axis=1)
    at: dict[int, dict[str, None]] = {}
    for period, i in np.argwhere(counts >= 2).tolist():
        n = int(counts[period, i])
        if most[period, i] > ceiling(n) - 1e-9:
            at.setdefault(n, {})[leaves[i]] = None
    for n, names in sorted(at.items()):
        yield (
            f"among {n} cities no z-score is further from zero than {ceiling(n):.2f}, which says "
            f"nothing of a distance; one stands there at {few(list(names))}"
        )


def few(names: Sequence[str], most: int = 3) -> str:
    """The first of some names, with the number of the rest.

    Args:
        names: one or more.
        most: so many are named.
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
