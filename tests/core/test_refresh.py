"""Tasks that run side by side, in threads and in workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from cityflux import Document, Indicator, Source, hookimpl
from cityflux.core.plugin.manager import IndicatorPlugin, load_plugins
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.side_by_side import Means, Waits, run_tasks
from cityflux.core.refresh.tasks import Part, Task
from cityflux.scrapers.http.client import Client, Policy
from tests.isolation.plugins import new_gate, write_plugin

CITIES = {"shanghai", "beijing"}


#: As many as this must be under way at the same time, or those that wait here are told so.
MEETING = threading.Barrier(6)


class Waiting:
    """A plugin whose `fetch` waits for the test, or for whatever else."""

    def __init__(self, name: str = "waiting", wait: Callable[[], object] | None = None) -> None:
        self.name = f"local.{name}"
        self.go = threading.Event()
        self._wait = wait or self.go.wait

    @hookimpl
    def indicator(self) -> Indicator:
        return Indicator(self.name, "等", "Waiting", "个")

    @hookimpl
    def source(self) -> Source:
        return Source(self.name, "p", "file:waiting", licence="l")

    @hookimpl
    def fetch(self) -> list[Document]:
        self._wait()
        return []

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        return pl.DataFrame()


def results(plugins: Sequence[IndicatorPlugin], limit: float, threads: int = 1) -> list[list[str]]:
    """The errors of the tasks of some plugins, those that came together in one list."""
    tasks = [Task((Part(plugin, plugin.sources[0]),)) for plugin in plugins]
    with (
        Client(Policy(offline=True)) as http,
        Workers(CITIES, threads) as workers,
        new_gate() as gate,
    ):
        return [
            [result.error for result in together]
            for together in run_tasks(tasks, Means(http, gate, CITIES, workers, threads, limit))
        ]


def in_threads(folder: Path, *plugins: str) -> list[IndicatorPlugin]:
    """Plugins as if they were built in; each is made as the expression says."""
    path = folder / "waiting.py"
    path.write_text(
        "from cityflux import hookimpl\nfrom tests.core.test_refresh import MEETING, Waiting\n\n\n"
        f"@hookimpl\ndef register_indicators(register):\n    for each in ({', '.join(plugins)},):\n"
        "        register(each)\n"
    )
    found = load_plugins(files=[path]).indicators.values()
    return [replace(each, apart=None) for each in found if each.indicator.id.startswith("local.")]


@pytest.fixture
def waiting(tmp_path: Path) -> IndicatorPlugin:
    """In a thread, as if it were built in."""
    return in_threads(tmp_path, "Waiting()")[0]


def test_a_thread_that_overstays_is_left_behind_and_nothing_empty_is_handed_over(
    waiting: IndicatorPlugin, tmp_path: Path
) -> None:
    good = load_plugins(files=[write_plugin(tmp_path, "good")]).indicators["local.good"]
    found = results([waiting, replace(good, apart=None), good], limit=1.5)
    assert [len(together) > 0 for together in found] == [True] * len(found)
    late, *others = [error for together in found for error in together]
    assert late.startswith("fetch did not end: gave up after 1.5 s")
    assert others == ["", ""]  # a new thread took the place of the first, in a pool of one
    assert isinstance(waiting.plugin, Waiting)
    waiting.plugin.go.set()


def test_those_that_wait_are_soon_under_way_at_the_same_time(tmp_path: Path) -> None:
    plugins = in_threads(
        tmp_path, *(f"Waiting('w{n}', lambda: MEETING.wait(60))" for n in range(MEETING.parties))
    )
    found = results(plugins, limit=120, threads=MEETING.parties)
    errors = [error for together in found for error in together]
    assert len(errors) == MEETING.parties
    assert not [error for error in errors if "BrokenBarrierError" in error]


def test_a_process_that_computes_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """More threads are wanted where less than half of a core was used since the last look."""
    wall = iter([0.0, 10.0, 20.0, 30.0])
    used = iter([0.0, 6.0, 10.0, 10.5])
    monkeypatch.setattr(
        "cityflux.core.refresh.side_by_side.time",
        SimpleNamespace(monotonic=wall.__next__, process_time=used.__next__),
    )
    waits = Waits()
    assert [waits.mostly() for _ in range(3)] == [False, True, True]


def test_a_worker_is_used_again_and_replaced_where_it_was_killed(tmp_path: Path) -> None:
    say = "raise ValueError(__import__('os').getpid())"
    hooks = {"one": say, "two": say, "three": "__import__('os')._exit(1)", "four": say}
    files = [write_plugin(tmp_path, name, fetch) for name, fetch in hooks.items()]
    plugins = load_plugins(files=files).indicators
    found = results([plugins[f"local.{name}"] for name in hooks], limit=60)
    # What was raised is the number of the process; behind it stands the line of each file.
    one, two, three, four = [error.partition(" (/")[0] for together in found for error in together]
    assert one == two != four
    assert one.startswith("ValueError: ")
    assert three == "fetch ended its process (exit status 1); mend the plugin"


def test_a_pool_that_is_closed_takes_no_more_work(tmp_path: Path) -> None:
    plugin = load_plugins(files=[write_plugin(tmp_path, "good")]).indicators["local.good"]
    task = Task((Part(plugin, plugin.sources[0]),))
    with (
        Client(Policy(offline=True)) as http,
        Workers(CITIES, 1) as workers,
        new_gate() as gate,
    ):
        workers.close()
        ((result,),) = run_tasks([task], Means(http, gate, CITIES, workers, 1, 60))
    assert "stopped: no more work is taken" in result.error
