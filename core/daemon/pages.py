"""Whether the file of the database is still the one that the daemon writes.

Who damages it, cuts it or copies another over it goes past SQLite, which may go on with the pages
that it remembers. Such a hand changes the time of the file; so does SQLite now and then, so that a
second connection looks. The file itself is never opened but by SQLite: closing it would take
SQLite's locks away.
"""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from cityflux.core.app.repair import go_back_to
from cityflux.core.model.errors import CityfluxError, StorageError
from cityflux.storage.changes import position
from cityflux.storage.complaints import MEND, what_to_do
from cityflux.storage.examination import first_damage
from cityflux.storage.read_only import read_database

#: A look may take this share of the time: one of a large file takes seconds.
_SHARE = 0.01
#: Seconds until one that could not be made is tried again.
_SOON = 1.0
#: What others hold, and what there is too little of for the moment: descriptors, memory.
_PASSING = (
    *("locked", "busy", "another process"),
    *("unable to open", "Too many open files", "out of memory", "Cannot allocate memory"),
)


def ended_by(error: sqlite3.Error, database: Path, copies: Path) -> StorageError:
    """What is said where SQLite ends the daemon.

    Args:
        error: what it raised.
        database: the file.
        copies: the folder of the copies.
    """
    text = what_to_do(str(error))
    if MEND not in text:
        text = f"{error}; see what: cityflux doctor; {go_back_to(database, copies)}"
    return StorageError(f"{database}: {text}")


class Pages:
    """Looks at the pages when the file was written.

    Args:
        database: the file.
        copies: the folder of the copies.
    """

    def __init__(self, database: Path, copies: Path) -> None:
        self._database, self._copies = database, copies
        self._seen = self._mark()
        self._next, self._damage = 0.0, ""
        # One thread for all looks: whoever starts one for which there is no memory waits for ever.
        self._thread = ThreadPoolExecutor(1, "cityflux-job-pages")
        self._look: Future[None] | None = None

    def close(self) -> None:
        """Look no more; what is under way comes to its end."""
        self._thread.shutdown(wait=False)

    def check(self, known: int) -> None:
        """See what the last look found, and begin the next one where it is time for it.

        Args:
            known: the last change that the daemon has followed.

        Raises:
            CityfluxError: the file is damaged or another one; names the copy to go back to.
        """
        if self._damage:
            raise CityfluxError(
                f"{self._database}: {self._damage}: it was damaged or overwritten while the daemon "
                f"had it open; {go_back_to(self._database, self._copies)}"
            )
        try:
            mark = self._mark()
        except FileNotFoundError:
            return  # just now; whoever looks for the file says so
        if self.is_looking() or time.monotonic() < self._next or mark == self._seen:
            return
        self._next = time.monotonic() + _SOON
        self._look = self._thread.submit(self._find, known, mark)

    def is_looking(self) -> bool:
        """Whether a look is under way."""
        return self._look is not None and not self._look.done()

    def _mark(self) -> tuple[int, int]:
        found = self._database.stat()
        return found.st_mtime_ns, found.st_size

    def _find(self, known: int, mark: tuple[int, int]) -> None:
        started = time.monotonic()
        try:
            with read_database(self._database) as connection:
                last = position(connection)
                self._damage = first_damage(connection)
            if last < known and not self._damage:
                self._damage = f"ends with change {last}, and the daemon knows {known}"
        except (StorageError, sqlite3.DatabaseError, OSError) as error:
            if not _passes(error):
                self._damage = str(error.__cause__ or error)
        else:
            self._seen = mark
            self._next = time.monotonic() + (time.monotonic() - started) / _SHARE


def _passes(error: Exception) -> bool:
    """Whether it is not the pages that are wrong: a lock, a shortage, or what a repair mends."""
    text = what_to_do(str(error))
    return any(words in text for words in (*_PASSING, MEND))
