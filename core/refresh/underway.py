"""A task that is under way: how long it takes, and how it is given up."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from cityflux.core.refresh.carry_out import Result, failed
from cityflux.core.refresh.tasks import Task
from cityflux.storage.database import now


class Underway:
    """A task from its start to its end; one thread sees to it, and another watches its time.

    Args:
        task: what to do.
        fetched: called once when it asks nobody any more, and others may.

    Attributes:
        task: the same.
        plugin: whose hooks are called.
        step: the hook that is running: ``fetch`` or ``normalize``.
        started: when it was made, in UTC.
    """

    def __init__(self, task: Task, fetched: Callable[[], None]) -> None:
        self.task, self.plugin = task, task.plugin
        self.step = "normalize" if task.kept else "fetch"
        self.started = now()
        self._turns = [fetched]
        self._since = math.inf
        self._kill: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def begin(self, kill: Callable[[], None] | None = None) -> None:
        """From now on its time runs; what it spent waiting for a worker does not count."""
        with self._lock:
            self._kill = kill
            self._since = time.monotonic()

    def end(self) -> None:
        """Whoever worked for it may work for another now."""
        with self._lock:
            self._kill = None

    def read(self) -> None:
        """Fetching is over, and reading begins."""
        self.step = "normalize"
        self.end_turn()

    def end_turn(self) -> None:
        """Others may fetch, if they might not already; any thread may say so."""
        with suppress(IndexError):
            self._turns.pop()()

    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self._since

    def give_up(self, time_limit: float) -> Result:
        """Cut it off: its worker is killed; a thread cannot be, and is left behind."""
        with self._lock:
            if self._kill:
                self._kill()
        self.end_turn()
        return self.failed(
            f"{self.step} did not end: gave up after {time_limit:g} s; mend the plugin, or raise "
            "[refresh] time_limit in config.toml"
        )

    def failed(self, error: str) -> Result:
        """The result of a task that came to nothing."""
        return failed(self.task, self.started, (), error)
