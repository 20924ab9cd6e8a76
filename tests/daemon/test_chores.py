"""Copies by the clock, whose failures are alarms and turn /health."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from cityflux.core.app.config import Backup, Config
from cityflux.core.app.health import problems
from cityflux.core.app.timetable import backup_trigger
from cityflux.core.daemon.alarms import Alarms
from cityflux.core.daemon.chores import Chores
from cityflux.core.daemon.webhook import Webhook
from cityflux.core.model.errors import ConfigError
from cityflux.storage.alarms import read_alarms
from cityflux.storage.database import now, open_database, write
from cityflux.storage.jobs import save_daemon
from tests.daemon.test_webhook import until


class Planned:
    """As much of a session as the chores look at."""

    def __init__(self, folder: Path, schedule: str = "every 1 day") -> None:
        self.database = folder / "c.db"
        self.config = Config(backup=Backup(schedule=schedule, folder=folder / "copies", keep=1))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "c.db") as opened:
        state = {"pid": 1, "host": "h", "started": now(), "beat": now(), "position": 0}
        with write(opened):
            save_daemon(opened, state)
        yield opened


@pytest.fixture
def scheduler() -> Iterator[BackgroundScheduler]:
    running = BackgroundScheduler(timezone=UTC)
    running.start()
    yield running
    running.shutdown()


def test_a_copy_that_fails_is_an_alarm_until_one_succeeds(
    tmp_path: Path, connection: sqlite3.Connection, scheduler: BackgroundScheduler
) -> None:
    chores = Chores(Planned(tmp_path), Alarms(connection, Webhook("", "text", 1.0), []))  # type: ignore[arg-type]

    def alarms() -> dict[str, str]:
        chores.tend(connection)
        return read_alarms(connection)

    (tmp_path / "copies").write_text("a file where the folder should be")
    chores.schedule(scheduler)
    until(lambda: "backup" in alarms())
    assert any(each.startswith("backup: ") for each in problems(connection))
    (tmp_path / "copies").unlink()
    scheduler.remove_all_jobs()
    chores.schedule(scheduler)  # none was made, so that it is made at once
    until(lambda: not alarms())
    assert len(list((tmp_path / "copies").iterdir())) == 1
    assert not any(each.startswith("backup: ") for each in problems(connection))

    # The next one waits for its time: a new start makes none at once.
    scheduler.remove_all_jobs()
    chores.schedule(scheduler)
    (job,) = scheduler.get_jobs()
    assert job.next_run_time.isoformat() > now()


def test_no_schedule_makes_no_copies(
    tmp_path: Path, connection: sqlite3.Connection, scheduler: BackgroundScheduler
) -> None:
    alarms = Alarms(connection, Webhook("", "text", 1.0), [])
    Chores(Planned(tmp_path, ""), alarms).schedule(scheduler)  # type: ignore[arg-type]
    assert scheduler.get_jobs() == []


def test_a_bad_schedule_is_named() -> None:
    with pytest.raises(ConfigError, match=r"backup\.schedule: .*'@often'"):
        backup_trigger(Config(backup=Backup(schedule="@often")))


def test_a_trigger_that_is_gone_is_told_once_until_it_is_back(
    tmp_path: Path, connection: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    chores = Chores(Planned(tmp_path), Alarms(connection, Webhook("", "text", 1.0), []))  # type: ignore[arg-type]
    chores.tend(connection)
    assert problems(connection) == []
    (sql,) = connection.execute(
        "SELECT sql FROM sqlite_master WHERE name = 'observations_insert'"
    ).fetchone()
    connection.execute("DROP TRIGGER observations_insert")
    for _ in range(3):
        chores.tend(connection)
    said = "observations_insert: gone, so that changes are not seen; mend it with: cityflux doctor"
    assert problems(connection) == [f"triggers: {said} --repair"]
    assert caplog.text.count(said) == 1
    connection.execute(sql)
    chores.tend(connection)
    assert problems(connection) == []
