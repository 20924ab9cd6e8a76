"""Who may see and do what with a panel: names stay, and a page adds answers and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cityflux.storage.complaints import BUSY_TIMEOUT, named
from cityflux.storage.panel_tables import WRITTEN_BY_PAGES


def drop_names(copy: sqlite3.Connection) -> None:
    """Take the names out of a copy of a database, so that nothing of them is left in its pages."""
    copy.execute("DELETE FROM panel_names")
    copy.commit()
    copy.execute("VACUUM")


@contextmanager
def opened_for_answers(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that may add answers of experts, and can change nothing else by any statement.

    Raises:
        StorageError: the database cannot be opened.
    """
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT,
        )
    except sqlite3.Error as error:
        raise named(path, error) from error
    with closing(connection):
        connection.execute("PRAGMA foreign_keys = ON")
        connection.set_authorizer(_only_answers)
        yield connection


def _only_answers(action: int, table: str | None, column: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_INSERT:
        return sqlite3.SQLITE_OK if table in WRITTEN_BY_PAGES else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_READ:
        veiled = (table, column) == ("panel_names", "name")
        return sqlite3.SQLITE_IGNORE if veiled else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if table == "synchronous" else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _HARMLESS else sqlite3.SQLITE_DENY


#: What is done while answers are read and added, besides.
_HARMLESS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_TRANSACTION,
    sqlite3.SQLITE_RECURSIVE,
}


def veil_names(connection: sqlite3.Connection) -> None:
    """Let a connection read null in place of the names of experts, and of the hashes of links."""

    def allow(action: int, table: str | None, column: str | None, *_: str | None) -> int:
        veiled = action == sqlite3.SQLITE_READ and (table, column) in _VEILED
        return sqlite3.SQLITE_IGNORE if veiled else sqlite3.SQLITE_OK

    connection.set_authorizer(allow)


#: What nobody reads in a browser.
_VEILED = {("panel_names", "name"), ("panel_tokens", "token_hash")}
