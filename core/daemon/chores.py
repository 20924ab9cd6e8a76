"""What the daemon does besides fetching and computing: housekeeping, audits, reports, copies."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cityflux.core.app.audits import keep_audited
from cityflux.core.app.session import Session
from cityflux.core.app.timetable import BACKUP, backup_trigger
from cityflux.core.daemon.alarms import Alarms
from cityflux.core.daemon.reports import Reports
from cityflux.core.engine.open_periods import at_hand
from cityflux.core.model.errors import CityfluxError, GivenUp, StorageError
from cityflux.core.refresh.schedule import next_run
from cityflux.storage.backup import back_up, copies, prune_copies, target_of
from cityflux.storage.complaints import MEND
from cityflux.storage.examination import missing_triggers
from cityflux.storage.housekeeping import Policy, run_housekeeping
from cityflux.storage.runs import is_current, last_run_id
from cityflux.storage.staleness import read_stale

if TYPE_CHECKING:
    from apscheduler.schedulers.base import BaseScheduler

log = logging.getLogger("cityflux")

HOUR, DAY = 3600.0, 86_400.0


class Chores:
    """Housekeeping once a day, by the thread that writes, and copies by the clock, in another.

    Args:
        session: configuration and database.
        alarms: who hears of a copy that failed, and of the next one that did not.
        stopping: whether the daemon is to stop, so that long work is left for the next start.

    Attributes:
        is_copying: whether a copy is under way.
    """

    def __init__(
        self, session: Session, alarms: Alarms, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._session, self._alarms, self._stopping = session, alarms, stopping
        self._reports = Reports(session)
        self._given_up = threading.Event()
        self.is_copying = False
        self._tidied, self._looked = -DAY, -HOUR
        self._blind = ""  # which triggers are gone
        self._not_audited: set[tuple[str, int | None]] = set()  # runs that could not be
        self._problem: str | None = None  # None until the first copy of this process

    def schedule(self, scheduler: BaseScheduler) -> None:
        """Hand the copies to the scheduler; one that was missed is made at once."""
        trigger = backup_trigger(self._session.config)
        if trigger is None:
            return
        made = copies(self._session.database, self._session.config.backup.folder)
        last = datetime.fromtimestamp(made[-1].stat().st_mtime, UTC) if made else None
        first = next_run(trigger, last, datetime.now(UTC))
        scheduler.add_job(self._back_up, trigger, id=BACKUP, next_run_time=first)

    def tend(self, connection: sqlite3.Connection) -> None:
        """Do what is due, and tell how the copies go; called every now and then."""
        self._alarms.forget_delivered()
        self._look_at_triggers(connection)
        if not self._audit(connection):  # a report tells of the audit
            self._reports.tend(connection)
        if self._problem is not None:
            self._alarms.state("backup", self._problem)
        if time.monotonic() - self._looked >= HOUR:
            self._alarms.stale(
                {each.indicator_id: each.days_late for each in read_stale(connection)}
            )
            self._looked = time.monotonic()
        if time.monotonic() - self._tidied < DAY:
            return
        self._tidied = time.monotonic()
        settings = self._session.config.housekeeping
        policy = Policy(settings.keep_snapshots_days, settings.keep_fetches_days)
        try:
            done = run_housekeeping(connection, policy, given_up=self._stopping)
        except (StorageError, sqlite3.Error) as error:
            log.warning("housekeeping: %s; tried again tomorrow", error)
            return
        if done.snapshots or done.fetches:
            log.info(
                "housekeeping: %d old documents (%.1f MiB) and %d fetches are gone",
                done.snapshots,
                done.bytes / 2**20,
                done.fetches,
            )

    def _look_at_triggers(self, connection: sqlite3.Connection) -> None:
        gone = missing_triggers(connection)
        blind = f"{', '.join(gone)}: gone, so that changes are not seen; {MEND}" if gone else ""
        if blind != self._blind:
            log.log(
                *((logging.ERROR, blind) if blind else (logging.INFO, "changes are seen again"))
            )
        self._blind = blind
        self._alarms.state("triggers", blind)

    def _audit(self, connection: sqlite3.Connection) -> bool:
        """Audit one index that was recomputed since its last audit, where that is wanted.

        Returns:
            Whether there was one; then there may be another.
        """
        draws = self._session.config.audit.draws
        for definition in self._session.indices.values() if draws else ():
            run = definition.id, last_run_id(connection, definition.id)
            current = is_current(connection, definition.id, at_hand(connection, definition).hash)
            if not current or run in self._not_audited:
                continue
            try:
                if keep_audited(connection, self._session, definition, draws):
                    log.info("audit: %s, %d draws", definition.id, draws)
                    return True
            except StorageError:
                raise
            except CityfluxError as error:
                self._not_audited.add(run)
                log.warning("audit: %s: %s", definition.id, error)
        return False

    def give_up(self) -> None:
        """Leave the copy and the report that are under way, if any; nothing is left of them."""
        self._given_up.set()
        self._reports.give_up()

    def _back_up(self) -> None:
        """In a thread of the scheduler."""
        self.is_copying = True
        database, settings = self._session.database, self._session.config.backup
        try:
            settings.folder.mkdir(parents=True, exist_ok=True)
            target = target_of(database, settings.folder)
            size = back_up(database, target, replace=True, given_up=self._given_up.is_set)
            prune_copies(database, settings.folder, settings.keep, target)
        except GivenUp:
            log.info("backup: given up for now; the next start makes one")
        except (StorageError, OSError) as error:
            self._problem = str(error)
            log.error("backup: %s", error)
        else:
            self._problem = ""
            log.info("backup: %s, %.1f MiB, checked", target, size / 2**20)
        finally:
            self.is_copying = False
