"""The workers of a refresh or of a daemon: started for work, ended when they have none."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any, Self

from cityflux.core.model.errors import PluginError, Stopped
from cityflux.core.refresh.isolation.messages import Start
from cityflux.core.refresh.isolation.worker import Outcome, Work, Worker

#: How many workers there are as long as all move on: what the parent does for a task takes longer
#: than what a worker does, so that two keep it busy.
_MOVING = 2


class Workers:
    """Processes in which plugins that are not built in fetch and read, one task at a time in each.

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
        self._busy: dict[Work[Any], Worker | None] = {}  # None while the worker starts
        self._closed = False

    def carry_out(self, work: Work[Outcome], time_limit: float) -> Outcome:
        """Carry out a task in a worker, when one is free; see `Worker.carry_out`."""
        try:
            worker = self._take(work)
        except (PluginError, Stopped, OSError) as error:
            return work.failed(f"a process for {work.plugin.record.name}: {error}")
        try:
            work.begin(worker.kill)
            return worker.carry_out(work, time_limit)
        finally:
            work.end()
            self._give_back(work, worker)

    def are_full(self) -> bool:
        """Whether another task would have to wait for those that are under way, and move on."""
        with self._freed:
            return not self._idle and len(self._moving()) >= _MOVING

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

    def _take(self, work: Work[Any]) -> Worker:
        worker = self._wait(work)
        if worker is not None and worker.is_fit():
            return worker
        if worker is not None:  # it ended while it had nothing to do
            worker.close()
        selection = work.plugin.apart
        assert selection is not None
        try:
            worker = Worker(Start(selection, self._cities))
        except BaseException:
            self._forget(work)
            raise
        with self._freed:
            self._busy[work] = worker
            if self._closed:
                worker.kill()
        return worker

    def _wait(self, work: Work[Any]) -> Worker | None:
        """Wait for a worker that is idle, or until one more may be started, which is None."""
        with self._freed:
            while not self._closed:
                if self._idle:
                    self._busy[work] = self._idle.pop()[1]
                    return self._busy[work]
                moving = self._moving()
                if len(moving) < _MOVING and len(self._busy) < self.most:
                    self._busy[work] = None
                    return None
                self._freed.wait(self._moment - max([0.0, *moving]))  # until one may move no longer
        raise Stopped("stopped: no more work is taken")

    def _moving(self) -> list[float]:
        """For how long each worker that moves on, or starts, has been with its task."""
        with_task = [work.seconds() for work in self._busy]
        return [seconds for seconds in with_task if seconds < self._moment]

    def _give_back(self, work: Work[Any], worker: Worker) -> None:
        with self._freed:
            self._forget(work)
            keep = worker.is_fit() and len(self._idle) + len(self._moving()) < _MOVING
            if keep:
                self._idle.append((time.monotonic(), worker))
        if not keep:
            worker.close()

    def _forget(self, work: Work[Any]) -> None:
        with self._freed:
            del self._busy[work]
            self._freed.notify()
