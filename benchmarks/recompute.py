"""The full recompute of an index, from database to database, every node stored.

``python -m benchmarks.recompute`` takes the paper's own index, and a made-up panel of 127
indicators for 30 and 300 cities, over one year and over 15; ``--large`` adds 3,000 cities (minutes,
and 7 million scores). Each is computed by `core.engine.compute.compute`, as by `cityflux compute`:
into empty tables, and where one figure changed: by the process that computed before, as where the
daemon fetched it, by another hand beside it, and by a command that knows nothing yet. Beside the
mathematics in plain numpy. Seconds of CPU, medians of five.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import statistics
import tempfile
import time
import tomllib
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.compute import compute
from cityflux.core.engine.definition.index import Definition, parse_definition, read_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures

INDICES = Path(__file__).resolve().parents[1] / "plugins" / "indices"
YEARS = [str(year) for year in range(2006, 2021)]
ROUNDS = 5


def panel_index(cities: list[str], years: list[str] = YEARS) -> Definition:
    """The tree of the yearly flow index over other cities and years."""
    written = tomllib.loads((INDICES / "flow_index_yearly.toml").read_text(encoding="utf-8"))
    return parse_definition({**written, "cities": cities, "periods": {"of": years}}, "benchmark")


def fill(connection: sqlite3.Connection, definition: Definition) -> None:
    """Give every city a figure of every indicator for every year that the index is about."""
    chance = random.Random(7)
    years = [year for year in YEARS if year in definition.periods.of] or YEARS
    with write(connection):
        cities = [{"id": c, "name_zh": c, "name_en": c} for c in definition.cities]
        catalog.save_cities(connection, cities)
        catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
        names = [
            {"id": leaf.id, "name_zh": leaf.id, "name_en": leaf.id, "unit": "个"}
            for leaf in definition.leaves
        ]
        catalog.save_indicators(connection, names)
    for leaf in definition.leaves:
        figures = [
            Figure(city, year, chance.lognormvariate(0, 1))
            for city in definition.cities
            for year in years
        ]
        with write(connection):
            store_figures(connection, leaf.id, "s", figures)


def plain(definition: Definition) -> float:
    """Seconds for z-scores over all years, and weighted sums up the tree, in plain numpy."""
    leaves = len(definition.leaves)
    rows = len(definition.cities) * len(definition.periods.of)
    x = np.random.default_rng(7).lognormal(size=(rows, leaves))
    place = {leaf.id: i for i, leaf in enumerate(definition.leaves)}
    start = time.process_time()
    scores: dict[str, NDArray[np.float64]] = {}
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    for node in reversed(definition.tree):
        if node.id in place:
            scores[node.id] = z[:, place[node.id]]
            continue
        children = definition.children[node.id]
        weights = np.array([child.weight for child in children])
        below = np.stack([scores[child.id] for child in children], axis=1)
        scores[node.id] = below @ weights / weights.sum()
    return time.process_time() - start


def change(connection: sqlite3.Connection, definition: Definition) -> None:
    """Change one figure."""
    connection.execute(
        "UPDATE observations SET value = value * 1.01 "
        "WHERE indicator_id = ? AND city_id = ? AND period = ?",
        (definition.leaves[0].id, definition.cities[0], YEARS[-1]),
    )


def spent(connection: sqlite3.Connection, definition: Definition) -> float:
    """Compute, and give the seconds of CPU."""
    start = time.process_time()
    compute(connection, definition, Methods(), "benchmark")
    return time.process_time() - start


def measure(definition: Definition, database: Path) -> tuple[dict[str, float], int]:
    """Compute into empty tables and where one figure changed: the medians, and the scores."""
    found: dict[str, list[float]] = {}
    with open_database(database) as connection, closing(sqlite3.connect(database)) as others:
        for _ in range(ROUNDS):
            with write(connection):
                for table in ("scores", "weights", "adjustments"):
                    connection.execute(f"DELETE FROM {table}")
            found.setdefault("first", []).append(spent(connection, definition))
            with write(connection):
                change(connection, definition)
            found.setdefault("one figure changed", []).append(spent(connection, definition))
            with others:
                change(others, definition)
            found.setdefault("by another hand", []).append(spent(connection, definition))
            with open_database(database) as fresh:
                change(fresh, definition)
                found.setdefault("by a new command", []).append(spent(fresh, definition))
        (scores,) = connection.execute("SELECT count(*) FROM scores").fetchone()
    return {what: statistics.median(times) for what, times in found.items()}, scores


def report(title: str, definition: Definition) -> None:
    """Fill a database with figures, measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "panel.db"
        with open_database(database) as connection:
            fill(connection, definition)
        medians, scores = measure(definition, database)
    bare = statistics.median(plain(definition) for _ in range(ROUNDS))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    listed = ", ".join(f"{what} {each:6.3f} s" for what, each in medians.items())
    times = ", ".join(f"{each / bare:.0f}" for each in medians.values())
    print(
        f"{title}: {scores:>9,} scores: {listed} ({times} times numpy in memory); "
        f"peak memory so far {peak:,.0f} MiB"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="3,000 cities as well")
    large = parser.parse_args().large
    report("the paper's index", read_definition(INDICES / "flow_index.toml"))
    for count in (30, 300, *((3000,) if large else ())):
        cities = [f"city_{n:04d}" for n in range(count)]
        for years in (YEARS[-1:], YEARS):
            report(f"{count:>5} cities, {len(years):>2} years", panel_index(cities, years))


if __name__ == "__main__":
    main()
