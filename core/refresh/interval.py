"""An interval that keeps its phase."""

from __future__ import annotations

from datetime import datetime, timedelta

from apscheduler.triggers.interval import IntervalTrigger


class SteadyInterval(IntervalTrigger):  # type: ignore[misc]  # it carries no type information
    """Runs at its start and whole intervals from there, whatever happened in between.

    APScheduler's counts from the last run, so that all sources that were caught up together at a
    start would be looked at together ever after.
    """

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """The first moment of the grid that is not past, and later than the last run."""
        if previous_fire_time is not None:
            now = max(now, previous_fire_time + timedelta(microseconds=1))
        due: datetime | None = super().get_next_fire_time(None, now)
        return due
