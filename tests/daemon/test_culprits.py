"""A daemon among whose plugins are some that never end: it keeps its times all the same."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server

import psutil
import pytest

from tests.conftest import run_module
from tests.core.plugin.written import GOOD, RETURNS, write
from tests.daemon.test_service import INDEX, Daemon
from tests.isolation.plugins import (
    ENDLESS,
    LEAVING,
    until,
    workers_of,
    write_derived,
    write_plugin,
)

SLIPS = ("text", "raw", "one_by_one", "table", "raises")
HANGING = f"({', '.join(repr(f'office.{name}') for name in ENDLESS)})"
STARTED = f"SELECT source_id FROM jobs WHERE running_since > '' AND source_id IN {HANGING}"


def configure(folder: Path, limit: float, more: str = "") -> None:
    root = Path(__file__).resolve().parents[2]
    modules = [f"plugins.{path.stem}" for path in (root / "plugins").glob("[a-z]*.py")]
    modules.remove("plugins.cities")
    (folder / "config.toml").write_text(
        f"[plugins]\ndisabled = {json.dumps(modules)}\n[refresh]\ntime_limit = {limit}\n"
        '[indices]\ndefault = "boats"\nfiles = ["boats.toml"]\n'
        f"[daemon]\ngrace = 0.5\n{more}",
        encoding="utf-8",
    )


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    write_plugin(tmp_path, "boats")
    (tmp_path / "boats.toml").write_text(INDEX, encoding="utf-8")
    configure(tmp_path, 3600)
    running = Daemon(tmp_path)
    yield running
    if hasattr(running, "process") and running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def add(daemon: Daemon, *names: str) -> None:
    for name in names:
        fetch, normalize, *_ = {**LEAVING, **ENDLESS}[name]
        write_plugin(daemon.folder, name, fetch, normalize)


def test_the_rest_keeps_its_times_while_plugins_hang(daemon: Daemon) -> None:
    with closing(create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    configure(daemon.folder, 3600, f"port = {port}\n")
    add(daemon, *ENDLESS)
    daemon.start()
    daemon.until(lambda: daemon.scores() == {"shanghai": 100.0, "beijing": 0.0})
    daemon.until(lambda: len(daemon.rows(STARTED)) == len(ENDLESS))
    daemon.until(lambda: len(workers_of(daemon.folder)) >= len(ENDLESS))

    change = "UPDATE observations SET value = 2 WHERE city_id = 'shanghai'"
    assert (
        run_module("sqlite_utils", str(daemon.database), change, cwd=daemon.folder).returncode == 0
    )
    daemon.until(lambda: daemon.scores() == {"shanghai": 0.0, "beijing": 100.0})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
        assert json.load(answer)["healthy"]
    assert len(daemon.rows(STARTED)) == len(ENDLESS)  # none of them has ended meanwhile

    assert daemon.stop() == 0
    until(lambda: not workers_of(daemon.folder))


@pytest.mark.deep
def test_each_culprit_is_cut_off_at_its_limit_and_named(daemon: Daemon) -> None:
    configure(daemon.folder, 5)
    add(daemon, *ENDLESS, *LEAVING)
    daemon.start()
    expected = {name: said for name, (*_, said) in LEAVING.items()}
    expected |= dict.fromkeys(ENDLESS, "did not end: gave up after 5 s")
    failed = "SELECT source_id, error FROM jobs WHERE error <> '' AND running_since IS NULL"
    daemon.until(lambda: len(daemon.rows(failed)) == len(expected), 60)
    jobs = dict(daemon.rows(failed))
    stored = dict(daemon.rows("SELECT indicator_id, error FROM fetches"))
    log = daemon.log.read_text()
    for name, said in expected.items():
        assert said in jobs[f"office.{name}"]
        assert said in stored[f"local.{name}"]
        (line,) = [each for each in log.splitlines() if f"local.{name} from office." in each]
        assert said in line
    (boats,) = daemon.rows("SELECT ended FROM fetches WHERE indicator_id = 'local.boats'")
    cut = daemon.rows("SELECT min(ended) FROM fetches WHERE error LIKE '%gave up%'")[0]
    assert boats < cut
    assert daemon.scores() == {"shanghai": 100.0, "beijing": 0.0}
    assert daemon.stop() == 0


@pytest.mark.deep
def test_derived_figures_and_indices_go_on_when_a_derive_hangs(daemon: Daemon) -> None:
    configure(daemon.folder, 2)
    write_derived(daemon.folder, "adds", ENDLESS["adds"][1], of="boats")
    write_derived(daemon.folder, "doubled", of="boats")
    daemon.start()
    doubled = "SELECT max(value) FROM observations WHERE indicator_id = 'local.doubled'"
    daemon.until(lambda: daemon.rows(doubled) == [(14.0,)])
    daemon.until(lambda: daemon.scores() == {"shanghai": 100.0, "beijing": 0.0})
    assert "local.adds: derive did not end: gave up after 2 s" in daemon.log.read_text()

    change = "UPDATE observations SET value = 1 WHERE indicator_id = 'local.boats' AND value = 7"
    done = run_module("sqlite_utils", str(daemon.database), change, cwd=daemon.folder)
    assert done.returncode == 0
    daemon.until(lambda: daemon.scores() == {"shanghai": 0.0, "beijing": 100.0})
    daemon.until(lambda: daemon.rows(doubled) == [(6.0,)])
    assert daemon.stop() == 0
    until(lambda: not workers_of(daemon.folder))


def test_what_changes_while_a_derive_computes_is_not_missed(daemon: Daemon) -> None:
    wait = """
from pathlib import Path
import time
if figures.height:
    Path("computing").touch()
    while not Path("go").exists():
        time.sleep(0.01)
"""
    write_derived(daemon.folder, "doubled", wait, of="boats")
    daemon.start()
    daemon.until(lambda: (daemon.folder / "computing").exists())
    change = "UPDATE observations SET value = 1 WHERE indicator_id = 'local.boats' AND value = 7"
    done = run_module("sqlite_utils", str(daemon.database), change, cwd=daemon.folder)
    assert done.returncode == 0  # nobody waits for the plugin before he may write
    (daemon.folder / "go").touch()
    doubled = "SELECT value FROM observations WHERE indicator_id = 'local.doubled' ORDER BY 1"
    daemon.until(lambda: daemon.rows(doubled) == [(2.0,), (6.0,)])
    assert daemon.stop() == 0


def test_a_daemon_that_is_killed_takes_its_workers_along(daemon: Daemon) -> None:
    names = ("adds", "matches")  # both hold the interpreter: only the kernel can end them
    for name in names:
        touch = f"from pathlib import Path; Path('{name}.begun').touch()\n"
        write_plugin(daemon.folder, name, "", touch + ENDLESS[name][1])
    daemon.start()
    daemon.until(lambda: all((daemon.folder / f"{name}.begun").exists() for name in names))
    workers = workers_of(daemon.folder)
    assert len(workers) >= len(names)
    daemon.process.kill()
    daemon.process.wait()
    until(lambda: not any(alive(each) for each in workers))


def alive(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


@pytest.mark.deep
def test_what_was_cut_off_by_the_end_of_the_daemon_is_looked_at_when_it_starts_again(
    daemon: Daemon,
) -> None:
    add(daemon, "blocks")
    daemon.start()
    running = "SELECT 1 FROM jobs WHERE source_id = 'office.blocks' AND running_since > ''"
    daemon.until(lambda: daemon.rows(running) and daemon.scores())
    assert daemon.stop() == 0
    write_plugin(daemon.folder, "blocks")
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM fetches WHERE outcome = 'stored' AND id > 1"))
    assert daemon.stop() == 0


def test_slips_of_authors_are_told_in_one_line(daemon: Daemon) -> None:
    for name in SLIPS:
        right, wrong, _ = RETURNS[name]
        code = GOOD.replace('access="bundled"', 'access="live"').replace(right, wrong)
        write(daemon.folder / "my_plugins" / f"{name}.py", code)
    daemon.start()
    daemon.until(lambda: len(daemon.rows("SELECT 1 FROM jobs WHERE error > ''")) == len(SLIPS))
    told = dict(daemon.rows("SELECT source_id, error FROM jobs WHERE error > ''"))
    for name in SLIPS:
        said = RETURNS[name][2].replace("FILE", f"my_plugins/{name}.py")
        assert told[f"office.{name}"].startswith(said)
    assert daemon.stop() == 0
