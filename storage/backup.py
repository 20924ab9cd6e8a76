"""A whole copy of the database, made while others write."""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from cityflux.core.model.errors import GivenUp, StorageError
from cityflux.storage.access import make_alike, make_file
from cityflux.storage.database import now
from cityflux.storage.examination import damage
from cityflux.storage.panel_access import drop_names
from cityflux.storage.read_only import read_database

#: Pages that are copied before others get their turn.
_PAGES = 1000
#: Steps of SQLite's virtual machine between two questions whether the copy is given up.
_STEPS = 100_000
_UNFINISHED = ".unfinished"
#: Seconds after which a half-made copy that nobody has written to is what a killed process left.
_FORGOTTEN = 3600.0


def target_of(database: Path, path: Path | None) -> Path:
    """The file of a copy: ``path``, or one with the moment in its name, in the folder ``path``."""
    name = f"{database.stem}-{now()[:19].replace(':', '')}{database.suffix}"
    if path is None:
        return database.with_name(name)
    return path / name if path.is_dir() or not path.suffix else path


def back_up(
    database: Path,
    target: Path,
    replace: bool = False,
    given_up: Callable[[], bool] = lambda: False,
    without_names: bool = False,
) -> int:
    """Copy a database and check the copy; only a whole one gets its name.

    Args:
        database: the file, which others may be writing.
        target: the file of the copy.
        replace: whether a file that is there already may go.
        given_up: asked again and again whether the copy is not wanted any more.
        without_names: whether the names of experts are left out of it.

    Returns:
        The size of the copy in bytes.

    Raises:
        GivenUp: it is not wanted any more; nothing is left of it.
        StorageError: the file is there already, cannot be written, or the copy is damaged.
    """
    with read_database(database) as source:
        return copy_whole(source, database, target, replace, given_up, without_names=without_names)


def copy_whole(
    source: sqlite3.Connection,
    database: Path,
    target: Path,
    replace: bool = False,
    given_up: Callable[[], bool] = lambda: False,
    as_it_is: bool = False,
    *,
    without_names: bool = False,
) -> int:
    """Copy a database that is open, also one that is damaged if ``as_it_is``; else as `back_up`."""

    def go_on(*_: int) -> None:
        if given_up():
            raise GivenUp(f"{target}: given up")

    if target.exists() and not replace:
        raise StorageError(f"{target}: is there already; name another file, or add --force")
    unfinished = target.with_name(target.name + _UNFINISHED)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        make_file(unfinished, 0o600)  # nobody else reads it before it has its mode
        with contextlib.closing(sqlite3.connect(unfinished)) as copy:
            # One state of the database for all pages: a change would make SQLite begin anew, and
            # where others write all the time, a large copy would never come to an end.
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_master").fetchone()
            source.backup(copy, pages=_PAGES, progress=go_on)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
            if without_names:
                drop_names(copy)
            copy.set_progress_handler(given_up, _STEPS)
            damaged = [] if as_it_is else damage(copy)
        if damaged:
            raise StorageError(
                f"{database}: the copy is damaged ({damaged[0]}); see: cityflux doctor"
            )
        make_alike(unfinished, database)
        os.replace(unfinished, target)  # noqa: PTH105
    except OSError as error:
        raise StorageError(f"{target}: cannot be written ({error.strerror})") from error
    except sqlite3.Error as error:
        go_on()
        raise StorageError(f"{target}: the copy failed ({error}); try again") from error
    finally:
        if source.in_transaction:
            source.execute("ROLLBACK")
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def copies(database: Path, folder: Path) -> list[Path]:
    """The copies of a database in a folder that got their names from `target_of`, oldest first."""
    return sorted(folder.glob(_pattern(database)))


def prune_copies(database: Path, folder: Path, keep: int, newest: Path) -> None:
    """Delete the oldest copies, so that no more than ``keep`` stay, and what killed ones left.

    Args:
        database: whose copies they are.
        folder: where they are.
        keep: how many stay.
        newest: the one that was just made; it stays whatever the clock said.

    Raises:
        OSError: one cannot be deleted.
    """
    others = [path for path in copies(database, folder) if path != newest]
    for path in others[: len(others) - keep + 1]:
        path.unlink()
    for path in folder.glob(f"{_pattern(database)}{_UNFINISHED}*"):
        if time.time() - path.stat().st_mtime > _FORGOTTEN:
            path.unlink()


def _pattern(database: Path) -> str:
    moment = "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9]T" + "[0-9]" * 6
    return f"{glob.escape(database.stem)}-{moment}{database.suffix}"
