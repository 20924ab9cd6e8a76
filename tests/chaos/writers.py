"""Two processes write as fast as they can while the daemon works and people use the commands.

``python -m tests.chaos.writers --seconds 60`` is the full length; the tests take one second.
Nobody may be told that the database is locked, and at the end the daemon must know every change.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cityflux.storage.database import open_database, write
from tests.chaos.kills import SERIES, change, prepare
from tests.series import CITIES, ROOT
from tests.servers import LoopbackServer

_UPDATE = "UPDATE observations SET value = value + 1 WHERE indicator_id = ? AND city_id = ?"
#: How it sounds where somebody waited in vain.
_WAITED = re.compile("locked|busy|has been writing|Traceback")
Command = tuple[str, ...]
#: What people do meanwhile, one after the other: modules and their arguments.
COMMANDS: tuple[Command, ...] = (
    ("cityflux", "refresh", "chaos.series_1"),
    ("sqlite_utils", "data/cityflux.db", "UPDATE observations SET value = value + 1"),
    ("cityflux", "import", "figures.csv", "--publisher", "p"),
    ("cityflux", "compute", "chaos"),
    ("cityflux", "backup", "copy.db", "--force"),
    ("cityflux", "status", "--json"),
    ("cityflux", "doctor"),
)


@dataclass
class Outcome:
    """What came of the crowd."""

    writes: int = 0
    commands: int = 0
    problems: list[str] = field(default_factory=list)


def write_with(database: Path, way: str, seconds: float) -> int:
    """Write in a transaction for each figure, until the time is up; returns how many."""
    end, count = time.monotonic() + seconds, 0
    cells = itertools.cycle([(f"chaos.series_{n}", c) for n in range(SERIES) for c in CITIES])
    if way == "cityflux":
        with open_database(database) as connection:
            while time.monotonic() < end:
                with write(connection):
                    connection.execute(_UPDATE, next(cells))
                count += 1
        return count
    with contextlib.closing(sqlite3.connect(database)) as plain:  # five seconds of patience
        while time.monotonic() < end:
            with plain:
                plain.execute(_UPDATE, next(cells))
            count += 1
    return count


def start(folder: Path, *command: str) -> subprocess.Popen[str]:
    """Start a module of Python in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read(database: Path, query: str) -> int:
    """A number from the database; -1 where it is not there yet."""
    uri = f"{database.as_uri()}?mode=ro"
    with contextlib.suppress(sqlite3.OperationalError):
        connection = sqlite3.connect(uri, uri=True, timeout=15)
        with contextlib.closing(connection):
            return int(connection.execute(query).fetchone()[0] or 0)
    return -1


@contextlib.contextmanager
def working_daemon(folder: Path, outcome: Outcome) -> Iterator[None]:
    """A daemon that fetches every series every second, and ends by knowing every change."""
    database, log = folder / "data" / "cityflux.db", folder / "log.txt"
    with log.open("w") as file:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "cityflux", "run"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=file,
        )
    try:
        _wait(lambda: read(database, "SELECT count(*) FROM observations") == SERIES * len(CITIES))
        yield
        known = "SELECT position >= (SELECT max(seq) FROM changes) FROM daemon"
        _wait(lambda: read(database, known) == 1)
    finally:
        daemon.send_signal(signal.SIGTERM)
        code = daemon.wait(60)
    outcome.problems += [f"the daemon ended with {code}"] * bool(code)
    outcome.problems += [line for line in log.read_text().splitlines() if _WAITED.search(line)]
    behind = read(database, "SELECT max(c.seq) - max(r.position) FROM changes c, runs r")
    outcome.problems += [f"the index does not know {behind} changes"] * bool(behind)


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the daemon did not come so far in two minutes")
        time.sleep(0.05)


def crowd(seconds: float, seed: int = 1, commands: Sequence[Command] = COMMANDS) -> Outcome:
    """Write with two processes and use each command at least once."""
    outcome, chance = Outcome(), random.Random(seed)
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, server)
        change(server, chance)
        often = "".join(f'"chaos.series_{n}" = "every 1 second"\n' for n in range(SERIES))
        with (folder / "config.toml").open("a") as config:
            config.write(f"[schedule]\n{often}")
        rows = "".join(f"chaos.series_{n},beijing,2020,{n}\n" for n in range(SERIES))
        (folder / "figures.csv").write_text(f"indicator,city,period,value\n{rows}")
        with working_daemon(folder, outcome):
            writers = [
                start(folder, "tests.chaos.writers", "--write", way, "--seconds", str(seconds))
                for way in ("cityflux", "sqlite3")
            ]
            end = time.monotonic() + seconds
            for command in itertools.cycle(commands):
                if time.monotonic() > end and outcome.commands >= len(commands):
                    break
                change(server, chance)
                outcome.commands += 1
                _note(outcome, " ".join(command), start(folder, *command))
            for writer in writers:
                outcome.writes += int(_note(outcome, "a writer", writer) or 0)
    return outcome


def _note(outcome: Outcome, what: str, process: subprocess.Popen[str]) -> str:
    """Wait for a process, and note what is wrong with how it ended; returns what it printed."""
    out, error = process.communicate(timeout=120)
    if process.returncode or _WAITED.search(error):
        outcome.problems.append(f"{what} ended with {process.returncode}: {out[-300:]}{error}")
        return ""
    return out


def main() -> None:
    """Let them all loose, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", choices=["cityflux", "sqlite3"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        print(write_with(Path("data/cityflux.db"), options.write, options.seconds))
        return
    outcome = crowd(options.seconds, options.seed)
    print(
        f"{options.seconds:g} s: {outcome.writes} writes of two processes, {outcome.commands} "
        f"commands, {len(outcome.problems)} problems"
    )
    print("\n".join(outcome.problems))
    sys.exit(1 if outcome.problems else 0)


if __name__ == "__main__":
    main()
