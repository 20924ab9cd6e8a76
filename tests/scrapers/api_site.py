"""A real HTTP server on loopback that answers as a test tells it, and a client to reach it."""

from __future__ import annotations

import json as jsonlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Failed, Missing, Refused, SourceError, Unexpected
from cityflux.core.model.http import Params

JSON = "application/json"


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    form: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The single value of a parameter, of the query or the form."""
        (value,) = (self.query | self.form)[name]
        return value


@dataclass(frozen=True)
class Reply:
    """What the server answers."""

    body: bytes
    media_type: str = JSON
    status: int = 200


def reply(body: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(jsonlib.dumps(body, ensure_ascii=False).encode(), JSON, status)


HTML = Reply("<!DOCTYPE html><title>登录</title>".encode(), "text/html")


@dataclass
class Site:
    """A running server."""

    address: str
    asked: list[Asked]


@contextmanager
def serve(answer: Callable[[Asked], Reply]) -> Iterator[Site]:
    """Run a server that answers each request with ``answer``."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            request = Asked(
                parts.path,
                parse_qs(parts.query, keep_blank_values=True),
                dict(self.headers.items()),
                parse_qs(body),
            )
            asked.append(request)
            response = answer(request)
            self.send_response(response.status)
            self.send_header("Content-Type", response.media_type)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = respond  # noqa: N815
        do_POST = respond  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class LoopbackClient:
    """The least client that scrapers can work with."""

    def __init__(self, **secrets: str) -> None:
        self._secrets = secrets
        self._kept: set[str] = set()

    def keep(self, document: Document) -> None:
        """Take a document over, as a refresh does."""
        self._kept.add(document.address)

    def get(
        self,
        address: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        return _document(_HTTP.get(_url(address, params), headers=dict(headers or {})))

    def post(
        self,
        address: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        form, extra = dict(data or {}), dict(headers or {})
        return _document(_HTTP.post(address, json=json, data=form, headers=extra))

    def known(self, address: str, params: Params | None = None) -> bool:
        return str(_url(address, params)) in self._kept

    def secret(self, name: str) -> str:
        try:
            return self._secrets[name]
        except KeyError:
            raise Refused(f"the secret {name} is not set") from None


# No connection outlives its answer, so that no server of a test waits for one.
_HTTP = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


def _url(address: str, params: Params | None) -> httpx.URL:
    return httpx.URL(address, params=dict(params) if params else None)


def _document(response: httpx.Response) -> Document:
    address = str(response.request.url)
    if response.status_code >= 400:
        raise _error(response.status_code)(
            f"{address}: HTTP {response.status_code}", address=address, status=response.status_code
        )
    return Document(
        address=address,
        content=response.content,
        media_type=response.headers["Content-Type"],
        status=response.status_code,
    )


def _error(status: int) -> type[SourceError]:
    if status in (401, 403, 429):
        return Refused
    if status in (404, 410):
        return Missing
    return Failed if status >= 500 else Unexpected
