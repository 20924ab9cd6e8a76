"""Within a refresh a question is asked once, however many threads ask it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from cityflux.core.model.errors import SourceError

T = TypeVar("T")
Kind = TypeVar("Kind", bound=BaseException)


class Sharing:
    """Answers and errors that are kept for the length of a refresh.

    Refreshes that overlap are one: what they know is forgotten when the last of them ends.

    Args:
        forget: called whenever a refresh has ended.
    """

    def __init__(self, forget: Callable[[], None]) -> None:
        self._forget = forget
        self._lock = threading.Lock()
        self._refreshes = 0
        self._answers: dict[Hashable, Future[Any]] = {}

    @contextmanager
    def refresh(self) -> Iterator[None]:
        """Keep answers until the end of the block."""
        with self._lock:
            self._refreshes += 1
        try:
            yield
        finally:
            with self._lock:
                self._refreshes -= 1
                if not self._refreshes:
                    self._answers.clear()
                    self._forget()

    def if_open(self, note: Callable[[], None]) -> None:
        """Take a note that the end of the refresh forgets; outside of one, take none."""
        with self._lock:
            if self._refreshes:
                note()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer for a key, made by whoever asks first; the others wait for it.

        Outside of a refresh it is made each time.

        Raises:
            SourceError: the one that ``make`` raised, for everybody who asks.
        """
        with self._lock:
            known = self._answers.get(key)
            mine: Future[T] = Future()
            if known is None and self._refreshes:
                self._answers[key] = mine
        if known is not None:
            return cast("T", _wait(known))
        try:
            answer = make()
        except BaseException as error:
            mine.set_exception(apart(error))
            raise
        mine.set_result(answer)
        return answer


def _wait(known: Future[Any]) -> Any:
    error = known.exception()
    if error is not None:
        raise apart(error)
    return known.result()


def apart(error: Kind) -> Kind:
    """The same error without its traceback, which threads would write into each other's.

    Not by `copy`: other libraries have a say in how that copies errors, as Dask's has.
    """
    if not isinstance(error, SourceError):
        return error
    twin = error.__class__.__new__(error.__class__, *error.args)
    twin.__dict__.update(error.__dict__)
    return twin
