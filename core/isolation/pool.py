"""The workers of a refresh or of a daemon: started for work, ended when they have none."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from core.carry_out import Result
from core.errors import PluginError
from core.isolation.errand import Errand
from core.isolation.messages import Start
from core.isolation.worker import Worker
from scrapers.errors import Stopped


class Workers:
    """Processes in which plugins that are not built in fetch and read, one task at a time in each.

    Args:
        cities: the ids of the cities that exist.
        most: how many there may be.
    """

    def __init__(self, cities: set[str], most: int) -> None:
        self._cities = frozenset(cities)
        self._turns = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Worker]] = []
        self._busy: set[Worker] = set()
        self._closed = False

    def carry_out(self, errand: Errand, time_limit: float) -> Result:
        """Carry out a task in a worker, when one is free; see `Worker.carry_out`."""
        with self._turns:
            try:
                worker = self._take(errand)
            except (PluginError, Stopped, OSError) as error:
                return errand.failed(f"a process for {errand.task.plugin.record.name}: {error}")
            try:
                errand.begin(worker.kill)
                return worker.carry_out(errand, time_limit)
            finally:
                errand.end()
                self._give_back(worker)

    def end_idle(self, after: float) -> None:
        """End the workers that have had nothing to do for some seconds."""
        latest = time.monotonic() - after
        with self._lock:
            gone = [worker for since, worker in self._idle if since <= latest]
            self._idle = [(since, worker) for since, worker in self._idle if since > latest]
        for worker in gone:
            worker.close()

    def close(self) -> None:
        """End all workers; a task that is under way fails, and no other is taken."""
        with self._lock:
            self._closed = True
            for worker in self._busy:
                worker.kill()  # the thread that it works for closes it
        self.end_idle(after=0.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self, errand: Errand) -> Worker:
        with self._lock:
            if self._closed:
                raise Stopped("stopped: no more work is taken")
            worker = self._idle.pop()[1] if self._idle else None
        if worker is not None and not worker.is_fit():  # it ended while it had nothing to do
            worker.close()
            worker = None
        if worker is None:
            selection = errand.task.plugin.apart
            assert selection is not None
            worker = Worker(Start(selection, self._cities))
        with self._lock:
            self._busy.add(worker)
            if self._closed:
                worker.kill()
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if worker.is_fit():
                self._idle.append((time.monotonic(), worker))
                return
        worker.close()
