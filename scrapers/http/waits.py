"""What a source asked for by Retry-After: when an address may be asked again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from cityflux.core.model.errors import Refused
from cityflux.scrapers.http.clock import Clock
from cityflux.scrapers.http.policy import Policy


class Waits:
    """Remembers for each address when its source wants to be asked again; for all threads.

    One page that is out of order says nothing about the others of its host.

    Args:
        policy: says how long we wait at the wish of a source.
        clock: the time.
        stopped: set when everything has to end.
    """

    def __init__(self, policy: Policy, clock: Clock, stopped: threading.Event) -> None:
        self._policy = policy
        self._clock = clock
        self._stopped = stopped
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def hold(self, address: str, seconds: float) -> None:
        """Do not ask for an address for some seconds."""
        now = self._clock.now()
        with self._lock:
            self._until = {known: until for known, until in self._until.items() if until > now}
            self._until[address] = max(self._until.get(address, 0.0), now + seconds)

    def wait(self, address: str) -> None:
        """Wait until an address may be asked, or until everything has to end.

        Raises:
            Refused: when that would take longer than we wait.
        """
        while (pause := self._left(address)) > 0 and not self._stopped.is_set():
            if pause > self._policy.longest_wait:
                when = datetime.fromtimestamp(self._clock.wall() + pause, UTC)
                raise Refused(
                    f"the source wants no request for this before {when:%Y-%m-%d %H:%M:%S} UTC, "
                    f"and we wait no longer than {self._policy.longest_wait:.0f} s; come back "
                    "then, or raise longest_wait",
                    retry_after=pause,
                )
            self._clock.wait(self._stopped, pause)

    def _left(self, address: str) -> float:
        with self._lock:
            return self._until.get(address, 0.0) - self._clock.now()
