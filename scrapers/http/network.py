"""Connections to checked addresses, with time limits that hold.

httpx hands its timeouts to each single read, so that a server which drips a byte now and then
keeps a request alive for ever, and it resolves names where nobody can look. Both are decided in
the network backend of its connection pool (httpcore), so that is what stands here.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import weakref
from collections.abc import Collection, Iterable
from contextlib import suppress
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import httpcore
import httpx

from cityflux.core.model.errors import (
    DeadlinePassed,
    HostDown,
    SourceError,
    Stopped,
    TooSlow,
    Unreachable,
)
from cityflux.scrapers.http.clock import Clock
from cityflux.scrapers.http.guard import refuse_private, resolve

_KEEP_ALIVE = 15.0  # seconds that an idle connection is kept
_END_OF_HEAD = re.compile(rb"\n\r?\n")

SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class Watch:
    """Watches over one exchange: its deadline, a stop, and the bytes that came in.

    Args:
        clock: the time.
        stopped: set when everything has to end.
        deadline: seconds for the whole exchange.
    """

    def __init__(self, clock: Clock, stopped: threading.Event, deadline: float) -> None:
        self._clock = clock
        self._stopped = stopped
        self._deadline = deadline
        self._ends = clock.now() + deadline
        self._received = 0
        self._head: int | None = None
        self._start = b""

    def patience(self, limit: float | None) -> float:
        """The seconds that the next step may take: its own limit, or what the deadline leaves.

        Raises:
            Stopped: when everything has to end.
            DeadlinePassed: when nothing is left.
        """
        self.check_running()
        left = self._ends - self._clock.now()
        if left <= 0:
            raise self.deadline_passed()
        return left if limit is None else min(left, limit)

    def check_running(self) -> None:
        """Raise `Stopped` when everything has to end."""
        if self._stopped.is_set():
            raise Stopped("stopped: the client takes no more work")

    def deadline_passed(self) -> DeadlinePassed:
        """The error for an exchange that took too long."""
        return DeadlinePassed(
            f"no whole answer within {self._deadline:g} s, so it was cut off; "
            "try later, or raise the deadline"
        )

    def note(self, data: bytes) -> None:
        """Count bytes that came in, and find where the head of the answer ends."""
        self._received += len(data)
        if self._head is None:
            self._start += data
            if end := _END_OF_HEAD.search(self._start):
                self._head = end.end()

    def surplus(self, announced: int) -> int:
        """How many bytes came in beyond the head and a body of the announced length."""
        if self._head is None or self._start.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
            return 0  # an interim answer came first: there is more than one head
        return max(0, self._received - self._head - announced)


#: The exchange that the present thread is in. httpcore tells a network backend nothing of the
#: request that it works for, and an exchange never leaves its thread.
current_watch: ContextVar[Watch] = ContextVar("current_watch")


class Network:
    """The connection pools, one for each origin, over the guarded backend.

    Args:
        allow_hosts: names of hosts that may be at private addresses.
    """

    def __init__(self, allow_hosts: Collection[str]) -> None:
        self._backend = _GuardedBackend(allow_hosts)
        self._pools: dict[str, httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    def pool(self, origin: str, connections: int) -> httpcore.ConnectionPool:
        """The pool of an origin, such as ``https://example.org``."""
        with self._lock:
            pool = self._pools.get(origin)
            if pool is None:
                pool = self._pools[origin] = httpcore.ConnectionPool(
                    ssl_context=self._tls if origin.startswith("https:") else None,
                    max_connections=connections,
                    keepalive_expiry=_KEEP_ALIVE,
                    network_backend=self._backend,
                )
            return pool

    def hang_up(self) -> None:
        """Break off every read that is going on."""
        self._backend.hang_up()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()


class _GuardedBackend(httpcore.NetworkBackend):
    """Resolves a name once, checks all its addresses, and connects to those and no others."""

    def __init__(self, allow_hosts: Collection[str]) -> None:
        self._allow_hosts = allow_hosts
        self._tcp = httpcore.SyncBackend()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        watch = current_watch.get()
        addresses = resolve(host, port, watch.patience(timeout))
        if host not in self._allow_hosts:
            refuse_private(host, addresses)
        failure: SourceError = HostDown(f"the name {host} has no address; check the spelling")
        for address in addresses:
            try:
                stream = self._tcp.connect_tcp(
                    address, port, watch.patience(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = _no_connection(f"{address} port {port}", error)
            else:
                return _Stream(stream, self)
        raise failure

    def register(self, stream: httpcore.NetworkStream) -> None:
        """Remember a socket for `hang_up`."""
        with self._lock:
            self._open.add(stream.get_extra_info("socket"))

    def hang_up(self) -> None:
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    # Not each.shutdown(): on a TLS socket that takes the session away from under
                    # the thread that reads.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)


class _Stream(httpcore.NetworkStream):
    """A connection that minds the watch of the exchange that it serves."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _GuardedBackend) -> None:
        self._stream = stream
        self._backend = backend
        backend.register(stream)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        watch = current_watch.get()
        patience = watch.patience(timeout)
        try:
            data = self._stream.read(max_bytes, patience)
        except httpcore.ReadTimeout:
            if patience != timeout:
                raise watch.deadline_passed() from None
            raise TooSlow(f"nothing was sent for {patience:g} s; try later") from None
        watch.note(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, current_watch.get().patience(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        patience = current_watch.get().patience(timeout)
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, patience)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise _no_tls(error) from None
        return _Stream(secured, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _no_connection(where: str, error: Exception) -> SourceError:
    if isinstance(error, httpcore.ConnectTimeout):
        return TooSlow(f"no connection to {where} in time; try later")
    if isinstance(error.__cause__, ConnectionRefusedError):
        return HostDown(f"connection refused: nothing listens at {where}; try later")
    return Unreachable(f"no connection to {where} ({error}); check the network")


def _no_tls(error: Exception) -> SourceError:
    if isinstance(error, httpcore.ConnectTimeout):
        return TooSlow("no TLS handshake in time; try later")
    cause = error.__cause__
    reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or str(error)
    return HostDown(f"TLS failed ({reason}); check the certificate of the host")
