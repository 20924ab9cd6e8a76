"""A whole copy of the database, made while others write."""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
from pathlib import Path

from storage.database import now, read_database
from storage.errors import StorageError

#: Pages that are copied before others get their turn.
_PAGES = 1000


def target_of(database: Path, path: Path | None) -> Path:
    """The file of a copy: ``path``, or one with the moment in its name, in the folder ``path``."""
    name = f"{database.stem}-{now()[:19].replace(':', '')}{database.suffix}"
    if path is None:
        return database.with_name(name)
    return path / name if path.is_dir() or not path.suffix else path


def back_up(database: Path, target: Path, replace: bool = False) -> int:
    """Copy a database and check the copy; only a whole one gets its name.

    Args:
        database: the file, which others may be writing.
        target: the file of the copy.
        replace: whether a file that is there already may go.

    Returns:
        The size of the copy in bytes.

    Raises:
        StorageError: the file is there already, cannot be written, or the copy is damaged.
    """
    if target.exists() and not replace:
        raise StorageError(f"{target}: is there already; name another file, or add --force")
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with (
            read_database(database) as source,
            contextlib.closing(sqlite3.connect(unfinished)) as copy,
        ):
            source.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
            (state,) = copy.execute("PRAGMA integrity_check").fetchone()
        if state != "ok":
            raise StorageError(f"{database}: the copy is damaged ({state}); see: integrity_check")
        unfinished.chmod(database.stat().st_mode & 0o777)
        os.replace(unfinished, target)  # noqa: PTH105
    except OSError as error:
        raise StorageError(f"{target}: cannot be written ({error.strerror})") from error
    except sqlite3.Error as error:
        raise StorageError(f"{target}: the copy failed ({error}); try again") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def copies(database: Path, folder: Path) -> list[Path]:
    """The copies of a database in a folder that got their names from `target_of`, oldest first."""
    moment = "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9]T" + "[0-9]" * 6
    return sorted(folder.glob(f"{glob.escape(database.stem)}-{moment}{database.suffix}"))


def prune_copies(database: Path, folder: Path, keep: int) -> None:
    """Delete the oldest copies, so that no more than ``keep`` stay.

    Raises:
        OSError: one cannot be deleted.
    """
    for path in copies(database, folder)[:-keep]:
        path.unlink()
