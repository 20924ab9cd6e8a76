"""A port on loopback that answers ``/health`` and ``/metrics``."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from cityflux.core.app.health import problems
from cityflux.core.daemon.tally import Tally
from cityflux.core.model.errors import ConfigError
from cityflux.core.plugin.traces import one_line

if TYPE_CHECKING:
    from cityflux.core.app.config import Daemon

log = logging.getLogger("cityflux")

Read = Callable[[], AbstractContextManager[sqlite3.Connection]]

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"


@contextmanager
def answering(settings: Daemon, read: Read) -> Iterator[None]:
    """Answer on 127.0.0.1 until the end of the block; port 0 answers nothing.

    Args:
        settings: the port, and the names under which it answers besides those of this machine.
        read: opens the database for reading.

    Raises:
        ConfigError: the port is taken.
    """
    if not settings.port:
        yield
        return
    names = {*_LOOPBACK, *(name.lower() for name in settings.names)}
    server = _listen(settings.port, partial(_Answers, read, Tally(), names))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="cityflux-port", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def check_port(port: int) -> None:
    """Look whether a port is free.

    Raises:
        ConfigError: it is taken.
    """
    if port:
        _listen(port, BaseHTTPRequestHandler).server_close()


def _listen(port: int, handler: Callable[..., BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise ConfigError(f"daemon.port: {port} cannot be used ({error.strerror})") from error


def _name(host: str) -> str:
    """The name in a header Host, without the port."""
    return re.sub(r":\d*$", "", host.strip()).rstrip(".").lower()


class _Answers(BaseHTTPRequestHandler):
    def __init__(self, read: Read, tally: Tally, names: set[str], *arguments: object) -> None:
        self._read, self._tally, self._names = read, tally, names
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer a question; 503 with the reason where the database cannot be read."""
        # A foreign page can give its own name the address of this machine (DNS rebinding).
        if not self._names.issuperset(map(_name, self.headers.get_all("Host", []))):
            self._send(421, _TEXT, b"not served under this name; allow it in daemon.names\n")
            return
        try:
            self._answer()
        except Exception as error:  # whatever a hand did to the database
            log.debug("%s", self.path, exc_info=True)
            self._fail(f"the database cannot be read: {one_line(error)}")

    def _fail(self, reason: str) -> None:
        if self.path == "/health":
            said = {"healthy": False, "problems": [reason], "stale": {}}
            self._send(503, _JSON, json.dumps(said, ensure_ascii=False).encode())
        else:
            self._send(503, _TEXT, f"{reason}\n".encode())

    def _answer(self) -> None:
        if self.path == "/health":
            with self._read() as connection:
                wrong = problems(connection)
                stale = self._tally.count(connection).stale
            said = {"healthy": not wrong, "problems": wrong, "stale": stale}
            body = json.dumps(said, ensure_ascii=False)
            self._send(503 if wrong else 200, _JSON, body.encode())
        elif self.path == "/metrics":
            from cityflux.core.daemon.metrics import exposition

            self._send(
                200, "text/plain; version=0.0.4; charset=utf-8", exposition(self._read, self._tally)
            )
        else:
            self._send(404, _TEXT, b"there are /health and /metrics\n")

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a probe every few seconds is no news."""
