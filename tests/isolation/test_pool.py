"""How many workers there are: two as long as they move on, more where some do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cityflux.core.plugin.manager import Selection, load_selection
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.runner import run_tasks
from cityflux.core.refresh.tasks import Part, Task
from cityflux.scrapers.http.client import Client, Policy
from tests.isolation.plugins import new_gate, until, workers_of, write_plugin

CITIES = {"shanghai", "beijing"}
HERE = "from pathlib import Path; import os, time; Path(f'{os.getpid()}.pid').touch()"
WAIT = f"{HERE}\nwhile not Path('go').exists(): time.sleep(0.01)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder: Path, workers: Workers, threads: int = 8) -> Iterator[Result]:
    plugins = load_selection(Selection((folder / "my_plugins",), built_in=False))
    tasks = [Task((Part(plugin, plugin.sources[0]),)) for plugin in plugins.indicators.values()]
    with Client(Policy(offline=True)) as http, new_gate() as gate:
        for together in run_tasks(tasks, http, gate, CITIES, threads, 60, workers):
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
        assert len(workers_of(folder)) <= 2


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
