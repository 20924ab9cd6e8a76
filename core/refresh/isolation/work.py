"""What a worker is given: tasks, and several of them at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from cityflux.core.plugin.manager import IndicatorPlugin
    from cityflux.core.refresh.isolation.messages import Answer, Ask, Derive, Order

Outcome = TypeVar("Outcome", covariant=True)


class Work(Protocol[Outcome]):
    """A task for a worker, as `core.refresh.isolation.errand.Errand` is one."""

    step: str

    @property
    def plugin(self) -> IndicatorPlugin:
        """Whose hooks are called."""

    def begin(self, kill: Callable[[], None]) -> None:
        """A worker has it, and its time runs; any thread may end that worker."""

    def end(self) -> None:
        """The worker may be with another task by now."""

    def seconds(self) -> float:
        """How long it has been under way; less than nothing before that."""

    def order(self, time_limit: float) -> Order | Derive:
        """What the worker is told."""

    def answer(self, ask: Ask) -> Answer:
        """Answer a question of the worker."""

    def read(self) -> None:
        """Hear that fetching is over."""

    def done(self, done: Any) -> Outcome:
        """What came of it."""

    def failed(self, error: str) -> Outcome:
        """What came of it where it came to nothing."""


Task = TypeVar("Task", covariant=True)


class Batch(Generic[Task]):
    """Tasks that a worker is given at once and begins one after another.

    Those that it has not begun may be called off, by any thread.

    Args:
        tasks: one at least.

    Attributes:
        current: the one that is under way; those before it are done.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._later = deque(tasks)
        self.current = self._later.popleft()
        self._lock = threading.Lock()
        self._take_back: Callable[[], int] | None = None

    def hand_over(self, take_back: Callable[[], int] | None) -> list[Task]:
        """Give it to a worker, or, with None, away from one.

        Args:
            take_back: keeps the worker from beginning more, and says how many it had left.

        Returns:
            All that is to be done.
        """
        with self._lock:
            self._take_back = take_back
            return [self.current, *self._later]

    def go_on(self) -> bool:
        """Whether there is another; it is the current one from now on."""
        with self._lock:
            if self._later:
                self.current = self._later.popleft()
                return True
            return False

    def call_off(self) -> list[Task]:
        """Take away, for good, what is not begun."""
        with self._lock:
            count = self._take_back() if self._take_back else len(self._later)
            return [self._later.pop() for _ in range(count)][::-1]
