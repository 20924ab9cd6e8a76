"""Asking the sources: the tasks of a refresh, with the client that the configuration wants."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from cityflux.core.app.events import announce_failures
from cityflux.core.app.session import Session
from cityflux.core.model.errors import Unreachable
from cityflux.core.plugin.saved import ANY, SavedPages
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.gate import Gate, History
from cityflux.core.refresh.runner import Summary, collect_seldom, refresh
from cityflux.core.refresh.tasks import due, kept_tasks
from cityflux.storage.read_only import read_database

if TYPE_CHECKING:
    from cityflux.core.model.http import Http


def fetch(
    connection: sqlite3.Connection,
    session: Session,
    only: Iterable[str] = (),
    *,
    offline: bool = False,
    from_snapshots: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Summary:
    """Fetch the figures of some indicators and store them.

    Args:
        connection: for writing.
        session: the plugins, and how sources are asked.
        only: ids of indicators or flows; all where there is none.
        offline: ask no host.
        from_snapshots: read the documents that are kept instead, and ask nobody.
        progress: called after each task with how many are done, and how many there are.
    """
    collect_seldom()
    config, plugins, path = session.config, session.plugins, session.database
    if from_snapshots:
        tasks, offline = kept_tasks(connection, plugins, path, only), True
    else:
        tasks = due(connection, plugins, only, offline, config.secrets)
    done = count(1)

    def tell(result: Result) -> None:
        progress(next(done), len(tasks))
        if result.news:
            plugins.hear(result.news)
        announce_failures(plugins, result.failures())

    with (
        read_database(path) as known,
        _client(connection, session, offline) as http,
    ):
        return refresh(
            connection,
            tasks,
            http,
            Gate(History(known), config.quality),
            threads=config.refresh.threads,
            processes=config.refresh.processes,
            time_limit=config.refresh.time_limit,
            progress=tell,
        )


@contextmanager
def _client(connection: sqlite3.Connection, session: Session, offline: bool) -> Iterator[Http]:
    """Who asks the hosts, and writes down how they are doing; nobody where none may be asked."""
    if offline:
        yield SavedPages({ANY: Unreachable("offline: no host is asked")})
        return
    from cityflux.core.refresh.client import keep_hosts, open_client, policy_of

    policy = policy_of(session.config.client, session.config.secrets)
    with open_client(policy, connection, session.database) as http, http.refresh():
        yield http
        keep_hosts(connection, http)
