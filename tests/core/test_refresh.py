"""Tasks that run side by side, in threads and in workers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cityflux import Document, Indicator, Source, hookimpl
from core.isolation.pool import Workers
from core.plugin_manager import IndicatorPlugin, load_plugins
from core.refresh import run_tasks
from core.tasks import Task
from scrapers.client import Client, Policy
from tests.isolation.plugins import write_plugin

CITIES = {"shanghai", "beijing"}


class Waiting:
    """A plugin whose `fetch` waits for the test."""

    def __init__(self) -> None:
        self.go = threading.Event()

    @hookimpl
    def indicator(self) -> Indicator:
        return Indicator("local.waiting", "等", "Waiting", "个")

    @hookimpl
    def source(self) -> Source:
        return Source("local.waiting", "p", "file:waiting", licence="l")

    @hookimpl
    def fetch(self) -> list[Document]:
        self.go.wait()
        return []

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        return pl.DataFrame()


def results(plugins: Sequence[IndicatorPlugin], limit: float, threads: int = 1) -> list[list[str]]:
    """The errors of the tasks of some plugins, those that came together in one list."""
    tasks = [Task(plugin, plugin.sources[0]) for plugin in plugins]
    with Client(Policy(offline=True)) as http, Workers(CITIES, threads) as workers:
        return [
            [result.error for result in together]
            for together in run_tasks(tasks, http, CITIES, threads, limit, workers)
        ]


@pytest.fixture
def waiting(tmp_path: Path) -> IndicatorPlugin:
    """In a thread, as if it were built in."""
    path = tmp_path / "waiting.py"
    path.write_text(
        "from cityflux import hookimpl\nfrom tests.core.test_refresh import Waiting\n\n\n"
        "@hookimpl\ndef register_indicators(register):\n    register(Waiting())\n"
    )
    return replace(load_plugins(files=[path]).indicators["local.waiting"], apart=None)


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


def test_a_worker_is_used_again_and_replaced_where_it_was_killed(tmp_path: Path) -> None:
    say = "raise ValueError(__import__('os').getpid())"
    hooks = {"one": say, "two": say, "three": "__import__('os')._exit(1)", "four": say}
    files = [write_plugin(tmp_path, name, fetch) for name, fetch in hooks.items()]
    plugins = load_plugins(files=files).indicators
    found = results([plugins[f"local.{name}"] for name in hooks], limit=60)
    one, two, three, four = [error for together in found for error in together]
    assert one == two != four
    assert one.startswith("ValueError: ")
    assert three == "fetch ended its process (exit status 1); mend the plugin"


def test_a_pool_that_is_closed_takes_no_more_work(tmp_path: Path) -> None:
    plugin = load_plugins(files=[write_plugin(tmp_path, "good")]).indicators["local.good"]
    with Client(Policy(offline=True)) as http, Workers(CITIES, 1) as workers:
        workers.close()
        ((result,),) = run_tasks([Task(plugin, plugin.sources[0])], http, CITIES, 1, 60, workers)
    assert "stopped: no more work is taken" in result.error
