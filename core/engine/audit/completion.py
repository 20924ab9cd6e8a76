"""Complete copies of an incomplete panel, drawn from a Bayesian factor model by Gibbs sampling.

A missing figure is drawn given the other years of the city, its other indicators, and the other
cities. For city i, indicator j and year t of the panel on its scale (`core.engine.audit.scale`):

    y_ijt = m_jt + l_j'f_it + u_ij + e_ijt

with two factors f that hardly move over the years; loadings l whose mean and spread the indicators
share, so that one without a figure gets a sensible one; u, what is special about a city in an
indicator for all years, and e, about a year, both with long tails; scales and correlations over the
years that are shared as well. Missing cells are no part of the state.

How often its intervals hold what was deleted is printed by ``python -m benchmarks.audit
calibration``. Sources: Lopes, West (2004), Bayesian model assessment in factor analysis, Statistica
Sinica 14(1), 41-67; Geweke (1993), Journal of Applied Econometrics 8(S1), S19-S40, for the tails;
Rubin (1987), Multiple imputation for nonresponse in surveys, for drawing copies; Doucet (2010), A
note on efficient conditional simulation of Gaussian distributions, for Matheron's rule.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.audit.scale import Scale
from cityflux.core.engine.measures.matrix import Floats

FACTORS = 2
#: Rounds before the first copy, and from copy to copy.
BURN, THIN = 150, 2
#: The degrees of freedom of the tails.
TAILS = 15.0
#: How figures of a city hang together over the years; of the factors, near 1.
YEARLY = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95)
SLOW = (0.993, 0.997, 0.999)


def complete(
    x: Floats, draws: int, random: np.random.Generator, *, signs: Floats, shift: float = 0.0
) -> Iterator[Floats]:
    """Draw complete copies of a panel; what is known stays as it is.

    Args:
        x: cities x indicators x periods, in the order of time; NaN where missing.
        draws: how many copies.
        random: the random numbers.
        signs: 1 or -1 by indicator.
        shift: how many standard deviations the drawn figures are moved down.
    """
    scale = Scale(x, signs)
    sampler = _Sampler(scale.y, random)
    known = np.isfinite(x)
    for round_ in range(BURN + draws * THIN):
        sampler.step()
        if round_ >= BURN and (round_ - BURN) % THIN == THIN - 1:
            yield np.where(known, x, scale.back(sampler.filled() - shift, random))


class _Sampler:
    """The state of the model, and one round of it."""

    def __init__(self, y: Floats, random: np.random.Generator) -> None:
        self._random = random
        self.n, self.p, self.times = n, p, times = y.shape
        self._obs = np.isfinite(y)
        self._y = np.where(self._obs, y, 0.0)
        self._count = self._obs.sum(axis=2)
        self._some = self._count > 0
        self._patterns()
        years = np.arange(1, times + 1)
        self._m_prior = np.linalg.inv(
            1.0 + 0.05 * np.minimum.outer(years, years) + 1e-6 * np.eye(times)
        )
        self._lam = _first_loadings(self._y, self._obs, random)
        self._mu, self._tau2 = self._lam.mean(axis=0), np.full(FACTORS, 0.3)
        self._psi, self._sig = np.full(p, 0.3), np.full(p, 0.05)
        self._m = np.zeros((p, times))
        self._gam, self._dlt = np.ones((n, p)), np.ones((n, p))
        self._base, self._nu = np.array([0.3, 0.05]), 4.0
        self._g = np.full(p, len(self._C) // 2)
        self._pi = np.full(len(self._C), 1 / len(self._C))
        self._drift = 0

    def _patterns(self) -> None:
        """What of a correlation over the years is seen, by distinct pattern of years."""
        lag = np.abs(np.subtract.outer(np.arange(self.times), np.arange(self.times)))
        yearly, slow = (YEARLY, SLOW) if self.times > 1 else ((0.0,), (1.0,))
        self._C = np.array([np.where(lag, r, 1.0) ** lag for r in yearly])
        self._root = np.linalg.cholesky(self._C)
        masks, pattern = np.unique(self._obs.reshape(-1, self.times), axis=0, return_inverse=True)
        self._pat: NDArray[np.intp] = pattern.reshape(self.n, self.p)
        both = masks[:, :, None] & masks[:, None, :]
        full = np.where(both, self._C[:, None], np.eye(self.times))  # the identity where missing
        self._inv = np.where(both, np.linalg.inv(full), 0.0)
        self._ldet = -np.linalg.slogdet(full)[1]
        slowly = np.array([r**lag for r in slow])
        self._slow_inv, self._slow_det = np.linalg.inv(slowly), np.linalg.slogdet(slowly)[1]

    def step(self) -> None:
        """One round: factors, loadings, means, what is special, scales, and what is shared."""
        precision = self._inv[self._g[None, :], self._pat]
        precision *= (self._dlt / self._sig)[..., None, None]  # that of e
        one = precision.sum(axis=3)
        total = one.sum(axis=2)
        share = 1 / (self._gam / self._psi + total)
        both = precision - one[..., None] * (one * share[..., None])[..., None, :]  # of u + e
        lf = self._factors_and_loadings(both)
        rest = np.where(self._obs, self._y - lf, 0.0)
        self._m = _gauss(
            self._random, both.sum(axis=0) + self._m_prior, _apply(both, rest).sum(axis=0)
        )
        r = np.where(self._obs, rest - self._m, 0.0)
        self._special_city(r, one, share)
        e = np.where(self._obs, r - self._u[..., None], 0.0)
        self._special_year(e)
        self._shared()
        self._lf, self._e = lf, e

    def _factors_and_loadings(self, both: Floats) -> Floats:
        n, times, k = self.n, self.times, FACTORS
        lam, random = self._lam, self._random
        h = _apply(both, np.where(self._obs, self._y - self._m, 0.0))
        pairs = (lam[:, :, None] * lam[:, None, :]).reshape(self.p, k * k)
        precision = both.transpose(0, 2, 3, 1).reshape(-1, self.p) @ pairs
        precision = precision.reshape(n, times, times, k, k).transpose(0, 1, 3, 2, 4)
        precision = precision + np.einsum("ts,kl->tksl", self._slow_inv[self._drift], np.eye(k))
        h2 = np.einsum("npt,pk->ntk", h, lam).reshape(n, times * k)
        f = _gauss(random, precision.reshape(n, times * k, times * k), h2).reshape(n, times, k)
        crossed = (f[:, :, None, :, None] * f[:, None, :, None, :]).reshape(n, times * times, k * k)
        precision = np.matmul(
            both.reshape(n, self.p, times * times).transpose(1, 0, 2).reshape(self.p, -1),
            crossed.reshape(-1, k * k),
        ).reshape(self.p, k, k)
        precision = precision + np.diag(1 / self._tau2)
        self._lam = _gauss(
            random, precision, np.einsum("npt,ntk->pk", h, f) + self._mu / self._tau2
        )
        self._f = f
        return np.asarray(np.einsum("ntk,pk->npt", f, self._lam))

    def _special_city(self, r: Floats, one: Floats, share: Floats) -> None:
        """Draw u, its tails and its scale by indicator."""
        random, some = self._random, self._some
        u = share * (one * r).sum(axis=2) + np.sqrt(share) * random.standard_normal(share.shape)
        self._gam = random.gamma((TAILS + some) / 2) / ((TAILS + some * u**2 / self._psi) / 2)
        rest = self._nu * self._base[0] + (some * self._gam * u**2).sum(axis=0)
        psi = rest / 2 / random.gamma((self._nu + some.sum(axis=0)) / 2)
        self._psi = np.maximum(psi, 1e-4)  # a constant must not make everything singular
        self._u = u

    def _special_year(self, e: Floats) -> None:
        """Draw how e hangs together over the years (its scale integrated out), scale and tails."""
        random, kinds = self._random, len(self._C)
        q = np.stack([(e * _apply(self._inv[i][self._pat], e)).sum(axis=2) for i in range(kinds)])
        rest = (self._nu * self._base[1] + (self._dlt * q).sum(axis=1)) / 2
        seen = self._count.sum(axis=0)
        likely = np.array([0.5 * self._ldet[i][self._pat].sum(axis=0) for i in range(kinds)])
        likely += -(self._nu + seen) / 2 * np.log(rest) + np.log(self._pi)[:, None]
        self._g = (likely + random.gumbel(size=likely.shape)).argmax(axis=0)
        alpha = np.bincount(self._g, minlength=kinds) + 1.0 / kinds
        self._pi = np.maximum(random.dirichlet(alpha), 1e-12)
        each = np.arange(self.p)
        self._sig = np.maximum(rest[self._g, each] / random.gamma((self._nu + seen) / 2), 1e-5)
        size = (TAILS + q[self._g, :, each].T / self._sig) / 2
        self._dlt = random.gamma((TAILS + self._count) / 2) / size

    def _shared(self) -> None:
        """Draw what the indicators share: scales, loadings, and how slow the factors are."""
        random, p, nu = self._random, self.p, self._nu
        for i, each in enumerate((self._psi, self._sig)):
            self._base[i] = random.gamma(1 + p * nu / 2) / (1 + nu / 2 * (1 / each).sum())
        spread = self._tau2 / (p + self._tau2)
        self._mu = self._lam.mean(axis=0) * p / (p + self._tau2)
        self._mu = self._mu + random.standard_normal(FACTORS) * np.sqrt(spread)
        squares = ((self._lam - self._mu) ** 2).sum(axis=0)
        self._tau2 = (0.3 + squares / 2) / random.gamma(1.5 + p / 2, size=FACTORS)
        if self.times > 1:
            f = self._f
            q = np.einsum("ntk,hts,nsk->h", f, self._slow_inv, f, optimize=True)
            likely = -(self.n * FACTORS * self._slow_det + q) / 2
            self._drift = int((likely + random.gumbel(size=len(likely))).argmax())

    def filled(self) -> Floats:
        """The whole panel as the model draws it; e given the known years by Matheron's rule."""
        random, shape = self._random, (self.n, self.p)
        apart = random.standard_normal(shape) * np.sqrt(self._psi / self._gam)
        u = np.where(self._some, self._u, apart)
        w = (self._root[self._g] @ random.standard_normal((*shape, self.times, 1)))[..., 0]
        w = w * np.sqrt(self._sig / self._dlt)[..., None]
        known = np.where(self._obs, self._e - w, 0.0)
        fix = _apply(self._inv[self._g[None, :], self._pat], known)
        return np.asarray(self._m + self._lf + u[..., None] + w + _apply(self._C[self._g], fix))


def _apply(matrices: Floats, vectors: Floats) -> Floats:
    """Each matrix times its vector."""
    return np.asarray((matrices @ vectors[..., None])[..., 0])


def _gauss(random: np.random.Generator, precision: Floats, h: Floats) -> Floats:
    """Draws of a normal vector, by its precision P and P times its mean h, for stacks of both."""
    low = np.linalg.cholesky(precision)
    e = np.linalg.solve(low, h[..., None]) + random.standard_normal(h.shape)[..., None]
    return np.asarray(np.linalg.solve(np.swapaxes(low, -1, -2), e)[..., 0])


def _first_loadings(y: Floats, seen: NDArray[np.bool_], random: np.random.Generator) -> Floats:
    """Alternating ridge regressions of the means of series, where the sampler starts."""
    k, some = FACTORS, seen.any(axis=2)
    means = y.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    a = np.where(seen, y - means, 0.0).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    lam = random.normal(0, 0.1, (a.shape[1], k)) + np.eye(1, k)
    there = some.astype(np.float64)
    for _ in range(40):
        precision = np.einsum("np,pk,pl->nkl", there, lam, lam, optimize=True) + 0.3 * np.eye(k)
        f = np.linalg.solve(precision, (a @ lam)[..., None])[..., 0]
        precision = np.einsum("np,nk,nl->pkl", there, f, f, optimize=True) + 0.3 * np.eye(k)
        lam = np.linalg.solve(precision, (a.T @ f)[..., None])[..., 0]
    return np.asarray(lam @ np.linalg.cholesky(f.T @ f / len(f) + 1e-6 * np.eye(k)))
