"""A loopback server, and clients that may speak to it."""

from __future__ import annotations

import hashlib
import math
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from cityflux.core.model.document import Document
from cityflux.scrapers.http.client import Budget, Cache, Client, Policy, Validators
from cityflux.scrapers.http.clock import Clock
from tests.clocks import FakeClock
from tests.servers import LoopbackServer


class MemoryCache:
    """Keeps the answers that it is given."""

    def __init__(self) -> None:
        self.known: dict[str, Validators] = {}
        self.bodies: dict[str, bytes] = {}
        self.loads = 0

    def keep(self, document: Document) -> None:
        self.bodies[document.sha256] = document.body
        self.known[document.address] = Validators(
            document.etag,
            document.last_modified,
            document.sha256,
            document.media_type,
            document.charset,
        )

    def validators(self, address: str) -> Validators | None:
        return self.known.get(address)

    def body(self, sha256: str) -> bytes:
        self.loads += 1
        return self.bodies[sha256]


class MakeClient(Protocol):
    def __call__(
        self, cache: Cache | None = None, clock: Clock | None = None, **policy: Any
    ) -> Client: ...


@pytest.fixture
def server(clock: FakeClock) -> Iterator[LoopbackServer]:
    with LoopbackServer(now=clock.now) as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_client(clock: FakeClock) -> Iterator[MakeClient]:
    """Clients that may speak to 127.0.0.1, as fast as they like, with a clock that never waits."""
    default_clock = clock
    with ExitStack() as open_clients:

        def make(cache: Cache | None = None, clock: Clock | None = None, **policy: Any) -> Client:
            settings: dict[str, Any] = {
                "contact": "https://example.org/us",
                "budget": Budget(math.inf, 2),
                "allow_hosts": {"127.0.0.1"},
                **policy,
            }
            client = Client(Policy(**settings), cache, clock or default_clock)
            return open_clients.enter_context(client)

        yield make


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def nobody() -> str:
    """The address of a port of this machine at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
