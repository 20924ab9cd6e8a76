"""Tasks side by side, in threads and in worker processes; what takes too long is given up."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from cityflux.core.plugin.traces import one_line
from cityflux.core.refresh.carry_out import Result, carry_out, failed
from cityflux.core.refresh.gate import Gate
from cityflux.core.refresh.isolation.work import Batch
from cityflux.core.refresh.pages import judge_together
from cityflux.core.refresh.tasks import Task
from cityflux.core.refresh.underway import Underway

if TYPE_CHECKING:
    from cityflux.core.model.http import Http
    from cityflux.core.refresh.isolation.errand import Errand
    from cityflux.core.refresh.isolation.pool import Workers

#: How many results are stored in one transaction at most, and how long (s) one waits for others.
_TOGETHER = 50
_MOMENT = 0.25
#: How long (s) nothing may come before one looks whether more threads would help.
_LULL = 0.05
#: How many workers overlap where one source is fetched at a time: one fetches, another reads.
_OVERLAP = 2
#: How many tasks a worker is given at once at most, and the part of all that they may be.
_AT_ONCE = 20
_PART = 16
#: How long (s) the others may wait for one of them before they are called off.
_PATIENCE = 0.5


@dataclass(frozen=True)
class Means:
    """What tasks are carried out with.

    Attributes:
        http: the client that is handed to `fetch`.
        gate: what all results pass through.
        cities: the ids of the cities that exist.
        workers: processes for the plugins that are not built in; they run in threads without.
        threads: how many tasks fetch at the same time at most.
        time_limit: seconds after which a task is given up.
    """

    http: Http
    gate: Gate
    cities: set[str]
    workers: Workers | None = None
    threads: int = 8
    time_limit: float = 300.0


def run_tasks(tasks: Sequence[Task], means: Means) -> Iterator[list[Result]]:
    """Run tasks in threads and give their results as they come, those that came together at once.

    What several plugins read from one source, each for itself, comes when all of it was read.
    """
    return judge_together(_Round(tasks, means).results(), tasks, means.gate)


class _Round:
    """Runs tasks in threads: in one, and in twice as many whenever they mostly wait for answers.

    Threads that compute take turns, and each turn costs; those that wait do not. There are no more
    of them than workers where it is these that they would wait for. No more of them than are
    allowed fetch at the same time.

    A worker is given several tasks at once where there are many, and those that wait for a slow one
    are called off. A task that takes too long is given up. Where it is that of a plugin which is
    not built in, its worker is killed; otherwise its thread is left behind, as Python cannot end
    it, and a new one takes its place.
    """

    def __init__(self, tasks: Sequence[Task], means: Means) -> None:
        self._means = means
        self._waiting: queue.SimpleQueue[Sequence[Task] | None] = queue.SimpleQueue()
        # Not a SimpleQueue: in CPython 3.11 a signal can make its `get` forget the timeout.
        self._results: queue.Queue[Result] = queue.Queue()
        self._running: dict[Task, tuple[Underway, Batch[Underway]]] = {}
        self._turns = threading.Semaphore(means.threads)
        self._open = len(tasks)
        for together in _together(tasks):
            self._waiting.put(together)
        apart = means.workers and any(task.plugin.apart for task in tasks)
        overlap = min(_OVERLAP, means.workers.most) if means.workers and apart else 1
        self._most = max(means.threads, overlap)

    def results(self) -> Iterator[list[Result]]:
        """The results as they come."""
        try:
            yield from self._as_they_come()
        finally:
            for _ in range(self._most):
                self._waiting.put(None)

    def _as_they_come(self) -> Iterator[list[Result]]:
        workers, limit = self._means.workers, self._means.time_limit
        started, waits = 0, Waits()
        while self._open:
            more = not started or (waits.mostly() and not (workers and workers.are_full()))
            wanted = min(self._most, max(1, 2 * started)) if more else started
            while started < wanted and not self._waiting.empty():
                self._start()
                started += 1
            may_start = started < self._most and not self._waiting.empty()
            patience = _LULL if may_start else min(_PATIENCE, limit / 4)
            arrived = [*_soon_after(self._results, min(_TOGETHER, self._open), patience)]
            arrived += self._given_up()
            self._open -= len(arrived)
            if arrived:
                yield arrived

    def _start(self) -> None:
        threading.Thread(target=self._work, name="cityflux-fetch", daemon=True).start()

    def _work(self) -> None:
        while (tasks := self._waiting.get()) is not None:
            self._turns.acquire()
            if not self._carry_out(tasks):
                return  # it was given up, and another thread goes on

    def _carry_out(self, tasks: Sequence[Task]) -> bool:
        """Carry out tasks in turn; returns whether none of them was given up meanwhile."""
        turns = [self._turns.release, *[_nothing] * (len(tasks) - 1)]  # the last to pop gives it on
        errands = [self._begun(task, lambda: turns.pop()()) for task in tasks]
        batch = Batch(errands)
        self._running |= {errand.task: (errand, batch) for errand in errands}
        is_wanted = True
        for result in self._outcomes(batch):
            batch.current.end_turn()
            if self._running.pop(result.task, None) is None:
                is_wanted = False
            else:
                self._results.put(_judged(result, self._means.gate))
        self._call_off(batch)
        return is_wanted

    def _begun(self, task: Task, fetched: Callable[[], None]) -> Underway:
        if not (self._means.workers and task.plugin.apart):
            return Underway(task, fetched)
        from cityflux.core.refresh.isolation.errand import Errand  # for strangers alone

        return Errand(task, self._means.http, fetched)

    def _outcomes(self, batch: Batch[Underway]) -> Iterator[Result]:
        errand, means = batch.current, self._means
        if means.workers and errand.plugin.apart:
            yield from means.workers.carry_out(cast("Batch[Errand]", batch), means.time_limit)
        else:
            errand.begin()
            yield carry_out(errand.task, means.http, means.cities, means.time_limit, errand.read)

    def _call_off(self, batch: Batch[Underway]) -> None:
        """Let others do what of a batch is not begun."""
        for errand in batch.call_off():
            del self._running[errand.task]
            errand.end_turn()
            self._waiting.put((errand.task,))

    def _given_up(self) -> Iterator[Result]:
        """The results of tasks that have taken too long; those behind slow ones are called off."""
        for errand, batch in list(self._running.values()):
            limit = self._means.time_limit
            if errand.seconds() > min(_PATIENCE, limit):
                self._call_off(batch)
            if errand.seconds() > limit and self._running.pop(errand.task, None) is not None:
                yield errand.give_up(limit)
                self._start()


def _together(tasks: Sequence[Task]) -> Iterator[Sequence[Task]]:
    """What is handed over together: one task, or several for a worker where there are many."""
    for is_apart, each in groupby(tasks, key=lambda task: task.plugin.apart is not None):
        alike = [*each]
        size = min(_AT_ONCE, max(1, len(alike) // _PART)) if is_apart else 1
        for start in range(0, len(alike), size):
            yield alike[start : start + size]


def _nothing() -> None:
    pass


def _judged(result: Result, gate: Gate) -> Result:
    """A result that has passed the gate; who waits for it must get one, whatever happens."""
    try:
        return gate.judge(result)
    except Exception as error:
        return failed(result.task, result.started, result.seen, one_line(error))


class Waits:
    """Whether this process waits for others most of the time."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def mostly(self) -> bool:
        """Whether it has used less than half of a core since this was asked the last time."""
        wall, cpu = time.monotonic(), time.process_time()
        passed, used = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        return used < passed / 2


def _soon_after(results: queue.Queue[Result], most: int, patience: float) -> Iterator[Result]:
    """What comes within a moment of the first, so that a commit serves many small results."""
    with suppress(queue.Empty):
        yield results.get(timeout=patience)
        end = time.monotonic() + _MOMENT
        for _ in range(most - 1):
            yield results.get(timeout=max(0.0, end - time.monotonic()))
