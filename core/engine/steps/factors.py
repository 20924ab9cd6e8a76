"""Weights from the factors of a group of indicators: principal components, rotated.

References:
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, section 6.1; Nicoletti,
    Scarpetta, Boylaud (2000), Summary indicators of product market regulation, OECD Economics
    Department Working Papers 226.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cityflux.core.engine.measures.association import principal_components
from cityflux.core.engine.measures.matrix import Floats, to_matrix

_ENOUGH = 0.6
_LEAST_SHARE = 0.1


def rotated_weights(data: pl.DataFrame) -> list[float]:
    """Weigh each column by its factor, and within it by its squared loading.

    Kept are the components with an eigenvalue above 1 and more than 10 % of the variance, and as
    many more as it takes to explain 60 %. After a varimax rotation every column belongs to the
    factor on which it loads highest. Its weight is its squared loading, as a share of the variance
    that the factor explains, times the share of the factor in what all of them explain; in the
    end all weights are scaled to sum to 1. Source: OECD/JRC (2008), section 6.1.

    Args:
        data: one column per child, one row per unit; units with a gap are left out.

    Raises:
        IndexDefinitionError: as `core.engine.measures.association.principal_components`.
    """
    found = principal_components(data)
    value, share = (found.scree[name].to_numpy() for name in ("eigenvalue", "share"))
    own = int(((value > 1) & (share > _LEAST_SHARE)).sum())
    enough = int(np.searchsorted(np.cumsum(share), _ENOUGH - 1e-9)) + 1
    kept = max(own, enough)
    axes = to_matrix(found.loadings.drop("indicator"))
    square = varimax(axes[:, :kept] * np.sqrt(value[:kept])) ** 2
    # Shared out within the factor and then by the factor, what the factor explains cancels out.
    weights = square.max(axis=1)
    return [float(w) for w in weights / weights.sum()]


def varimax(loadings: Floats, *, rounds: int = 500) -> Floats:
    """Turn factors so that each column loads high on few of them.

    Maximises the variance of the squared loadings of every factor, with the loadings of a column
    scaled to length 1 meanwhile. Source: Kaiser (1958), The varimax criterion for analytic
    rotation in factor analysis, Psychometrika 23(3), 187-200.

    Args:
        loadings: columns x factors.
        rounds: how often to improve the rotation at most.

    Returns:
        The loadings on the rotated factors, of the same shape.
    """
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    scaled = loadings / np.where(length > 0, length, 1.0)
    turn, reached = np.eye(loadings.shape[1]), 0.0
    for _ in range(rounds):
        turned = scaled @ turn
        slope = scaled.T @ (turned**3 - turned * (turned**2).mean(axis=0))
        left, singular, right = np.linalg.svd(slope)
        turn = left @ right
        if singular.sum() <= reached * (1 + 1e-13):
            break
        reached = singular.sum()
    rotated: Floats = loadings @ turn
    return rotated
