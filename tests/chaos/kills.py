"""Kill the daemon at random moments, again and again, and compare with an undisturbed run.

``make chaos`` is the full length; the tests run a few. The moments are those of its start, of
plugins at work in their processes, of storing what they bring, of a copy, of housekeeping, and of
making the tables or changing them to a later shape. After each kill the database must be whole, no
figure stored by half and no change skipped; at the end the figures must be those of the sources,
and the scores those of a computation from scratch.
"""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlite_utils import Database

from cityflux.storage.migrations import migrations
from cityflux.storage.steps import STEPS
from tests.chaos import aftermath
from tests.chaos.aftermath import Figures, cityflux, wait_for, wait_until
from tests.series import CITIES, prepare_series, series_names
from tests.servers import LoopbackServer

SERIES = 20
CONFIG = """
[indices]
default = "chaos"
files = ["chaos.toml"]
[client]
allow_hosts = ["127.0.0.1"]
requests_per_second = 1000.0
[quality]
jump = 1e9
"""
#: Two processes are as good a target as eight, and start four times as fast.
BUSY = """
[refresh]
processes = 2
[backup]
schedule = "every 1 second"
keep = 2
[housekeeping]
keep_snapshots_days = 1
keep_fetches_days = 1
"""

#: Documents on which nothing rests, and as many rows of the log of fetches: housekeeping has
#: something to do after each start.
LITTER = 5000
LITTERED = "FROM snapshots WHERE kept_at < '2020-01-02'"
#: Whether something was stored since everything was made due.
STORING = "SELECT 1 FROM fetches WHERE started > '2020-01-02'"
#: What a database of the time before these steps had.
OLD_STEP = 3
OLD_REVISIONS = 5000


@dataclass
class Outcome:
    """What the kills came to.

    Attributes:
        kills: how many there were.
        changes: how many changes of figures the last database knows.
        hits: how many kills met each kind of work in the middle.
        problems: what was found wrong, a line each.
    """

    kills: int = 0
    changes: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def prepare(folder: Path, server: LoopbackServer, more: str = "") -> None:
    """A folder with a plugin of many series and an index over them."""
    address = server.address("/s/")
    prepare_series(folder, "chaos", address, SERIES, "every 1 minute", CONFIG + more)


def change(server: LoopbackServer, chance: random.Random) -> Figures:
    """Give every series new figures; all figures of a series are of one round."""
    figures: Figures = {}
    for number, name in enumerate(series_names("chaos", SERIES)):
        base = chance.randint(100, 199)
        values = {city: base + place for place, city in enumerate(CITIES)}
        rows = [{"city": c, "period": "2020", "value": value} for c, value in values.items()]
        server.answer(f"/s/{number}", json.dumps(rows))
        figures |= {(name, city): float(value) for city, value in values.items()}
    return figures


class Target:
    """A folder in which a daemon is killed again and again.

    Args:
        folder: an empty one.
        server: what its sources ask.
        seed: of all that is random.
    """

    def __init__(self, folder: Path, server: LoopbackServer, seed: int) -> None:
        self.folder, self.server = folder, server
        self.database = folder / "data" / "cityflux.db"
        self.copies = folder / "backups"
        self.old = folder / "data" / "old.db"
        self.chance = random.Random(seed)
        self.outcome = Outcome()
        self._old_figures = 0
        prepare(folder, server, BUSY)

    def kill(self, number: int) -> None:
        """Kill a daemon at a moment of a kind that follows from a number, and look."""
        moments: tuple[Callable[[], list[str]], ...] = (
            self._while_storing,
            self._while_starting,
            self._while_fetching,
            self._while_copying,
            self._while_storing,
            self._while_tidying,
            self._while_upgrading,
        )
        problems = moments[number % len(moments)]()
        self.outcome.kills += 1
        self.outcome.problems += [f"kill {number}: {each}" for each in problems]

    def end(self) -> Outcome:
        """What came of it, when a last daemon has come to rest undisturbed."""
        figures = change(self.server, self.chance)
        make_due(self.database)
        daemon = cityflux(self.folder, "run")
        self.outcome.problems += aftermath.settle(self.folder, daemon, figures)
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            query = "SELECT count(*) FROM changes"
            self.outcome.changes = connection.execute(query).fetchone()[0]
        return self.outcome

    def _while_starting(self) -> list[str]:
        daemon = self._start()
        time.sleep(self.chance.uniform(0.2, 1.0))
        return self._killed(daemon)

    def _while_fetching(self) -> list[str]:
        daemon = self._start()
        at_work = (
            f"SELECT 1 FROM jobs, daemon WHERE pid = {daemon.pid} AND running_since >= started"
        )
        wait_until(self.database, daemon, at_work)
        time.sleep(self.chance.uniform(0.0, 0.6))
        return self._killed(daemon)

    def _while_storing(self) -> list[str]:
        daemon = self._start()
        wait_until(self.database, daemon, STORING)
        time.sleep(self.chance.uniform(0.0, 0.3))
        return self._killed(daemon)

    def _while_tidying(self) -> list[str]:
        daemon = self._start()
        wait_until(self.database, daemon, f"SELECT count(*) {LITTERED} HAVING count(*) < {LITTER}")
        return self._killed(daemon)

    def _while_copying(self) -> list[str]:
        daemon = self._start()
        wait_for(daemon, lambda: unfinished(self.copies), "a copy")
        time.sleep(self.chance.uniform(0.0, 0.03))
        return self._killed(daemon)

    def _while_upgrading(self) -> list[str]:
        """At a random step; what was killed on the way is tried once more by the next one."""
        if self._steps() in (0, len(STEPS)):
            for path in self.old.parent.glob("old.db*"):
                path.unlink()
            is_new = self.chance.random() < 0.3
            self._old_figures = 0 if is_new else make_old(self.old)
        daemon = cityflux(self.folder, "--database", str(self.old), "run")
        if self.old.exists():
            enough = self.chance.randint(self._steps() + 1, len(STEPS))
            query = f"SELECT count(*) FROM _sqlite_migrations HAVING count(*) >= {enough}"
            wait_until(self.old, daemon, query)
        else:  # it is made beside its place
            wait_for(daemon, lambda: [*self.old.parent.glob("old.db*")], "a new database")
            time.sleep(self.chance.uniform(0.0, 0.1))
        problems = end_at_once(daemon)
        self.outcome.hits["migrations"] += 0 < self._steps() < len(STEPS)
        self.outcome.hits["new databases"] += not self.old.exists()
        if self.old.exists():
            problems += aftermath.look_at_upgrade(self.old, self._old_figures)
        return problems

    def _steps(self) -> int:
        """How many migrations it has behind it; nothing is made of one that is not there."""
        if not self.old.exists():
            return 0
        with contextlib.closing(sqlite3.connect(self.old, timeout=15)) as connection:
            return len(aftermath.steps_taken(connection))

    def _start(self) -> subprocess.Popen[bytes]:
        change(self.server, self.chance)
        for path in unfinished(self.copies):
            path.unlink()
        if self.database.exists():
            make_due(self.database)
        return cityflux(self.folder, "run")

    def _killed(self, daemon: subprocess.Popen[bytes]) -> list[str]:
        """Kill it, note what that met, and look what is wrong."""
        hits = self.outcome.hits
        hits["plugins at work"] += bool(psutil.Process(daemon.pid).children())
        problems = end_at_once(daemon)
        hits["copies"] += bool(unfinished(self.copies))
        if not self.database.exists():
            return problems  # on a busy machine a kill may come before the first file
        with contextlib.suppress(sqlite3.OperationalError):
            uri = f"{self.database.as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
                (left,) = connection.execute(f"SELECT count(*) {LITTERED}").fetchone()
                hits["housekeeping"] += 0 < left < LITTER
        return problems + aftermath.look(self.database) + aftermath.look_at_copies(self.copies)


def unfinished(copies: Path) -> list[Path]:
    """What a copy that is under way, or was killed, has written so far."""
    return [*copies.glob("*.unfinished*")]


def end_at_once(daemon: subprocess.Popen[bytes]) -> list[str]:
    """Kill the daemon; its workers must go with it."""
    workers = psutil.Process(daemon.pid).children()
    daemon.kill()
    daemon.wait()
    end = time.monotonic() + 10
    while (left := [*filter(is_alive, workers)]) and time.monotonic() < end:
        time.sleep(0.002)
    return [f"the worker {each.pid} lives on" for each in left]


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs: what is dead may stay listed until its new parent has read of it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def make_due(database: Path) -> None:
    """As if the next minute had come, and many days: all is due again, and there is litter."""
    long_ago = "2020-01-01T00:00:00.000Z"
    numbers = f"WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {LITTER})"
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        for statement in (
            f"UPDATE fetches SET started = '{long_ago}'",
            f"UPDATE jobs SET last_run = '{long_ago}'",
            f"{numbers} INSERT OR IGNORE INTO snapshots (sha256, body, size, kept_at) "
            f"SELECT n, zeroblob(2000), 2000, '{long_ago}' FROM n",
            f"{numbers} INSERT INTO fetches (indicator_id, started, outcome) "
            f"SELECT 'litter', '{long_ago}', 'failed' FROM n",
        ):
            with contextlib.suppress(sqlite3.OperationalError), connection:
                connection.execute(statement)


def make_old(database: Path) -> int:
    """A database as an early version left it, with figures; returns how many."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrations.apply(Database(connection), stop_before=STEPS[OLD_STEP])
        connection.execute("BEGIN")
        for sql in (
            "INSERT INTO cities (id, name_zh, name_en) VALUES ('shanghai', '上海', 'Shanghai')",
            "INSERT INTO sources (id, publisher) VALUES ('old', 'made up')",
            "INSERT INTO indicators (id, name_zh, name_en, unit) VALUES ('old.a', '旧', 'Old', '')",
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n "
            f"LIMIT {OLD_REVISIONS}) INSERT INTO observations "
            "(indicator_id, city_id, period, source_id, value) "
            "SELECT 'old.a', 'shanghai', printf('%04d', n), 'old', n FROM n",
            "UPDATE observations SET value = value + 1",
        ):
            connection.execute(sql)
        connection.execute("COMMIT")
    return OLD_REVISIONS


def disturb(kills: Iterable[int], seed: int) -> Outcome:
    """Kill a daemon at the moments of these numbers, look each time, and settle at the end."""
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as name:
        target = Target(Path(name), server, seed)
        for number in kills:
            target.kill(number)
        return target.end()
