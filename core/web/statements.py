"""Statements of readers, each in a process of its own with limits of time and memory.

SQLite can be interrupted between two steps, but not within one function, which may take hours or
gigabytes. Such a process is killed, and nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from cityflux.core.model.interpreter import fresh

#: How many are carried out at the same time; the others wait.
AT_ONCE = 3
#: Seconds beyond its limit after which one is killed, and in which a process must come up.
_GRACE = 0.5
_LONGEST_START = 30.0


class Statement(NamedTuple):
    """What a reader asks.

    Attributes:
        sql: the statement.
        params: what stands in the places of its names.
        most: of how many rows more than one is read to see that there are more; None for all.
        seconds: how long it may take.
    """

    sql: str
    params: Mapping[str, Any] | Sequence[Any]
    most: int | None
    seconds: float


class Answer(NamedTuple):
    """What comes of it: rows and their columns, or the kind of an error and what it says."""

    rows: list[tuple[Any, ...]]
    description: tuple[tuple[Any, ...], ...] | None = None
    error: str = ""
    says: str = ""


class Row(tuple[Any, ...]):
    """A row as `sqlite3.Row` is one: by place and by name."""

    columns: Sequence[str]

    @classmethod
    def of(cls, columns: Sequence[str], values: tuple[Any, ...]) -> Row:
        """A row of these columns."""
        row = cls(values)
        row.columns = columns
        return row

    def keys(self) -> Sequence[str]:
        """The names of the columns."""
        return self.columns

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        try:
            return super().__getitem__(self.columns.index(key))
        except ValueError:
            raise IndexError(f"there is no column {key!r}") from None


class Statements:
    """Carries out statements on one database.

    Args:
        database: the file.
        longest: bytes of the longest value that a statement may make.
    """

    def __init__(self, database: Path, longest: int) -> None:
        self._database, self._longest = database, longest
        self._threads = ThreadPoolExecutor(AT_ONCE, "cityflux-statements")
        self._idle: list[_Process] = []

    async def ask(self, statement: Statement) -> Answer:
        """Carry out a statement.

        Raises:
            sqlite3.Error: what SQLite says of it; ``interrupted`` where it took too long.
        """
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, self._carry_out, statement)
        if answer.error:
            raise getattr(sqlite3, answer.error, sqlite3.OperationalError)(answer.says)
        return answer

    def _carry_out(self, statement: Statement) -> Answer:
        process = self._idle.pop() if self._idle else _Process(self._database, self._longest)
        answer = process.ask(statement)
        if process.is_fit:
            self._idle.append(process)
        return answer


class _Process:
    """One process, which carries out one statement after another until it has to be killed."""

    def __init__(self, database: Path, longest: int) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        self.is_fit = True
        with theirs:
            command, env = fresh(
                "cityflux.core.web.carrying_out", theirs.fileno(), database, longest
            )
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                env=env,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._hear(_LONGEST_START)

    def ask(self, statement: Statement) -> Answer:
        with suppress(OSError):  # it is gone, which is heard
            self._connection.send(statement)
        return self._hear(statement.seconds + _GRACE)

    def _hear(self, seconds: float) -> Answer:
        says = "interrupted"
        try:
            if self._connection.poll(seconds):
                return Answer(*self._connection.recv())
        except (EOFError, OSError):
            says = "takes more memory or time than a statement may"
        self.is_fit = False
        self._process.kill()
        self._process.wait()
        self._connection.close()
        return Answer([], error="OperationalError", says=says)
