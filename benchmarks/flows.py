"""How the measures of flows grow: ``python -m benchmarks.flows [--openflights FOLDER] [--large]``.

Synthetic links between cities, twenty a city, of which a few are many times the others: 10,000 to
1,000,000 of them, with ``--large`` 10,000,000, each in a process of its own. All measures through
the door that `cityflux flows` uses. Seconds of CPU and the peak of memory; all but betweenness grow
as the links do. Betweenness is exact up to 1,000 cities, and beyond from 256 of them: its error is
said. With ``--openflights`` the folder of routes.dat and airports.dat: all measures of all its
cities, and the error of the sample beside the exact betweenness.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from cityflux.core.engine.flows.centrality import betweenness
from cityflux.core.engine.flows.measures import MEASURES, measure
from cityflux.core.engine.flows.network import Network, network_of
from cityflux.core.model.document import read_file
from cityflux.scrapers import openflights

SIZES = (10_000, 100_000, 1_000_000)
LARGE = 10_000_000
LINKS_A_CITY = 20
#: Seconds, for all measures of all cities of OpenFlights.
WANTED = 3.0


def synthetic(links: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make flows and the places of their cities: few cities have many links, as with airports."""
    random = np.random.default_rng(18)
    cities = max(links // LINKS_A_CITY, 10)
    ends = (cities * random.random((2, links)) ** 2).astype(np.int64)
    names = pl.Series([f"c{i:07d}" for i in range(cities)])
    flows = pl.DataFrame(
        {
            "origin": names.gather(ends[0]),
            "destination": names.gather(ends[1]),
            "value": random.pareto(1.5, links) + 1,
        }
    )
    places = pl.DataFrame(
        {
            "id": names,
            "country": [f"{i % 50:02d}" for i in range(cities)],
            "region": [f"{i % 500:03d}" for i in range(cities)],
            "latitude": random.uniform(-60, 70, cities),
            "longitude": random.uniform(-180, 180, cities),
        }
    )
    return flows, places


def air_network(folder: Path, *, code_shares: bool = True) -> Network:
    """The network of all cities of OpenFlights: the non-stop routes between their airports.

    A city is what the airport says of its city and country; Newark counts to New York.

    Args:
        folder: with ``routes.dat`` and ``airports.dat``.
        code_shares: whether a route counts that another airline flies.
    """
    ports = openflights.parse_airports(read_file(folder / "airports.dat"))
    routes = openflights.parse_routes(read_file(folder / "routes.dat"))
    ports = ports.drop_nulls("city").with_columns(pl.col("city").replace("Newark", "New York"))
    name = pl.format("{}, {}", "city", "country")
    codes = pl.concat(
        [ports.select(code, city=name).rename({code: "code"}) for code in ("icao", "iata")]
    )
    city_of = dict(codes.drop_nulls().iter_rows())
    flows = (
        routes.filter(pl.lit(code_shares) | pl.col("codeshare").is_null(), stops=0)
        .with_columns(
            pl.col(end).replace_strict(city_of, default=None) for end in ("origin", "destination")
        )
        .drop_nulls(["origin", "destination"])
        .group_by("origin", "destination")
        .agg(value=pl.len().cast(pl.Float64))
    )
    places = ports.group_by(id=name).agg(
        pl.col("country", "latitude", "longitude").first(), region=pl.lit("")
    )
    return network_of(flows, places)


def _grow(links: int) -> None:
    started = time.process_time()
    flows, places = synthetic(links)
    made = time.process_time()
    network = network_of(flows, places)
    built = time.process_time()
    measure(network, [name for name in MEASURES if name != "betweenness"])
    measured = time.process_time()
    between = betweenness(network)
    done = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    share = float(np.median(between.error[between.value > 0] / between.value[between.value > 0]))
    print(
        f"{links:>10,} links, {network.size:>7,} cities: network {built - made:7.2f} s, measures "
        f"{measured - built:7.2f} s, betweenness {done - measured:7.2f} s of {between.pivots} "
        f"cities (error {share:.0%} of the value, median), peak {peak:,.0f} MiB "
        f"(made in {made - started:.1f} s)",
        flush=True,
    )


def _air(folder: Path) -> None:
    network = air_network(folder)
    measure(network, ["pagerank"])  # loads what it needs
    started = time.process_time()
    measure(network)
    seconds = time.process_time() - started
    print(
        f"OpenFlights, {network.size:,} cities and {len(network.value):,} links: all measures in "
        f"{seconds:.2f} s (wanted: {WANTED:g})"
    )
    started = time.process_time()
    exact = betweenness(network, exact_up_to=network.size)
    seconds = time.process_time() - started
    sampled = betweenness(network)
    top = np.argsort(-exact.value)[:20]
    wrong = np.abs(sampled.value - exact.value)[top] / exact.value[top]
    said = sampled.error[top] / exact.value[top]
    print(
        f"  exact betweenness {seconds:.2f} s; of its 20 largest the sample misses "
        f"{wrong.mean():.1%} on average, and says {said.mean():.1%}"
    )


def main() -> None:
    """Print how time and memory grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openflights", type=Path)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--links", type=int)
    asked = parser.parse_args()
    if asked.links:
        _grow(asked.links)
        return
    for links in (*SIZES, *([LARGE] if asked.large else [])):
        command = [sys.executable, "-m", "benchmarks.flows", "--links", str(links)]
        subprocess.run(command, check=True)
    if asked.openflights:
        _air(asked.openflights)


if __name__ == "__main__":
    main()
