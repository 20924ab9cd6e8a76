"""What is wrong with a database file, and what to do about it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cityflux.core.model.errors import NotADatabase, ReadOnly, StorageError

BUSY_TIMEOUT = 15.0  # seconds that a writer waits for another
#: What to do about damage that `storage.repair` mends.
MEND = "mend it with: cityflux doctor --repair"
_LEAST = 512  # bytes of the smallest database of SQLite


def refuse_stub(path: Path) -> None:
    """Refuse a file that was cut.

    Raises:
        NotADatabase: it is too short to be a database.
    """
    if path.is_file() and (size := path.stat().st_size) < _LEAST:
        raise NotADatabase(
            f"{path}: is {size} bytes long and no cityflux database; put a copy in its place, or "
            "delete it to begin anew"
        )


def named(path: Path | str, error: sqlite3.Error) -> StorageError:
    """Turn an error of SQLite into one that says what to do."""
    text = str(error)
    if "not a database" in text:
        return NotADatabase(f"{path}: is no SQLite database; name another file in [database] path")
    if "readonly" in text:
        return ReadOnly(f"{path}: is read-only; make it writable or name another file")
    if "locked" in text or "busy" in text:
        return StorageError(
            f"{path}: another process has been writing for over {BUSY_TIMEOUT:.0f} s; try again"
        )
    return StorageError(f"{path}: {what_to_do(text)}")


def what_to_do(text: str) -> str:
    """What SQLite complains of, and what to do about it."""
    if any(words in text for words in ("no such", "already exists", "duplicate column", "FOREIGN")):
        return f"{text}; {MEND}"
    if "malformed" in text or "not a database" in text or "disk I/O" in text:
        return f"{text}; see what: cityflux doctor, and go back to a copy (docs/operations.md)"
    return text
