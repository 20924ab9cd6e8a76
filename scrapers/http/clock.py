"""The time, as the client sees it: one place, so that a test can put another clock there."""

from __future__ import annotations

import threading
import time


class Clock:
    """The clock of the machine."""

    def now(self) -> float:
        """Seconds on a clock that never goes backwards; only differences mean anything."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970 in UTC."""
        return time.time()

    def wait(self, until: threading.Event, seconds: float) -> None:
        """Wait for some seconds, or less if the event happens."""
        until.wait(seconds)
