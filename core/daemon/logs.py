"""The log of the daemon: for people or as JSON, on standard error or in files that take turns."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from cityflux.core.model.errors import ConfigError
from cityflux.core.model.secrecy import learn, redact
from cityflux.storage.access import Access, make_folder, settle

if TYPE_CHECKING:
    from cityflux.core.app.config import Config

#: Libraries that would write a line about each request or each job.
TALKATIVE = ("apscheduler", "httpcore", "httpx")


def set_up_logs(config: Config) -> None:
    """Log as ``[log]`` says, from now on; what was set up before is closed.

    Raises:
        ConfigError: the file cannot be written.
    """
    settings = config.log
    handler = _handler(settings.file, settings.max_megabytes, settings.keep, config.files.access)
    learn(config.secret_variables)
    journal = not settings.file and _is_journal()
    handler.setFormatter(_Json() if settings.format == "json" else _Text(journal))
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


class _Text(logging.Formatter):
    """A line for people, without the time where the journal adds its own."""

    def __init__(self, journal: bool) -> None:
        super().__init__(f"{'' if journal else '%(asctime)s '}%(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _Json(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class _File(RotatingFileHandler):
    """A file of the log, and those that take its turn, for whom it is meant."""

    def __init__(self, file: Path, megabytes: int, keep: int, access: Access) -> None:
        self._access = access
        super().__init__(file, maxBytes=megabytes * 2**20, backupCount=keep, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        opened = super()._open()
        settle(Path(self.baseFilename), self._access)
        return opened


def _handler(file: Path | None, megabytes: int, keep: int, access: Access) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    try:
        make_folder(file.parent, access)
        return _File(file, megabytes, keep, access)
    except OSError as error:
        raise ConfigError(f"log.file: {file} cannot be written ({error.strerror})") from error


def _is_journal() -> bool:
    """Whether standard error is the journal's, see JOURNAL_STREAM in systemd.exec(5)."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
