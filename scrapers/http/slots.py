"""The slot of a host: how many requests at a time, how far apart, and whether at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from cityflux.core.model.errors import HostDown, Refused, Stopped
from cityflux.scrapers.http.circuit import Circuit, HostState
from cityflux.scrapers.http.clock import Clock
from cityflux.scrapers.http.policy import Policy
from cityflux.scrapers.http.sharing import apart


class Slot:
    """Keeps the pace of one host, for all threads together.

    Args:
        host: the name of the host, which may have a budget of its own in the policy.
        authority: the name with the port, by which people know the slot.
        policy: the budgets and limits.
        clock: the time.
        stopped: set when everything has to end.
    """

    def __init__(
        self, host: str, authority: str, policy: Policy, clock: Clock, stopped: threading.Event
    ) -> None:
        budget = policy.budget_of(host)
        self.connections = budget.connections
        self._interval = budget.interval
        self._crawl_delay = 0.0
        self._policy = policy
        self._clock = clock
        self._stopped = stopped
        self._circuit = Circuit(authority, policy, clock)
        self._changed = threading.Condition()
        self._busy = 0
        self._next = clock.now()
        # Nobody knows yet whether the host is there, so that one thread alone finds out.
        self._proven = False
        self._down: HostDown | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn to send one request, which lasts until the end of the block.

        Raises:
            Refused: when the circuit is open, or the turn would not come in time.
            HostDown: when the host was found dead in this refresh.
            Stopped: when everything has to end.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped.is_set() or self._busy < self._lines)
            self._busy += 1
        try:
            while (pause := self._enter()) > 0:
                self._clock.wait(self._stopped, pause)
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._circuit.leave()
                self._changed.notify_all()

    def hold(self, seconds: float) -> None:
        """Send nothing for some seconds: the host failed, or asked for it."""
        with self._changed:
            self._next = max(self._next, self._clock.now() + seconds)

    def slow_down(self, crawl_delay: float) -> None:
        """Keep requests so many seconds apart, if that is more than the policy says."""
        self._crawl_delay = crawl_delay

    def answered(self) -> None:
        """The host has answered, whatever it said."""
        with self._changed:
            self._proven = True
            self._circuit.answered()
            self._changed.notify_all()

    def failed(self, error: str) -> None:
        """The host has failed to answer."""
        with self._changed:
            self._circuit.failed(error)

    def found_dead(self, error: HostDown) -> None:
        """Fail every further request at once, until `forget`."""
        with self._changed:
            self._down = error

    def forget(self) -> None:
        """Start afresh: the host may be back, or gone."""
        with self._changed:
            self._down = None
            self._proven = False

    def wake(self) -> None:
        """Let the threads that wait see that everything has to end."""
        with self._changed:
            self._changed.notify_all()

    @property
    def is_open(self) -> bool:
        """Whether the circuit lets nothing pass."""
        with self._changed:
            return self._circuit.state == "open"

    def resume(self, state: HostState) -> None:
        """Go on from what an earlier process knew of the host."""
        with self._changed:
            self._circuit.resume(state)

    def report(self) -> HostState:
        """How the host is doing."""
        with self._changed:
            return self._circuit.report()

    @property
    def _lines(self) -> int:
        return self.connections if self._proven else 1

    def _enter(self) -> float:
        """Send now, which gives 0, or say how many seconds there are to wait."""
        with self._changed:
            if self._stopped.is_set():
                raise Stopped("stopped: the client takes no more work")
            if self._down:
                raise apart(self._down)
            self._circuit.check()
            now = self._clock.now()
            pause = self._next - now
            if pause > self._policy.longest_wait:
                raise self._too_long(pause)
            if pause <= 0:
                self._circuit.enter()
                self._next = now + max(self._interval, self._crawl_delay)
            return pause

    def _too_long(self, pause: float) -> Refused:
        when = datetime.fromtimestamp(self._clock.wall() + pause, UTC)
        return Refused(
            f"the host wants no request before {when:%Y-%m-%d %H:%M:%S} UTC, and we wait no longer "
            f"than {self._policy.longest_wait:.0f} s; come back then, or raise longest_wait",
            retry_after=pause,
        )
