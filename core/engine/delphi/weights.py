"""From the ratings of experts to weights.

References:
    Aczél, Saaty (1983), Procedures for synthesizing ratio judgements, Journal of Mathematical
    Psychology 27(1), 93-102: judgements of several experts are joined by their geometric mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.steps.pairwise import Judged, analytic_hierarchy, best_worst
from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData

#: How ratings become a weight.
By = Literal["mean", "trimmed", "median"]
#: The share of answers that a trimmed mean leaves out at either end.
TRIMMED = 0.1
#: The consistency ratio from which judgements of the analytic hierarchy process are refused.
INCONSISTENT = 0.1


def from_ratings(ratings: Floats, by: By = "mean", *, integer: bool = False) -> list[float]:
    """One weight for each item, on the scale of the ratings.

    Args:
        ratings: experts x items, NaN where there is no answer.
        by: the mean, the mean without a tenth at either end, or the median.
        integer: rounded to whole points, half ones up, as the paper's 1 to 5.

    Raises:
        NotEnoughData: nobody rated an item.
    """
    from scipy.stats import trim_mean

    found = []
    for place, column in enumerate(ratings.T):
        known = column[~np.isnan(column)]
        if not len(known):
            raise NotEnoughData(f"nobody rated item {place + 1}; ask again, or leave it out")
        if by == "mean":
            weight = float(known.mean())
        elif by == "trimmed":
            weight = float(trim_mean(known, TRIMMED))
        else:
            weight = float(np.median(known))
        found.append(math.floor(weight + 0.5) if integer else weight)
    return [float(each) for each in found]


def together(matrices: Sequence[Floats]) -> Floats:
    """Join the pairwise judgements of several experts by their geometric mean, entry by entry.

    Args:
        matrices: one of each expert, reciprocal and of the same size.

    Raises:
        NotEnoughData: there is none.
    """
    if not len(matrices):
        raise NotEnoughData("nobody has compared anything")
    return np.asarray(np.exp(np.mean([np.log(each) for each in matrices], axis=0)))


def from_pairs(names: Sequence[str], judged: Mapping[tuple[str, str], float]) -> Floats:
    """A reciprocal matrix of what an expert said of pairs.

    Args:
        names: what is compared.
        judged: by two names, how many times as important the first is as the second.

    Raises:
        IndexDefinitionError: a pair is missing.
    """
    place = {name: i for i, name in enumerate(names)}
    a = np.ones((len(names), len(names)))
    seen = set()
    for (first, second), value in judged.items():
        a[place[first], place[second]], a[place[second], place[first]] = value, 1 / value
        seen |= {(first, second), (second, first)}
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if (first, second) not in seen:
                raise IndexDefinitionError(f"{first} and {second} are not compared")
    return a


def hierarchy(matrix: Floats, *, forced: bool = False) -> Judged:
    """Weights by the analytic hierarchy process.

    Args:
        matrix: reciprocal, as `together` gives it.
        forced: whether judgements that contradict each other are taken.

    Raises:
        IndexDefinitionError: its consistency ratio is over the limit, and it is not forced.
    """
    found = analytic_hierarchy(matrix.tolist())
    if found.inconsistency > INCONSISTENT and not forced:
        raise IndexDefinitionError(
            f"the judgements contradict each other: consistency ratio {found.inconsistency:.3f}, "
            f"and {INCONSISTENT:g} is the limit; ask again, or take them with --force"
        )
    return found


def best_and_worst(
    names: Sequence[str], to_others: Mapping[str, float], to_worst: Mapping[str, float]
) -> Judged:
    """Weights by the best-worst method (Rezaei 2016, the linear model).

    Args:
        names: what is compared.
        to_others: how many times as important the best is as each.
        to_worst: how many times as important each is as the worst.

    Raises:
        IndexDefinitionError: a comparison is missing, or below 1.
    """
    missing = [name for name in names if name not in to_others or name not in to_worst]
    if missing:
        raise IndexDefinitionError(f"{missing[0]} is not compared with the best or the worst")
    return best_worst([to_others[each] for each in names], [to_worst[each] for each in names])


def mean_of(weights: Sequence[Sequence[float]]) -> list[float]:
    """Join the weights of several experts, each of which sum to 1, by their geometric mean.

    Args:
        weights: of each expert, in the same order.

    Raises:
        NotEnoughData: there are none.
    """
    if not len(weights):
        raise NotEnoughData("nobody has compared anything")
    joined = np.exp(np.mean(np.log(np.maximum(np.array(weights), 1e-12)), axis=0))
    return [float(each) for each in joined / joined.sum()]
