"""Threads that end for want of memory, at their start or later: their work is never done."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cityflux.core.model.errors import CityfluxError


class Shortage:
    """Whether a thread has ended for want of memory.

    Where it could not even start, whoever started it waits for ever, and so does all that waits for
    him: the process must be started again.
    """

    def __init__(self) -> None:
        self._is_there = False

    def hear(self, failed: Any) -> None:
        """Look at what ended a thread."""
        self._is_there = self._is_there or issubclass(failed.exc_type, MemoryError)

    def check(self) -> None:
        """See whether one has.

        Raises:
            CityfluxError: it has; what is committed is safe.
        """
        if self._is_there:
            raise CityfluxError(
                "there was too little memory for a thread, so that its work would never be done; "
                "give the daemon more memory, or lower refresh.processes, and start it again"
            )


@contextmanager
def noticing_shortage() -> Iterator[Shortage]:
    """Hear of threads that end, until the end of the block."""
    shortage, before = Shortage(), (sys.unraisablehook, threading.excepthook)

    def unraisable(failed: Any) -> None:
        shortage.hear(failed)
        before[0](failed)

    def uncaught(failed: Any) -> None:
        shortage.hear(failed)
        before[1](failed)

    sys.unraisablehook, threading.excepthook = unraisable, uncaught
    try:
        yield shortage
    finally:
        sys.unraisablehook, threading.excepthook = before
