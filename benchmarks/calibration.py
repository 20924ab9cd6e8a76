"""How often the intervals of an audit hold what was deleted: ``python -m benchmarks.audit``.

``calibration``: made-up panels of which figures are deleted by six patterns; how often the
intervals hold the score and rank of the full figures, and how wide they are beside those of an
oracle that knows the distribution the panel was drawn from. ``real``: the same of the bundled
figures of the main cities.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.audit.assumptions import Assumptions
from cityflux.core.engine.audit.auditing import audit
from cityflux.core.engine.audit.completion import complete
from cityflux.core.engine.audit.gathering import Settings
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.audit.versions import Versions
from cityflux.core.engine.definition.choices import Periods
from cityflux.core.engine.definition.index import parse_definition, read_definition
from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame, to_matrix
from cityflux.core.engine.panel import Panel, read_panel
from cityflux.core.engine.steps.methods import Methods
from cityflux.storage.database import open_database

_MAIN_CITIES = Path(__file__).parent.parent / "plugins" / "indices" / "main_cities_index.toml"


def made_up(n: int, p: int, times: int, seed: int) -> tuple[Floats, dict[str, Floats]]:
    """Figures whose logarithms are normal: two factors, what is special about cities, and years.

    Returns:
        Cities x indicators x years, and the parameters that they were drawn with.
    """
    random = np.random.default_rng(seed)
    loadings = np.column_stack([random.normal(0.8, 0.3, p), random.normal(0, 0.3, p)])
    own, year = random.gamma(3, 0.1, p), random.gamma(3, 0.01, p)
    y = random.normal(size=(n, 2)) @ loadings.T + np.sqrt(own) * random.normal(size=(n, p))
    y = y[..., None] + np.sqrt(year)[:, None] * random.normal(size=(n, p, times))
    known = {"loadings": loadings, "own": own, "year": year}
    return np.exp(3 + y), known


def without(x: Floats, pattern: str, share: float, random: np.random.Generator) -> Floats:
    """A panel without a share of its figures, by one of `PATTERNS`."""
    n, p, times = x.shape
    out = x.copy()
    if pattern == "cells":
        out[random.random(x.shape) < share] = np.nan
    elif pattern == "series":
        out[random.random((n, p)) < share] = np.nan
    elif pattern == "indicators":
        out[:, random.permutation(p)[: min(max(1, round(share * p)), p - 2)]] = np.nan
    elif pattern == "groups":
        gone = random.permutation(GROUPS)[: max(1, min(round(share * GROUPS), GROUPS - 1))]
        out[:, np.isin(np.arange(p) % GROUPS, gone)] = np.nan
    elif pattern == "last years":
        ends = random.uniform(max(0, 2 * share - 1), min(1, 2 * share), p) * times
        ends = ends + random.uniform(-1, 1, (n, p))
        out[np.arange(times) >= times - ends[..., None]] = np.nan
    else:
        size = np.log(x).mean(axis=(1, 2))
        odds = (
            np.exp(-1.2 * (size - size.mean()) / size.std()) * np.geomspace(1e-4, 1e4, 400)[:, None]
        )
        lost = odds / (1 + odds)
        out[random.random((n, p)) < lost[np.abs(lost.mean(axis=1) - share).argmin()][:, None]] = (
            np.nan
        )
    return out


#: How figures are deleted.
PATTERNS = ("cells", "series", "indicators", "last years", "small cities", "groups")
SHARES = (0.1, 0.3, 0.5, 0.8)
GROUPS = 4


def oracle(
    x: Floats, known: dict[str, Floats], draws: int, random: np.random.Generator
) -> Iterator[Floats]:
    """Complete copies by whoever knows the distribution: a conditional normal city by city."""
    n, _, times = x.shape
    between = known["loadings"] @ known["loadings"].T + np.diag(known["own"])
    cov = np.kron(between, np.ones((times, times))) + np.kron(np.diag(known["year"]), np.eye(times))
    y = np.log(x).reshape(n, -1) - 3
    copies = np.repeat(y[None], draws, axis=0)
    for i in range(n):
        gap = np.isnan(y[i])
        if not gap.any():
            continue
        seen = cov[np.ix_(~gap, ~gap)]
        weights = (
            np.linalg.solve(seen, cov[np.ix_(~gap, gap)]).T
            if (~gap).any()
            else np.zeros((gap.sum(), 0))
        )
        rest = cov[np.ix_(gap, gap)] - weights @ cov[np.ix_(~gap, gap)]
        root = np.linalg.cholesky(rest + 1e-10 * np.eye(len(rest)))
        copies[:, i, gap] = weights @ y[i][~gap] + random.normal(size=(draws, len(rest))) @ root.T
    for copy in copies:
        yield np.exp(3 + copy.reshape(x.shape))


def index_over(x: Floats) -> Ground:
    """An index of groups of z-scores over the means of the years of a panel."""
    n, p = x.shape[:2]
    names, cities = [f"x{j}" for j in range(p)], [f"c{i}" for i in range(n)]
    nodes = [
        {
            "id": f"g{k}",
            "name_zh": "g",
            "name_en": "g",
            "indicators": [names[j] for j in range(p) if j % GROUPS == k],
        }
        for k in range(GROUPS)
    ]
    values = {"id": "i", "name_zh": "i", "name_en": "i", "cities": cities, "nodes": nodes}
    definition = parse_definition({**values, "periods": {"of": ["2020"]}}, "calibration")
    keys = pl.DataFrame({"period": ["2020"] * n, "city": cities})
    order = [names.index(name) for name in definition.figures]
    means = x.mean(axis=2)[:, order]
    frame = keys.hstack(to_frame(means, definition.figures))
    known = keys.hstack(to_frame((~np.isnan(means)) * 1.0, definition.figures))
    return Ground(definition, Panel(frame, known), {}, Methods())


def intervals(copies: list[Floats], seen: Bools) -> tuple[Floats, Floats]:
    """The ends of scores and ranks over complete copies."""
    ground = index_over(copies[0])
    order = [int(name[1:]) for name in ground.definition.figures]
    values = np.stack([each.mean(axis=2)[:, order] for each in copies])
    found = audit(
        ground, Assumptions(), Settings(len(copies), 0), versions=Versions(values, "filled", seen)
    )
    return found.scores[[0, 2], :, 0], found.ranks[[0, 2], :, 0]


def calibration(n: int, p: int, times: int, own: int, draws: int, repeat: int) -> None:
    """Print a line for each pattern: what is held at nominal 90 %, and the width beside the oracle.

    Args:
        n: cities.
        p: indicators.
        times: years.
        own: how many of the cities the index has; the others are extra rows.
        draws: copies.
        repeat: panels of each pattern and share.
    """
    print(f"{own} of {n} cities x {p} indicators x {times} years, {draws} copies, nominal 90 %")
    print(f"{'':14}{'score':>7}{'rank':>7}{'oracle: score':>15}{'rank':>7}{'width / oracle':>16}")
    for place, pattern in enumerate(PATTERNS):
        held: list[NDArray[np.float64]] = []
        for share in SHARES:
            for turn in range(repeat):
                seed = 1000 * place + 100 * turn + round(100 * share)
                held.append(one_panel(n, p, times, own, pattern, share, draws, seed))
        score, rank, best_score, best_rank, width, best = np.mean(held, axis=0)
        print(
            f"{pattern:14}{score:7.0%}{rank:7.0%}{best_score:15.0%}{best_rank:7.0%}"
            f"{width / best:16.2f}",
            flush=True,
        )


def real(repeat: int = 3) -> None:
    """Print the same for the figures of the main cities: a whole block of them is the truth.

    The index is that of `index_over`, of z-scores of means over the years; nothing is known of the
    distribution, so that there is no oracle.
    """
    x = main_cities()
    n, p, times = x.shape
    print(f"{n} main cities x {p} series x {times} years, 100 copies, nominal 90 %")
    print(f"{'deleted':14}" + "".join(f"{share:>9.0%} score, rank" for share in SHARES))
    truth = [each[0] for each in intervals([x] * 2, np.ones(n, dtype=bool))]
    for place, pattern in enumerate(PATTERNS):
        line = f"{pattern:14}"
        for share in SHARES:
            seeds = [1000 * place + 100 * turn + round(100 * share) for turn in range(repeat)]
            held = [_held(x, truth, pattern, share, seed) for seed in seeds]
            scores, places = np.mean(held, axis=0)
            line += f"{scores:>15.0%}{places:>6.0%}"
        print(line, flush=True)


def _held(
    x: Floats, truth: list[Floats], pattern: str, share: float, seed: int
) -> tuple[float, float]:
    """The shares of scores and ranks that the intervals hold, of cities with any figure."""
    random = np.random.default_rng(seed)
    given = without(x, pattern, share, random)
    seen: Bools = np.asarray(~np.isnan(given).all(axis=(1, 2)))
    copies = list(complete(given, 100, random, signs=np.ones(x.shape[1])))
    held = [
        ((low <= right) & (right <= high))[seen].mean()
        for (low, high), right in zip(intervals(copies, seen), truth, strict=True)
    ]
    return float(held[0]), float(held[1])


def main_cities() -> Floats:
    """The series of `main_cities_index` that nearly all its cities have in 2013 to 2019.

    Returns:
        Cities that have all of them x series x years.
    """
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "cityflux", "run", "--once", "--offline"]
        subprocess.run(command, cwd=name, check=True, capture_output=True)
        with open_database(Path(name) / "data" / "cityflux.db") as connection:
            definition = read_definition(_MAIN_CITIES)
            periods = Periods(of=[str(year) for year in range(2013, 2020)])
            panel = read_panel(connection, definition.figures, definition.cities, periods)
    values = to_matrix(panel.values[list(definition.figures)])
    x = values.reshape(7, len(definition.cities), -1).transpose(1, 2, 0)
    known: Bools = np.asarray(np.isfinite(x).all(axis=2))
    series = np.flatnonzero(known.mean(axis=0) > 0.9)
    cities = np.flatnonzero(known[:, series].all(axis=1))
    return np.asarray(x[np.ix_(cities, series)])


def one_panel(
    n: int, p: int, times: int, own: int, pattern: str, share: float, draws: int, seed: int
) -> NDArray[np.float64]:
    """Shares of scores and ranks held by us and by the oracle, and both widths of scores."""
    x, known = made_up(n, p, times, seed)
    random = np.random.default_rng(seed)
    given = x.copy()
    given[:own] = without(x[:own], pattern, share, random)
    given[own:] = without(x[own:], "series", 0.2, random) if own < n else given[own:]
    seen: Bools = np.asarray(~np.isnan(given[:own]).all(axis=(1, 2)))
    truth = intervals([x[:own]] * 2, np.ones(own, dtype=bool))
    ours = [each[:own] for each in complete(given, draws, random, signs=np.ones(p))]
    best = list(oracle(given[:own], known, draws, random))
    result, widths = [], []
    for copies in (ours, best):
        (low, high), (first, last) = intervals(copies, seen)
        result += [
            ((low <= truth[0][0]) & (truth[0][0] <= high))[seen].mean(),
            ((first <= truth[1][0]) & (truth[1][0] <= last))[seen].mean(),
        ]
        widths.append((high - low)[seen].mean())
    return np.array([*result, *widths], dtype=np.float64)
