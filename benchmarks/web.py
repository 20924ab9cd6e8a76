"""The pages over a large database, beside Datasette's own page of a table.

``python -m benchmarks.web`` fills a made-up panel of 300 cities, 127 indicators and 15 years,
computes its index, starts ``cityflux web`` in a process of its own, and asks for each page in turn.
"""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.recompute import YEARS, fill, panel_index
from cityflux.core.engine.compute import compute
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import FlowFigure
from cityflux.storage.database import open_database, write
from cityflux.storage.flows import store_flows

CITIES = 300
LIMIT = 300.0  # milliseconds that are wanted
TABLE = "/cityflux/observations"
INDEX = "flow_index_yearly"


def pages(indicator: str) -> dict[str, str]:
    """What is asked for: the pages, and the charts that stand on them."""
    of = f"index={INDEX}&period=2020"
    return {
        "front": "/",
        "index": f"/-/index/{INDEX}",
        "index, two cities": f"/-/index/{INDEX}?period=2012&city=city_0000&versus=city_0100",
        "city": "/-/city/city_0000",
        "indicator": f"/-/indicator/{indicator}",
        "map": "/-/map?flow=air_routes",
        "search": "/-/search?q=transport",
        "score": f"/-/score?{of}&city=city_0000&node=transport",
        "figure": f"/-/figure?indicator={indicator}&city=city_0000&period=2020",
        "chart: ranking": f"/-/chart/ranking.svg?{of}",
        "chart: groups": f"/-/chart/groups.svg?{of}",
        "chart: compare": f"/-/chart/compare.svg?{of}&city=city_0000&versus=city_0100",
        "chart: years": f"/-/chart/years.svg?index={INDEX}",
        "chart: series": f"/-/chart/series.svg?indicator={indicator}",
        "chart: map": f"/-/chart/map.svg?{of}&flow=air_routes",
    }


def make(path: Path) -> str:
    """Fill a database with figures, scores, coordinates and flows; gives one indicator."""
    definition = panel_index([f"city_{n:04d}" for n in range(CITIES)])
    chance = random.Random(7)
    with open_database(path) as connection:
        fill(connection, definition)
        compute(connection, definition, Methods(), "benchmark")
        with write(connection):
            connection.executemany(
                "UPDATE cities SET latitude = ?, longitude = ? WHERE id = ?",
                [(chance.uniform(20, 45), chance.uniform(80, 125), c) for c in definition.cities],
            )
            pairs = [(a, b) for a in definition.cities for b in definition.cities if a != b]
            flows = [FlowFigure(a, b, YEARS[-1], chance.lognormvariate(0, 1)) for a, b in pairs]
            store_flows(connection, "air_routes", "s", "条", flows)
    return definition.leaves[0].id


@contextmanager
def served(path: Path) -> Iterator[httpx.Client]:
    """``cityflux web`` over a database, and a client of it."""
    command = [sys.executable, "-m", "cityflux", "--database", str(path), "web", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r" at (http://\S+)/ ", server.stdout.readline())
        assert found, "the server did not start"
        try:
            with httpx.Client(base_url=found[1], timeout=60, trust_env=False) as client:
                yield client
        finally:
            server.terminate()


def timed(client: httpx.Client, address: str) -> float:
    """Milliseconds until the whole answer is there."""
    start = time.perf_counter()
    client.get(address).raise_for_status()
    return (time.perf_counter() - start) * 1000


def count(path: Path, table: str) -> int:
    """The rows of a table."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        connection.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often each page is asked for")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cityflux.db"
        asked = {"table": TABLE, **pages(make(path))}
        print(f"{count(path, 'observations'):,} figures, {count(path, 'scores'):,} scores")
        with served(path) as client:
            first = {name: timed(client, address) for name, address in asked.items()}
            times: dict[str, list[float]] = {name: [] for name in asked}
            for _ in range(rounds):
                for name, address in asked.items():
                    times[name].append(timed(client, address))
    medians = {name: statistics.median(each) for name, each in times.items()}
    print(f"{'page':<20}{'median':>10}{'to table':>10}{'slowest':>10}{'first':>10}")
    for name, median in medians.items():
        late = "" if median < LIMIT else f"  more than {LIMIT:.0f} ms"
        ratio = median / medians["table"]
        print(
            f"{name:<20}{median:>7.0f} ms{ratio:>10.2f}{max(times[name]):>7.0f} ms"
            f"{first[name]:>7.0f} ms{late}"
        )


if __name__ == "__main__":
    main()
