"""Kill the daemon at random moments, again and again, and compare with an undisturbed run.

``python -m tests.chaos.kills --kills 200`` is the full length; the tests run a few. After each kill
the database must be whole, no figure stored by half and no change skipped; at the end the scores
must be those of a computation from scratch over the same figures.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.series import CITIES, ROOT, prepare_series
from tests.servers import LoopbackServer

SERIES = 20

#: Whether something was stored since everything was made due.
STORING = "SELECT 1 FROM fetches WHERE started > '2020-01-02'"


@dataclass(frozen=True)
class Outcome:
    """What the kills came to."""

    kills: int
    changes: int
    problems: list[str]


def prepare(folder: Path, server: LoopbackServer) -> None:
    """A folder with a plugin of many series and an index over them."""
    config = (
        '[indices]\ndefault = "chaos"\nfiles = ["chaos.toml"]\n[client]\n'
        'allow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n[quality]\njump = 1e9\n'
    )
    prepare_series(folder, "chaos", server.address("/s/"), SERIES, "every 1 minute", config)


def change(server: LoopbackServer, chance: random.Random) -> None:
    """Give every series new figures; all figures of a series are of one round."""
    for number in range(SERIES):
        base = chance.randint(100, 199)
        rows = [
            {"city": city, "period": "2020", "value": base + place}
            for place, city in enumerate(CITIES)
        ]
        server.answer(f"/s/{number}", json.dumps(rows))


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start the daemon."""
    return subprocess.Popen(
        [sys.executable, "-m", "cityflux", "run"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(database: Path, daemon: subprocess.Popen[bytes], query: str) -> None:
    """Wait until a query gives a row; a busy machine takes its time to start the daemon."""
    end = time.monotonic() + 60
    while time.monotonic() < end and daemon.poll() is None:
        with (
            contextlib.suppress(sqlite3.OperationalError),
            contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as it,
        ):
            if it.execute(query).fetchone():
                return
        time.sleep(0.02)


def kill(daemon: subprocess.Popen[bytes]) -> list[str]:
    """Kill the daemon; its workers must go with it."""
    workers = psutil.Process(daemon.pid).children()
    daemon.kill()
    daemon.wait()
    _, alive = psutil.wait_procs(workers, timeout=10)
    left = [each.pid for each in alive if each.is_running() and each.status() != "zombie"]
    return [f"the worker {pid} lives on" for pid in left]


def look(database: Path) -> list[str]:
    """What is wrong with a database whose writer was killed."""
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'daemon'").fetchone():
            return []  # killed while the tables were made
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
        found = [] if whole == "ok" else [f"integrity: {whole}"]
        # All four figures of a series come in one answer: never a part of them.
        found += [
            f"half stored: {name}"
            for name, count, spread in connection.execute(
                "SELECT indicator_id, count(*), max(value) - min(value) FROM observations "
                "GROUP BY indicator_id"
            )
            if (count, spread) != (len(CITIES), len(CITIES) - 1)
        ]
        gaps = connection.execute("SELECT max(seq) - count(*) FROM changes").fetchone()[0]
        return found + ([f"{gaps} changes are missing"] if gaps else [])


def make_due(database: Path) -> None:
    """As if the next minute had come: everything is due again."""
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        for change in ("fetches SET started", "jobs SET last_run"):
            with contextlib.suppress(sqlite3.OperationalError), connection:
                connection.execute(f"UPDATE {change} = '2020-01-01T00:00:00.000Z'")


def settle(folder: Path) -> list[str]:
    """Let the daemon come to rest, stop it, and compare with a computation from scratch."""
    database = folder / "data" / "cityflux.db"
    daemon = start(folder)
    end = time.monotonic() + 60
    query = (
        "SELECT 1 FROM daemon, (SELECT max(seq) AS last FROM changes) "
        "WHERE pid = ? AND position = last AND NOT EXISTS "
        "(SELECT 1 FROM jobs WHERE running_since IS NOT NULL OR last_run IS NULL)"
    )
    while not database.exists() and time.monotonic() < end:
        time.sleep(0.05)  # on a busy machine every kill may have come before the first file
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        while time.monotonic() < end:
            with contextlib.suppress(sqlite3.OperationalError):
                if connection.execute(query, (daemon.pid,)).fetchone():
                    break
            time.sleep(0.05)
        daemon.send_signal(signal.SIGTERM)
        code = daemon.wait(60)
        scores = "SELECT node_id, city_id, score, rank FROM scores ORDER BY 1, 2"
        left = connection.execute(scores).fetchall()
        connection.execute("DELETE FROM scores")
        connection.commit()
    subprocess.run(
        [sys.executable, "-m", "cityflux", "compute", "chaos"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        anew = connection.execute(scores).fetchall()
    found = [] if code == 0 else [f"the last daemon ended with {code}"]
    return found + (
        [] if left == anew and left else ["the scores differ from those of a fresh run"]
    )


def disturb(kills: int, seed: int) -> Outcome:
    """Kill the daemon so many times, look each time, and settle at the end."""
    chance, problems = random.Random(seed), list[str]()
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "data" / "cityflux.db"
        prepare(folder, server)
        for number in range(kills):
            change(server, chance)
            daemon = start(folder)
            # At any moment: of the start, of waiting for the first answers, of storing them.
            if number % 4 == 1:
                time.sleep(chance.uniform(0.2, 1.6))
            elif number % 4 == 2:
                wait_until(database, daemon, f"SELECT 1 FROM daemon WHERE pid = {daemon.pid}")
                time.sleep(chance.uniform(0.0, 1.6))
            else:
                wait_until(database, daemon, STORING)
                time.sleep(chance.uniform(0.0, 0.5))
            problems += [f"kill {number}: {each}" for each in kill(daemon)]
            if database.exists():
                problems += [f"kill {number}: {each}" for each in look(database)]
                make_due(database)
        problems += settle(folder)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            (changes,) = connection.execute("SELECT count(*) FROM changes").fetchone()
    return Outcome(kills, changes, problems)


def main() -> None:
    """Kill, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcome = disturb(options.kills, options.seed)
    print(f"{outcome.kills} kills, {outcome.changes} changes, {len(outcome.problems)} problems")
    print("\n".join(outcome.problems))
    sys.exit(1 if outcome.problems else 0)


if __name__ == "__main__":
    main()
