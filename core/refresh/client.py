"""The polite client as the configuration wants it, with the database as its memory."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

from cityflux.core.model.sections import Politeness
from cityflux.scrapers.http.client import Budget, Client, HostState, Policy, Validators
from cityflux.storage.database import as_moment, write
from cityflux.storage.fetches import read_answer, read_answers, read_snapshot
from cityflux.storage.hosts import Host, read_hosts, save_hosts
from cityflux.storage.read_only import read_database


class StoredAnswers:
    """What the database knows of each address: the `scrapers.http.client.Cache` of a refresh.

    The validators are read once, at the start; the bytes only where an answer is "not modified".
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._answers = {
            address: Validators(*known) for address, known in read_answers(connection).items()
        }
        self._path = path

    def validators(self, address: str) -> Validators | None:
        """What proves that the last answer of an address is still good."""
        return self._answers.get(address)

    def body(self, sha256: str) -> bytes:
        """The bytes of a snapshot, through a connection of this thread's own."""
        return _body(self._path, sha256)


class LastAnswers:
    """The same for a daemon, which is up while the answers change: read one by one.

    Args:
        connection: one that any thread may use; it is used by one at a time.
        path: of the database.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._lock = threading.Lock()

    def validators(self, address: str) -> Validators | None:
        """What proves that the last answer of an address is still good."""
        with self._lock:
            known = read_answer(self._connection, address)
        return None if known is None else Validators(*known)

    def body(self, sha256: str) -> bytes:
        """The bytes of a snapshot, through a connection of this thread's own."""
        return _body(self._path, sha256)


def _body(path: Path, sha256: str) -> bytes:
    with read_database(path) as connection:
        return read_snapshot(connection, sha256)


def policy_of(settings: Politeness, secrets: Mapping[str, str], *, offline: bool = False) -> Policy:
    """What the configuration says of the client.

    Args:
        settings: ``[client]`` of config.toml.
        secrets: the environment variable of each secret.
        offline: whether no host may be asked.
    """
    return Policy(
        contact=settings.contact,
        budget=Budget(settings.requests_per_second, settings.connections),
        deadline=settings.deadline,
        max_bytes=settings.max_megabytes * 2**20,
        allow_hosts=frozenset(settings.allow_hosts),
        obey_robots=settings.obey_robots,
        secrets=secrets,
        offline=offline,
    )


def open_client(policy: Policy, connection: sqlite3.Connection, path: Path) -> Client:
    """Make the client of a refresh."""
    hosts = [_state(host) for host in read_hosts(connection)]
    return Client(policy, StoredAnswers(connection, path), hosts=hosts)


def open_bare_client(policy: Policy) -> Client:
    """Make a client that remembers nothing, for a look of which nothing is stored."""
    return Client(policy)


def keep_hosts(connection: sqlite3.Connection, client: Client) -> None:
    """Write down how the hosts are doing, so that the next process leaves alone what failed."""
    with write(connection):
        save_hosts(
            connection,
            (
                Host(
                    state.host,
                    state.requests,
                    state.failures,
                    state.in_a_row,
                    state.circuit,
                    state.open_until.isoformat(timespec="seconds") if state.open_until else None,
                    state.last_error,
                )
                for state in client.hosts()
            ),
        )


def _state(host: Host) -> HostState:
    return HostState(
        host.host,
        host.requests,
        host.failures,
        "open" if host.open_until else "closed",
        as_moment(host.open_until),
        host.last_error,
        host.in_a_row,
    )
