"""A port on loopback that answers ``/health`` and ``/metrics``."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cityflux.core.app.health import problems
from cityflux.core.daemon.tally import Tally
from cityflux.core.model.errors import ConfigError

Read = Callable[[], AbstractContextManager[sqlite3.Connection]]


@contextmanager
def answering(port: int, read: Read) -> Iterator[None]:
    """Answer on 127.0.0.1 until the end of the block; port 0 answers nothing.

    Raises:
        ConfigError: the port is taken.
    """
    if not port:
        yield
        return
    server = _listen(port, partial(_Answers, read, Tally()))
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


class _Answers(BaseHTTPRequestHandler):
    def __init__(self, read: Read, tally: Tally, *arguments: object) -> None:
        self._read, self._tally = read, tally
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer a question."""
        if self.path == "/health":
            with self._read() as connection:
                wrong = problems(connection)
                stale = self._tally.count(connection).stale
            said = {"healthy": not wrong, "problems": wrong, "stale": stale}
            body = json.dumps(said, ensure_ascii=False)
            self._send(503 if wrong else 200, "application/json", body.encode())
        elif self.path == "/metrics":
            from cityflux.core.daemon.metrics import exposition

            self._send(
                200, "text/plain; version=0.0.4; charset=utf-8", exposition(self._read, self._tally)
            )
        else:
            self._send(404, "text/plain", b"there are /health and /metrics\n")

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a probe every few seconds is no news."""
