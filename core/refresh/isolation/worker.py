"""A worker process, seen from its parent."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from cityflux.core.model.errors import PluginError
from cityflux.core.model.interpreter import fresh
from cityflux.core.model.secrecy import known
from cityflux.core.plugin.aside import Aside
from cityflux.core.plugin.traces import one_line
from cityflux.core.refresh.isolation.messages import Ask, Broken, Reading, Start
from cityflux.core.refresh.isolation.work import Batch, Outcome, Work

#: Seconds in which a worker must have loaded the plugins, and in which a killed one must be gone.
_LONGEST_START = 60.0
_LONGEST_END = 5.0

#: More tasks than are ever given to a worker at once.
_MOST = 4096


class Worker:
    """A process that carries out one task after another.

    Args:
        start: what it needs to know.

    Raises:
        PluginError: it does not come up.
    """

    def __init__(self, start: Start) -> None:
        ours, theirs = socket.socketpair()
        alive, lifeline = os.pipe()
        permits, permitting = os.pipe()
        os.set_blocking(permits, False)
        self._connection = Connection(ours.detach())
        self._lifeline = open(lifeline, "wb", buffering=0)  # noqa: PTH123, SIM115 - a descriptor
        self._permits = open(permits, "rb", buffering=0)  # noqa: PTH123, SIM115
        self._permitting = open(permitting, "wb", buffering=0)  # noqa: PTH123, SIM115
        self._lock = threading.Lock()
        self._killed = False
        try:
            self._process = _spawn(theirs.fileno(), alive, permits)
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

    def carry_out(self, batch: Batch[Work[Outcome]], time_limit: float) -> Iterator[Outcome]:
        """Carry out tasks, one after another; whatever goes wrong with one becomes its error.

        Args:
            batch: the tasks, and the answers to what is asked on the way.
            time_limit: seconds for each, of which fetching may take a share.

        Yields:
            What came of each, as it comes, until all are done that are not called off, or the
            process is gone.
        """
        try:
            self._hand_over(batch, time_limit)
            go_on = True
            while go_on:
                work = batch.current
                work.begin(self.kill)
                outcome = self._hear(work)
                work.end()
                yield outcome
                go_on = self.is_fit() and batch.go_on()
        finally:
            batch.hand_over(None)

    def take_back(self) -> int:
        """Keep it from beginning what it has not begun; returns how many tasks that is."""
        with self._lock:
            return 0 if self._permits.closed else len(self._permits.read(_MOST) or b"")

    def _hand_over(self, batch: Batch[Work[Outcome]], time_limit: float) -> None:
        orders = [_packed(work, time_limit) for work in batch.hand_over(self.take_back)]
        with suppress(OSError):  # it is gone; that is heard when it does not answer
            self._permitting.write(bytes(len(orders) - 1))
            self._connection.send(orders)

    def _hear(self, work: Work[Outcome]) -> Outcome:
        """Answer what is asked until the task is done."""
        try:
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
        except Exception as error:  # what cannot be loaded here
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
        self._permitting.close()
        with self._lock:
            self._permits.close()

    def _last_words(self) -> str:
        """How it ended, by itself or not."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LONGEST_END)
        self.close()
        code = self._process.returncode
        with suppress(ValueError, TypeError):
            return signal.Signals(-code).name
        return f"exit status {code}"


def _packed(work: Work[Any], time_limit: float) -> bytes:
    """The order of a task; where it cannot be given, the worker hands back why."""
    try:
        return pickle.dumps(work.order(time_limit))
    except Exception as error:
        return pickle.dumps(Broken(one_line(error)))


def _spawn(*descriptors: int) -> subprocess.Popen[bytes]:
    """Start a fresh interpreter: a fork would take over locks, threads and SQLite connections."""
    # What a plugin prints must not get into what a command prints, and no secret anywhere.
    aside = Aside() if known() else None
    printed = aside.fd if aside else 2
    command, env = fresh("cityflux.core.refresh.isolation.inside", *descriptors)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            env=env,
            pass_fds=descriptors,
            start_new_session=True,
        )
    finally:
        if aside:
            aside.close()
