"""From the commit of a changed figure in another process to the new score.

``python -m benchmarks.latency`` starts the daemon on the bundled figures, changes one figure of the
paper's index 200 times, and waits each time for the run of that index which knows the change.
``--indices 21`` adds 20 copies of the index and waits for the last of all. Beside it stands
`cityflux compute` of that index, as a command with its start.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX = "flow_index"
CHANGE = """
UPDATE observations SET value = value * 1.0001
WHERE indicator_id = ? AND city_id = 'shanghai' AND period = ? AND source_id = ?
"""
FIGURE = """
SELECT indicator_id, period, source_id FROM current_observations
WHERE indicator_id = 'people.domestic_visitors' AND city_id = 'shanghai'
ORDER BY period LIMIT 1
"""
FALLBACK = FIGURE.replace("people.domestic_visitors", "overall_economy.gdp")


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
    text = (ROOT / "plugins" / "indices" / f"{INDEX}.toml").read_text(encoding="utf-8")
    files = []
    for number in range(count):
        files.append(f"copy_{number}.toml")
        own = text.replace(f'id = "{INDEX}"', f'id = "copy_{number}"', 1)
        (folder / files[-1]).write_text(own, encoding="utf-8")
    return files


def measure(database: Path, times: int, indices: int) -> list[float]:
    """Change a figure, and wait for the scores of so many indices; seconds for each time."""
    found = []
    with contextlib.closing(sqlite3.connect(database, timeout=15, isolation_level=None)) as it:
        figure = it.execute(FIGURE).fetchone() or it.execute(FALLBACK).fetchone()
        for _ in range(times):
            it.execute(CHANGE, figure)
            start = time.perf_counter()
            (wanted,) = it.execute("SELECT max(seq) FROM changes").fetchone()
            query = "SELECT count(DISTINCT index_id) FROM runs WHERE position >= ? " + (
                f"AND (index_id = '{INDEX}' OR index_id LIKE 'copy%')"
            )
            while it.execute(query, (wanted,)).fetchone()[0] < indices:
                time.sleep(0.001)
                if time.perf_counter() - start > 60:
                    raise SystemExit("no new score within a minute")
            found.append(time.perf_counter() - start)
            time.sleep(0.05)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--indices", type=int, default=1, help="how many indices to wait for")
    arguments = parser.parse_args()
    times, indices = arguments.times, arguments.indices
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "data" / "cityflux.db"
        cityflux(folder, "run", "--once", "--offline").wait()
        alone = []
        for _ in range(9):
            start = time.perf_counter()
            cityflux(folder, "compute", INDEX).wait()
            alone.append(time.perf_counter() - start)
        # No source is asked here, and none of their failures is waited for.
        files = ", ".join(f'"{file}"' for file in copies(folder, indices - 1))
        (folder / "config.toml").write_text(
            f"[daemon]\ngrace = 0.0\n[indices]\nfiles = [{files}]\n"
        )
        daemon = cityflux(folder, "run")
        time.sleep(5)
        found = sorted(measure(database, times, indices))
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    print(
        f"{times} changes, {indices} indices: p50 {statistics.median(found) * 1e3:.0f} ms, "
        f"p99 {found[int(times * 0.99) - 1] * 1e3:.0f} ms, most {found[-1] * 1e3:.0f} ms; "
        f"the command compute: {statistics.median(alone) * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
