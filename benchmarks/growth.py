"""How large the database gets in ten years, with and without housekeeping.

``python -m benchmarks.growth`` fills a database with the bundled figures and then lets ten years
pass: every live source is looked at when its schedule says so, and what a look brings is stored by
the code with which the daemon stores it. Only the answers are made up:

- Annual indicators have news at the first look of a year: the figures of the last year, and other
  ones for the year before. All other looks bring the same documents again.
- Sources of months and days have news at every look, and so have flows between cities.
- Each look at a communiqué also sees a list of links that is new.
- A page has 100 kB, and a document for programs 10 kB, before compression.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import time_machine

from cityflux.core.app.config import Config
from cityflux.core.model.charset import decode
from cityflux.core.model.document import Document
from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.core.model.nouns import Flow, Source
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins, load_plugins
from cityflux.core.refresh.carry_out import Given, Result
from cityflux.core.refresh.runner import store_results
from cityflux.core.refresh.schedule import trigger_of
from cityflux.core.refresh.tasks import Part, Task
from cityflux.storage.database import now, open_database
from cityflux.storage.housekeeping import Policy, run_housekeeping

ROOT = Path(__file__).resolve().parents[1]
TEXTS = ROOT / "benchmarks" / "communique" / "texts"
CITIES = ("shanghai", "beijing", "shenzhen", "guangzhou", "hangzhou")
PAGE, DATA = 100_000, 10_000  # bytes of a document
START = datetime(2027, 1, 1, tzinfo=UTC)
MIB = 2**20


class Answers:
    """Makes up what the sources answer, in the words of real communiqués."""

    def __init__(self) -> None:
        self._chance = random.Random(1)
        files = sorted(TEXTS.glob("*.html"))
        text = "\n".join(decode(path.read_bytes()) for path in files)
        self._lines = [line for line in text.splitlines() if line]

    def document(self, address: str, size: int) -> Document:
        """A document that never was there before."""
        lines, length = [], 0
        while length < size:
            line = f"{self._chance.choice(self._lines)} {self._chance.random()}\n".encode()
            lines.append(line)
            length += len(line)
        return Document(address, b"".join(lines)[:size], "text/html", "utf-8")

    def figures(self, cities: Sequence[str], periods: Sequence[str]) -> tuple[Figure, ...]:
        """New figures of some cities and periods."""
        return tuple(
            Figure(city, period, self._chance.uniform(100, 200), "ok", "")
            for city in cities
            for period in periods
        )

    def flows(self, day: str) -> tuple[FlowFigure, ...]:
        """What goes from each of the cities to each other one on a day."""
        return tuple(
            FlowFigure(origin, destination, day, self._chance.uniform(0, 10))
            for origin in CITIES
            for destination in CITIES
            if origin != destination
        )


def looks(sources: dict[str, Source], years: int) -> list[tuple[datetime, str]]:
    """When each source is looked at, in the order of time."""
    found = []
    for source in sources.values():
        trigger, moment = trigger_of(source.schedule, source.id), START
        assert trigger is not None
        end = START.replace(year=START.year + years)
        while (moment := trigger.get_next_fire_time(None, moment)) and moment < end:
            found.append((moment, source.id))
            moment += timedelta(seconds=1)
    return sorted(found)


class World:
    """Answers the looks at all sources.

    Args:
        plugins: whose sources they are.
    """

    def __init__(self, plugins: Plugins) -> None:
        self._answers = Answers()
        self._last: dict[tuple[str, str], tuple[Document, ...]] = {}
        self._year: dict[str, int] = {}
        every = (*plugins.indicators.values(), *plugins.flows.values())
        live = [(each, source) for each in every for source in each.sources if _is_live(source)]
        self.sources = {source.id: source for _, source in live}
        self._using = {
            name: [each for each, source in live if source.id == name] for name in self.sources
        }

    def look(self, source: Source, day: date) -> Iterator[Result]:
        """What one look brings for each indicator that the source serves."""
        first = self._year.get(source.id) != day.year
        self._year[source.id] = day.year
        page = self._answers.document(f"{source.address}?{day.year}", PAGE)
        links = self._answers.document(f"{source.address}?list", PAGE)
        for plugin in self._using[source.id]:
            task = Task((Part(plugin, source),))
            place = f"{source.address}?{plugin.indicator.id}"
            key = (source.id, plugin.indicator.id)
            if plugin.indicator.frequency == "annual" and not first:
                seen = (links,) if source.scraper == "communique" else ()
                yield Result(task, now(), self._last[key], seen, (Given(),), unchanged=True)
                continue
            is_page = source.scraper == "communique"
            documents = (page,) if is_page else self._for_programs(plugin, place, day)
            self._last[key] = documents
            given = Given(self._found(plugin, source, day))
            yield Result(task, now(), documents, given=(given,))

    def _for_programs(self, plugin: IndicatorPlugin, place: str, day: date) -> tuple[Document, ...]:
        """Of a daily flow two documents for each city, one of which is of that day alone."""
        if isinstance(plugin.indicator, Flow) and plugin.indicator.frequency == "daily":
            places = [f"{place}&{city}{on}" for city in CITIES for on in ("", f"&{day}")]
            return tuple(self._answers.document(each, DATA) for each in places)
        return (self._answers.document(place, DATA),)

    def _found(
        self, plugin: IndicatorPlugin, source: Source, day: date
    ) -> tuple[Figure, ...] | tuple[FlowFigure, ...]:
        if isinstance(plugin.indicator, Flow):
            return self._answers.flows(day.isoformat())
        own = source.id.partition(".")[0]
        cities = (own,) if own in CITIES else CITIES
        if plugin.indicator.frequency == "annual":
            return self._answers.figures(cities, (str(day.year - 1), str(day.year - 2)))
        return self._answers.figures(cities, (day.isoformat(),))


def _is_live(source: Source) -> bool:
    return source.access == "live" and bool(source.schedule)


def grow(years: int, tidy: bool) -> Iterator[tuple[int, int, int, int]]:
    """Let years pass, and give the size of the file, its documents, its fetches and revisions."""
    plugins = load_plugins()
    world = World(plugins)
    with tempfile.TemporaryDirectory() as name:
        database = Path(name) / "data" / "cityflux.db"
        command = [sys.executable, "-m", "cityflux", "run", "--once", "--offline"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=name, env=environment, check=True, capture_output=True)
        with open_database(database) as connection:
            yield _sizes(connection, database)
            plan = looks(world.sources, years)
            for year in range(START.year, START.year + years):
                for moment, source_id in [each for each in plan if each[0].year == year]:
                    with time_machine.travel(moment, tick=False):
                        results = list(world.look(world.sources[source_id], moment.date()))
                        store_results(connection, results)
                if tidy:
                    settings = Config().housekeeping
                    policy = Policy(settings.keep_snapshots_days, settings.keep_fetches_days)
                    run_housekeeping(connection, policy, datetime(year + 1, 1, 1, tzinfo=UTC))
                yield _sizes(connection, database)


def _sizes(connection: sqlite3.Connection, database: Path) -> tuple[int, int, int, int]:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    counts = [
        connection.execute(query).fetchone()[0]
        for query in (
            "SELECT total(length(body)) FROM snapshots",
            "SELECT count(*) FROM fetches",
            "SELECT count(*) FROM changes",
        )
    ]
    return (database.stat().st_size, *map(int, counts))  # type: ignore[return-value]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    years = parser.parse_args().years
    for tidy in (True, False):
        print("with housekeeping" if tidy else "without")
        for year, (size, documents, fetches, changes) in enumerate(grow(years, tidy)):
            print(
                f"after {year:2} years: {size / MIB:6.1f} MiB, of which documents "
                f"{documents / MIB:6.1f} MiB; {fetches:9,} fetches, {changes:9,} changes",
                flush=True,
            )


if __name__ == "__main__":
    main()
