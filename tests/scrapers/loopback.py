"""A web site on loopback, and a plain client for it, for the scrapers that speak a protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused
from cityflux.core.model.http import Params


@dataclass
class Request:
    """What reached the site."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What the site says."""

    body: bytes | str | dict[str, Any] | list[Any] = b""
    media_type: str = "text/html"
    status: int = 200

    def sent(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()


Pages = Mapping[str, Answer | Callable[[Request], Answer]]


@dataclass
class Site:
    """A running site: its address and the requests that it got."""

    address: str
    requests: list[Request] = field(default_factory=list)


@contextmanager
def serve(pages: Pages) -> Iterator[Site]:
    """Serve pages by path until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            query = parse_qs(parts.query, keep_blank_values=True)
            request = Request(
                method=self.command,
                path=parts.path,
                params={name: values[0] for name, values in query.items()},
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            site.requests.append(request)
            page = pages.get(parts.path, Answer("gone", status=404))
            found = page if isinstance(page, Answer) else page(request)
            body = found.sent()
            self.send_response(found.status)
            self.send_header("Content-Type", found.media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = answer  # noqa: N815 - the name that http.server calls
        do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class PlainHttp:
    """The face of the polite client, without its politeness and without a memory."""

    def get(
        self,
        address: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        return _document(httpx.get(address, params=params or None, headers=headers))

    def post(
        self,
        address: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        return _document(httpx.post(address, json=json, data=data, headers=headers))

    def known(self, address: str, params: Params | None = None) -> bool:
        return False

    def secret(self, name: str) -> str:
        raise Refused(f"{name} is not set")


def _document(response: httpx.Response) -> Document:
    return Document(
        address=str(response.url),
        content=response.content,
        media_type=response.headers.get("content-type", "").split(";")[0],
        status=response.status_code,
    )
