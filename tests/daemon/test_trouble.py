"""What can happen to a daemon that is up: its file moved, its disk full, its end held up."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import run_module
from tests.daemon.test_service import Daemon, boats, daemon, server
from tests.servers import LoopbackServer

__all__ = ["daemon", "server"]  # fixtures


def replace(path: Path) -> None:
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


@pytest.mark.parametrize(
    "away", [Path.unlink, lambda path: path.rename(path.with_name("x.db")), replace]
)
def test_a_database_that_is_no_more_in_its_place_is_not_written(
    daemon: Daemon, away: Callable[[Path], object]
) -> None:
    daemon.start()
    daemon.until_said("sources scheduled")
    away(daemon.database)
    assert daemon.process.wait(30) == 1
    said = daemon.log.read_text().splitlines()[-1]
    assert said.startswith(f"Error: {daemon.database}: was moved, deleted or replaced")


def test_deleting_the_file_of_the_lock_lets_no_second_daemon_in(daemon: Daemon) -> None:
    daemon.start()
    daemon.until_said("sources scheduled")
    lock = daemon.database.with_name("cityflux.db.lock")
    lock.unlink()
    daemon.until(lambda: lock.exists() and lock.read_text())
    second = run_module("cityflux", "run", cwd=daemon.folder)
    assert (second.returncode, f"pid {daemon.process.pid} on " in second.stderr) == (1, True)
    assert daemon.stop() == 0


def test_a_full_disk_is_told_once_and_what_came_is_stored_when_there_is_room(
    daemon: Daemon, server: LoopbackServer
) -> None:
    """A limit on the size of files, which SQLite meets as it meets a full disk."""
    with (daemon.folder / "config.toml").open("a") as config:
        config.write('[schedule]\n"local.port" = "every 1 second"\n')
    server.answer("/hook", "fine")
    daemon.start(CITYFLUX_WEBHOOK=server.address("/hook"))
    daemon.until(lambda: boats(daemon, "shanghai") == [(7.0,)])
    _, most = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (8192, most))
    server.answer("/boats", json.dumps({"shanghai": 9, "beijing": 3}))
    daemon.until_said("the database cannot be written, what comes is kept meanwhile: ")
    daemon.until(lambda: server.count("/hook") == 1)
    assert boats(daemon, "shanghai") == [(7.0,)]

    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (most, most))
    daemon.until(lambda: boats(daemon, "shanghai") == [(9.0,)])
    daemon.until_said("the database can be written again")
    daemon.until(lambda: server.count("/hook") == 2)
    told = [json.loads(seen.body) for seen in server.requests if seen.path == "/hook"]
    assert [(each["event"], each["what"]) for each in told] == [
        ("failed", "database"),
        ("recovered", "database"),
    ]
    assert daemon.stop() == 0
    assert daemon.log.read_text().count("ERROR the database") == 1
    assert daemon.rows("SELECT 1 FROM fetches WHERE outcome = 'failed'") == []


def test_a_configuration_that_is_deleted_is_not_taken_for_the_defaults(daemon: Daemon) -> None:
    daemon.start()
    daemon.until_said("sources scheduled")
    (daemon.folder / "config.toml").unlink()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until_said(f"the old one stays: {daemon.folder / 'config.toml'}: is gone")
    daemon.until_said("; 1 sources scheduled", 2)
    assert daemon.stop() == 0


@pytest.mark.deep
def test_a_copy_that_is_under_way_does_not_hold_up_the_end(daemon: Daemon) -> None:
    daemon.start()
    assert daemon.stop() == 0
    with contextlib.closing(sqlite3.connect(daemon.database, isolation_level=None)) as opened:
        opened.execute("CREATE TABLE ballast (body)")
        opened.execute("INSERT INTO ballast VALUES (zeroblob(300000000))")
    config = (daemon.folder / "config.toml").read_text().replace("grace = 2.0", "grace = 0.0")
    (daemon.folder / "config.toml").write_text(config + '[backup]\nschedule = "@yearly"\n')
    copies = daemon.folder / "backups"
    for _ in range(10):
        daemon.start()
        daemon.until(lambda: [*copies.iterdir()] if copies.exists() else [])
        assert daemon.stop() == 0
        whole = [*copies.glob("cityflux-????-??-??T??????.db")]
        assert [*copies.iterdir()] == whole
        if not whole:
            break
        whole[0].unlink()  # the copy was quicker than the end
    assert whole == []
    assert "ERROR backup" not in daemon.log.read_text()

    daemon.start()  # the copy was missed
    daemon.until(lambda: [*copies.glob("cityflux-????-??-??T??????.db")])
    assert daemon.stop() == 0


def test_a_thread_that_never_ends_does_not_hold_up_the_end(daemon: Daemon) -> None:
    plugin = daemon.folder / "my_plugins" / "boats.py"
    code = (
        "import threading\nfrom pathlib import Path\n"
        "from cityflux.scrapers.http.client import Client\n"
        "def wait(*_, **__): Path('asked').touch(); threading.Event().wait()\n"
        "Client.get = wait\n"
    )
    plugin.write_text(code + plugin.read_text(encoding="utf-8"), encoding="utf-8")
    daemon.start()
    daemon.until((daemon.folder / "asked").exists)
    assert daemon.stop() == 0
    # It was not the source that failed, and the next start looks at it at once.
    assert daemon.rows("SELECT error FROM jobs WHERE running_since > ''") == [("",)]
    assert daemon.rows("SELECT 1 FROM fetches") == []
