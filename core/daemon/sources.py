"""How each source is doing: what the looks at it came to, and when the next one is."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cityflux.core.app.events import announce_failures
from cityflux.core.daemon.alarms import Alarms
from cityflux.core.plugin.manager import Plugins
from cityflux.core.refresh.carry_out import UNABLE, Result
from cityflux.core.refresh.schedule import next_run
from cityflux.core.refresh.tasks import named
from cityflux.storage import jobs
from cityflux.storage.database import as_moment, as_text, now, write
from cityflux.storage.jobs import Job

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.base import BaseTrigger

log = logging.getLogger("cityflux")

FIRST_RETRY = timedelta(minutes=15)  # after a failure; doubled with each further one
LAST_RETRY = timedelta(hours=12)


class Sources:
    """The jobs of all scheduled sources, which the table ``jobs`` shows.

    A look at a source that serves many indicators comes in parts. It has failed if any of them has,
    whichever came last.

    Args:
        connection: for writing; the same one at every call.
        plugins: who hears of failures.
        alarms: likewise.
    """

    def __init__(self, connection: sqlite3.Connection, plugins: Plugins, alarms: Alarms) -> None:
        self._connection, self._plugins, self._alarms = connection, plugins, alarms
        self._jobs: dict[str, Job] = {}
        self._failures: Counter[str] = Counter()
        self._errors: dict[str, str] = {}  # of the looks that are under way, as far as they came

    def __len__(self) -> int:
        return len(self._jobs)

    def plan(
        self, triggers: Mapping[str, tuple[str, BaseTrigger]], moment: datetime
    ) -> dict[str, datetime]:
        """Take over from the last daemon; returns when each source is looked at first.

        Args:
            triggers: the schedule and the trigger of each source.
            moment: the present.
        """
        earlier, fetched = jobs.read_jobs(self._connection), jobs.last_runs(self._connection)
        first: dict[str, datetime] = {}
        for source_id, (schedule, trigger) in triggers.items():
            job = earlier.get(source_id)
            runs = (fetched.get(source_id), job.last_run if job else None)
            last = max(filter(None, runs), default=None)
            # What failed, or was under way when the last daemon ended, is looked at again at once.
            done = last and not (job and (job.error or job.running_since))
            known = as_moment(last) if done else None
            first[source_id] = next_run(trigger, known, moment)
            success = job.last_success if job else None
            self._jobs[source_id] = Job(
                source_id, schedule, as_text(first[source_id]), last, success, None, ""
            )
        with write(self._connection, lasting=False):
            jobs.keep_only_jobs(self._connection, self._jobs)
            jobs.save_jobs(self._connection, self._jobs.values())
        return first

    def is_any_running(self) -> bool:
        """Whether a look is under way."""
        return any(job.running_since for job in self._jobs.values())

    def failing(self) -> set[str]:
        """The sources the last look at which failed."""
        return {source_id for source_id, job in self._jobs.items() if job.error}

    def begin(self, source_id: str) -> None:
        """A look at a source begins."""
        self._errors.pop(source_id, None)
        self._save(self._jobs[source_id]._replace(running_since=now(), last_run=now()))

    def hear(self, source_id: str, results: Sequence[Result]) -> None:
        """A part of what a look came to."""
        failed = [each for result in results for each in result.failures()]
        if failed and not self._errors.get(source_id):
            what = named({name for name, _, _ in failed})
            self.fail(source_id, failed[0][2], f"{what} from {source_id}")
        self._errors.setdefault(source_id, "")
        announce_failures(self._plugins, failed)
        for result in results:
            self._plugins.hear(result.news)

    def fail(self, source_id: str, error: str, name: str) -> None:
        """A look at a source goes wrong; ``name`` says what it is about."""
        self._errors[source_id] = error
        known = self._jobs.values() if error.startswith(UNABLE) else (self._jobs[source_id],)
        if all(error != job.error for job in known):
            log.warning("%s: %s", name, error)

    def end(self, source_id: str, scheduler: BackgroundScheduler) -> None:
        """A look is over; where it failed, the next one comes soon."""
        job, error = self._jobs[source_id], self._errors.get(source_id)
        if error is None:  # there was nothing to ask for
            error = job.error
        elif not error:
            job = job._replace(last_success=now())
        planned = scheduler.get_job(source_id)
        due_next = planned.next_run_time if planned else None
        if planned and error:
            # A yearly source that failed once must not wait for a year.
            pause = min(FIRST_RETRY * 2 ** min(self._failures[source_id], 10), LAST_RETRY)
            due_next = min(due_next, datetime.now(UTC) + pause)
            planned.modify(next_run_time=due_next)
        next_run = as_text(due_next) if due_next else None
        was_failing = self._jobs[source_id].error
        self._save(job._replace(error=error, running_since=None, next_run=next_run))
        self._alarms.state(source_id, error)
        # Nothing of it is forgotten before it is written: what cannot be is tried once more.
        self._errors.pop(source_id, None)
        self._failures[source_id] = self._failures[source_id] + 1 if error else 0
        if was_failing and not error:
            log.info("%s is well again", source_id)

    def take_times(self, scheduler: BackgroundScheduler) -> None:
        """Write down when the sources are looked at, after they were planned anew."""
        for source_id, job in self._jobs.items():
            if planned := scheduler.get_job(source_id):
                self._jobs[source_id] = job._replace(next_run=as_text(planned.next_run_time))
        with write(self._connection, lasting=False):
            jobs.save_jobs(self._connection, self._jobs.values())

    def _save(self, job: Job) -> None:
        with write(self._connection, lasting=False):
            jobs.save_jobs(self._connection, [job])
        self._jobs[job.source_id] = job
