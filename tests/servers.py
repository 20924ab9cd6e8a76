"""A real HTTP server on loopback: programmable answers, rude ones too, and a log of who asked.

::

    with LoopbackServer() as server:
        server.answer("/page", "text")                          # 200 with a length
        server.answer("/busy", [Answer(status=503), "text"])    # in turn; the last stays
        server.answer("/torn", Raw(b"HTTP/1.1 200 OK\\r\\n"))     # these bytes, then goodbye
        ...
        assert server.count("/page") == 1

What was not programmed is answered 404; so is ``/robots.txt``, which means that all is allowed.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as the server saw it; ``headers`` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass(frozen=True)
class Answer:
    """A well-formed answer; one with an ETag becomes a 304 for whoever has it already."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self, seen: Seen) -> bytes:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {"Content-Length": str(len(body)), **self.headers}
        status = self.status
        if self.headers.get("ETag", "") == seen.headers.get("if-none-match"):
            status, body = 304, b""
            headers = {"ETag": self.headers["ETag"]}
        lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass(frozen=True)
class Raw:
    """These very bytes, then ``repeat`` for as long as the other side listens, then goodbye."""

    start: bytes
    repeat: bytes = b""


@dataclass(frozen=True)
class Silence:
    """Not a byte until the other side gives up."""


Program = str | bytes | Answer | Raw | Silence | Callable[[Seen], "Program"]


class LoopbackServer:
    """An HTTP/1.1 server on 127.0.0.1, one thread for each connection.

    Args:
        tls: makes it an HTTPS server.
        now: the clock that stamps the log of requests.

    Attributes:
        requests: every request so far, in order of arrival.
        connections: how many connections were made.
    """

    def __init__(
        self, tls: ssl.SSLContext | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.requests: list[Seen] = []
        self.connections = 0
        self.now = now
        self._scheme = "https" if tls else "http"
        self._programs: dict[str, list[Program]] = {}
        self._lock = threading.Lock()
        self._tcp = _Listener(self, tls)
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tcp.shutdown()
        self._tcp.hang_up()
        self._tcp.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._tcp.server_address[1])

    def address(self, target: str = "/", host: str = "127.0.0.1") -> str:
        """The URL of a path on this server, by another name of the machine if wanted."""
        return f"{self._scheme}://{host}:{self.port}{target}"

    def answer(self, path: str, program: Program | Sequence[Program]) -> None:
        """Set what a path answers; a list is answered one by one, and its last item stays."""
        programs = [*program] if isinstance(program, list | tuple) else [cast("Program", program)]
        with self._lock:
            self._programs[path] = programs

    def count(self, path: str | None = None) -> int:
        """How many requests came for a path; without one, all except those for robots.txt."""
        with self._lock:
            paths = [seen.path for seen in self.requests]
        return paths.count(path) if path else sum(each != "/robots.txt" for each in paths)

    def take(self, seen: Seen) -> Program:
        """Log a request and say what it is answered."""
        with self._lock:
            self.requests.append(seen)
            programs = self._programs.get(seen.path, [Answer(status=404)])
            program = programs.pop(0) if len(programs) > 1 else programs[0]
        while callable(program):
            program = program(seen)
        return program


class _Listener(ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, server: LoopbackServer, tls: ssl.SSLContext | None) -> None:
        self.loopback = server
        self._tls = tls
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Conversation)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self.loopback.connections += 1
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        self._open.discard(cast("socket.socket", request))
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up in the middle is what many tests are about."""

    def hang_up(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        loopback = cast("_Listener", self.server).loopback
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        seen = Seen(self.command, self.path, headers, body, loopback.now())
        program = loopback.take(seen)
        if isinstance(program, str | bytes):
            program = Answer(program)
        match program:
            case Answer():
                self.wfile.write(program.encode(seen))
                self.close_connection = program.headers.get("Connection") == "close"
            case Raw():
                self.close_connection = True
                self.wfile.write(program.start)
                while program.repeat:
                    self.wfile.write(program.repeat)
            case Silence():
                self.close_connection = True
                self.rfile.read(1)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet: the log is `LoopbackServer.requests`."""
