"""The scheduler, and a system clock that is set back under it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger("cityflux")

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
        executors={name: ThreadPoolExecutor(count) for name, count in threads.items()},
        # The defaults drop a job that waited for a second, and never catch up.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )


class ClockWatch:
    """Keeps jobs from waiting for a time that a clock which was set back shows only much later.

    A clock that is set forward, and a machine that slept, need nothing: the times have passed.

    Args:
        scheduler: whose jobs they are.
    """

    def __init__(self, scheduler: BackgroundScheduler) -> None:
        self._scheduler = scheduler
        self._offset = time.time() - time.monotonic()

    def look(self) -> None:
        """Plan anew if the clock was set back since the last look; to be called now and then."""
        offset = time.time() - time.monotonic()
        back, self._offset = self._offset - offset, offset
        if back > _LEAST:
            log.warning("the clock was set back by %.0f s; all sources are planned anew", back)
            self._plan(datetime.now(UTC))

    def _plan(self, now: datetime) -> None:
        for job in self._scheduler.get_jobs():
            due = job.trigger.get_next_fire_time(None, now)
            if due is not None and due < job.next_run_time:
                job.modify(next_run_time=due)
