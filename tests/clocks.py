"""A clock for tests: waiting takes no time."""

from __future__ import annotations

import threading

from cityflux.scrapers.http.clock import Clock


class FakeClock(Clock):
    """Time passes when somebody waits, and otherwise only as told.

    Args:
        tick: seconds that pass with every look at the clock.

    Attributes:
        waits: how long each wait was meant to take.
    """

    def __init__(self, tick: float = 0.0) -> None:
        self.waits: list[float] = []
        self.tick = tick
        self._now = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            self._now += self.tick
            return self._now

    def wall(self) -> float:
        """Noon of 2026-01-01 when the clock starts."""
        return 1_767_268_800.0 + self._now - 1000.0

    def wait(self, until: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
