"""Reports that the daemon keeps: the command `cityflux report`, in a process of its own.

Making a report takes seconds, for which nobody who stores a figure should wait.
"""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import IO, NamedTuple

from cityflux.core.app.session import Session
from cityflux.core.reading.indices import choose
from cityflux.storage.runs import last_run_id

log = logging.getLogger("cityflux")


class _Making(NamedTuple):
    """A report under way: the process, what it says on standard error, and what it writes."""

    process: subprocess.Popen[str]
    errors: IO[str]
    path: Path


class Reports:
    """The reports of the indices that the configuration names, a file for each period.

    Args:
        session: configuration and database.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: dict[str, int | None] = {}  # by index the run that was told of
        self._making: _Making | None = None

    def tend(self, connection: sqlite3.Connection) -> None:
        """Begin the next report that is due, if none is under way."""
        if self._making and not self._ended(self._making):
            return
        for index in self._session.config.report.indices:
            run = last_run_id(connection, index)
            if run is not None and self._made.get(index) != run:
                self._made[index] = run
                self._begin(index, choose(connection, index).period)
                return

    def give_up(self) -> None:
        """End what is under way."""
        if self._making:
            self._making.process.kill()
            self._making.process.wait()
            self._making.errors.close()
            self._making = None

    def _begin(self, index: str, period: str) -> None:
        session, settings = self._session, self._session.config.report
        path = settings.folder / f"{index}_{period.replace('/', '-')}.{settings.form}"
        config = ["--config", str(session.config_file)] if session.config_file else []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.error("report: %s: %s", path.parent, error)
            return
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "cityflux", *config, "--database", str(session.database)),
                *("report", index, "--out", str(path), "--lang", settings.language),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        self._making = _Making(process, process.stderr, path)

    def _ended(self, making: _Making) -> bool:
        """Tell how it went, where it is over."""
        if making.process.poll() is None:
            return False
        said = making.errors.read().strip().splitlines()
        making.errors.close()
        if making.process.returncode:
            log.error("report: %s: %s", making.path, said[-1] if said else "it failed")
        else:
            log.info("report: %s", making.path)
        self._making = None
        return True
