"""A connection to the database that others may be lent, and how each of ours is set up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cityflux.core.model.errors import StorageError
from cityflux.storage.read_only import readable

#: Functions of ours that are added where they are needed (`storage.sql_functions`), and the ways
#: to compare that SQLite knows by itself.
_OURS = frozenset({"gathered", "period_year", "stddev", "zscore"})
_ORDERS = frozenset({"binary", "nocase", "rtrim"})


class Connection(sqlite3.Connection):
    """A connection that others may be lent, and only whoever opened it closes.

    Who borrows it may add functions, but none in the place of one that there is: what we and
    others ask would mean something else from then on.

    Attributes:
        kept: what is kept in memory for as long as it is open.
        taken: the names that are not to be had, while it is lent.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: dict[str, Any] = {}
        self.taken: frozenset[str] | None = None

    def close(self) -> None:
        """Close it.

        Raises:
            StorageError: it is lent.
        """
        if self.taken is not None:
            raise StorageError("the connection is only lent; leave it open")
        super().close()

    def create_function(self, name: str, *args: Any, **kwargs: Any) -> None:
        """As that of sqlite3.

        Raises:
            StorageError: it is lent, and there is one of this name.
        """
        self._refuse("function", name, self.taken)
        super().create_function(name, *args, **kwargs)

    def create_aggregate(self, name: str, *args: Any, **kwargs: Any) -> None:
        """As that of sqlite3; raises as `create_function`."""
        self._refuse("function", name, self.taken)
        super().create_aggregate(name, *args, **kwargs)

    def create_window_function(self, name: str, *args: Any, **kwargs: Any) -> None:
        """As that of sqlite3; raises as `create_function`."""
        self._refuse("function", name, self.taken)
        super().create_window_function(name, *args, **kwargs)

    def create_collation(self, name: str, *args: Any, **kwargs: Any) -> None:
        """As that of sqlite3; raises as `create_function`."""
        self._refuse("collation", name, self.taken and _ORDERS)
        super().create_collation(name, *args, **kwargs)

    def _refuse(self, what: str, name: str, taken: frozenset[str] | None) -> None:
        if taken and name.lower() in taken:
            raise StorageError(
                f"{name} is a {what} already, and stays what it is; give yours another name"
            )


@contextmanager
def lent(connection: sqlite3.Connection) -> Iterator[None]:
    """Lend a connection to those who add functions; whatever else they do to it is taken back."""
    assert isinstance(connection, Connection)
    known = connection.execute("SELECT DISTINCT lower(name) FROM pragma_function_list")
    connection.taken = _OURS.union(*known)
    try:
        yield
    finally:
        connection.taken = None
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)
        connection.set_trace_callback(None)
        connection.row_factory = None
        connection.rollback()
        connection.isolation_level = None
        connection.execute("PRAGMA query_only = OFF")
        set_up(connection)


def set_up(connection: sqlite3.Connection) -> None:
    """Let a connection read and write as ours do."""
    connection.text_factory = readable
    connection.execute("PRAGMA foreign_keys = ON")
    # What is committed is on the disk: a figure that a hand entered is nowhere else.
    connection.execute("PRAGMA synchronous = FULL")
