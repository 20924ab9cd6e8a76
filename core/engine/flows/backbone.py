"""The backbone of a network: the links that are larger than chance would make them.

Sources: Serrano, Boguna and Vespignani (2009), Extracting the multiscale backbone of complex
weighted networks, PNAS 106(16), 6483-6488; Coscia and Neffke (2017), Network backboning with noisy
data, IEEE 33rd International Conference on Data Engineering, 425-436.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cityflux.core.engine.flows.network import Network

if TYPE_CHECKING:
    from cityflux.core.engine.flows.network import Floats

#: The significance at which a link is of the backbone.
ALPHA = 0.05
#: How many standard deviations above what is expected: a one-sided 5 %.
DELTA = 1.64


def disparity(network: Network) -> Floats:
    """Of each link, how likely chance makes it so large: the smaller of what both ends say.

    Serrano, Boguna and Vespignani (2009), equation 2, of a directed network: of an origin with k
    links out of the shares p, alpha = (1 - p)^(k - 1); of a destination the same with the links
    into it. An end with one link says 1, for it has nothing to compare.
    """
    found = []
    for ends, total in ((network.origin, network.outflow), (network.destination, network.inflow)):
        degree = np.bincount(ends, minlength=network.size)[ends]
        part = np.minimum(network.value / total[ends], 1.0)
        found.append(np.where(degree > 1, (1 - part) ** (degree - 1), 1.0))
    return np.minimum(*found)


class NoiseCorrected(NamedTuple):
    """What the noise-corrected backbone says of each link.

    Attributes:
        score: how far the flow is above what both ends let expect, from -1 to 1.
        deviation: its standard deviation.
    """

    score: Floats
    deviation: Floats

    def kept(self, delta: float = DELTA) -> Floats:
        """1 for links that are so many deviations above what is expected, else 0."""
        return (self.score - delta * self.deviation > 0).astype(float)


def noise_corrected(network: Network) -> NoiseCorrected:
    """Compare each link with what the size of both its ends lets expect.

    Coscia and Neffke (2017): with kappa = N.. / (Ni. N.j), the score is (kappa Nij - 1) /
    (kappa Nij + 1). Its variance is that of Nij, a binomial whose probability has a Beta posterior
    with the mean and the variance of the hypergeometric prior, carried over by the derivative of
    the score. The parameters of the Beta are those with these moments. A total of 1 or less, or an
    end that has everything, leaves no variance to estimate: NaN.
    """
    total = network.value.sum()
    out, into = network.outflow[network.origin], network.inflow[network.destination]
    flow = network.value
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa = total / (out * into)
        score = (kappa * flow - 1) / (kappa * flow + 1)
        mean = out * into / total**2
        spread = out * into * (total - out) * (total - into) / (total**4 * (total - 1))
        common = mean * (1 - mean) / spread - 1
        posterior = (mean * common + flow) / (common + total)
        variance = posterior * (1 - posterior) * total
        slope = 1 / (out * into) - total * (out + into) / (out * into) ** 2
        deviation = np.sqrt(variance) * 2 * np.abs(kappa + flow * slope) / (kappa * flow + 1) ** 2
    usable = (spread > 0) & (common > 0) if total > 1 else np.zeros(len(flow), dtype=bool)
    return NoiseCorrected(score, np.where(usable, deviation, np.nan))


def backbone_links(network: Network, alpha: float = ALPHA) -> Floats:
    """Of each city, how many of its links are of the backbone of `disparity` at ``alpha``."""
    kept = disparity(network) < alpha
    ends = np.concatenate([network.origin[kept], network.destination[kept]])
    return np.bincount(ends, minlength=network.size).astype(np.float64)
