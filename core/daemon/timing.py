"""The scheduler, and a system clock that is set while it waits."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import threading
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger("cityflux")

#: How the names of the threads begin in which jobs run.
_POOL = "cityflux-job"
_LEAST = 60.0  # seconds: less is what the network's time corrects day by day


def new_scheduler(threads: Mapping[str, int]) -> BackgroundScheduler:
    """A scheduler that drops nothing: what was missed, however often, runs once.

    Args:
        threads: how many jobs each of its executors runs at the same time, by name.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    return BackgroundScheduler(
        timezone=UTC,
        executors={
            name: ThreadPoolExecutor(count, {"thread_name_prefix": _POOL})
            for name, count in threads.items()
        },
        # The defaults drop a job that waited for a second, and never catch up.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )


class ClockWatch:
    """Notices that the system clock was set, or that the machine slept."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def jump(self) -> float:
        """By how many seconds the clock was set forward since the last call; less than 0 for back.

        0 for what is set by less than a minute. A machine that slept has a clock that was set
        forward, since the monotonic one stands still meanwhile.
        """
        offset = time.time() - time.monotonic()
        found, self._offset = offset - self._offset, offset
        return found if abs(found) > _LEAST else 0.0


def plan_anew(scheduler: BackgroundScheduler, jump: float, retries: Collection[str]) -> None:
    """Let no job wait for a time that a clock which was set shows only much later.

    A clock that was set forward needs no other plan, as what it passed is due.

    Args:
        scheduler: whose jobs they are.
        jump: from `ClockWatch.jump`.
        retries: the jobs that wait for another try, which none of their triggers knows.
    """
    moment = datetime.now(UTC)
    for job in scheduler.get_jobs():
        due = job.trigger.get_next_fire_time(None, moment)
        if job.id in retries:
            due = min(filter(None, (due, job.next_run_time + timedelta(seconds=jump))))
        if due is not None and due < job.next_run_time:
            job.modify(next_run_time=due)
    scheduler.wakeup()


def leave_jobs_behind(patience: float) -> None:
    """Let no job that does not come to an end hold up that of the process.

    Python waits for the threads of every pool, and one in which a plugin hangs would make it wait
    until the task is given up.

    Args:
        patience: seconds that they get; then the process ends, with exit status 0.
    """
    end = time.monotonic() + patience
    for thread in threading.enumerate():
        if thread.name.startswith(_POOL):
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                log.warning("a job that did not end was left behind")
                logging.shutdown()
                os._exit(0)


def end_soon(patience: float) -> None:
    """Likewise where something is wrong: what it is can still be said, and the exit status is 1.

    By a signal, since a thread may not be had.
    """
    if any(thread.name.startswith(_POOL) for thread in threading.enumerate()):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
        signal.setitimer(signal.ITIMER_REAL, patience)
        # Once the jobs are over there is nothing to wait for, and soon no handler any more.
        atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)
