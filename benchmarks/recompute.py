"""The full recompute of an index, from database to database, every node stored.

``python -m benchmarks.recompute`` takes a made-up panel of 30 and 300 cities, 127 indicators and
15 years, and the paper's own index; ``--large`` adds 3,000 cities (minutes, and 7 million scores).
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from cityflux.core.engine.compute import compute
from cityflux.core.engine.definition.index import Definition, read_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures

INDICES = Path(__file__).resolve().parents[1] / "plugins" / "indices"
YEARS = [str(year) for year in range(2006, 2021)]


def panel_index(cities: list[str]) -> Definition:
    """The tree of the yearly flow index over other cities and years."""
    yearly = read_definition(INDICES / "flow_index_yearly.toml")
    periods = yearly.periods.model_copy(update={"of": YEARS})
    return Definition.model_validate(
        yearly.model_dump() | {"cities": cities, "periods": periods.model_dump()}
    )


def fill(connection: sqlite3.Connection, definition: Definition) -> None:
    """Give every city a figure of every indicator for every year."""
    chance = random.Random(7)
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
            for year in YEARS
        ]
        with write(connection):
            store_figures(connection, leaf.id, "s", figures)


def measure_panel(count: int) -> None:
    """Fill a database, compute once into empty tables and once more without a change."""
    definition = panel_index([f"city_{n:04d}" for n in range(count)])
    with (
        tempfile.TemporaryDirectory() as folder,
        open_database(Path(folder) / "panel.db") as connection,
    ):
        fill(connection, definition)
        start = time.perf_counter()
        done = compute(connection, definition, Methods(), "benchmark")
        first = time.perf_counter() - start
        start = time.perf_counter()
        assert compute(connection, definition, Methods(), "benchmark").changed == 0
        again = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    figures = count * len(definition.leaves) * len(YEARS)
    print(
        f"{count:>5} cities: {figures:>9,} figures, {done.changed:>9,} scores: {first:6.2f} s, "
        f"again unchanged {again:6.2f} s; peak memory so far {peak:,.0f} MiB"
    )


def measure_paper() -> None:
    """The paper's index over five cities and ten years."""
    definition = read_definition(INDICES / "flow_index.toml")
    times = []
    with (
        tempfile.TemporaryDirectory() as folder,
        open_database(Path(folder) / "paper.db") as connection,
    ):
        fill(connection, definition)
        for _ in range(10):
            with write(connection):
                connection.execute(
                    "UPDATE observations SET value = value * 1.01 WHERE indicator_id = ?",
                    (definition.leaves[0].id,),
                )
            start = time.perf_counter()
            compute(connection, definition, Methods(), "benchmark")
            times.append(time.perf_counter() - start)
    print(
        f"the paper's index after a change: {statistics.median(times) * 1000:.0f} ms (150 wanted)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="3,000 cities as well")
    large = parser.parse_args().large
    measure_paper()
    for count in (30, 300, *((3000,) if large else ())):
        measure_panel(count)


if __name__ == "__main__":
    main()
