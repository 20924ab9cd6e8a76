"""The workers of a refresh or of a daemon: started for work, ended when they have none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from cityflux.core.model.errors import PluginError, Stopped
from cityflux.core.model.secrecy import known
from cityflux.core.refresh.carry_out import UNABLE
from cityflux.core.refresh.isolation.messages import Start
from cityflux.core.refresh.isolation.work import Batch, Outcome, Work
from cityflux.core.refresh.isolation.worker import Worker

#: How many workers there are as long as all move on: what the parent does for a task takes longer
#: than what a worker does, so that two keep it busy.
_MOVING = 2

#: Seconds in which no other worker is started after one that did not come up: the next would not
#: either, and each try takes as long as a few hundred tasks.
_NEXT_START = 30.0


class Workers:
    """Processes in which plugins that are not built in fetch and read, one task after another.

    There are two, and one more for each that is with the same task for longer than a moment: a
    plugin that hangs or waits for a slow host does not hold up the others, and as long as none does
    there is no need for the memory of more.

    Args:
        cities: the ids of the cities that exist.
        most: how many there may be.
        moment: seconds with one task after which a worker no longer counts as one that moves on.

    Attributes:
        most: the same.
    """

    def __init__(self, cities: set[str], most: int, moment: float = 0.5) -> None:
        self._cities = frozenset(cities)
        self.most = most
        self._moment = moment
        self._freed = threading.Condition()
        self._idle: list[tuple[float, Worker]] = []
        self._busy: dict[Batch[Any], Worker | None] = {}  # None while the worker starts
        self._closed = False
        self._start_failed: tuple[float, PluginError] | None = None

    def carry_out(self, batch: Batch[Work[Outcome]], time_limit: float) -> Iterator[Outcome]:
        """Carry out tasks in a worker, when one is free; see `Worker.carry_out`."""
        try:
            worker = self._take(batch)
        except (PluginError, Stopped, OSError) as error:
            yield batch.current.failed(f"{UNABLE}: {error}")
            return
        try:
            yield from worker.carry_out(batch, time_limit)
        finally:
            self._give_back(batch, worker)

    def are_full(self) -> bool:
        """Whether another task would have to wait for those that are under way, and move on.

        While a worker starts it is not to be seen yet whether one more is of use.
        """
        with self._freed:
            starts = None in self._busy.values()
            return starts or (not self._idle and len(self._moving()) >= _MOVING)

    def end_idle(self, after: float) -> None:
        """End the workers that have had nothing to do for some seconds."""
        latest = time.monotonic() - after
        with self._freed:
            gone = [worker for since, worker in self._idle if since <= latest]
            self._idle = [(since, worker) for since, worker in self._idle if since > latest]
        for worker in gone:
            worker.close()

    def close(self) -> None:
        """End all workers; a task that is under way fails, and no other is taken."""
        with self._freed:
            self._closed = True
            for worker in filter(None, self._busy.values()):
                worker.kill()  # the thread that it works for closes it
            self._freed.notify_all()
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

    def _take(self, batch: Batch[Any]) -> Worker:
        worker = self._wait(batch)
        if worker is not None and worker.is_fit():
            return worker
        if worker is not None:  # it ended while it had nothing to do
            worker.close()
        selection = batch.current.plugin.apart
        assert selection is not None
        try:
            self._refuse_again()
            worker = Worker(Start(selection, self._cities, known()))
        except BaseException as error:
            if isinstance(error, PluginError):
                self._start_failed = time.monotonic(), error
            self._forget(batch)
            raise
        with self._freed:
            self._busy[batch] = worker
            if self._closed:
                worker.kill()
        return worker

    def _refuse_again(self) -> None:
        """Say once more why a worker did not come up a moment ago."""
        if self._start_failed and time.monotonic() - self._start_failed[0] < _NEXT_START:
            raise Stopped(str(self._start_failed[1]))

    def _wait(self, batch: Batch[Any]) -> Worker | None:
        """Wait for a worker that is idle, or until one more may be started, which is None."""
        with self._freed:
            while not self._closed:
                if self._idle:
                    self._busy[batch] = self._idle.pop()[1]
                    return self._busy[batch]
                moving = self._moving()
                if len(moving) < _MOVING and len(self._busy) < self.most:
                    self._busy[batch] = None
                    return None
                self._freed.wait(self._moment - max([0.0, *moving]))  # until one may move no longer
        raise Stopped("stopped: no more work is taken")

    def _moving(self) -> list[float]:
        """For how long each worker that moves on, or starts, has been with its task."""
        with_task = [batch.current.seconds() for batch in self._busy]
        return [seconds for seconds in with_task if seconds < self._moment]

    def _give_back(self, batch: Batch[Any], worker: Worker) -> None:
        with self._freed:
            self._forget(batch)
            keep = worker.is_fit() and len(self._idle) + len(self._moving()) < _MOVING
            if keep:
                self._idle.append((time.monotonic(), worker))
        if not keep:
            worker.close()

    def _forget(self, batch: Batch[Any]) -> None:
        with self._freed:
            del self._busy[batch]
            self._freed.notify()
