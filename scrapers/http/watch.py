"""What watches over one exchange, while the connection and the reader of its answer work for it."""

from __future__ import annotations

import re
import threading
from contextvars import ContextVar

from cityflux.core.model.errors import DeadlinePassed, Stopped
from cityflux.scrapers.http.clock import Clock

_END_OF_HEAD = re.compile(rb"\n\r?\n")


class Watch:
    """Watches over one exchange: its deadline, a stop, and the bytes that came in.

    Args:
        clock: the time.
        stopped: set when everything has to end.
        deadline: seconds for the whole exchange.
    """

    def __init__(self, clock: Clock, stopped: threading.Event, deadline: float) -> None:
        self._clock = clock
        self._stopped = stopped
        self._deadline = deadline
        self._ends = clock.now() + deadline
        self._received = 0
        self._head: int | None = None
        self._start = b""

    def patience(self, limit: float | None = None) -> float:
        """The seconds that the next step may take: its own limit, or what the deadline leaves.

        Raises:
            Stopped: when everything has to end.
            DeadlinePassed: when nothing is left.
        """
        self.check_running()
        left = self._ends - self._clock.now()
        if left <= 0:
            raise self.deadline_passed()
        return left if limit is None else min(left, limit)

    def check_running(self) -> None:
        """Raise `Stopped` when everything has to end."""
        if self._stopped.is_set():
            raise Stopped("stopped: the client takes no more work")

    def deadline_passed(self) -> DeadlinePassed:
        """The error for an exchange that took too long."""
        return DeadlinePassed(
            f"no whole answer within {self._deadline:g} s, so it was cut off; "
            "try later, or raise the deadline"
        )

    def note(self, data: bytes) -> None:
        """Count bytes that came in, and find where the head of the answer ends."""
        self._received += len(data)
        if self._head is None:
            self._start += data
            if end := _END_OF_HEAD.search(self._start):
                self._head = end.end()

    def surplus(self, announced: int) -> int:
        """How many bytes came in beyond the head and a body of the announced length."""
        if self._head is None or self._start.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
            return 0  # an interim answer came first: there is more than one head
        return max(0, self._received - self._head - announced)


#: The exchange that the present thread is in. A connection is told nothing of the request that it
#: works for, and an exchange never leaves its thread.
current_watch: ContextVar[Watch] = ContextVar("current_watch")
