"""A circuit breaker: a host that keeps failing is left alone for a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cityflux.core.model.errors import Refused
from cityflux.scrapers.http.clock import Clock
from cityflux.scrapers.http.policy import Policy

log = logging.getLogger(__name__)

CircuitState = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class HostState:
    """How a host is doing.

    Attributes:
        host: its name, with the port where that is unusual.
        requests: how many requests it was sent.
        failures: how many of them it failed to answer.
        circuit: ``closed`` lets requests pass, ``open`` does not, ``half-open`` tries one.
        open_until: from when on a request may try the host again; None for a closed circuit.
        last_error: the last failure; stays after the host has recovered.
        in_a_row: how many failures there were since it last answered.
    """

    host: str
    requests: int
    failures: int
    circuit: CircuitState
    open_until: datetime | None
    last_error: str
    in_a_row: int = 0


class Circuit:
    """Counts the failures of one host; not safe for threads by itself (its slot is).

    Args:
        host: the name of the host.
        policy: when to open, and for how long.
        clock: the time.
    """

    def __init__(self, host: str, policy: Policy, clock: Clock) -> None:
        self._host = host
        self._policy = policy
        self._clock = clock
        self._in_a_row = 0
        self._shut_until: float | None = None
        self._probing = False
        self.requests = 0
        self.failures = 0
        self.last_error = ""

    @property
    def state(self) -> CircuitState:
        """``closed``, ``open`` or ``half-open``."""
        if self._shut_until is None:
            return "closed"
        return "half-open" if self._probing or self._left() <= 0 else "open"

    def check(self) -> None:
        """Refuse a request while the circuit is open, or while another one tries the host.

        Raises:
            Refused: with the last error, and when to come back.
        """
        if self._shut_until is None or (self._left() <= 0 and not self._probing):
            return
        left = max(self._left(), 0.0)
        rest = f"is left alone for {left:.0f} s more" if left else "one request tries it now"
        raise Refused(
            f"the host failed {self._in_a_row} times in a row and {rest}; last: {self.last_error}",
            retry_after=left,
        )

    def resume(self, state: HostState) -> None:
        """Go on from where an earlier process left off, so that it is no way round a break."""
        self.requests, self.failures = state.requests, state.failures
        self.last_error, self._in_a_row = state.last_error, state.in_a_row
        if state.open_until is not None:
            left = state.open_until.timestamp() - self._clock.wall()
            # A clock that was set back must not shut the host out for longer than a break lasts.
            left = min(left, self._policy.circuit_cool_down)
            self._shut_until = self._clock.now() + left

    def enter(self) -> None:
        """Send a request: in an open circuit it is the one that tries."""
        self.requests += 1
        self._probing = self._shut_until is not None

    def answered(self) -> None:
        """The host has answered, whatever it said."""
        if self._shut_until is not None:
            log.info("%s answers again", self._host)
        self._in_a_row = 0
        self._shut_until = None

    def failed(self, error: str) -> None:
        """The host has failed to answer."""
        self.failures += 1
        self._in_a_row += 1
        self.last_error = error
        if self._in_a_row >= self._policy.circuit_threshold:
            if self._shut_until is None:
                log.warning("%s is left alone for a while: %s", self._host, error)
            self._shut_until = self._clock.now() + self._policy.circuit_cool_down

    def leave(self) -> None:
        """The request has ended, and if it said nothing about the host, the next one may try."""
        self._probing = False

    def report(self) -> HostState:
        """How the host is doing."""
        until = None
        if self._shut_until is not None:
            until = datetime.fromtimestamp(self._clock.wall() + self._left(), UTC)
        return HostState(
            self._host,
            self.requests,
            self.failures,
            self.state,
            until,
            self.last_error,
            self._in_a_row,
        )

    def _left(self) -> float:
        return 0.0 if self._shut_until is None else self._shut_until - self._clock.now()
