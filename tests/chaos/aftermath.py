"""What a kill may leave behind: nothing half stored, nothing lost, no copy that is not whole."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cityflux.storage.steps import STEPS
from tests.conftest import run_module
from tests.series import CITIES, ROOT

#: The figures of a round, by indicator and city.
Figures = dict[tuple[str, str], float]

_HALF_STORED = """
SELECT indicator_id, count(*), max(value) - min(value) FROM observations GROUP BY indicator_id
"""
#: Rows of ``fetches`` that are neither there nor counted as thinned out.
_LOST_FETCHES = """
SELECT max(id) - count(*) - (SELECT total(fetches) FROM thinned_fetches) FROM fetches
"""
_AT_REST = """
SELECT 1 FROM daemon, (SELECT max(seq) AS last FROM changes)
WHERE pid = ? AND position = last AND NOT EXISTS
    (SELECT 1 FROM jobs WHERE running_since IS NOT NULL OR last_run IS NULL OR last_run < '2021')
"""
_SCORES = "SELECT node_id, city_id, score, rank FROM scores ORDER BY 1, 2"


def look(database: Path) -> list[str]:
    """What is wrong with a database whose daemon was killed."""
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        found = _damage(connection)
        if not _has(connection, "thinned_fetches"):
            return found  # killed while the tables were made
        # All figures of a series come in one answer: never a part of them.
        found += [
            f"half stored: {name}"
            for name, count, spread in connection.execute(_HALF_STORED)
            if (count, spread) != (len(CITIES), len(CITIES) - 1)
        ]
        for what, query in {
            "changes": "SELECT max(seq) - count(*) FROM changes",
            "fetches": _LOST_FETCHES,
        }.items():
            if lost := connection.execute(query).fetchone()[0]:
                found.append(f"{lost:.0f} {what} are missing")
        return found


def look_at_copies(folder: Path) -> list[str]:
    """Copies that have their names and are not whole."""
    found = []
    for path in folder.glob("*.db"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            found += [f"{path.name}: {problem}" for problem in _damage(connection)]
    return found


def look_at_upgrade(database: Path, figures: int) -> list[str]:
    """What is wrong with a database that was killed on the way to its present shape.

    Args:
        database: the file.
        figures: how many it had before.
    """
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        found = _damage(connection)
        taken = steps_taken(connection)
        if taken != [*STEPS[: len(taken)]]:
            found.append(f"the steps {taken} are not those that come first")
        if _has(connection, "observations"):
            (count,) = connection.execute("SELECT count(*) FROM observations").fetchone()
            if count < figures:
                found.append(f"{figures - count} figures are missing")
        return found


def steps_taken(connection: sqlite3.Connection) -> list[str]:
    """The migrations that a database has behind it."""
    if not _has(connection, "_sqlite_migrations"):
        return []
    rows = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid")
    return [name for (name,) in rows]


def settle(folder: Path, daemon: subprocess.Popen[bytes], figures: Figures) -> list[str]:
    """Let a daemon come to rest, stop it, and compare with a computation from scratch.

    Args:
        folder: where it runs.
        daemon: just started.
        figures: what its sources give now.
    """
    database = folder / "data" / "cityflux.db"
    wait_until(database, daemon, _AT_REST.replace("?", str(daemon.pid)))
    daemon.send_signal(signal.SIGTERM)
    code = daemon.wait(60)
    found = [f"the last daemon ended with {code}"] if code else []
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        left = connection.execute(_SCORES).fetchall()
        stored = {
            (indicator, city): value
            for indicator, city, value in connection.execute(
                "SELECT indicator_id, city_id, value FROM observations"
            )
        }
        connection.execute("DELETE FROM scores")
        connection.commit()
        run_module("cityflux", "compute", "chaos", cwd=folder)
        if not left or left != connection.execute(_SCORES).fetchall():
            found.append("the scores differ from those of a fresh run")
    return found + (["the figures differ from those of the sources"] if stored != figures else [])


def cityflux(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start the command line in a folder; what it says is added to ``log.txt``."""
    with (folder / "log.txt").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cityflux", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def wait_until(database: Path, daemon: subprocess.Popen[bytes], query: str) -> None:
    """Wait until a query gives a row; see `wait_for`."""

    def answered() -> object:
        with (
            contextlib.suppress(sqlite3.OperationalError),
            contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as it,
        ):
            return it.execute(query).fetchone()
        return None

    wait_for(daemon, answered, query)


def wait_for(daemon: subprocess.Popen[bytes], done: Callable[[], object], what: str) -> None:
    """Wait until something is the case.

    Raises:
        TimeoutError: the daemon ended by itself, or took longer than any busy machine needs.
    """
    end = time.monotonic() + 60
    while not done():
        if time.monotonic() > end or daemon.poll() is not None:
            raise TimeoutError(f"{what}: not within a minute (exit status: {daemon.returncode})")
        time.sleep(0.002)


def _damage(connection: sqlite3.Connection) -> list[str]:
    (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    return ([] if whole == "ok" else [f"integrity: {whole}"]) + (
        [f"{len(broken)} references to nothing"] if broken else []
    )


def _has(connection: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = ?"
    return connection.execute(query, (table,)).fetchone() is not None
