"""When changes by whichever hand are to be followed: soon, and those that come together at once."""

from __future__ import annotations

import sqlite3
import time

from cityflux.storage.changes import position, version

LIVELY = 10.0  # seconds after a change in which the next one is expected, and looked for more often
SLEEPY = 60.0  # seconds without a change after which one looks half as often
LONGEST_GATHERING = 1.0  # seconds after the first change at which indices are recomputed anyway


class ChangeWatch:
    """Gathers changes until they pause.

    Args:
        connection: on which it looks; changes by this one are seen as well as those by others.
        poll: seconds between two looks.
        gather: seconds without a further change after which it is time.
    """

    def __init__(self, connection: sqlite3.Connection, poll: float, gather: float) -> None:
        self._connection, self._poll, self._gather = connection, poll, gather
        self._first: float | None = None
        self._last = time.monotonic() - LIVELY
        self._version = (-1, -1)

    @property
    def patience(self) -> float:
        """Seconds until the next look."""
        if self._first is not None:
            return min(self._gather, self._poll / 10)
        calm = time.monotonic() - self._last
        return self._poll * (0.1 if calm < LIVELY else 1.0 if calm < SLEEPY else 2.0)

    def is_time(self, known: int) -> bool:
        """Look for changes after position ``known``; whether it is time to follow them."""
        moment, present = time.monotonic(), version(self._connection)
        if present != self._version:
            self._version = present
            if position(self._connection) != known:  # also fewer, where a hand deleted some
                self._first = moment if self._first is None else self._first
                self._last = moment
        if self._first is None:
            return False
        quiet = moment - self._last >= self._gather
        return quiet or moment - self._first >= LONGEST_GATHERING

    def followed(self, known: int) -> None:
        """All changes up to position ``known`` are, also those that following them brought."""
        others = self._version[0]
        self.look_again()
        if position(self._connection) == known:
            self._version = (others, self._connection.total_changes)

    def look_again(self) -> None:
        """What was seen may not have been followed."""
        self._first, self._version = None, (-1, -1)
