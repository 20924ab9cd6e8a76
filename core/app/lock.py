"""One daemon for one database: a lock that the kernel lets go of when its process dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cityflux.core.model.errors import CityfluxError
from cityflux.storage.database import now


class Lock:
    """The lock beside a database.

    Args:
        database: the file.

    Raises:
        CityfluxError: another daemon holds it, whose pid and host are named; or the file of the
            lock cannot be written.
    """

    def __init__(self, database: Path) -> None:
        self._database, self._path = database, _path(database)
        self._file = self._take()

    def keep(self) -> None:
        """Take the lock again where its file was deleted, so that no second daemon comes up.

        Raises:
            CityfluxError: one has come up.
        """
        if not _is_at(self._path, os.fstat(self._file.fileno())):
            lost, self._file = self._file, self._take()
            lost.close()

    def release(self) -> None:
        """Let go of it, and say nothing of an owner any more."""
        with self._file as file:
            file.truncate(0)

    def _take(self) -> TextIO:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a+", encoding="utf-8")
            try:
                self._own(file)
            except BaseException:
                file.close()
                raise
        except OSError as error:
            raise CityfluxError(f"{self._path}: cannot be written ({error.strerror})") from error
        return file

    def _own(self, file: TextIO) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CityfluxError(f"{self._database}: {_owner(file.read())}") from None
        file.truncate(0)
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "started": now()}
        file.write(json.dumps(owner))
        file.flush()


class Place:
    """The file of a database that is open, and whether it is still where it was.

    SQLite goes on with a file that was deleted or moved, where nobody finds what it writes.

    Args:
        database: the file.
    """

    def __init__(self, database: Path) -> None:
        self._database, self._found = database, database.stat()

    def check(self) -> None:
        """Look for it.

        Raises:
            CityfluxError: it is gone, or another file is in its place.
        """
        if not _is_at(self._database, self._found):
            raise CityfluxError(
                f"{self._database}: was moved, deleted or replaced while the daemon had it open; "
                "put the right file in its place and start the daemon again"
            )


@contextmanager
def only_daemon(database: Path) -> Iterator[Lock]:
    """Hold the lock beside a database until the end of the block.

    A lock file that a killed daemon left behind is taken over: the lock went with its process.

    Raises:
        CityfluxError: another daemon holds it; names its pid and host.
    """
    lock = Lock(database)
    try:
        yield lock
    finally:
        lock.release()


def is_running(database: Path) -> bool:
    """Whether a daemon holds the lock beside a database."""
    path = _path(database)
    if not path.exists():
        return False
    with path.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _path(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def _is_at(path: Path, found: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), found)
    except FileNotFoundError:
        return False


def _owner(text: str) -> str:
    try:
        owner = json.loads(text)
    except json.JSONDecodeError:
        return "another daemon is just starting on it; look with: cityflux status"
    return (
        f"a daemon runs on it already, pid {owner['pid']} on {owner['host']} since "
        f"{owner['started']}; stop that one first"
    )
