"""What the daemon has to do by the clock: which sources, when, and what for each."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cityflux.core.app.logs import set_up_logs
from cityflux.core.daemon.endpoint import check_port
from cityflux.core.model.errors import ConfigError
from cityflux.core.plugin.manager import Plugins
from cityflux.core.refresh.schedule import schedules, trigger_of
from cityflux.core.refresh.tasks import Task, due, missing_secret

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

    from cityflux.core.app.config import Config
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.steps.methods import Methods


class Session(Protocol):
    """What the daemon needs of a session of the command line, read anew on SIGHUP."""

    @property
    def config(self) -> Config:
        """The configuration."""

    @property
    def config_file(self) -> Path | None:
        """The configuration file; None where the defaults hold without one."""

    @property
    def database(self) -> Path:
        """The database file."""

    @property
    def plugins(self) -> Plugins:
        """All plugins."""

    @property
    def indices(self) -> dict[str, Definition]:
        """All index definitions."""

    @property
    def methods(self) -> Methods:
        """The methods that they may name."""

    def open(self) -> AbstractContextManager[sqlite3.Connection]:
        """The database for writing, with the catalogue of the plugins in it."""


def triggers(session: Session) -> dict[str, tuple[str, BaseTrigger]]:
    """The schedule and the trigger of each source that is fetched by the clock.

    Raises:
        ConfigError: a schedule or the time zone is none.
    """
    config, plugins = session.config, session.plugins
    zone = zone_of(config.daemon.timezone)
    lacking = {
        source.id
        for plugin in (*plugins.indicators.values(), *plugins.flows.values())
        for source in plugin.sources
        if missing_secret(source, config.secrets)
    }
    found = {}
    for source_id, schedule in schedules(plugins, config.schedule).items():
        trigger = None if source_id in lacking else trigger_of(schedule, source_id, zone)
        if trigger is not None:
            found[source_id] = (schedule, trigger)
    return found


def users(plugins: Plugins) -> dict[str, list[str]]:
    """The ids of the indicators and flows that each source serves."""
    found: dict[str, list[str]] = {}
    for plugin in (*plugins.indicators.values(), *plugins.flows.values()):
        for source in plugin.sources:
            found.setdefault(source.id, []).append(plugin.indicator.id)
    return found


def sources_apart(plugins: Plugins) -> set[str]:
    """The sources that some plugin fetches in a worker process."""
    return {
        source.id
        for plugin in (*plugins.indicators.values(), *plugins.flows.values())
        if plugin.apart
        for source in plugin.sources
    }


def tasks_of(
    connection: sqlite3.Connection,
    plugins: Plugins,
    source_id: str,
    using: list[str],
    secrets: dict[str, str],
) -> list[Task]:
    """What there is to do for one source: a page serves all its indicators at once.

    Args:
        connection: to see what is known already.
        plugins: all plugins.
        source_id: the source.
        using: whom it serves, from `users`.
        secrets: the environment variable of each secret.
    """
    tasks = due(connection, plugins, using, secrets=secrets)
    return [task for task in tasks if task.source.id == source_id]


def zone_of(name: str) -> tzinfo:
    """The time zone in which cron fields are meant.

    Raises:
        ConfigError: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"daemon.timezone: there is no time zone {name!r}; write UTC or Asia/Shanghai"
        ) from error


def check_change(old: Session, new: Session) -> None:
    """Refuse what a running daemon cannot change to, while the old configuration still serves.

    Raises:
        ConfigError: another database, a port that is taken, a log that cannot be written.
    """
    if new.database != old.database:
        raise ConfigError("database.path: is another file; stop the daemon and start it again")
    if new.config.daemon.port != old.config.daemon.port:
        check_port(new.config.daemon.port)
    set_up_logs(new.config)
