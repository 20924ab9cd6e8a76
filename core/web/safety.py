"""The headers that keep a browser safe, on every answer, also on Datasette's own pages.

Our pages hold no script and no style (`core.web.page.POLICY`). Datasette's hold a few scripts
inside the page, always the same: each is allowed by its hash, which is taken from Datasette's
templates, so that a script that got into a page with somebody's data does not run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

Asgi = Callable[..., Awaitable[None]]

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
#: The one value that Datasette writes into a script of its own, and what it can be.
_FACETS = "{{ datasette_allow_facet }}"


@cache
def datasette_policy() -> str:
    """The content security policy of Datasette's pages."""
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in sorted(set(_scripts())))
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _scripts() -> Iterator[str]:
    """The scripts within Datasette's pages."""
    for template in (files("datasette") / "templates").iterdir():
        if not template.name.endswith(".html"):
            continue
        for script in re.findall(r"<script>(.*?)</script>", template.read_text("utf-8"), re.S):
            if _FACETS in script:
                yield from (script.replace(_FACETS, value) for value in ("true", "false"))
            elif "{{" not in script and "{%" not in script:
                yield script


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def with_headers(application: Asgi) -> Asgi:
    """Wrap an ASGI application so that every answer carries the headers."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        async def add(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                known = {name.lower() for name, _ in headers}
                wanted = {**HEADERS, b"content-security-policy": datasette_policy().encode()}
                headers += [pair for pair in wanted.items() if pair[0] not in known]
                message = {**message, "headers": headers}
            await send(message)

        await application(scope, receive, add if scope["type"] == "http" else send)

    return wrapped


def only_under(names: Collection[str], application: Asgi) -> Asgi:
    """Wrap an ASGI application so that it answers under some names of its host alone.

    A foreign page can give its own name the address of this machine (DNS rebinding), and read in
    the browser of whoever looks at it what is meant for this machine only.

    Args:
        names: in lower case, without a port.
        application: what is wrapped.
    """

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or _asked_name(scope["headers"]) in names:
            await application(scope, receive, send)
            return
        says = b"not served under this name; allow it with: cityflux web --name NAME\n"
        await _refuse(send, HTTPStatus.MISDIRECTED_REQUEST, says)

    return wrapped


def only_reading(application: Asgi) -> Asgi:
    """Wrap an ASGI application so that nobody can ask it for anything but to read."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await application(scope, receive, send)
            return
        says = b"these pages are for reading: GET and HEAD\n"
        await _refuse(send, HTTPStatus.METHOD_NOT_ALLOWED, says, (b"allow", b"GET, HEAD"))

    return wrapped


async def _refuse(
    send: Any, status: HTTPStatus, says: bytes, *headers: tuple[bytes, bytes]
) -> None:
    plain = [(b"content-type", b"text/plain"), (b"x-content-type-options", b"nosniff")]
    await send(
        {"type": "http.response.start", "status": int(status), "headers": [*plain, *headers]}
    )
    await send({"type": "http.response.body", "body": says})


def _asked_name(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The name in the header Host, without the port."""
    host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1")
    return re.sub(r":\d*$", "", host).rstrip(".").lower()
