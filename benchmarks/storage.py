"""Storing 100,000 figures, beside a bare ``executemany`` of the same rows.

``python -m benchmarks.storage`` prints seconds and ratios; the median of five rounds, in which
the two take turns so that a noisy machine bothers both.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import now, open_database, write
from cityflux.storage.fetches import begin_fetch, end_fetch
from cityflux.storage.observations import store_figures

INDICATORS = [f"group_{n // 12:02d}.indicator_{n:03d}" for n in range(127)]
CITIES = [f"city_{n:03d}" for n in range(53)]
YEARS = [str(year) for year in range(2006, 2021)]
FIGURES = 100_000
ROUNDS = 5

Rows = dict[str, list[Figure]]


def make_figures() -> Rows:
    """100,000 figures by indicator, the same at every call."""
    chance = random.Random(7)
    cells = [(i, c, y) for i in INDICATORS for c in CITIES for y in YEARS][:FIGURES]
    found: Rows = {}
    for indicator, city, year in cells:
        found.setdefault(indicator, []).append(Figure(city, year, chance.random() * 1e4))
    return found


def bare(path: Path, figures: Rows) -> Callable[[], None]:
    """The lower bound: one transaction, one table with the same columns and primary key."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS figures (indicator_id TEXT NOT NULL, city_id TEXT NOT NULL, "
        "period TEXT NOT NULL, source_id TEXT NOT NULL, value REAL NOT NULL, status TEXT NOT NULL, "
        "note TEXT NOT NULL, fetch_id INTEGER, recorded_at TEXT NOT NULL, "
        "PRIMARY KEY (indicator_id, city_id, period, source_id)) STRICT"
    )
    moment = now()
    rows = [
        (name, figure.city_id, figure.period, "s", figure.value, "ok", "", 1, moment)
        for name, several in figures.items()
        for figure in several
    ]

    def run() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET value = excluded.value WHERE value IS NOT excluded.value",
            rows,
        )
        connection.execute("COMMIT")

    return run


def ours(connection: sqlite3.Connection, figures: Rows) -> Callable[[], None]:
    """The way of the refresh: a transaction and a fetch for each indicator."""
    with write(connection):
        cities = [{"id": city, "name_zh": city, "name_en": city} for city in CITIES]
        catalog.save_cities(connection, cities)
        catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
        names = [{"id": i, "name_zh": i, "name_en": i, "unit": "个"} for i in INDICATORS]
        catalog.save_indicators(connection, names)

    def run() -> None:
        for indicator, several in figures.items():
            with write(connection):
                fetch = begin_fetch(connection, indicator, "s", "benchmark", now())
                changed = store_figures(connection, indicator, "s", several, fetch)
                end_fetch(connection, fetch, "stored", (), len(several), changed)

    return run


def seconds(action: Callable[[], None]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    figures = make_figures()
    times: dict[str, list[float]] = {"bare": [], "stored": [], "bare again": [], "again": []}
    for _ in range(ROUNDS):
        with (
            tempfile.TemporaryDirectory() as folder,
            open_database(Path(folder) / "ours.db") as connection,
        ):
            lower, store = bare(Path(folder) / "bare.db", figures), ours(connection, figures)
            for name, action in zip(times, (lower, store, lower, store), strict=True):
                times[name].append(seconds(action))
            (changes,) = connection.execute("SELECT count(*) FROM changes").fetchone()
            assert changes == FIGURES, "the second run must not change anything"
    middle = {name: statistics.median(found) for name, found in times.items()}
    for name, found in middle.items():
        print(f"{name:<12}{found:8.3f} s")
    print(f"store 100,000 figures: {middle['stored'] / middle['bare']:.2f} times bare (2.5 wanted)")
    print(
        f"store them again unchanged: {middle['again'] / middle['bare again']:.2f} times the bare "
        f"upsert, {middle['again'] / middle['bare']:.2f} times the bare insert (1.5 wanted); "
        "0 changes"
    )


if __name__ == "__main__":
    main()
