"""From the commit of a changed figure in another process to the new score.

``python -m benchmarks.latency`` starts the daemon on the bundled figures, changes one figure of the
paper's index 200 times, and waits each time for the run of that index which knows the change.
``--indices 21`` adds 20 copies of the index and waits for the last of all; ``--cities 300`` takes
instead an index of 127 indicators over so many cities, with made-up figures of one year or of
``--years 15``. Beside it stands `cityflux compute` of that index, as a command with its start, and
the mathematics of one index in plain numpy.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.recompute import INDICES, YEARS, fill, plain
from cityflux.core.engine.definition.index import Definition, read_definition
from cityflux.storage.database import open_database

ROOT = Path(__file__).resolve().parents[1]
INDEX = "flow_index"
CHANGE = """
UPDATE observations SET value = value * 1.0001
WHERE indicator_id = ? AND city_id = ? AND period = ? AND source_id = ?
"""
FIGURE = """
SELECT indicator_id, city_id, period, source_id FROM current_observations
WHERE indicator_id IN ('people.domestic_visitors', 'overall_economy.gdp') AND city_id = ?
    AND period <= '2020'
ORDER BY indicator_id DESC, period DESC LIMIT 1
"""


def cityflux(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start the command line in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "cityflux", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def copies(folder: Path, count: int) -> list[str]:
    """Write the index under other names; returns the files."""
    text = (INDICES / f"{INDEX}.toml").read_text(encoding="utf-8")
    files = []
    for number in range(count):
        files.append(f"copy_{number}.toml")
        own = text.replace(f'id = "{INDEX}"', f'id = "copy_{number}"', 1)
        (folder / files[-1]).write_text(own, encoding="utf-8")
    return files


def panel(folder: Path, database: Path, cities: int, years: int) -> list[str]:
    """Write an index over many cities, and make its figures up; returns its file."""
    with open_database(database) as connection:
        rows = connection.execute("SELECT id FROM cities ORDER BY id LIMIT ?", (cities,))
        names = [name for (name,) in rows]
        text = (INDICES / "flow_index_yearly.toml").read_text(encoding="utf-8")
        text = text.replace('id = "flow_index_yearly"', 'id = "copy_panel"', 1)
        text = re.sub(r"(?m)^cities = .*$", f"cities = {names}", text, count=1)
        text = re.sub(r"(?m)^from = .*$", f"of = {YEARS[-years:]}", text, count=1)
        (folder / "panel.toml").write_text(text, encoding="utf-8")
        connection.execute("DELETE FROM observations")
        fill(connection, read_definition(folder / "panel.toml"))
    return ["panel.toml"]


def measure(database: Path, times: int, indices: int, city: str) -> list[float]:
    """Change a figure, and wait for the scores of so many indices; seconds for each time."""
    found = []
    query = (
        "SELECT count(DISTINCT index_id) FROM runs WHERE id > ? AND position >= ? "
        f"AND (index_id = '{INDEX}' OR index_id LIKE 'copy%')"
    )
    with contextlib.closing(sqlite3.connect(database, timeout=15, isolation_level=None)) as it:
        figure = it.execute(FIGURE, (city,)).fetchone()
        for _ in range(times):
            (last,) = it.execute("SELECT max(id) FROM runs").fetchone()
            it.execute(CHANGE, figure)
            start = time.perf_counter()
            (wanted,) = it.execute("SELECT max(seq) FROM changes").fetchone()
            while it.execute(query, (last, wanted)).fetchone()[0] < indices:
                time.sleep(0.001)
                if time.perf_counter() - start > 60:
                    raise SystemExit("no new score within a minute")
            found.append(time.perf_counter() - start)
            time.sleep(0.05)
    return found


def spent_alone(folder: Path, index: str) -> float:
    """Seconds that `cityflux compute` takes, as a command with its start."""
    start = time.perf_counter()
    cityflux(folder, "compute", index).wait()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--indices", type=int, default=1, help="how many indices to wait for")
    parser.add_argument("--cities", type=int, default=0, help="a made-up panel of so many cities")
    parser.add_argument("--years", type=int, default=1, help="of the panel")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "data" / "cityflux.db"
        cityflux(folder, "run", "--once", "--offline").wait()
        if asked.cities:
            files = panel(folder, database, asked.cities, asked.years)
            more, index = '[plugins]\ndisabled = ["plugins.definitions"]\n', "copy_panel"
            definition = read_definition(folder / files[0])
        else:
            files, more, index = copies(folder, asked.indices - 1), "", INDEX
            definition = read_definition(INDICES / f"{INDEX}.toml")
        # No source is asked here, and none of their failures is waited for.
        (folder / "config.toml").write_text(
            f"[daemon]\ngrace = 0.0\n[indices]\nfiles = {files}\n{more}"
        )
        alone = statistics.median(spent_alone(folder, index) for _ in range(5))
        daemon = cityflux(folder, "run")
        time.sleep(8)
        found = sorted(measure(database, asked.times, asked.indices, definition.cities[0]))
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    report(asked.times, asked.indices, definition, found, alone)


def report(
    times: int, indices: int, definition: Definition, found: list[float], alone: float
) -> None:
    """Print what was found."""
    p50 = statistics.median(found)
    bare = statistics.median(plain(definition) for _ in range(9)) * indices
    print(
        f"{times} changes, {indices} indices of {len(definition.cities)} cities: "
        f"p50 {p50 * 1e3:.0f} ms ({p50 / bare:.0f} times numpy in memory), "
        f"p99 {found[int(times * 0.99) - 1] * 1e3:.0f} ms, most {found[-1] * 1e3:.0f} ms; "
        f"the command compute: {alone * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
