"""How far a panel agrees: statistics of its ratings, Kendall's W, authority, stability.

Ratings are experts x items, NaN where there is no answer.

References:
    Kendall, Babington Smith (1939), The problem of m rankings, Annals of Mathematical Statistics
    10(3), 275-287; with ties: Siegel (1956), Nonparametric Statistics for the Behavioral Sciences,
    pages 229-238, whose worked examples the tests compute.
    Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1(6), 80-83.
    Dalkey, Helmer (1963), Management Science 9(3), 458-467, for the method.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cityflux.core.engine.measures.matrix import Floats

#: The ends of the middle half of the answers.
QUARTILES = (0.25, 0.75)


@dataclass(frozen=True)
class Item:
    """What the experts say of one item.

    Attributes:
        n: how many answered.
        mean: of their ratings; None without an answer, as is all that follows.
        median: of their ratings.
        low: the first quartile, and ``high`` the third one (type 7).
        high: see ``low``.
        cv: the coefficient of variation, sample standard deviation / mean; None for one answer.
        full: the share of answers at the top of the scale (满分率).
    """

    n: int
    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    cv: float | None
    full: float | None

    @property
    def spread(self) -> float | None:
        """The interquartile range."""
        return None if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True)
class Concordance:
    """Kendall's W over those who rated every item.

    Attributes:
        experts: how many those are.
        w: from 0 (none agree) to 1 (all do); None where nothing can be told.
        chi2: m (n - 1) W, with n - 1 degrees of freedom.
        p: how likely so much agreement is by chance.
        why: why nothing can be told: ``experts``, ``items`` or ``equal``; empty where it can.
    """

    experts: int
    w: float | None
    chi2: float | None
    p: float | None
    why: str = ""


def items(ratings: Floats, most: float) -> list[Item]:
    """The statistics of each item.

    Args:
        ratings: experts x items.
        most: the top of the scale.
    """
    found = []
    for column in ratings.T:
        known = column[~np.isnan(column)]
        if not len(known):
            found.append(Item(0, None, None, None, None, None, None))
            continue
        low, median, high = np.quantile(known, (QUARTILES[0], 0.5, QUARTILES[1])).tolist()
        mean = float(known.mean())
        cv = float(known.std(ddof=1)) / mean if len(known) > 1 and mean else None
        found.append(Item(len(known), mean, median, low, high, cv, float((known == most).mean())))
    return found


def concordance(ratings: Floats) -> Concordance:
    """Kendall's W with ties, its χ² and p.

    W = 12 S / (m² (n³ - n) - m Σ (t³ - t)): S the sum of squares of the rank sums around their
    mean, t the sizes of the groups of equal ratings of an expert.

    Args:
        ratings: experts x items; who did not rate every item is left out.
    """
    from scipy.stats import chi2 as distribution
    from scipy.stats import rankdata

    whole = ratings[~np.isnan(ratings).any(axis=1)]
    m, n = whole.shape
    if m < 2:
        return Concordance(m, None, None, None, "experts")
    if n < 2:
        return Concordance(m, None, None, None, "items")
    sums = rankdata(whole, axis=1).sum(axis=0)
    s = float(((sums - sums.mean()) ** 2).sum())
    ties = sum(
        float((counts**3 - counts).sum())
        for counts in (np.unique(row, return_counts=True)[1].astype(float) for row in whole)
    )
    below = m**2 * (n**3 - n) - m * ties
    if below <= 0:
        return Concordance(m, None, None, None, "equal")
    w = 12 * s / below
    chi2 = m * (n - 1) * w
    return Concordance(m, w, chi2, float(distribution.sf(chi2, n - 1)))


def authority(basis: Floats, familiarity: Floats) -> Floats:
    """Each expert's coefficient of authority Cr = (Ca + Cs) / 2; NaN where one is not given.

    Args:
        basis: Ca, on what the judgement rests, 0 to 1.
        familiarity: Cs, how well the expert knows the matter, 0 to 1.
    """
    return np.asarray((basis + familiarity) / 2)


def stability(before: Floats, after: Floats) -> float | None:
    """P of the Wilcoxon signed-rank test that ratings did not move between two rounds.

    Pairs that did not move are left out (Wilcoxon); where none moved it is 1.

    Args:
        before: ratings of one item in the round before, an expert each.
        after: those of the same experts in this one; NaN where there is none.

    Returns:
        None where nobody answered both.
    """
    from scipy.stats import wilcoxon

    gaps = (after - before)[~np.isnan(after - before)]
    if not len(gaps):
        return None
    if not gaps.any():
        return 1.0
    method = "exact" if len(gaps) <= 50 and _is_exact(gaps) else "asymptotic"
    p = float(wilcoxon(gaps, zero_method="wilcox", method=method).pvalue)
    return None if math.isnan(p) else p


def _is_exact(gaps: Floats) -> bool:
    """Whether the exact distribution holds: no two gaps of one size, and none of zero."""
    sizes = np.abs(gaps)
    return bool(sizes.all()) and len(np.unique(sizes)) == len(sizes)
