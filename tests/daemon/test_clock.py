"""A real daemon whose wall clock is set while it runs (libfaketime); the monotonic one goes on."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import run_module
from tests.daemon.test_service import Daemon, ask, daemon, server
from tests.servers import Answer, LoopbackServer

__all__ = ["daemon", "server"]  # fixtures

SOURCES = {
    "hourly": "every 1 hour",
    "morning": "0 6 * * *",
    "broken": "@yearly",
}
PLUGIN = """
import threading
import time

import polars as pl
from cityflux import Indicator, Source, hookimpl

# libfaketime 0.9 refuses the absolute deadline with which CPython sleeps since 3.11.
time.sleep = lambda seconds: threading.Event().wait(seconds)


class Series:
    def __init__(self, name, schedule):
        self.name, self.schedule = name, schedule

    @hookimpl
    def indicator(self):
        return Indicator(f"clock.{self.name}", "钟", self.name, "个")

    @hookimpl
    def source(self):
        address = f"ADDRESS{self.name}"
        return Source(f"clock.{self.name}", "p", address, licence="l", schedule=self.schedule)

    @hookimpl
    def fetch(self, http, source):
        return [http.get(source.address)]

    @hookimpl
    def normalize(self, documents):
        return pl.DataFrame(
            {"city": ["shanghai"], "period": ["2020"], "value": [float(documents[0].body)]}
        )


@hookimpl
def register_indicators(register):
    for name, schedule in SOURCES.items():
        register(Series(name, schedule))
"""


class Hands:
    """The hands of the clock of a process, and of its workers: a file that libfaketime reads."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def set(self, moment: datetime) -> None:
        following = self._file.with_suffix(".new")
        following.write_text(f"{moment.timestamp() - time.time():+.3f}\n")
        following.replace(self._file)

    def environment(self, cache: str = "NO_CACHE") -> dict[str, str]:
        """What a process is started with; ``cache`` says how often it looks at the hands."""
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")  # of Debian: faketime
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            f"FAKETIME_{cache}": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


class Clocked:
    """A daemon, its sources, and the hands of its clock."""

    def __init__(self, daemon: Daemon, server: LoopbackServer) -> None:
        self.daemon, self.server = daemon, server
        self._hands = Hands(daemon.folder / "offset")
        self.set = self._hands.set
        for name in SOURCES:
            server.answer(f"/{name}", "1")
        code = PLUGIN.replace("ADDRESS", server.address("/")).replace("SOURCES", repr(SOURCES))
        (daemon.folder / "my_plugins" / "series.py").write_text(code, encoding="utf-8")
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.port = probe.getsockname()[1]
        config = daemon.folder / "config.toml"
        config.write_text(config.read_text().replace("[daemon]", f"[daemon]\nport = {self.port}"))

    def start(self) -> None:
        self.daemon.start(**self._hands.environment())

    def until_looked(self, **counts: int) -> None:
        """Wait until the sources were looked at so many times, and every look is over."""
        for name, count in counts.items():
            source = f"source_id = 'clock.{name}'"
            self._until(f"SELECT count(*) FROM fetches WHERE {source} HAVING count(*) >= {count}")
            self._until(f"SELECT 1 FROM jobs WHERE {source} AND running_since IS NULL")
        assert {name: self.server.count(f"/{name}") for name in counts} == counts

    def _until(self, query: str) -> None:
        self.daemon.until(lambda: self.daemon.rows(query))

    def due(self, name: str) -> datetime:
        ((text,),) = self.daemon.rows(f"SELECT next_run FROM jobs WHERE source_id = 'clock.{name}'")
        return datetime.fromisoformat(text)

    def until_healthy(self) -> None:
        """Wait until /health says so, and look at what status says."""
        self.daemon.until(lambda: ask(self.port, "/health")[0] == 200)
        said = json.loads(run_module("cityflux", "status", "--json", cwd=self.daemon.folder).stdout)
        assert said["daemon"]["running"]


@pytest.fixture
def clocked(daemon: Daemon, server: LoopbackServer) -> Clocked:
    return Clocked(daemon, server)


def morning(day: int, hour: int = 6, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


def test_sources_keep_their_pace_though_the_clock_is_set_back_and_forward(
    clocked: Clocked,
) -> None:
    clocked.set(morning(10, 3))
    clocked.start()
    clocked.until_looked(hourly=1, morning=1, broken=1)  # never looked at: at once
    assert clocked.due("morning") == morning(10)

    # To just before six; the hourly one has missed some of its times, which is one look.
    clocked.set(morning(10, 5, 59, 59))
    clocked.until_looked(hourly=2, morning=2)
    assert clocked.due("morning") == morning(11)
    clocked.until_healthy()

    # Two days back: none is silent for two days, and what has run is not run again.
    clocked.set(morning(8, 6, 0, 30))
    clocked.daemon.until(lambda: clocked.due("morning") == morning(9))
    due = clocked.due("hourly")
    assert morning(8) < due <= morning(8, 7, 0, 30)
    clocked.until_healthy()
    clocked.set(due - timedelta(seconds=1))
    clocked.until_looked(hourly=3, morning=2)
    clocked.set(morning(9, 5, 59, 59))
    clocked.until_looked(hourly=4, morning=3)

    # Two days forward: all that was passed is caught up by one look.
    clocked.set(morning(11, 6, 0, 30))
    clocked.until_looked(hourly=5, morning=4, broken=1)
    assert clocked.due("morning") == morning(12)
    clocked.until_healthy()
    assert clocked.daemon.stop() == 0


@pytest.mark.deep
def test_a_source_that_fails_comes_back_though_the_clock_was_set_back(clocked: Clocked) -> None:
    clocked.set(morning(10, 3))
    clocked.start()
    clocked.until_looked(hourly=1, morning=1, broken=1)
    clocked.server.answer("/hourly", Answer("no number"))
    clocked.set(clocked.due("hourly"))
    clocked.until_looked(hourly=2)
    clocked.daemon.until(lambda: ask(clocked.port, "/health")[0] == 503)

    # It waits for another try in a quarter of an hour, not in two days.
    clocked.set(morning(8))
    clocked.daemon.until(lambda: clocked.due("hourly") <= morning(8, 6, 15))
    clocked.server.answer("/hourly", "2")
    clocked.set(clocked.due("hourly"))
    clocked.until_looked(hourly=3)
    clocked.until_healthy()
    assert clocked.daemon.log.read_text().count("clock.hourly is well again") == 1
    assert clocked.daemon.stop() == 0
