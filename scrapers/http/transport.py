"""Connections to checked addresses, with time limits that hold: the transport below httpx.

httpx hands its timeouts to each single read, so that a server which drips a byte now and then
keeps a request alive for ever, and it resolves names where nobody can look. Both are decided in
the network backend of a connection pool (httpcore), which is what stands here, and only here.
"""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, cast

import httpcore
import httpx

from cityflux.core.model.errors import HostDown, SourceError, TooSlow, Unreachable
from cityflux.scrapers.http.guard import refuse_private, resolve
from cityflux.scrapers.http.watch import current_watch

_KEEP_ALIVE = 15.0  # seconds that an idle connection is kept
_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)

Origin = tuple[bytes, bytes, int | None]  # scheme, host and port
SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class GuardedTransport(httpx.BaseTransport):
    """Carries the requests of httpx over pools of guarded connections, one for each origin.

    It works for the exchange in `current_watch`. How many connections a host gets is for its slot
    to say.

    Args:
        allow_hosts: names of hosts that may be at private addresses.
    """

    def __init__(self, allow_hosts: Collection[str]) -> None:
        self._backend = _GuardedBackend(allow_hosts)
        self._pools: dict[Origin, httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the head of its answer.

        Raises:
            SourceError: Forbidden, HostDown, Unreachable, TooSlow or Stopped.
            httpx.TransportError: when the connection breaks off, or somebody breaks HTTP.
        """
        url = request.url
        origin = scheme, host, port = url.raw_scheme, url.raw_host, url.port
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=scheme, host=host, port=port, target=url.raw_path),
            headers=request.headers.raw,
            content=cast("httpx.SyncByteStream", request.stream),
            extensions=request.extensions,
        )
        try:
            answer = self._pool(origin).handle_request(asked)
        except _ERRORS as error:
            raise _as_httpx(error) from error
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(cast("httpx.SyncByteStream", answer.stream)),
            extensions=answer.extensions,
        )

    def hang_up(self) -> None:
        """Break off every read that is going on."""
        self._backend.hang_up()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _pool(self, origin: Origin) -> httpcore.ConnectionPool:
        with self._lock:
            pool = self._pools.get(origin)
            if pool is None:
                pool = self._pools[origin] = httpcore.ConnectionPool(
                    ssl_context=self._tls if origin[0] == b"https" else None,
                    max_connections=None,
                    keepalive_expiry=_KEEP_ALIVE,
                    network_backend=self._backend,
                )
            return pool

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()


class _Body(httpx.SyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except _ERRORS as error:
            raise _as_httpx(error) from error

    def close(self) -> None:
        self._stream.close()


def _as_httpx(error: Exception) -> httpx.TransportError:
    """The error of the same name, by which those who use httpx know it."""
    return cast("httpx.TransportError", getattr(httpx, type(error).__name__)(str(error)))


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
        if buffer:
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
