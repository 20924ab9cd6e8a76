"""`cityflux doctor`: a sound installation passes, and each kind of damage is found and named."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from cityflux.core.app.doctor import Finding, examine
from cityflux.core.app.lock import only_daemon
from cityflux.core.app.session import Session
from cityflux.storage.database import now, open_database, write
from cityflux.storage.jobs import save_daemon
from tests.conftest import Cityflux


class Space(NamedTuple):
    """As much of `shutil.disk_usage` as is looked at."""

    free: int


@pytest.fixture
def look(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Finding]]:
    """Make all checks in a folder where the main job was run."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("CITYFLUX_BAIDU_COOKIE", "made up")

    def findings() -> dict[str, Finding]:
        return {finding.check: finding for finding in examine(Session())}

    return findings


def change(database: Path, script: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)


def daemon(database: Path, beat: str) -> None:
    """What a daemon wrote down that was never told to stop."""
    state = {"pid": 7, "host": "h", "started": beat, "beat": beat, "position": 0}
    with open_database(database) as connection, write(connection):
        save_daemon(connection, state)


def test_a_sound_installation_passes(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("doctor")
    assert done.returncode == 0, done.stdout
    assert "FAILED" not in done.stdout
    lines = done.stdout.splitlines()
    assert "note   secrets: not set, so left out: baidu.index (65 indicators): set" in done.stdout
    found = json.loads(cityflux("doctor", "--json").stdout)
    assert [f"{each['state']:<7}{each['check']}" for each in found] == [
        line.partition(":")[0] for line in lines
    ]
    assert lines[-1] == "ok     search: the index is that of the indicators"


def test_a_failure_is_the_exit_code(home: Path, cityflux: Cityflux) -> None:
    change(home / "data" / "cityflux.db", "UPDATE snapshots SET body = x'00'")
    done = cityflux("doctor")
    assert done.returncode == 1
    assert re.search(r"\nFAILED snapshots: \d\d whose bytes do not match their hash: ", done.stdout)


@pytest.mark.parametrize(
    ("script", "check", "said"),
    [
        (
            "UPDATE snapshots SET body = (SELECT body FROM snapshots ORDER BY sha256 DESC LIMIT 1) "
            "WHERE sha256 = (SELECT min(sha256) FROM snapshots)",
            "snapshots",
            "1 whose bytes do not match their hash",
        ),
        (
            "DELETE FROM cities WHERE id = 'shanghai'",
            "foreign keys",
            "refer to cities that are not there",
        ),
        ("DROP TRIGGER observations_update", "triggers", "gone: observations_update"),
        (
            "DROP VIEW strengths",
            "tables",
            "gone: strengths; mend it with: ",
        ),
        ("DROP INDEX runs_by_index", "tables", "gone: runs_by_index"),
        (
            "INSERT INTO indicators_fts (indicators_fts) VALUES ('delete-all')",
            "search",
            "--repair",
        ),
        ("DROP TABLE indicators_fts", "search", "no such table"),
        ("UPDATE fetches SET started = '2999-01-01T00:00:00.000Z'", "clock", "set the clock"),
        ("PRAGMA journal_mode = DELETE", "schema", "enable-wal"),
        (
            "DELETE FROM _sqlite_migrations WHERE name = 'daemon_says_what_it_does'",
            "schema",
            "does not know any more what it was made of",
        ),
        (
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('cityflux', 'of_the_future', '')",
            "schema",
            "made by a later version",
        ),
    ],
)
def test_damage_to_the_database_is_found(
    home: Path, look: Callable[[], dict[str, Finding]], script: str, check: str, said: str
) -> None:
    change(home / "data" / "cityflux.db", script)
    found = look()
    assert found[check].state == "failed"
    assert said in found[check].detail
    others = {name for name, finding in found.items() if finding.state == "failed"} - {check}
    assert others == set()


def test_pages_that_were_overwritten_are_found(
    home: Path, look: Callable[[], dict[str, Finding]]
) -> None:
    database = home / "data" / "cityflux.db"
    change(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))
    found = look()["integrity"]
    assert found.state == "failed"
    assert found.detail.endswith("go back to a copy, see docs/operations.md")


@pytest.mark.deep
def test_the_lock_tells_whether_a_daemon_is_well(
    home: Path, look: Callable[[], dict[str, Finding]]
) -> None:
    database = home / "data" / "cityflux.db"
    assert look()["daemon"].detail == "not running; the lock is free"
    daemon(database, now())
    assert look()["daemon"].state == "note"
    assert "was killed" in look()["daemon"].detail
    with only_daemon(database):
        assert look()["daemon"].detail.startswith("up, pid 7 on h")
        daemon(database, "2026-01-01T00:00:00.000Z")
        found = look()["daemon"]
        assert (found.state, "without a sign of life" in found.detail) == ("failed", True)


@pytest.mark.deep
def test_a_disk_without_room_is_found(
    look: Callable[[], dict[str, Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Space(10 * 2**20))
    assert look()["disk"].state == "failed"
    monkeypatch.setattr("cityflux.core.app.doctor.LEAST_SPACE", 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Space(2 * 2**20))
    assert look()["disk"].state == "note"
    assert "no copy of the " in look()["disk"].detail


@pytest.mark.parametrize(
    ("config", "check", "state", "said"),
    [
        ("[daemon]\ngrce = 1\n", "configuration", "failed", "did you mean grace?"),
        ('[schedule]\n"no.such" = "@daily"\n', "schedules", "failed", "no source: no.such"),
        ('[schedule]\n"sse.daily" = "often"\n', "schedules", "failed", "sse.daily: schedule"),
        ('[backup]\nschedule = "often"\n', "schedules", "failed", "backup.schedule: "),
        ('[indices]\nfiles = ["gone.toml"]\n', "indices", "failed", "gone.toml"),
        ('[plugins]\ndisabled = ["overall_economy.gdp"]\n', "indices", "note", "from no plugin"),
        ('[database]\npath = "none/x.db"\n', "database", "note", "none yet"),
    ],
)
def test_what_a_configuration_asks_for_is_looked_at(
    home: Path,
    look: Callable[[], dict[str, Finding]],
    config: str,
    check: str,
    state: str,
    said: str,
) -> None:
    (home / "config.toml").write_text(config)
    found = look()[check]
    assert found.state == state
    assert said in found.detail


def test_a_broken_plugin_is_named(home: Path, look: Callable[[], dict[str, Finding]]) -> None:
    (home / "my_plugins").mkdir()
    (home / "my_plugins" / "torn.py").write_text("def indicator(:\n")
    found = look()["plugins"]
    assert (found.state, "torn.py: SyntaxError" in found.detail) == ("failed", True)


def test_a_file_that_is_read_only_is_left_as_it_is(
    home: Path, look: Callable[[], dict[str, Finding]]
) -> None:
    (home / "data" / "cityflux.db").chmod(0o444)
    found = look()["search"]
    assert (found.state, "read-only" in found.detail) == ("note", True)
