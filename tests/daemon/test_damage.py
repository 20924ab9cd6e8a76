"""Damage while the daemon runs: it ends with one line that says what to do, and loses nothing."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from cityflux.core.app.config import Daemon as Settings
from cityflux.core.app.lock import Lock, Place, only_daemon
from cityflux.core.daemon.endpoint import answering
from cityflux.core.daemon.pages import Pages
from cityflux.core.model.errors import CityfluxError
from cityflux.storage.changes import position
from cityflux.storage.database import open_database, take_in_the_log
from cityflux.storage.read_only import log_of, read_database
from tests.conftest import run_module
from tests.daemon.test_service import Daemon, daemon, server
from tests.servers import LoopbackServer, Silence

__all__ = ["daemon", "server"]  # fixtures

FILL = (
    "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 3000) "
    "INSERT INTO alarms SELECT n, '', printf('%0500d', n) FROM n"
)


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3)


def scribble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 4)
        file.write(b"\xff" * (path.stat().st_size // 2))


def overwrite(path: Path) -> None:
    """Copy the empty database that was put aside over the one in use, into the same file."""
    path.write_bytes(path.with_name("earlier.db").read_bytes())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "d.db"
    with open_database(path) as connection:
        take_in_the_log(connection)
        shutil.copy(path, path.with_name("earlier.db"))
        connection.execute(FILL)
        connection.execute("INSERT INTO changes (kind) VALUES ('priority')")
    return path


@pytest.mark.parametrize("damage", [cut, scribble, overwrite])
def test_a_file_that_was_damaged_in_place_is_noticed(
    database: Path, damage: Callable[[Path], None]
) -> None:
    with open_database(database) as connection:
        assert position(connection) == 1
        pages = Pages(database, database.parent)
        pages.check(1)
        assert not pages.is_looking()
        damage(database)
        with pytest.raises(CityfluxError, match="go back to a copy of yours, as there is none in"):
            for _ in range(500):
                pages.check(1)
                time.sleep(0.01)


def test_what_sqlite_writes_is_no_damage_nor_what_a_repair_mends(database: Path) -> None:
    with open_database(database) as connection:
        pages = Pages(database, database.parent)
        connection.execute("DELETE FROM alarms")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'first_tables'")
        take_in_the_log(connection)
        pages.check(1)
        while pages.is_looking():
            time.sleep(0.01)
        pages.check(1)


@contextlib.contextmanager
def no_descriptors() -> Iterator[None]:
    """Leave this process no descriptor to open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 1, hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)


def test_a_look_that_cannot_be_made_is_no_damage_and_is_made_later(database: Path) -> None:
    def look_until(done: Callable[[], object]) -> None:
        end = time.monotonic() + 10
        while not done() and time.monotonic() < end:
            pages.check(1)
            time.sleep(0.01)

    with open_database(database) as connection:
        pages = Pages(database, database.parent)
        connection.execute("INSERT INTO changes (kind) VALUES ('priority')")
        take_in_the_log(connection)
        with no_descriptors():
            pages.check(1)
            look_until(lambda: not pages.is_looking())
            pages.check(1)
        cut(database)
        with pytest.raises(CityfluxError, match="go back to a copy of yours"):
            look_until(lambda: False)


def test_a_log_that_was_deleted_is_noticed(database: Path) -> None:
    with open_database(database) as connection:
        connection.execute("DELETE FROM alarms WHERE what > '5'")
        place = Place(database)
        place.check()
        log_of(database).unlink()
        with pytest.raises(CityfluxError, match="-wal: was deleted or replaced"):
            place.check()


@pytest.mark.parametrize("damage", [scribble, lambda path: log_of(path).unlink()])
def test_the_daemon_ends_and_says_what_to_do(
    daemon: Daemon, damage: Callable[[Path], None]
) -> None:
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM scores"))
    damage(daemon.database)
    assert daemon.process.wait(30) == 1
    said = daemon.log.read_text()
    assert "Traceback" not in said
    last = said.splitlines()[-1]
    assert last.startswith(f"Error: {daemon.database}")
    if damage is scribble:
        assert f"as there is none in {daemon.folder / 'backups'} (docs/operations.md)" in last
    else:
        assert "start the daemon again" in last
        assert len(daemon.rows("SELECT 1 FROM observations")) == 2  # what the log held


def test_what_a_deleted_log_held_is_kept_though_a_job_hangs(
    daemon: Daemon, server: LoopbackServer
) -> None:
    server.answer("/boats", Silence())
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE running_since IS NOT NULL"))
    with contextlib.closing(sqlite3.connect(daemon.database)) as hand, hand:
        hand.execute("INSERT INTO changes (kind) VALUES ('priority')")
    log_of(daemon.database).unlink()
    assert daemon.process.wait(30) == 1
    assert daemon.rows("SELECT 1 FROM changes WHERE kind = 'priority'")


#: `cityflux run`, but that it tries again after a moment what it could not write.
IMPATIENT = """
from cityflux.core.cli.main import main
from cityflux.core.daemon import service

service.NEXT_TRY = 0.1
main(["run"])
"""


def test_what_a_hand_breaks_is_told_once_and_mended_under_the_daemon(daemon: Daemon) -> None:
    daemon.program = ["-c", IMPATIENT]
    daemon.start()
    daemon.until(lambda: len(daemon.scores()) == 2)
    row = (
        "INSERT INTO observations (indicator_id, city_id, period, source_id, value) "
        "VALUES ('local.boats', 'shanghai', '{}', 'local.port', {})"
    )

    def by_hand(*statements: str) -> None:
        with contextlib.closing(sqlite3.connect(daemon.database)) as hand, hand:
            hand.execute("PRAGMA ignore_check_constraints = ON")
            hand.execute("PRAGMA legacy_alter_table = ON")  # views may name what is gone
            for statement in statements:
                hand.execute(statement)

    by_hand("DELETE FROM cities WHERE id = 'beijing'", row.format("2020年", 1))
    daemon.until_said("local.boats: 1 row passed over")
    by_hand(row.format("2021年", 1))
    daemon.until_said("local.boats: 2 rows passed over")
    assert daemon.rows("SELECT 1 FROM cities WHERE id = 'beijing'")  # its plugin has said it again
    by_hand("ALTER TABLE scores RENAME TO taken", row.format("2022年", 1))
    daemon.until_said("no such table: scores; mend it with: cityflux doctor --repair")
    time.sleep(1)  # it has tried several times more meanwhile
    done = run_module("cityflux", "doctor", "--repair", cwd=daemon.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    daemon.until_said("the database can be written again")
    daemon.until(lambda: len(daemon.scores()) == 2)
    assert daemon.stop() == 0
    said = daemon.log.read_text()
    assert said.count("ERROR the database") == 1
    assert "Traceback" not in said


def test_one_daemon_for_one_file_whatever_link_leads_to_it(database: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(database)
    with only_daemon(link), pytest.raises(CityfluxError, match="a daemon runs on it already, pid"):
        Lock(database)
    other = tmp_path / "elsewhere" / "other.db"
    other.hardlink_to(database)
    with pytest.raises(CityfluxError, match=r"has 2 names \(hard links\)"):
        Lock(other)


def ask(port: int, path: str, host: str = "") -> tuple[int, str]:
    headers = {"Host": host} if host else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_health_answers_whatever_the_database_is_and_under_known_names_only(
    database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    settings = Settings(port=port, names=["Proxy.example"])
    with answering(settings, partial(read_database, database)):
        for host in ("", f"localhost:{port}", "LOCALHOST.", f"[::1]:{port}", "proxy.example"):
            assert ask(port, "/health", host)[0] == 503  # no daemon is running
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example"):
            assert ask(port, "/health", host)[0] == 421
            assert ask(port, "/metrics", host)[0] == 421
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("DROP TABLE jobs")
        state, said = ask(port, "/health")
        assert (state, json.loads(said)["healthy"]) == (503, False)
        database.write_bytes(b"")
        for path in ("/health", "/metrics"):
            state, said = ask(port, path)
            assert state == 503
            assert "0 bytes long and no cityflux database; put a copy in its place" in said
    assert capfd.readouterr().err == ""


def test_that_a_file_is_gone_is_said_by_whoever_looks_for_it(tmp_path: Path) -> None:
    """It may go between the two looks, and then it is no error of the look at the pages."""
    database = tmp_path / "cityflux.db"
    with open_database(database) as connection:
        known = position(connection)
    pages, place = Pages(database, tmp_path), Place(database)
    database.unlink()
    pages.check(known)
    pages.close()
    with pytest.raises(CityfluxError, match="was moved, deleted or replaced"):
        place.check()
