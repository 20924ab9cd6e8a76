"""Threads that end for want of memory, or never come up: their work is never done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cityflux.core.model.errors import CityfluxError

_TOO_LITTLE = (
    "there was too little memory for a thread, so that its work would never be done; give the "
    "daemon more memory, or lower refresh.processes, and start it again"
)
#: After so many looks in a row a thread that has not come up never will.
_LOOKS = 15


class Shortage:
    """Whether a thread has ended for want of memory.

    Where it could not even come up, whoever started it waits for ever, and so does all that waits
    for him: the process must be started again.
    """

    def __init__(self) -> None:
        self._has_ended = False
        self._not_up: Counter[threading.Thread] = Counter()

    def hear(self, failed: threading.ExceptHookArgs) -> None:
        """Look at what ended a thread."""
        self._has_ended = self._has_ended or issubclass(failed.exc_type, MemoryError)

    def check(self) -> None:
        """Look whether one has; called about once a second.

        Raises:
            CityfluxError: it has; what is committed is safe.
        """
        # Nobody can be told of one that does not come up: it ends before it is a thread of Python.
        not_up = [thread for thread in threading.enumerate() if not thread.is_alive()]
        self._not_up = Counter({thread: self._not_up[thread] + 1 for thread in not_up})
        if self._has_ended or max(self._not_up.values(), default=0) > _LOOKS:
            raise CityfluxError(_TOO_LITTLE)


@contextmanager
def noticing_shortage() -> Iterator[Shortage]:
    """Hear of threads that end, until the end of the block.

    Raises:
        CityfluxError: the block itself could start none.
    """
    shortage, before = Shortage(), threading.excepthook

    def uncaught(failed: threading.ExceptHookArgs) -> None:
        shortage.hear(failed)
        before(failed)

    threading.excepthook = uncaught
    try:
        yield shortage
    except RuntimeError as error:
        if str(error) != "can't start new thread":  # Python has no class for it
            raise
        raise CityfluxError(_TOO_LITTLE) from error
    finally:
        threading.excepthook = before
