"""How many workers there are: two as long as they move on, more where some do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cityflux.core.plugin.manager import Selection, load_selection
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.runner import Summary
from cityflux.core.refresh.side_by_side import Means, run_tasks
from cityflux.core.refresh.tasks import Part, Task
from cityflux.scrapers.http.client import Client, Policy
from tests.isolation.plugins import new_gate, until, workers_of, write_plugin

CITIES = {"shanghai", "beijing"}
HERE = "from pathlib import Path; import os, time; Path(f'{os.getpid()}.pid').touch()"
MEMBERS, WAITING = 80, 41
WAIT = f"{HERE}\nwhile not Path('go').exists(): time.sleep(0.01)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder: Path, workers: Workers, threads: int = 8) -> Iterator[Result]:
    plugins = load_selection(Selection((folder / "my_plugins",), built_in=False))
    tasks = [Task((Part(plugin, plugin.sources[0]),)) for plugin in plugins.indicators.values()]
    with Client(Policy(offline=True)) as http, new_gate() as gate:
        for together in run_tasks(tasks, Means(http, gate, CITIES, workers, threads, 60)):
            yield from together


def test_two_workers_do_for_many_tasks_that_move_on(folder: Path) -> None:
    for number in range(8):
        write_plugin(folder, f"quick_{number}", HERE)
    with Workers(CITIES, most=8, moment=3600) as workers:
        assert [result.error for result in run(folder, workers)] == [""] * 8
    assert len([*folder.glob("*.pid")]) <= 2


def test_those_that_do_not_move_on_hold_up_nobody_and_the_surplus_ends(folder: Path) -> None:
    for number in range(5):
        write_plugin(folder, f"a_slow_{number}", WAIT)
    write_plugin(folder, "quick", HERE)
    with Workers(CITIES, most=8, moment=0.01) as workers:
        results = run(folder, workers)
        first = next(results)
        assert first.task.plugin.indicator.id == "local.quick"
        assert len(workers_of(folder)) > 2
        (folder / "go").touch()
        assert [result.error for result in results] == [""] * 5
        until(lambda: len(workers_of(folder)) <= 2)


def test_there_are_never_more_than_are_allowed(folder: Path) -> None:
    for number in range(3):
        write_plugin(folder, f"a_slow_{number}", WAIT)
    write_plugin(folder, "later", HERE)
    with Workers(CITIES, most=3, moment=0.01) as workers:
        results = run(folder, workers)
        threading.Thread(target=release, args=(folder,)).start()
        assert [result.error for result in results] == [""] * 4
    assert len([*folder.glob("*.pid")]) == 3


def release(folder: Path) -> None:
    """Let the slow ones go on as soon as all workers are with one."""
    until(lambda: len([*folder.glob("*.pid")]) == 3)
    (folder / "go").touch()


FAMILY = f"""
import os
import time
from pathlib import Path
import polars as pl
from cityflux import Document, Indicator, Source, hookimpl


class Member:
    def __init__(self, number):
        self.number = number

    @hookimpl
    def indicator(self):
        name = f"local.{{self.number:02}}"
        return Indicator(name, name, name, "个")

    @hookimpl
    def source(self):
        return Source(f"office.{{self.number:02}}", "p", "https://office.invalid/", licence="l")

    @hookimpl
    def fetch(self):
        Path(f"{{os.getpid()}}.pid").touch()
        if self.number == 1:
            os._exit(3)
        if self.number == 2:
            raise SystemExit("no more")
        return [Document(f"file:{{self.number}}", b"7")]

    @hookimpl
    def normalize(self, documents):
        while self.number == {WAITING} and not Path("go").exists():
            time.sleep(0.01)
        return pl.DataFrame({{"city": ["shanghai"], "period": ["2020"], "value": [7.0]}})


@hookimpl
def register_indicators(register):
    for number in range({MEMBERS}):
        register(Member(number))
"""


def test_of_many_that_a_worker_is_given_at_once_each_costs_itself_alone(folder: Path) -> None:
    (folder / "my_plugins").mkdir()
    (folder / "my_plugins" / "family.py").write_text(FAMILY, encoding="utf-8")
    errors = {}
    with Workers(CITIES, most=8, moment=0.01) as workers:
        for result in run(folder, workers, threads=1):
            errors[result.task.plugin.indicator.id] = result.error
            if len(errors) == MEMBERS - 1:  # all others are there, also those right behind it
                assert f"local.{WAITING}" not in errors
                (folder / "go").touch()
    assert {name: error for name, error in errors.items() if error} == {
        "local.01": "fetch ended its process (exit status 3); mend the plugin",
        "local.02": "SystemExit: no more (my_plugins/family.py, line 28)",
    }
    assert len(errors) == MEMBERS
    # One that left, one that waits, and for the others one or two, as they are quick or slow.
    assert len([*folder.glob("*.pid")]) <= 4


def test_one_thread_fetches_one_source_at_a_time_while_another_is_read(folder: Path) -> None:
    alone = (
        "from pathlib import Path; Path('fetching').touch(exist_ok=False); "
        "Path(f'{NAME}.fetched').touch(); Path('fetching').unlink()"
    )
    other = "import time\nfrom pathlib import Path\n"
    other += "while not Path('b.fetched').exists(): time.sleep(0.01)"
    for name in "abcd":
        write_plugin(folder, name, alone, other)
    with Workers(CITIES, most=8, moment=3600) as workers:
        assert [result.error for result in run(folder, workers, threads=1)] == [""] * 4


def test_a_worker_that_does_not_come_up_is_tried_and_told_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        write_plugin(folder, f"p_{number:02}", "")
    starter = folder / "python"
    starter.write_text("#!/bin/sh\necho >> starts\nexit 4\n")
    starter.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(starter))
    summary = Summary()
    with Workers(CITIES, most=8) as workers:
        for result in run(folder, workers):
            summary.note(result)
    assert len((folder / "starts").read_text()) <= 2  # two threads may have begun at once
    assert len(summary.failed) == 40
    ((names, error),) = summary.failures()
    assert names == "40 indicators from any source"
    assert error == ("no process for plugins: ended while it loaded the plugins (exit status 4)")
