"""What is done by the clock, as the configuration says: looks at sources, and copies."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cityflux.core.app.session import Session
from cityflux.core.model.errors import ConfigError
from cityflux.core.refresh.schedule import schedules, trigger_of
from cityflux.core.refresh.tasks import missing_secret, users

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

    from cityflux.core.app.config import Config

#: The scheduler's name of the copies; no source may have such an id.
BACKUP = "cityflux backup"


def triggers(session: Session) -> dict[str, tuple[str, BaseTrigger]]:
    """The schedule and the trigger of each source that is fetched by the clock.

    A source whose own schedule is none is left out: its plugin is broken since it was loaded.

    Raises:
        ConfigError: a schedule of the configuration or the time zone is none.
    """
    config, plugins = session.config, session.plugins
    zone = zone_of(config)
    lacking = {
        source.id
        for plugin in (*plugins.indicators.values(), *plugins.flows.values())
        for source in plugin.sources
        if missing_secret(source, config.secrets)
    }
    found, fetched = {}, users(plugins)
    for source_id, schedule in schedules(plugins, config.schedule).items():
        if source_id in lacking or source_id not in fetched:
            continue
        try:
            trigger = trigger_of(schedule, source_id, zone)
        except ConfigError:
            if source_id in config.schedule:
                raise
            continue
        if trigger is not None:
            found[source_id] = (schedule, trigger)
    return found


def backup_trigger(config: Config) -> BaseTrigger | None:
    """When copies are made; None for never.

    Raises:
        ConfigError: the schedule or the time zone is none.
    """
    zone = zone_of(config)
    try:
        return trigger_of(config.backup.schedule, BACKUP, zone)
    except ConfigError as error:
        raise ConfigError(f"backup.schedule: {error}") from error


def zone_of(config: Config) -> tzinfo:
    """The time zone in which cron fields are meant.

    Raises:
        ConfigError: there is none of this name.
    """
    name = config.daemon.timezone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"daemon.timezone: there is no time zone {name!r}; write UTC or Asia/Shanghai"
        ) from error
