"""A daemon to which things happen, and the ledger by which one sees whether it lost anything."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

from tests.daemon.test_service import Daemon
from tests.series import CITIES, prepare_series, series_names
from tests.servers import LoopbackServer

CONFIG = """
[indices]
default = "chaos"
files = ["chaos.toml"]
[client]
allow_hosts = ["127.0.0.1"]
requests_per_second = 1000.0
deadline = 5.0
connections = 8
[quality]
jump = 1e9
[daemon]
grace = 2.0
"""
#: The changes of figures that were committed: what nobody may take away any more.
LEDGER = "SELECT seq, indicator_id, city_id, period, new_value FROM changes ORDER BY seq"
#: Figures that are not what their last change made of them.
ASTRAY = """
SELECT count(*) FROM changes c WHERE kind != 'delete' AND seq = (SELECT max(seq) FROM changes d
    WHERE (d.indicator_id, d.city_id, d.period) = (c.indicator_id, c.city_id, c.period))
AND new_value IS NOT (SELECT value FROM observations o
    WHERE (o.indicator_id, o.city_id, o.period) = (c.indicator_id, c.city_id, c.period))
AND c.indicator_id IS NOT NULL
"""

Ledger = list[tuple[Any, ...]]


def ledger(database: Path) -> Ledger:
    """The ledger of a database, which may be a copy."""
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        return connection.execute(LEDGER).fetchall()


def lost(database: Path, before: Ledger) -> list[str]:
    """What was committed before and is not there any more, or not whole."""
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        there = {*connection.execute(LEDGER)}
        missing = sum(row not in there for row in before)
        (astray,) = connection.execute(ASTRAY).fetchone()
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
    return (
        [f"{missing} committed changes are missing"] * bool(missing)
        + [f"{astray} figures are not those of their last change"] * bool(astray)
        + [f"integrity: {whole}"] * (whole != "ok")
    )


class Victim(Daemon):
    """A daemon in a folder of its own, which follows a few series on a server.

    Args:
        folder: an empty one.
        server: what its sources ask.
        chance: of all that is random.
        count: how many series there are.
        schedule: of each.
        more: what the configuration holds besides.
    """

    def __init__(
        self,
        folder: Path,
        server: LoopbackServer,
        chance: random.Random,
        count: int = 2,
        schedule: str = "every 1 second",
        more: str = "",
    ) -> None:
        super().__init__(folder)
        self.server, self.chance, self.count = server, chance, count
        self.copies = folder / "backups"
        address = server.address("/s/")
        prepare_series(folder, "chaos", address, count, schedule, CONFIG + more)

    def change(self) -> dict[str, float]:
        """Give every series new figures on the server; returns that of the first city of each."""
        return {name: self.change_one(number) for number, name in enumerate(self.names())}

    def change_one(self, number: int) -> float:
        """Give one series new figures on the server; returns that of its first city."""
        base = float(self.chance.randint(1, 10**9))
        rows = [{"city": c, "period": "2020", "value": base + at} for at, c in enumerate(CITIES)]
        self.server.answer(f"/s/{number}", json.dumps(rows))
        return base

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query; nothing where the file cannot be read, or is damaged."""
        with contextlib.suppress(sqlite3.DatabaseError):
            return super().rows(query)
        return []

    def names(self) -> list[str]:
        """The ids of the series."""
        return series_names("chaos", self.count)

    def up(self, **environment: str) -> None:
        """Start it, and wait until it has what the server has."""
        wanted = self.change()
        self.start(**environment)
        self.until(lambda: self.has(wanted), 120)

    def has(self, wanted: dict[str, float]) -> bool:
        """Whether these figures are stored, and the indices know them."""
        query = f"SELECT indicator_id, value FROM observations WHERE city_id = '{CITIES[0]}'"
        known = "SELECT 1 FROM daemon WHERE position = (SELECT max(seq) FROM changes)"
        return dict(self.rows(query)) == wanted and bool(self.rows(known))

    def recovers(self, wanted: dict[str, float], seconds: float = 60.0) -> bool:
        """Wait until it has these figures, or has ended; whether it has them."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            if self.has(wanted):
                return True
            time.sleep(0.05)
        return False

    def last_words(self) -> str:
        """The error that it ended with, after which its threads may still tell what they do.

        ``Traceback`` where one stands anywhere in its log.
        """
        said = self.log.read_text()
        errors = [line for line in said.splitlines() if line.startswith("Error: ")]
        return "Traceback" if "Traceback" in said else errors[-1] if errors else ""

    def end(self) -> None:
        """End it, whatever it is doing."""
        if hasattr(self, "process") and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
