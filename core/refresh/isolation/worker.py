"""A worker process, seen from its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cityflux.core.model.errors import PluginError
from cityflux.core.plugin.manager import IndicatorPlugin
from cityflux.core.plugin.traces import one_line
from cityflux.core.refresh.isolation.messages import (
    Answer,
    Ask,
    Broken,
    Derive,
    Order,
    Reading,
    Start,
)

#: Seconds in which a worker must have loaded the plugins, and in which a killed one must be gone.
_LONGEST_START = 60.0
_LONGEST_END = 5.0


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
        """The worker may be given another task."""

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


class Worker:
    """A process that carries out one task at a time.

    Args:
        start: what it needs to know.

    Raises:
        PluginError: it does not come up.
    """

    def __init__(self, start: Start) -> None:
        ours, theirs = socket.socketpair()
        alive, lifeline = os.pipe()
        self._connection = Connection(ours.detach())
        self._lifeline = open(lifeline, "wb", buffering=0)  # noqa: PTH123, SIM115 - a descriptor
        self._killed = False
        try:
            self._process = _spawn(theirs.fileno(), alive)
        except OSError:
            self._hang_up()
            raise
        finally:
            theirs.close()
            os.close(alive)
        try:
            self._connection.send(start)
            if not self._connection.poll(_LONGEST_START):
                raise PluginError(f"did not load the plugins within {_LONGEST_START:g} s")
            self._connection.recv()
        except (EOFError, OSError):
            raise PluginError(f"ended while it loaded the plugins ({self._last_words()})") from None
        except BaseException:
            self.close()
            raise

    def carry_out(self, work: Work[Outcome], time_limit: float) -> Outcome:
        """Carry out a task; whatever goes wrong becomes the error of the result.

        Args:
            work: the task, and the answers to what is asked on the way.
            time_limit: seconds, of which fetching may take a share.
        """
        try:
            self._connection.send(work.order(time_limit))
            while isinstance(message := self._connection.recv(), Ask | Reading):
                if isinstance(message, Ask):
                    self._connection.send(work.answer(message))
                else:
                    work.read()
            if isinstance(message, Broken):
                return work.failed(message.error)
            return work.done(message)
        except (EOFError, OSError):
            end = self._last_words()
            return work.failed(f"{work.step} ended its process ({end}); mend the plugin")
        except Exception as error:  # what cannot be pickled, or not be loaded here
            self.close()
            return work.failed(one_line(error))

    def is_fit(self) -> bool:
        """Whether it may be given another task."""
        return not self._killed and self._process.poll() is None

    def kill(self) -> None:
        """End it, and the programs that it has started, whatever they are doing; any thread may."""
        self._killed = True
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and forget it; only the thread that it works for may."""
        self.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LONGEST_END)
        self._hang_up()

    def _hang_up(self) -> None:
        self._connection.close()
        self._lifeline.close()

    def _last_words(self) -> str:
        """How it ended, by itself or not."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LONGEST_END)
        self.close()
        code = self._process.returncode
        with suppress(ValueError, TypeError):
            return signal.Signals(-code).name
        return f"exit status {code}"


def _spawn(messages: int, alive: int) -> subprocess.Popen[bytes]:
    """Start a fresh interpreter: a fork would take over locks, threads and SQLite connections."""
    path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
    return subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "cityflux.core.refresh.isolation.inside",
            str(messages),
            str(alive),
        ],
        stdin=subprocess.DEVNULL,
        stdout=2,  # what a plugin prints must not get into what a command prints
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=(messages, alive),
        start_new_session=True,
    )
