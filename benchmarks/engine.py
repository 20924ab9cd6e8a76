"""How fast the engine is, on synthetic cities: ``python -m benchmarks.engine [--large]``.

The index is computed by `core.engine.scoring.score`, as by `cityflux compute`: 300 cities x 127
indicators x 4 levels with imputation and treatment, beside the same mathematics in plain numpy.
``--large`` grows to 30,000 cities, and to 3,000 cities x 500 indicators x 15 years. Milliseconds of
CPU, medians; the two sides take turns.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.measures.matrix import Floats, to_frame, to_matrix
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import score
from cityflux.core.engine.steps.aggregation import aggregate, weighted_mean
from cityflux.core.engine.steps.balancing import balance
from cityflux.core.engine.steps.imputation import column_median
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.steps.multicriteria import copeland
from cityflux.core.engine.steps.standardization import standardize_columns, zscore

#: COINr 1.1.14 on the same shapes, seconds.
COINR = {"index": 0.564, "copeland": 230.0, "optimised weights": 41.0}
#: What is wanted, in milliseconds; of one level the ratio to numpy.
TARGETS = {"index": 25.0, "copeland": 1000.0, "optimised weights": 1000.0}
ONE_LEVEL = 15.0


def cities(units: int, indicators: int, *, periods: int = 1, missing: float = 0.05) -> pl.DataFrame:
    """Make figures with a common factor, some long tails, and gaps at random."""
    random = np.random.default_rng(20)
    rows = units * periods
    common = random.normal(size=(rows, 1))
    x = 10 + 0.7 * common + random.normal(size=(rows, indicators))
    tails = random.random(indicators) < 0.2
    x[:, tails] = np.exp(x[:, tails] - 10)
    x[random.random(x.shape) < missing] = np.nan
    keys = pl.DataFrame(
        {
            "city": [f"c{i:04d}" for i in range(units)] * periods,
            "period": [str(2011 + y) for y in range(periods) for _ in range(units)],
        }
    )
    return pl.concat([keys, to_frame(x, names(indicators))], how="horizontal")


def names(indicators: int) -> list[str]:
    """Name the indicators."""
    return [f"i{i:03d}" for i in range(indicators)]


def definition(figures: pl.DataFrame, indicators: list[str], **steps: Any) -> Definition:
    """Make an index of 4 levels: five indicators to a node, and four nodes to a pillar."""
    nodes: list[dict[str, Any]] = []
    for first in range(0, len(indicators), 5):
        pillar = f"p{first // 20:02d}"
        if first % 20 == 0:
            nodes.append({"id": pillar, "name_zh": pillar, "name_en": pillar})
        node = f"n{first // 5:03d}"
        leaves = indicators[first : first + 5]
        nodes.append(
            {"id": node, "name_zh": node, "name_en": node, "parent": pillar, "indicators": leaves}
        )
    written = {
        "id": "index",
        "name_zh": "index",
        "name_en": "index",
        "cities": figures["city"].unique().sort().to_list(),
        "periods": {"of": figures["period"].unique().sort().to_list()},
        "standardization": {"method": "minmax"},
        "nodes": nodes,
    }
    return parse_definition({**written, **steps}, "benchmark")


def work_of(figures: pl.DataFrame, indicators: list[str]) -> tuple[Callable[[], object], Floats]:
    """The computation of the index over some figures, and these as a matrix."""
    chosen = definition(figures, indicators, imputation={"method": "median"}, treatment={})
    there = pl.col(indicators).is_not_null().cast(pl.Float64)
    panel, methods = Panel(figures, figures.with_columns(there)), Methods()
    signs = {name: 1 if i % 3 else -1 for i, name in enumerate(indicators)}
    return lambda: score(chosen, panel, signs, methods), to_matrix(figures[indicators])


def plain(x: Floats) -> Floats:
    """Impute, standardize and average over four levels, in numpy and without a name."""
    x = np.where(np.isnan(x), np.nanmedian(x, axis=0), x)
    low = x.min(axis=0)
    x = (x - low) / (x.max(axis=0) - low) * 100
    for size in (5, 4, x.shape[1]):
        x = np.stack([x[:, i : i + size].mean(axis=1) for i in range(0, x.shape[1], size)], axis=1)
    return x[:, 0]


def taking_turns(*works: Callable[[], object], repeat: int) -> list[float]:
    """Give the median CPU time of some works, in milliseconds; one run does not count."""
    runs: list[list[float]] = [[] for _ in works]
    for turn in range(repeat + 1):
        for work, times in zip(works, runs, strict=True):
            start = time.process_time()
            work()
            if turn:
                times.append((time.process_time() - start) * 1e3)
    return [statistics.median(times) for times in runs]


def small() -> None:
    """Print the times of 300 cities x 127 indicators, with COINr's beside them."""
    figures, indicators = cities(300, 127), names(127)
    work, x = work_of(figures, indicators)
    complete = column_median(figures, indicators).frame[indicators]
    ones = [1.0] * len(indicators)
    print("300 cities x 127 indicators x 4 levels; milliseconds of CPU, medians")
    print(f"{'':20}{'median':>9}{'wanted':>9}{'COINr':>10}")
    spent, bare = taking_turns(work, lambda: plain(x), repeat=15)
    others = taking_turns(lambda: copeland(complete, ones), lambda: balance(complete), repeat=5)
    for name, median in zip(TARGETS, (spent, *others), strict=True):
        print(f"{name:20}{median:9.1f}{TARGETS[name]:9.0f}{COINR[name] * 1e3:10.0f}")
    print(f"the index beside numpy without treatment, notes and names: {spent / bare:.1f} times")


def one_level() -> None:
    """Print how long z-scores and their mean take beside numpy, 1,000 times."""
    for units, indicators in ((300, 127), (30, 37), (5, 8)):
        figures = cities(units, indicators, missing=0.0)[names(indicators)]
        x, ones = to_matrix(figures), [1] * indicators

        def ours(figures: pl.DataFrame = figures, ones: list[int] = ones) -> None:
            for _ in range(100):
                z = to_frame(standardize_columns(figures, zscore, ones), figures.columns)
                aggregate(weighted_mean, z, ones)

        def bare(x: Floats = x) -> None:
            for _ in range(100):
                ((x - x.mean(axis=0)) / x.std(axis=0, ddof=1)).mean(axis=1)

        spent, without = taking_turns(ours, bare, repeat=10)
        print(
            f"one level, {units} x {indicators}, 1,000 times: {spent * 10:.0f} ms, "
            f"{spent / without:.1f} times numpy ({ONE_LEVEL:.0f} wanted)"
        )


def large() -> None:
    """Print how time grows with the cities, and with time and memory 3,000 x 500 over 15 years."""
    print("127 indicators x 4 levels")
    for units in (300, 1000, 3000, 10_000, 30_000):
        (spent,) = taking_turns(work_of(cities(units, 127), names(127))[0], repeat=5)
        print(f"{units:>7,} cities: {spent:8.1f} ms, {spent / units * 1e3:6.1f} µs a city")
    print("3,000 cities x 500 indicators")
    print(f"{'years':>5}{'cells':>12}{'seconds':>9}{'peak GiB':>9}")
    for years in (1, 3, 6, 10, 15):
        figures = cities(3000, 500, periods=years)
        work, _ = work_of(figures, names(500))
        start = time.perf_counter()
        work()
        spent = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(f"{years:5}{figures.height * 500:12,}{spent:9.2f}{peak:9.2f}")


if __name__ == "__main__":
    small()
    one_level()
    if "--large" in sys.argv[1:]:
        large()
