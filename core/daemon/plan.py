"""What the daemon has to do for each source, and to what it can change while it is up."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from cityflux.core.app.session import Session
from cityflux.core.app.timetable import backup_trigger, triggers
from cityflux.core.daemon.endpoint import check_port
from cityflux.core.daemon.logs import set_up_logs
from cityflux.core.daemon.webhook import open_webhook
from cityflux.core.model.errors import ConfigError
from cityflux.core.plugin.manager import Plugins
from cityflux.core.refresh.tasks import Task, due

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

#: By source, its schedule as a text and when it comes.
Triggers = dict[str, tuple[str, "BaseTrigger"]]


def checked(session: Session) -> Triggers:
    """The schedules of a session in which the rest of the daemon's settings are good, too.

    Raises:
        ConfigError: what is wrong with them.
    """
    backup_trigger(session.config)
    open_webhook(session.config)
    return triggers(session)


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
    """What there is to do when one source is looked at.

    Args:
        connection: to see what is known already.
        plugins: all plugins.
        source_id: the source.
        using: whom it serves, from `users`.
        secrets: the environment variable of each secret.
    """
    return due(connection, plugins, using, secrets=secrets, source_id=source_id)


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
