"""How fast an audit is, and how often its intervals hold: ``python -m benchmarks.audit``.

``speed`` (the default): draws of an index of 300 cities x 127 indicators x 4 levels, the
sensitivity, the index without each node, and copies of missing figures, beside a plain numpy loop
that goes draw by draw, in the same run; seconds of CPU, medians. ``--large`` prints the curve to
3,000 cities x 500 indicators and to 100,000 draws, ``--dask`` what a cluster of two processes
brings.

``calibration`` and ``real`` print how often the intervals hold: see `benchmarks.calibration`.
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
from scipy.stats import kurtosis, skew

from benchmarks import engine
from benchmarks.calibration import calibration, made_up, real, without
from cityflux.core.engine.audit.assumptions import Assumptions, Weights
from cityflux.core.engine.audit.auditing import audit
from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.cluster import on_cluster
from cityflux.core.engine.audit.completion import complete
from cityflux.core.engine.audit.drawing import Plan
from cityflux.core.engine.audit.gathering import Settings
from cityflux.core.engine.audit.leaving import left_out
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.definition.choices import Standardization, TreatmentChoice
from cityflux.core.engine.measures.matrix import Floats, to_matrix
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


def main(arguments: list[str]) -> None:
    """Run what is asked for."""
    if "real" in arguments:
        real()
    elif "calibration" in arguments:
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
