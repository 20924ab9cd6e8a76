"""When a source is looked at: its schedule, as a trigger with a steady phase of its own.

APScheduler's jitter accumulates, and its interval clock starts anew with every process, so that a
phase is taken from the id of the source instead: the same in every process, and spread over all
sources. What is due is decided from the last run in the database, so that a daemon which was off
over a due time catches up once.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from cityflux.core.model.errors import ConfigError
from cityflux.core.model.looks import schedule_of
from cityflux.core.model.nouns import Frequency, Source
from cityflux.core.plugin.manager import Plugins
from cityflux.core.refresh.tasks import all_parts, first_source

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY = re.compile(
    r"every (\d+) (second|minute|hour|day|week)s?|every (second|minute|hour|day|week)"
)
_NUMBERED_DAY = re.compile(r"\d")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def schedules(plugins: Plugins, chosen: Mapping[str, str]) -> dict[str, str]:
    """The schedule of each source that is live; ``""`` for one that is never looked at.

    A page of several sources is looked at as its first one, so that it is that one's for all.

    Args:
        plugins: all plugins.
        chosen: ``[schedule]`` of config.toml, which goes before what the plugins say.
    """
    jobs: dict[str, Source] = {}
    looked_at: dict[str, str] = {}
    frequencies: dict[str, set[Frequency]] = defaultdict(set)
    for part in all_parts(plugins):
        if part.source.access == "live":
            first = first_source(part)
            jobs[first.id] = first
            frequencies[first.id].add(part.plugin.indicator.frequency)
            looked_at.setdefault(part.source.id, first.id)
    planned = {
        name: chosen.get(name, schedule_of(first, frequencies[name]))
        for name, first in jobs.items()
    }
    return {**{name: planned[first] for name, first in looked_at.items()}, **planned}


def trigger_of(schedule: str, source_id: str, timezone: tzinfo = UTC) -> BaseTrigger | None:
    """The trigger of a schedule; None for a source that is never looked at.

    Args:
        schedule: ``@yearly``, ``@monthly``, ``@weekly``, ``@daily`` or ``@hourly``; ``every 6
            hours``; five fields of cron with names of weekdays; or empty.
        source_id: whose phase it is.
        timezone: in which cron fields are meant.

    Raises:
        ConfigError: the schedule is none of these.
    """
    from apscheduler.triggers.cron import CronTrigger

    from cityflux.core.refresh.interval import SteadyInterval

    text = schedule.strip().lower()
    if not text:
        return None
    phase = _phase(source_id)
    if text.startswith("@"):
        return CronTrigger(timezone=timezone, **_named(text, phase, source_id))
    if every := _EVERY.fullmatch(text):
        count, unit = int(every[1] or 1), every[2] or every[3]
        step = timedelta(**{f"{unit}s": count})
        if step <= timedelta(0):
            raise ConfigError(f"{source_id}: schedule {schedule!r} never comes; write every 1 hour")
        start = _EPOCH + timedelta(seconds=phase % step.total_seconds())
        return SteadyInterval(seconds=int(step.total_seconds()), start_date=start, timezone=UTC)
    return _crontab(schedule, text, source_id, timezone)


def next_run(trigger: BaseTrigger, last: datetime | None, now: datetime) -> datetime:
    """When a source is looked at next.

    Args:
        trigger: from `trigger_of`.
        last: when it was looked at last; None for never.
        now: the present time.

    Returns:
        ``now`` for a source that missed its time, however often, or was never looked at.
    """
    if last is None:
        return now
    # A clock that was set back makes the last run lie ahead: it counts as just now. In UTC, as
    # two moments of one time zone are compared by their wall clocks, an hour off in autumn.
    last = min(last.astimezone(UTC), now.astimezone(UTC))
    due = trigger.get_next_fire_time(None, last + timedelta(microseconds=1))
    return now if due is None else max(due.astimezone(UTC), now)


def _named(name: str, phase: int, source_id: str) -> dict[str, int | str]:
    minute, hour = phase % 60, phase // 60 % 24
    day, month = phase // 1440 % 28 + 1, phase // 40_320 % 12 + 1
    at: dict[str, int | str] = {"minute": minute}
    match name:
        case "@hourly":
            return at
        case "@daily" | "@midnight":
            return {**at, "hour": hour}
        case "@weekly":
            return {**at, "hour": hour, "day_of_week": _DAYS[phase // 1440 % 7]}
        case "@monthly":
            return {**at, "hour": hour, "day": day}
        case "@yearly" | "@annually":
            return {**at, "hour": hour, "day": day, "month": month}
    raise ConfigError(
        f"{source_id}: there is no schedule {name!r}; there are @yearly, @monthly, @weekly, "
        "@daily and @hourly"
    )


def _crontab(schedule: str, text: str, source_id: str, timezone: tzinfo) -> BaseTrigger:
    from apscheduler.triggers.cron import CronTrigger

    fields = text.split()
    if len(fields) != 5:
        raise ConfigError(
            f"{source_id}: schedule {schedule!r} is none that is known; write @daily, every 6 "
            "hours or five cron fields"
        )
    minute, hour, day, month, weekday = fields
    if _NUMBERED_DAY.search(weekday):
        # In cron 0 is Sunday, in APScheduler Monday.
        raise ConfigError(f"{source_id}: schedule {schedule!r}: name the weekdays: mon, tue … sun")
    try:
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=timezone
        )
    except ValueError as error:
        raise ConfigError(f"{source_id}: schedule {schedule!r}: {error}") from error


def _phase(source_id: str) -> int:
    """A number that is the same for a source in every process."""
    return int.from_bytes(hashlib.sha256(source_id.encode()).digest()[:4], "big")
