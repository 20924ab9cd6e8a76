"""What is asked of a host: addresses that are checked, headers, bodies and redirects."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from urllib.parse import unquote_plus

import httpx

from cityflux.core.model.errors import Forbidden, Unexpected
from cityflux.core.model.http import Params

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_USERINFO = re.compile(r"//[^/@]*@")
_LONGEST = 500  # characters

#: Headers that the client alone decides on: who we are, whom we speak to, and how.
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "if-modified-since",
        "if-none-match",
        "proxy-authorization",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)


def authority(url: httpx.URL) -> str:
    """The host and its port, if that is not the usual one: ``example.org:8080``."""
    return url.netloc.decode("ascii")


def host(url: httpx.URL) -> str:
    """The name of the host: ``example.org``."""
    return url.raw_host.decode("ascii")


def question(request: httpx.Request) -> Hashable:
    """What is the same for two requests that ask the same."""
    return request.method, str(request.url), tuple(request.headers.raw), request.content


def parse(address: str, params: Params | None = None) -> httpx.URL:
    """Read an address, and add parameters to it.

    Raises:
        Forbidden: when it is no http or https address, or has a password in it.
    """
    try:
        url = httpx.URL(address)
        if params:
            url = url.copy_with(query=_merged(url.query, httpx.QueryParams(params)))
        return _checked(url)
    except httpx.InvalidURL as error:
        raise Forbidden(f"this is no address ({error}); check the spelling") from None


def _merged(query: bytes, params: httpx.QueryParams) -> bytes:
    """A query with more parameters; those of another name stay byte for byte.

    They may be quoted in a charset that is not UTF-8, or mean something by how they are written.
    """
    parts = query.split(b"&") if query else []
    kept = [part for part in parts if unquote_plus(part.split(b"=")[0].decode()) not in params]
    return b"&".join([*kept, str(params).encode()])


def prepare(
    http: httpx.Client,
    method: str,
    url: httpx.URL,
    headers: Mapping[str, str] | None,
    json: object | None = None,
    data: Mapping[str, str] | None = None,
) -> httpx.Request:
    """Make a request of what a caller gave.

    Raises:
        Forbidden: when a header is one that the client decides on, or does not fit into HTTP.
    """
    fields = http.headers
    if headers:
        for name, value in headers.items():
            _check_header(name, value)
        fields = httpx.Headers(fields)
        fields.update(headers)
    return httpx.Request(method, url, headers=fields, json=json, data=data)


def redirected(
    http: httpx.Client, request: httpx.Request, status: int, location: str
) -> httpx.Request:
    """The request that a redirect asks for.

    What the caller gave along with the address (a cookie, a key, a form) goes to the same host
    only.

    Raises:
        Forbidden: when it leads where the client does not go.
        Unexpected: when there is no address in it.
    """
    try:
        url = request.url.join(location) if location else None
    except httpx.InvalidURL:
        url = None
    if url is None:
        raise Unexpected(f"the redirect has no address that can be read: {location!r}")
    url = _checked(url)
    method, body = request.method, request.content
    if method == "POST" and status in (301, 302, 303):
        method, body = "GET", b""
    if _same_party(request.url, url):
        headers = request.headers.copy()
        del headers["host"]
        headers.pop("content-length", None)
        return http.build_request(method, url, headers=headers, content=body or None)
    if body:
        raise Forbidden(f"a form is not carried on to another host, {host(url)}")
    return http.build_request(method, url)


def shown(text: str) -> str:
    """What others wrote, as an error may show it: one short line, no password in an address."""
    text = _USERINFO.sub("//***@", text)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _same_party(before: httpx.URL, after: httpx.URL) -> bool:
    if before.host != after.host:
        return False
    secured = before.scheme == "http" and after.scheme == "https"
    usual_ports = before.port is None and after.port is None
    return (before.scheme, before.port) == (after.scheme, after.port) or (secured and usual_ports)


def _checked(url: httpx.URL) -> httpx.URL:
    if url.scheme not in ("http", "https"):
        raise Forbidden(f"the scheme {url.scheme!r} is not http or https; give a web address")
    if not url.host:
        raise Forbidden("the address names no host; give a whole web address")
    if url.userinfo:
        raise Forbidden("there is a password in the address; hand it over as a secret")
    return url.copy_with(fragment=None) if url.fragment else url


def _check_header(name: str, value: str) -> None:
    if name.lower() in _OURS or name.lower().startswith("sec-"):
        raise Forbidden(f"the header {name!r} is decided by the client; leave it out")
    if not (value.isascii() and value.isprintable() and name.isascii() and name.isprintable()):
        raise Forbidden(f"the header {name!r} does not fit into HTTP; quote what is in it")
