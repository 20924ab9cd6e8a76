"""What the daemon costs: starting with many indicators, standing idle, and refreshing for long.

::

    python -m benchmarks.daemon                        # 10,000 scheduled indicators: start, memory
    python -m benchmarks.daemon --idle 10              # ten minutes of nothing: CPU, memory
    python -m benchmarks.daemon --refreshes 10000      # changing data: does memory grow?
    python -m benchmarks.daemon --questions 20         # /health, /metrics: a million figures

A real ``cityflux run`` in a process of its own asks a server on loopback. It counts as started when
it tells its service manager so (READY, sd_notify), which is when all sources are scheduled.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil

from cityflux.core.app.config import Config
from cityflux.core.daemon.endpoint import answering
from cityflux.core.plugin.manager import load_plugins
from cityflux.storage.database import now, open_database, write
from cityflux.storage.jobs import Job, save_daemon, save_jobs
from cityflux.storage.read_only import read_database
from tests.series import CITIES, prepare_series
from tests.servers import LoopbackServer

ROOT = Path(__file__).resolve().parents[1]
MIB = 2**20


class Memory(NamedTuple):
    """The memory of a process and of its children, in MiB.

    Attributes:
        rss: resident; what several processes share counts in each of them.
        pss: resident; what several processes share counts once.
        processes: how many there are.
    """

    rss: float
    pss: float
    processes: int


class Daemon:
    """``cityflux run`` in a folder, from its start until it is stopped.

    Args:
        folder: with its ``config.toml``.

    Attributes:
        seconds: from the start of the process until it was ready.
        ready: the same in words, with the CPU that it took, which tells more on a busy machine.
        process: to ask for memory and CPU.
    """

    def __init__(self, folder: Path) -> None:
        self.database = folder / "data" / "cityflux.db"
        place = folder / "notify"
        place.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(place))
            manager.settimeout(300)
            start = time.perf_counter()
            with (folder / "log.txt").open("a") as log:
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "cityflux", "run"],
                    cwd=folder,
                    env={**os.environ, "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": str(place)},
                    stdout=log,
                    stderr=log,
                )
            while b"READY=1" not in manager.recv(4096):
                pass
            self.seconds = time.perf_counter() - start
        self.process = psutil.Process(self._child.pid)
        used = self.process.cpu_times()
        self.ready = (
            f"ready in {self.seconds:.1f} s ({used.user + used.system:.1f} s of CPU) with "
            f"{self.memory:.0f} MiB"
        )

    @property
    def memory(self) -> float:
        """Resident memory in MiB; what it shares with other processes counts in full."""
        return float(self.process.memory_info().rss) / MIB

    @property
    def memory_in_all(self) -> Memory:
        """The memory of the daemon and of its workers, in which foreign plugins do their work."""
        found = [Memory(0.0, 0.0, 0)]
        for each in (self.process, *self.process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                info = each.memory_full_info()
                found.append(Memory(info.rss / MIB, info.pss / MIB, 1))
        return Memory(*map(sum, zip(*found, strict=True)))

    def ask(self, query: str) -> int:
        """A number from the database."""
        uri = f"{self.database.as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=15)) as connection:
            return int(connection.execute(query).fetchone()[0])

    def stop(self) -> float:
        """Stop it, and say how many seconds that took."""
        start = time.perf_counter()
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(300)
        return time.perf_counter() - start


def prepare(folder: Path, series: int, schedule: str, server: LoopbackServer, index: bool) -> None:
    """A folder with one plugin of many indicators, and perhaps an index over them."""
    files = '[indices]\ndefault = "bench"\nfiles = ["bench.toml"]\n' if index else ""
    config = (
        f'{files}[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1e6\n'
        '[log]\nlevel = "warning"\n'
    )
    prepare_series(folder, "bench", server.address("/series?series="), series, schedule, config)


@contextmanager
def changing_server() -> Iterator[LoopbackServer]:
    """A server whose every answer holds other figures than the one before."""
    rounds = itertools.count()

    def answer(_: object) -> str:
        base = 100 + next(rounds) % 97
        rows = [{"city": c, "period": "2020", "value": base + n} for n, c in enumerate(CITIES)]
        return json.dumps(rows)

    with LoopbackServer() as server:
        server.answer("/series", answer)
        yield server


FETCHED = "SELECT count(*) FROM fetches WHERE outcome IN ('stored', 'unchanged')"


def many(series: int) -> None:
    """Start with many indicators: a new database, where all is due, and one where nothing is."""
    with changing_server() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, series, "@daily", server, index=False)
        daemon = Daemon(folder)
        print(f"{series:,} scheduled indicators, new database: {daemon.ready}")
        print(f"stopped while all of them were due in {daemon.stop():.1f} s")
        daemon = Daemon(folder)
        start, alone, seen = time.perf_counter(), 0.0, []
        while daemon.ask(FETCHED) < series and time.perf_counter() - start < 600:
            alone = max(alone, daemon.memory)
            seen.append(daemon.memory_in_all)
            time.sleep(0.5)
        seconds, count = time.perf_counter() - start, daemon.ask(FETCHED)
        rss, pss, processes = map(max, zip(*seen, strict=True))
        print(
            f"all due at once: {count:,} fetched in {seconds:.0f} s; the daemon took at most "
            f"{alone:.0f} MiB, and with its workers, {processes} processes in all, {rss:.0f} MiB, "
            f"or {pss:.0f} where what they share counts once; stopped in {daemon.stop():.1f} s"
        )
        daemon = Daemon(folder)
        time.sleep(10)
        print(
            f"started again, nothing due: {daemon.ready}, ten seconds later "
            f"{daemon.memory:.0f} MiB; stopped in {daemon.stop():.1f} s"
        )


def idle(minutes: float) -> None:
    """The bundled indicators, all looked at just now, for some minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= dict.fromkeys(Config().secrets.values(), "made up")  # no source is left out
        subprocess.run(
            [sys.executable, "-m", "cityflux", "run", "--once", "--offline"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
        sources = look_at_all(folder / "data" / "cityflux.db")
        daemon = Daemon(folder)
        time.sleep(15)  # what a start does is no part of standing idle
        before, start = daemon.process.cpu_times(), time.perf_counter()
        memory = [daemon.memory]
        while time.perf_counter() - start < minutes * 60:
            time.sleep(5)
            memory.append(daemon.memory)
        seconds, after = time.perf_counter() - start, daemon.process.cpu_times()
        used = after.user - before.user + after.system - before.system
        leaves = daemon.ask("SELECT count(DISTINCT indicator_id) FROM nodes")
        print(
            f"{leaves} indicators of the indices, {sources} sources scheduled, idle for "
            f"{seconds / 60:.1f} min: {100 * used / seconds:.2f} % of a core; {memory[0]:.0f} MiB "
            f"at first, {memory[-1]:.0f} at last, {max(memory):.0f} at most"
        )
        daemon.stop()


def look_at_all(database: Path) -> int:
    """As if every source had been looked at just now; returns how many are scheduled."""
    plugins, moment = load_plugins(), now()
    sources = {
        source.id: source
        for plugin in (*plugins.indicators.values(), *plugins.flows.values())
        for source in plugin.sources
        if source.access == "live" and source.schedule
    }
    jobs = [
        Job(each.id, each.schedule, None, moment, moment, None, "") for each in sources.values()
    ]
    with open_database(database) as connection, write(connection):
        save_jobs(connection, jobs)
    return len(jobs)


def refreshes(count: int) -> None:
    """Figures that change at every look, again and again: how much memory it takes."""
    with changing_server() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, 40, "every 1 second", server, index=True)
        daemon = Daemon(folder)
        marks = sorted({count // 100, count // 10, count // 4, count // 2, count})
        start, memory = time.perf_counter(), {}
        for mark in marks:
            while daemon.ask(FETCHED) < mark:
                time.sleep(0.1)
            memory[mark] = daemon.memory
            print(f"after {mark:,} refreshes: {memory[mark]:.1f} MiB", flush=True)
        seconds = time.perf_counter() - start
        runs = daemon.ask("SELECT count(*) FROM runs")
        changes = daemon.ask("SELECT count(*) FROM changes")
        growth = memory[count] / memory[count // 10] - 1
        print(
            f"{count:,} refreshes in {seconds:.0f} s, {changes:,} changes, {runs:,} runs: memory "
            f"grew by {growth:.1%} since refresh {count // 10:,}; stopped in {daemon.stop():.1f} s"
        )


_MANY = """
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT :count)
"""
_FIGURES = """
INSERT INTO observations (indicator_id, city_id, period, source_id, value)
SELECT i.id, c.id, p.value, 's' || substr(i.id, 2), 1.0
FROM indicators i, cities c, json_each('["2022", "2023", "2024", "2025"]') p
"""


def fill(database: Path, count: int) -> int:
    """A database with many indicators, each from a source of its own; returns how many figures."""
    moment = {"moment": now()}
    with open_database(database) as connection, write(connection):
        for rows, sql in (
            (30, "INSERT INTO cities (id, name_zh, name_en) SELECT 'c' || n, n, n FROM n"),
            (count, "INSERT INTO sources (id, publisher) SELECT 's' || n, 'made up' FROM n"),
            (
                count,
                "INSERT INTO indicators (id, name_zh, name_en, unit) SELECT 'i' || n, n, n, '个' "
                "FROM n",
            ),
            (
                count,
                "INSERT INTO jobs SELECT 's' || n, '@daily', :moment, :moment, :moment, NULL, '' "
                "FROM n",
            ),
        ):
            connection.execute(_MANY + sql, {"count": rows, **moment})
        connection.execute(_FIGURES)
        state = {"pid": 1, "host": "", "started": now(), "beat": now(), "position": 0}
        save_daemon(connection, state)
        return int(connection.execute("SELECT count(*) FROM observations").fetchone()[0])


CHANGE = "UPDATE observations SET value = value + 1 WHERE indicator_id = 'i' || ?"


def questions(times: int, count: int) -> None:
    """Ask /health and /metrics again and again, and change the figures of an indicator between."""
    with tempfile.TemporaryDirectory() as name:
        database = Path(name) / "c.db"
        figures = fill(database, count)
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
            port = probe.getsockname()[1]
        taken: dict[str, list[float]] = {"health": [], "metrics": []}
        with answering(port, partial(read_database, database)):
            for number in range(1, times + 1):
                for path, seconds in taken.items():
                    with open_database(database) as connection:
                        connection.execute(CHANGE, (number,))
                    start = time.perf_counter()
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}").read()
                    seconds.append(time.perf_counter() - start)
    print(f"{count:,} indicators and sources, {figures:,} figures")
    for path, (first, *rest) in taken.items():
        print(f"/{path}: {first * 1e3:.0f} ms at first, {statistics.median(rest) * 1e3:.0f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indicators", type=int, default=10_000)
    parser.add_argument("--idle", type=float, metavar="MINUTES")
    parser.add_argument("--refreshes", type=int, metavar="N")
    parser.add_argument("--questions", type=int, metavar="N")
    options = parser.parse_args()
    if options.idle:
        idle(options.idle)
    elif options.refreshes:
        refreshes(options.refreshes)
    elif options.questions:
        questions(options.questions, options.indicators)
    else:
        many(options.indicators)


if __name__ == "__main__":
    main()
