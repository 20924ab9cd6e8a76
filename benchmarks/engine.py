"""How fast the engine is, on synthetic cities: ``python -m benchmarks.engine [--large]``.

The small case is 300 cities x 127 indicators x 4 levels, in memory; the large one grows to 3,000
cities x 500 indicators x 15 years and prints the curve of time and memory.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import to_frame
from cityflux.core.engine.steps.balancing import balance
from cityflux.core.engine.steps.imputation import column_median
from cityflux.core.engine.steps.multicriteria import copeland
from cityflux.core.engine.steps.standardization import minmax, standardize
from cityflux.core.engine.steps.treatment import treat
from cityflux.core.engine.tree import aggregate_tree

#: COINr 1.1.14 on the same shapes, seconds.
COINR = {"index": 0.564, "copeland": 230.0, "optimised weights": 41.0}
TARGETS = {"index": 0.025, "copeland": 1.0, "optimised weights": 1.0}


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


def tree(indicators: int) -> dict[str, str | None]:
    """Make a tree of 4 levels: about five indicators to a node, and four nodes to a pillar."""
    parents: dict[str, str | None] = {}
    for i, name in enumerate(names(indicators)):
        node = i // 5
        parents[name] = f"n{node:03d}"
        parents[f"n{node:03d}"] = f"p{node // 4:02d}"
        parents[f"p{node // 4:02d}"] = "index"
    return {**parents, "index": None}


def index(
    figures: pl.DataFrame, indicators: list[str], parents: dict[str, str | None]
) -> pl.DataFrame:
    """Impute, treat, standardize within each period, and aggregate."""
    panel = figures["period"].n_unique() > 1
    filled = column_median(figures, indicators, by="period" if panel else None).frame
    treated = treat(filled, indicators).frame
    scores = (
        standardize(pl.col(name), minmax, direction=1 if i % 3 else -1)
        for i, name in enumerate(indicators)
    )
    over = (score.over("period") for score in scores) if panel else scores
    weights = dict.fromkeys(parents, 1.0)
    return aggregate_tree(treated.with_columns(over), parents, weights)


def seconds(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Give the median and the best of some runs, after one that does not count."""
    work()
    runs = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return statistics.median(runs), min(runs)


def small() -> None:
    """Print the times of 300 cities x 127 indicators, with COINr's beside them."""
    figures, indicators, parents = cities(300, 127), names(127), tree(127)
    complete = column_median(figures, indicators).frame.select(indicators)
    ones = [1.0] * len(indicators)
    work: dict[str, tuple[Callable[[], object], int]] = {
        "index": (lambda: index(figures, indicators, parents), 30),
        "copeland": (lambda: copeland(complete, ones), 5),
        "optimised weights": (lambda: balance(complete), 5),
    }
    print("300 cities x 127 indicators x 4 levels; seconds")
    print(f"{'':20}{'median':>9}{'best':>9}{'target':>9}{'COINr':>9}")
    for name, (run, repeat) in work.items():
        median, best = seconds(run, repeat)
        print(f"{name:20}{median:9.4f}{best:9.4f}{TARGETS[name]:9.3f}{COINR[name]:9.3f}")


def large() -> None:
    """Print time and peak memory of 3,000 cities x 500 indicators, for 1 to 15 years."""
    indicators, parents = names(500), tree(500)
    print("3,000 cities x 500 indicators")
    print(f"{'years':>5}{'cells':>12}{'seconds':>9}{'peak GiB':>9}")
    for years in (1, 3, 6, 10, 15):
        figures = cities(3000, 500, periods=years)
        start = time.perf_counter()
        index(figures, indicators, parents)
        spent = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(f"{years:5}{figures.height * 500:12,}{spent:9.2f}{peak:9.2f}")


if __name__ == "__main__":
    small()
    if "--large" in sys.argv[1:]:
        large()
