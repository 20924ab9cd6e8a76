"""How often somebody may ask: so many times a minute, each by a key of their own."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

#: Seconds that are counted together, and how many keys are remembered.
WINDOW, REMEMBERED = 60.0, 10_000


class Limit:
    """A limit for each key.

    Args:
        most: times in a minute.
        clock: seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._known: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def passes(self, key: str) -> bool:
        """Count a request; whether it is one of those that may be made."""
        at = self._clock()
        began, times = self._known.pop(key, (at, 0))
        if at - began >= WINDOW:
            began, times = at, 0
        self._known[key] = began, times + 1
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return times < self._most

    def is_spent(self, key: str) -> bool:
        """Whether no further request may be made; counts nothing."""
        began, times = self._known.get(key, (0.0, 0))
        return self._clock() - began < WINDOW and times >= self._most
