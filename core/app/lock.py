"""One daemon for one database: a lock that the kernel lets go of when its process dies."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cityflux.core.model.errors import CityfluxError
from cityflux.storage.access import USUAL, Access, make_folder, settle
from cityflux.storage.database import now
from cityflux.storage.read_only import log_of


class Lock:
    """The lock beside a database.

    Args:
        database: the file.
        access: who else may read the lock.

    Raises:
        CityfluxError: another daemon holds it, whose pid and host are named; or the file of the
            lock cannot be written; or the file has several names.
    """

    def __init__(self, database: Path, access: Access = USUAL) -> None:
        _refuse_second_name(database)
        self._database, self._path, self._access = database, _path(database), access
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
            make_folder(self._path.parent, self._access)
            file = self._path.open("a+", encoding="utf-8")
            try:
                self._own(file)
                settle(self._path, self._access)
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
    """The file of a database that is open, and its log; whether they are still where they were.

    SQLite goes on with files that were deleted or moved, where nobody finds what it writes.

    Args:
        database: the file.
    """

    def __init__(self, database: Path) -> None:
        self._database, self._found = database, database.stat()
        self._log, self._found_log = log_of(database), None
        self._found_log = self._seen_log()

    def check(self) -> None:
        """Look for it.

        Raises:
            CityfluxError: it is gone, or another file is in its place; or so is its log.
        """
        if not _is_at(self._database, self._found):
            raise CityfluxError(
                f"{self._database}: was moved, deleted or replaced while the daemon had it open; "
                "put the right file in its place and start the daemon again"
            )
        log = self._seen_log()
        if self._found_log is None:
            self._found_log = log
        elif log is None or not os.path.samestat(log, self._found_log):
            raise CityfluxError(
                f"{self._log}: was deleted or replaced while the daemon had it open; what it held "
                "is written into the database as the daemon ends; look with cityflux doctor, and "
                "start the daemon again"
            )

    def _seen_log(self) -> os.stat_result | None:
        try:
            return self._log.stat()
        except FileNotFoundError:
            return None


@contextmanager
def only_daemon(database: Path, access: Access = USUAL) -> Iterator[Lock]:
    """Hold the lock beside a database until the end of the block.

    A lock file that a killed daemon left behind is taken over: the lock went with its process.

    Raises:
        CityfluxError: another daemon holds it; names its pid and host.
    """
    lock = Lock(database, access)
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


def tell_daemon(database: Path) -> int:
    """Send SIGHUP to the daemon that holds the lock beside a database.

    Returns:
        Its pid.

    Raises:
        CityfluxError: none does, or it runs on another host or as another user.
    """
    if not is_running(database):
        raise CityfluxError(f"{database}: no daemon runs on it; start one with: cityflux run")
    try:
        owner = json.loads(_path(database).read_text(encoding="utf-8"))
    except json.JSONDecodeError:
        raise CityfluxError(f"{database}: {_owner('')}") from None
    pid, host = int(owner["pid"]), owner["host"]
    if host != socket.gethostname():
        raise CityfluxError(f"{database}: its daemon runs on {host}; call cityflux reload there")
    try:
        os.kill(pid, signal.SIGHUP)
    except PermissionError:
        raise CityfluxError(
            f"{database}: its daemon (pid {pid}) is another user's; call cityflux reload as they"
        ) from None
    return pid


def _path(database: Path) -> Path:
    """The file of the lock: beside the file itself, whatever link leads to it."""
    real = database.resolve()
    return real.with_name(real.name + ".lock")


def _refuse_second_name(database: Path) -> None:
    """Refuse a file with two names: SQLite keeps a log and a lock beside each, and damages it."""
    if database.exists() and (names := database.stat().st_nlink) > 1:
        raise CityfluxError(
            f"{database}: the same file has {names} names (hard links), each with a log of its "
            "own, so that two who write would damage it; delete the other name, or make a copy "
            "with: cityflux backup"
        )


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
