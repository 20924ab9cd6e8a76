"""Opening the database, and the one way to write to it."""

from __future__ import annotations

import glob
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import ReadOnly, StorageError
from cityflux.storage.complaints import BUSY_TIMEOUT, named, refuse_stub
from cityflux.storage.connection import Connection, set_up
from cityflux.storage.steps import lacking

if TYPE_CHECKING:
    from cityflux.storage.access import Access

#: KiB of pages that are kept at most while many rows are written, so that each is written once.
_ROOM = 2**16


def now() -> str:
    """This moment in UTC as the database writes it: ``2026-11-21T01:29:59.119Z``."""
    return as_text(datetime.now(UTC))


def as_text(moment: datetime) -> str:
    """A moment as the database writes it, so that texts compare like moments."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_moment(text: str | None) -> datetime | None:
    """A moment as it stands in the database; None where none does, whatever a hand wrote there."""
    try:
        moment = datetime.fromisoformat((text or "").rstrip("+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def open_database(path: Path, access: Access | None = None) -> Iterator[sqlite3.Connection]:
    """Open a database for reading and writing; make it, or bring it up to date, where needed.

    Args:
        path: the file.
        access: who else may read and write it; as the umask says without it.

    Raises:
        ReadOnly: the file or its folder cannot be written.
        NotADatabase: the file is something else.
        NewerDatabase: a later version of cityflux made it.
    """
    _refuse_read_only(path)
    # Imported for who writes: reading, the most frequent way, does without.
    from cityflux.storage.access import USUAL, make_folder, settle, settle_all

    access = access or USUAL
    make_folder(path.parent, access)
    if not path.exists():
        _make(path.resolve())
    refuse_stub(path)
    settle(path, access)
    with _closing(path, f"{path.resolve().as_uri()}?mode=rw") as connection:
        if lacking(path, connection):
            _migrate(path, connection)
        settle_all(path.resolve(), access)
        yield connection


@contextmanager
def open_as_it_is(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that may be damaged, without foreign keys; nothing is looked at or made."""
    refuse_stub(path)
    with _closing(path, f"{path.resolve().as_uri()}?mode=rw") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        yield connection


@contextmanager
def write(connection: sqlite3.Connection, lasting: bool = True) -> Iterator[None]:
    """One transaction, from BEGIN IMMEDIATE to COMMIT; an error undoes the whole of it.

    Args:
        connection: for writing.
        lasting: whether it must outlive a power cut from the moment of its commit. What is computed
            from that, and the state of the daemon, need not: waiting for the disk takes
            milliseconds, and the next start makes them again. Nothing is ever lost from the middle:
            what lasts makes all that was committed before it last.

    Raises:
        StorageError: another process held the database for longer than the busy timeout.
        ReadOnly: the file turned out not to be writable.
    """
    try:
        connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise named("database", error) from error
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def without_lookups(connection: sqlite3.Connection) -> Iterator[None]:
    """Write many rows without looking up their foreign keys one by one.

    For who takes the keys from the tables themselves, in the same transaction. Within a
    transaction that began before, they are looked up all the same.
    """
    (pages,) = connection.execute("PRAGMA cache_size").fetchone()
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(f"PRAGMA cache_size = -{_ROOM}")
    try:
        yield
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = {pages}")


def gather(connection: sqlite3.Connection) -> list[list[Any]]:
    """Let queries collect the values of a group by ``gathered``, which gives the place of a list.

    Numbers come as numbers: as a text, which would have to keep every bit, they take three times
    as long.

    Returns:
        The lists, which fill as the queries are carried out.
    """
    lists: list[list[Any]] = []

    class Gathered:
        def __init__(self) -> None:
            self.place = len(lists)
            lists.append([])
            self.step = lists[-1].append

        def finalize(self) -> int:
            return self.place

    connection.create_aggregate("gathered", 1, Gathered)
    return lists


@contextmanager
def one_state(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all questions until the end of the block be answered from one state of the database."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def take_in_the_log(connection: sqlite3.Connection) -> None:
    """Write the log beside the database into it, unless somebody reads just now: then it stays."""
    connection.execute("PRAGMA busy_timeout = 1000")
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def upsert(
    connection: sqlite3.Connection,
    table: str,
    rows: Iterable[Mapping[str, Any]],
    key: Iterable[str],
) -> int:
    """Insert rows, or update those that differ; equal rows are left alone.

    Args:
        connection: within `write`.
        table: the name of the table.
        rows: all with the same columns.
        key: the columns of the primary key.

    Returns:
        How many rows were inserted or changed.
    """
    rows = list(rows)
    if not rows:
        return 0
    columns, keys = list(rows[0]), list(key)
    others = [column for column in columns if column not in keys]
    places = f":{', :'.join(columns)}"
    action = "NOTHING"
    if others:
        assignments = ", ".join(f"{column} = excluded.{column}" for column in others)
        differs = " OR ".join(f"{table}.{column} IS NOT excluded.{column}" for column in others)
        action = f"UPDATE SET {assignments} WHERE {differs}"
    before = connection.total_changes
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) "
        f"ON CONFLICT ({', '.join(keys)}) DO {action}",
        rows,
    )
    return connection.total_changes - before


@contextmanager
def _closing(path: Path, uri: str) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            uri,
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT,
            factory=Connection,
        )
    except sqlite3.Error as error:
        raise named(path, error) from error
    try:
        try:
            set_up(connection)
        except sqlite3.DatabaseError as error:
            raise named(path, error) from error
        yield connection
    finally:
        connection.close()


def _make(path: Path) -> None:
    """Make a database beside its place, and put it there when it is whole.

    So a file of no bytes is never one that is just being made, but one that was cut.
    """
    from cityflux.storage.access import COMPANIONS, make_file

    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        make_file(unfinished)
        with _closing(path, f"{unfinished.as_uri()}?mode=rw") as connection:
            connection.execute("PRAGMA synchronous = NORMAL")  # closing it writes all to the disk
            _migrate(path, connection)
        for companion in COMPANIONS:  # of a database that was deleted; it would be taken over
            path.with_name(path.name + companion).unlink(missing_ok=True)
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            return  # another process was first
        except OSError:  # no file has two names here
            unfinished.rename(path)
    except OSError as error:
        raise StorageError(f"{path}: cannot be made ({error.strerror})") from error
    finally:
        for leftover in path.parent.glob(glob.escape(unfinished.name) + "*"):
            leftover.unlink(missing_ok=True)


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    # sqlite-utils is imported only when there is something to do, which spares every other start.
    with without_pandas():
        from sqlite_utils import Database

        from cityflux.storage.migrations import migrations

    try:
        connection.execute("PRAGMA journal_mode = WAL")
        migrations.apply(Database(connection))
    except sqlite3.Error as error:
        raise named(path, error) from error


@contextmanager
def without_pandas() -> Iterator[None]:
    """Let sqlite-utils be imported as where there is no pandas, which it looks for.

    It would only learn a type of pandas that nothing here has, for 0.2 s and 45 MB.
    """
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment] # an import of it fails
    try:
        yield
    finally:
        del sys.modules["pandas"]


def _refuse_read_only(path: Path) -> None:
    # Root may write anything, so the mode is asked as well: who took the write bits off meant it.
    if path.exists() and (not os.access(path, os.W_OK) or not path.stat().st_mode & 0o222):
        raise ReadOnly(f"{path}: is read-only; make it writable (chmod u+w) or name another file")
    folder = next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))
    if not folder.is_dir():
        raise StorageError(f"{folder}: is no folder; name another file in [database] path")
    if not os.access(folder, os.W_OK):
        raise ReadOnly(f"{folder}: cannot be written; name another place in [database] path")
