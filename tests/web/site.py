"""``cityflux web`` in a process of its own, and what asks it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import html5lib
import httpx
import psutil
from bs4 import BeautifulSoup

ROOT = str(Path(__file__).resolve().parents[2])


class Site:
    """The pages over a database; ``folder`` is for the log.

    Attributes:
        address: where it answers, without a slash at the end.
        log: what it printed, both streams.
    """

    def __init__(self, database: Path, folder: Path, *options: str) -> None:
        self.database = database
        self._command = ["--database", str(database), "web", "--port", "0", *options]
        self._log = folder / "log.txt"

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cityflux", *self._command],
                cwd=self._log.parent,
                env={**os.environ, "PYTHONPATH": ROOT},
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 60
        while not (found := re.search(r" at (http://\S+)/ ", self.log)):
            assert self._process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(0.02)
        self.address = found[1]
        self._client = httpx.Client(base_url=self.address, trust_env=False, timeout=60)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        self.stop()

    def stop(self) -> None:
        """Tell the server to stop, and wait until it has."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(30) in (0, -signal.SIGTERM), self.log

    def memory(self) -> int:
        """How many bytes the server holds, without the processes that it starts."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def get(
        self, path: str, language: str = "en", cookie: str = "", **arguments: Any
    ) -> httpx.Response:
        """Ask for a path; the language is that of the browser, and no cookie stays."""
        self._client.cookies.clear()
        headers = {"Accept-Language": language, **({"Cookie": cookie} if cookie else {})}
        return self._client.get(path, params=arguments or None, headers=headers)

    def page_of_datasette(self, path: str) -> BeautifulSoup:
        """A page of Datasette's own that is there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return BeautifulSoup(answer.text, "html.parser")

    def page(self, path: str, language: str = "en", **arguments: Any) -> BeautifulSoup:
        """A page that is there, and is valid HTML."""
        answer = self.get(path, language, **arguments)
        assert answer.status_code == 200, answer.text
        html5lib.HTMLParser(strict=True).parse(answer.text)
        return BeautifulSoup(answer.text, "html.parser")
