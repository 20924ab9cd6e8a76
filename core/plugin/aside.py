"""Where somebody else's code prints to: standard error, only so much, and no secret."""

from __future__ import annotations

import fcntl
import io
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TextIO

from cityflux.core.model.secrecy import known, redact, redact_bytes

#: How many characters one call may print; the rest is dropped.
_MOST_PRINTED = 10_000
#: Seconds of silence after which what was printed is passed on, and bytes after which it is anyway:
#: until then a secret may be printed piece by piece.
_LULL = 0.1
_PIECE = 2**20
#: Bytes of the end of a piece that wait for the next one.
_OVERLAP = 2**14


#: Where standard error is while somebody else's code has another one, and who has turned it.
_real = [2]
_turning = threading.RLock()


class Printed(io.TextIOBase):
    """What Python prints; where there are secrets it is passed on when all of it is there."""

    def __init__(self) -> None:
        self._left = _MOST_PRINTED
        self._goes_to = sys.stderr
        self._waiting: list[str] | None = [] if known() else None

    def write(self, text: str, /) -> int:
        """Pass on what there is room for."""
        if self._left > 0 and self._waiting is None:
            self._goes_to.write(text[: self._left])
        elif self._left > 0 and self._waiting is not None:
            self._waiting.append(text)  # cut off when it is redacted: half a secret is none
        self._left -= len(text)
        return len(text)

    def end(self) -> None:
        """Pass on what waits."""
        if self._waiting:
            self._goes_to.write(redact("".join(self._waiting))[:_MOST_PRINTED])
            self._waiting = []


class Redacted(io.TextIOBase):
    """A stream to which a plugin prints what it is asked for, without the secrets in it."""

    def __init__(self, goes_to: TextIO) -> None:
        self._goes_to = goes_to

    def write(self, text: str, /) -> int:
        """Pass it on."""
        self._goes_to.write(redact(text))
        return len(text)

    def flush(self) -> None:
        """Pass it on at once."""
        self._goes_to.flush()

    def isatty(self) -> bool:
        """Whether somebody looks at it."""
        return self._goes_to.isatty()


class Aside:
    """A pipe to standard error through which no secret comes.

    Attributes:
        fd: where to write.
    """

    def __init__(self) -> None:
        self._from, self.fd = os.pipe()
        self._to = os.dup(_real[-1])
        with suppress(OSError, AttributeError):  # Linux; elsewhere it holds less
            fcntl.fcntl(self.fd, fcntl.F_SETPIPE_SZ, _PIECE)
        self._thread = threading.Thread(target=self._pass_on, name="cityflux-aside", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nothing more is written here; a program that was left behind may still write."""
        os.close(self.fd)

    def end(self) -> None:
        """Nothing more is written here, and what was is passed on."""
        self.close()
        self._thread.join(5 * _LULL)

    def _pass_on(self) -> None:
        waiting = b""
        with open(self._from, "rb", buffering=0) as source, open(self._to, "wb", 0) as target:  # noqa: PTH123 - descriptors
            while read := source.read(_PIECE):
                waiting += read
                is_quiet = not select.select([source], [], [], _LULL)[0]
                if is_quiet or len(waiting) > _PIECE:
                    redacted = redact_bytes(waiting)
                    waiting = b"" if is_quiet else redacted[-_OVERLAP:]
                    target.write(redacted if is_quiet else redacted[:-_OVERLAP])
            target.write(redact_bytes(waiting))


@contextmanager
def aside() -> Iterator[None]:
    """Let what is printed within go to standard error, also what programs print."""
    printed = Printed()
    with ExitStack() as stack:
        if known():
            stack.callback(printed.end)
        with suppress(OSError):  # there is no standard output, or error
            stack.enter_context(_descriptors())
        stack.enter_context(redirect_stdout(printed))
        if known():
            stack.enter_context(redirect_stderr(printed))
        yield


@contextmanager
def _descriptors() -> Iterator[None]:
    """Turn standard output to standard error, and both to a pipe where there are secrets."""
    if not _turning.acquire(blocking=False):  # another thread has turned them
        yield
        return
    pipe = Aside() if known() else None
    moved = {each: os.dup(each) for each in ((1, 2) if pipe else (1,))}
    if pipe:
        _real.append(moved[2])
    for each in moved:
        os.dup2(pipe.fd if pipe else 2, each)
    try:
        yield
    finally:
        for each, kept in moved.items():
            os.dup2(kept, each)
        if pipe:
            _real.pop()
            pipe.end()
        for kept in moved.values():
            os.close(kept)
        _turning.release()


@contextmanager
def answering() -> Iterator[None]:
    """Let what a plugin prints within, as it was asked to, go where it goes, but no secret."""
    if not known():
        yield
        return
    with redirect_stdout(Redacted(sys.stdout)), redirect_stderr(Redacted(sys.stderr)):
        yield
