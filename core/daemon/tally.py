"""What is stored, counted once and then kept up to date by what changed: for who asks often."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from cityflux.storage import catalog
from cityflux.storage.changes import named_since, position
from cityflux.storage.database import one_state
from cityflux.storage.fetches import count_fetches
from cityflux.storage.housekeeping import thinned_fetches
from cityflux.storage.staleness import Standing, days_late, read_standings


class Counts(NamedTuple):
    """What is stored.

    Attributes:
        figures: how many there are, by status.
        fetches: how many there ever were, by outcome.
        stale: how many days each stale indicator is late.
    """

    figures: dict[str, int]
    fetches: dict[str, int]
    stale: dict[str, int]


class Tally:
    """Counts a million figures once, and afterwards only those of indicators that changed.

    Any thread may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position: int | None = None
        self._standings: dict[str, Standing] = {}
        self._last_fetch = 0
        self._thinned: dict[str, int] | None = None
        self._fetches: Counter[str] = Counter()

    def count(self, connection: sqlite3.Connection) -> Counts:
        """What is stored now.

        Args:
            connection: any connection, not within a transaction.
        """
        with self._lock:
            with one_state(connection):
                if self._position is None:
                    self._standings = read_standings(connection)
                else:
                    self._take_changes(connection, self._position)
                self._position = position(connection)
                self._count_fetches(connection)
                frequencies = catalog.frequencies(connection)
            return self._counts(frequencies)

    def _take_changes(self, connection: sqlite3.Connection, since: int) -> None:
        changed = named_since(connection, since)
        for name in changed:
            self._standings.pop(name, None)
        self._standings |= read_standings(connection, changed)

    def _count_fetches(self, connection: sqlite3.Connection) -> None:
        thinned = thinned_fetches(connection)
        if thinned != self._thinned:  # some of those that were thinned out may be new: all again
            self._thinned, self._fetches, self._last_fetch = thinned, Counter(thinned), 0
        self._last_fetch, fetched = count_fetches(connection, self._last_fetch)
        self._fetches.update(fetched)

    def _counts(self, frequencies: dict[str, str]) -> Counts:
        moment, figures = datetime.now(UTC), Counter[str]()
        stale = {}
        for name, standing in self._standings.items():
            for status in ("ok", "provisional", "suspect"):
                figures[status] += getattr(standing, status)
            late = days_late(frequencies.get(name, ""), standing.latest, moment)
            if late is not None:
                stale[name] = late
        stored = {status: count for status, count in figures.items() if count}
        return Counts(stored, dict(self._fetches), stale)
