"""How fast an audit is, and how often its intervals hold: ``python -m benchmarks.audit``.

``speed`` (the default): draws of an index of 300 cities x 127 indicators x 4 levels, the
sensitivity, the index without each node, and copies of missing figures, beside a plain numpy loop
that goes draw by draw, in the same run; seconds of CPU, medians. ``--large`` prints the curve to
3,000 cities x 500 indicators and to 100,000 draws, ``--dask`` what a cluster of two processes
brings.

``calibration``: made-up panels of which figures are deleted by six patterns; how often the
intervals hold the score and rank of the full figures, and how wide they are beside those of an
oracle that knows the distribution the panel was drawn from.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import polars as pl
from distributed import Client
from numpy.typing import NDArray
from scipy.stats import kurtosis, skew

from benchmarks import engine
from cityflux.core.engine.audit.assumptions import Assumptions, Weights
from cityflux.core.engine.audit.auditing import audit
from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.cluster import on_cluster
from cityflux.core.engine.audit.completion import complete
from cityflux.core.engine.audit.drawing import Plan
from cityflux.core.engine.audit.gathering import Settings
from cityflux.core.engine.audit.leaving import left_out
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.audit.versions import Versions
from cityflux.core.engine.definition.choices import Standardization, TreatmentChoice
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame, to_matrix
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.steps.methods import Methods

#: COINr 1.1.14 on the same shapes, seconds; and what is wanted.
COINR = {"draws": 366.0, "sensitivity": 425.0, "leave-one-out": 83.0}
WANTED = {"draws": 0.5, "weights": 1.0, "sensitivity": 0.5, "leave-one-out": 0.1}
COPIES = {(36, 12, 10): 1.5, (300, 127, 1): 4.0}
VARIED = Assumptions(
    weights=Weights(),
    treatment=[TreatmentChoice(winsorize=k, transform="") for k in range(1, 6)],
    standardization=[Standardization(method="zscore")],
)


def seconds(work: Callable[[], object], repeat: int) -> float:
    """The median CPU time of some work; one run does not count."""
    times = []
    for turn in range(repeat + 1):
        start = time.process_time()
        work()
        if turn:
            times.append(time.process_time() - start)
    return statistics.median(times)


def ground_of(units: int, indicators: int) -> Ground:
    """The index of `benchmarks.engine`, without its steps."""
    figures, names = engine.cities(units, indicators), engine.names(indicators)
    known = figures.with_columns(pl.col(names).is_not_null().cast(pl.Float64))
    signs = {name: 1 if i % 3 else -1 for i, name in enumerate(names)}
    return Ground(engine.definition(figures, names), Panel(figures, known), signs, Methods())


def one_by_one(x: Floats, weights: Floats, most: int, zscores: bool) -> Floats:
    """One draw in plain numpy: winsorize, standardize, four levels of weighted means, rank."""
    x = x.copy()
    for j in range(x.shape[1]):
        own = x[:, j]
        for _ in range(most):
            known = own[~np.isnan(own)]
            bent = skew(known, bias=False)
            if abs(bent) < 2 or kurtosis(known, bias=False) < 3.5:
                break
            distinct = np.unique(known)
            edge, following = (distinct[-1], distinct[-2]) if bent >= 0 else distinct[:2]
            own[own == edge] = following
    if zscores:
        x = np.asarray((x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0, ddof=1))
    else:
        low = np.nanmin(x, axis=0)
        x = (x - low) / (np.nanmax(x, axis=0) - low) * 100
    first = 0
    for size in (5, 4, x.shape[1]):
        parts = []
        for i in range(0, x.shape[1], size):
            w = weights[first + i : first + i + min(size, x.shape[1] - i)]
            there = ~np.isnan(x[:, i : i + size])
            top = np.where(there, x[:, i : i + size], 0.0) @ w
            parts.append(top / (there @ w))
        first += x.shape[1]
        x = np.stack(parts, axis=1)
    return np.asarray((-x[:, 0]).argsort().argsort() + 1.0)


def speed() -> None:
    """Print the table of times."""
    ground = ground_of(300, 127)
    x = to_matrix(ground.panel.values[list(ground.definition.figures)])
    random = np.random.default_rng(1)
    weights = 1 + 0.25 * random.uniform(-1, 1, (20, 200))

    def loop() -> None:
        for i, row in enumerate(weights):
            one_by_one(x, row, 1 + i % 5, zscores=bool(i % 2))

    bare = seconds(loop, 3) / len(weights)
    print("300 cities x 127 indicators x 4 levels; seconds of CPU, medians of five")
    print(f"{'':42}{'s':>8}{'wanted':>8}{'COINr':>8}{'loop':>9}{'loop / ours':>13}")

    def line(name: str, spent: float, wanted: float, coinr: float | None, loops: int) -> None:
        theirs = f"{coinr:8.0f}" if coinr else f"{'–':>8}"
        plain = bare * loops
        print(f"{name:42}{spent:8.3f}{wanted:8.2f}{theirs}{plain:9.2f}{plain / spent:13.0f}")

    line(
        "500 draws: weights, 2 scales, 5 treatments",
        seconds(lambda: audit(ground, VARIED, Settings(500, 0)), 5),
        WANTED["draws"],
        COINR["draws"],
        500,
    )
    alone = Assumptions(weights=Weights())
    spent = seconds(lambda: audit(ground, alone, Settings(10_000, 0)), 3)
    line("10,000 draws of weights alone", spent, WANTED["weights"], None, 10_000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{'':42}{peak:8.2f} GiB of memory at most, 1 wanted")
    spent = seconds(lambda: audit(ground, VARIED, Settings(2, 100)), 5)
    line(
        "sensitivity, 100 points x 3 choices",
        spent,
        WANTED["sensitivity"],
        COINR["sensitivity"],
        500,
    )
    plan = Plan(ground.definition, alone)
    path = Auditor(ground, plan).nominal()
    rows = [np.arange(300)]
    spent = seconds(lambda: left_out(ground, path, plan.written, rows), 5)
    line(
        "without each node, each weight and figure",
        spent,
        WANTED["leave-one-out"],
        COINR["leave-one-out"],
        161,
    )
    for (n, p, times), wanted in COPIES.items():
        panel = without(made_up(n, p, times, 7)[0], "series", 0.4, np.random.default_rng(7))
        signs = np.ones(p)
        work = lambda panel=panel, signs=signs: list(  # noqa: E731
            complete(panel, 200, np.random.default_rng(1), signs=signs)
        )
        print(f"{f'200 copies of {n} x {p} x {times}':42}{seconds(work, 3):8.3f}{wanted:8.2f}")


#: Draws, cities and indicators whose time ``--large`` prints, each beside the line before.
CURVE = (
    *((1_000, 300, 127), (10_000, 300, 127), (100_000, 300, 127)),
    *((1_000, 1_000, 127), (1_000, 3_000, 127), (1_000, 3_000, 500)),
)


def large() -> None:
    """Print how the time grows; of a linear one the last column stays where it is."""
    print("draws, cities, indicators: seconds of CPU, GiB of memory at most so far, ns a score")
    alone = Assumptions(weights=Weights())
    for draws, units, indicators in CURVE:
        ground = ground_of(units, indicators)
        start = time.process_time()
        audit(ground, alone, Settings(draws, 0))
        spent = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        each = spent / (draws * units * len(ground.inner)) * 1e9
        print(
            f"{draws:8,} {units:6,} {indicators:5}: {spent:8.2f} {peak:6.2f} {each:6.0f}",
            flush=True,
        )


def cluster() -> None:
    """Print how long an audit takes here, and on a cluster of two processes."""
    alone = Assumptions(weights=Weights())
    ground = ground_of(300, 127)
    print("300 cities x 127 indicators, weights alone; seconds of CPU, and that pass")
    print(f"{'draws':>8}{'here: CPU':>11}{'passed':>8}{'two: home':>11}{'each':>6}{'passed':>8}")
    for draws in (5_000, 20_000, 80_000):
        with Measured() as here:
            audit(ground, alone, Settings(draws, 0))
        with _two_workers() as client:
            before = _busy(client)
            gather = on_cluster(client.scheduler_info()["address"])
            with Measured() as home:
                audit(ground, alone, Settings(draws, 0), gather=gather)
            each = (_busy(client) - before) / 2
        print(f"{draws:8,}{here.cpu:11.1f}{here.passed:8.1f}", end="")
        print(f"{home.cpu:11.1f}{each:6.1f}{home.passed:8.1f}", flush=True)


class Measured:
    """A block, with the seconds of CPU that it takes and those that pass."""

    def __enter__(self) -> Measured:
        """Start."""
        self.cpu, self.passed = -time.process_time(), -time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.cpu += time.process_time()
        self.passed += time.perf_counter()


@contextmanager
def _two_workers() -> Iterator[Client]:
    """A cluster of two processes with one thread each, which have imported what an audit needs."""
    import dask
    from distributed import LocalCluster

    # by its default a worker gives memory back at every step, which takes longer than the draws
    environment = {"distributed.nanny.pre-spawn-environ": {"OPENBLAS_NUM_THREADS": 1}}
    with (
        dask.config.set(environment),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as own,
        Client(own) as client,
    ):
        _busy(client)
        yield client


def _busy(client: Client) -> float:
    """The seconds of CPU of all workers so far."""
    return float(sum(client.run(_process_time).values()))


def _process_time() -> float:
    import cityflux.core.engine.audit.auditing  # noqa: F401 - before anything is measured

    return time.process_time()


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


def main(arguments: list[str]) -> None:
    """Run what is asked for."""
    if "calibration" in arguments:
        calibration(36, 12, 4, 36, 100, 1)
        calibration(36, 12, 4, 5, 100, 1)
    elif "--large" in arguments:
        large()
    elif "--dask" in arguments:
        cluster()
    else:
        speed()


if __name__ == "__main__":
    main(sys.argv[1:])
