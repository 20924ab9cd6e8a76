"""When a source is looked at: its schedule, as a trigger with a steady phase of its own.

APScheduler's jitter accumulates, and its interval clock starts anew with every process, so that a
phase is taken from the id of the source instead: the same in every process, and spread over all
sources. What is due is decided from the last run in the database, so that a daemon which was off
over a due time catches up once.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from cityflux.core.model.errors import ConfigError
from cityflux.core.model.looks import schedule_of
from cityflux.core.model.nouns import Frequency, Source
from cityflux.core.model.schedule import Cron, read_schedule
from cityflux.core.plugin.manager import Plugins
from cityflux.core.refresh.tasks import all_parts, first_source

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

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
        ConfigError: the schedule is none of these, or never comes.
    """
    from cityflux.core.refresh.interval import SteadyInterval

    try:
        read = read_schedule(schedule)
    except ConfigError as error:
        raise ConfigError(f"{source_id}: {error}") from error
    if read is None:
        return None
    phase = _phase(source_id)
    if isinstance(read, timedelta):
        start = _EPOCH + timedelta(seconds=phase % read.total_seconds())
        return SteadyInterval(seconds=int(read.total_seconds()), start_date=start, timezone=UTC)
    return _crontab(_named(read, phase) if isinstance(read, str) else read, timezone)


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


def _named(name: str, phase: int) -> Cron:
    """When a source with this phase is looked at: each has a minute, hour and day of its own."""
    every = read_schedule("* * * * *")
    assert isinstance(every, Cron)
    at = replace(every, minute=(phase % 60,))
    if name == "@hourly":
        return at
    at = replace(at, hour=(phase // 60 % 24,))
    if name in ("@daily", "@midnight"):
        return at
    if name == "@weekly":
        return replace(at, weekday=(phase // 1440 % 7,))
    at = replace(at, day=(phase // 1440 % 28 + 1,))
    return at if name == "@monthly" else replace(at, month=(phase // 40_320 % 12 + 1,))


def _crontab(cron: Cron, timezone: tzinfo) -> BaseTrigger:
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger

    minute, hour, month = (
        ",".join(map(str, each)) for each in (cron.minute, cron.hour, cron.month)
    )
    days = {"day": ",".join(map(str, cron.day))}
    weekdays = {"day_of_week": ",".join(map(str, cron.weekday))}
    found = [
        CronTrigger(minute=minute, hour=hour, month=month, timezone=timezone, **which)
        for which in ([days, weekdays] if cron.either else [days | weekdays])
    ]
    return found[0] if len(found) == 1 else OrTrigger(found)


def _phase(source_id: str) -> int:
    """A number that is the same for a source in every process."""
    return int.from_bytes(hashlib.sha256(source_id.encode()).digest()[:4], "big")
