"""One daemon for one database: a lock that the kernel lets go of when its process dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import CityfluxError
from storage.database import now


@contextmanager
def only_daemon(database: Path) -> Iterator[None]:
    """Hold the lock beside a database until the end of the block.

    A lock file that a killed daemon left behind is taken over: the lock went with its process.

    Raises:
        CityfluxError: another daemon holds it; names its pid and host.
    """
    path = database.with_name(database.name + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CityfluxError(f"{database}: {_owner(file.read())}") from None
        file.truncate(0)
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "started": now()}
        file.write(json.dumps(owner))
        file.flush()
        yield
        file.truncate(0)


def is_running(database: Path) -> bool:
    """Whether a daemon holds the lock beside a database."""
    path = database.with_name(database.name + ".lock")
    if not path.exists():
        return False
    with path.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
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
