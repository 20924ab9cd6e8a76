"""Opening the database for reading only, which most commands do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from operator import methodcaller
from pathlib import Path

from cityflux.core.model.errors import NotADatabase, StorageError
from cityflux.storage.complaints import BUSY_TIMEOUT, named, refuse_stub
from cityflux.storage.steps import STEPS, lacking

#: A text as SQLite has it, where any hand may have stored bytes that are no UTF-8.
readable: Callable[[bytes], str] = methodcaller("decode", "utf-8", "replace")


@contextmanager
def read_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading only, for whichever thread uses it, one at a time.

    Args:
        path: the file.

    Raises:
        StorageError: there is no such file.
        NotADatabase: the file is something else.
        NewerDatabase: a later version of cityflux made it.
    """
    if not path.exists():
        raise StorageError(f"{path}: no database there; make one with: cityflux run --once")
    refuse_stub(path)
    with closing(connect_read_only(path)) as connection:
        if missing := lacking(path, connection):
            if len(missing) == len(STEPS):
                raise NotADatabase(f"{path}: holds no table; fill it with: cityflux run --once")
            raise StorageError(
                f"{path}: made by an earlier version of cityflux; bring it up to date with: "
                "cityflux compute"
            )
        yield connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A connection through which no statement can change anything, for whichever thread uses it.

    The file is not even locked where its folder is read-only.

    Raises:
        StorageError: the file cannot be read.
    """
    # Without the log beside it, SQLite would have to make one; with it, somebody may be writing.
    log_is_there = log_of(path).exists()
    mode = "mode=ro" if log_is_there or os.access(path.parent, os.W_OK) else "immutable=1"
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?{mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_TIMEOUT,
        )
    except sqlite3.Error as error:
        raise named(path, error) from error
    connection.execute("PRAGMA query_only = 1")
    connection.text_factory = readable
    return connection


def log_of(path: Path) -> Path:
    """Where SQLite keeps what was written last, beside the file that a name leads to."""
    real = path.resolve()
    return real.with_name(real.name + "-wal")
