"""One request and its answer: sent by httpx, read within all limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import httpx

from cityflux.core.model.errors import (
    Forbidden,
    HostDown,
    SourceError,
    TooLarge,
    TooSlow,
    Unreachable,
)
from cityflux.scrapers.http.policy import Policy
from cityflux.scrapers.http.request import REDIRECTS
from cityflux.scrapers.http.unpack import ACCEPTED, codings, unpack
from cityflux.scrapers.http.watch import Watch, current_watch

# What we read of the page that comes with a refusal, to keep the connection.
_SMALL = 64 * 2**10
_READ = httpx.ByteStream(b"")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered; header names are in lower case, the body is unpacked."""

    status: int
    headers: dict[str, str]
    body: bytes


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Pass them over."""


class Speaker(httpx.Client):
    """Builds requests and sends them: says who we are, and decides nothing by itself.

    Args:
        policy: says who we are, and how long we wait.
        transport: what carries the requests.
    """

    #: None is kept from one request to the next.
    cookies = _NoCookies()  # type: ignore[override]  # nobody sets them

    def __init__(self, policy: Policy, transport: httpx.BaseTransport) -> None:
        super().__init__(
            transport=transport,
            headers={"User-Agent": policy.user_agent, "Accept-Encoding": ACCEPTED},
            timeout=httpx.Timeout(policy.read_timeout, connect=policy.connect_timeout, pool=None),
            event_hooks={"response": [_keep_location]},
            trust_env=False,
        )


def _keep_location(response: httpx.Response) -> None:
    """Keep the address of a redirect from httpx, which fails at one that it cannot read."""
    if response.status_code in REDIRECTS and "location" in response.headers:
        found = next(value for name, value in response.headers.raw if name.lower() == b"location")
        response.extensions["location"] = _address(found)
        del response.headers["location"]


def _address(value: bytes) -> str:
    """The address in a header; bytes in a charset of its own are quoted as they are."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in value)


def exchange(http: httpx.Client, request: httpx.Request, policy: Policy, watch: Watch) -> Answer:
    """Send one request and read its answer.

    Raises:
        SourceError: Unreachable, TooSlow, TooLarge, Forbidden, Unexpected or Stopped.
    """
    token = current_watch.set(watch)
    try:
        response = http.send(request, stream=True)
        try:
            return _read(response, policy.max_bytes, watch)
        finally:
            if not response.is_closed:
                response.close()
                # httpx ties an answer and its stream in a knot that only the collector would undo.
                response.stream = _READ
    except httpx.HTTPError as error:
        watch.check_running()  # it may be us who broke the connection off
        raise _told(error) from None
    finally:
        current_watch.reset(token)


def _told(error: httpx.HTTPError) -> SourceError:
    match error:
        case httpx.TimeoutException():
            return TooSlow("the request was not taken or answered in time; try later")
        case httpx.LocalProtocolError():
            return Forbidden(f"the request breaks HTTP ({error}); mend it")
        case httpx.ConnectError():
            return HostDown(f"no connection ({error}); try later")
    return Unreachable(f"the answer broke off ({error}); try later")


def _read(response: httpx.Response, limit: int, watch: Watch) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.headers.raw:
        headers.setdefault(name.decode("latin-1").lower(), _text(value))
    if location := response.extensions.get("location"):
        headers["location"] = location
    announced = _announced(response.status_code, headers)
    chunks = cast("httpx.SyncByteStream", response.stream)
    good = response.is_success
    body = b""
    if good:
        encoding = headers.get("content-encoding", "")
        body = _body(chunks, encoding, announced, limit, watch)
    else:
        # Whatever ails the page that comes with a refusal, the refusal stands.
        with suppress(SourceError, httpx.HTTPError):
            _body(chunks, "", announced, _SMALL, watch)
    if announced is not None and watch.surplus(announced):
        # The next answer on this connection would begin with the rest of this one.
        response.extensions["network_stream"].close()
        if good:
            raise Unreachable(
                f"announced {announced:,} bytes and sent more, so that the answer is cut; "
                "tell the operator of the source"
            )
    return Answer(response.status_code, headers, body)


def _body(
    chunks: Iterable[bytes], encoding: str, announced: int | None, limit: int, watch: Watch
) -> bytes:
    """The unpacked body, if neither the wire nor the body holds more than the limit."""
    if announced is not None and announced > limit:
        raise TooLarge(f"announced {announced:,} bytes, {_more_than(limit)}")
    body = _within(chunks, limit, watch, "sent")
    for coding in codings(encoding):
        body = _within(unpack(body, coding), limit, watch, "unpacks to")
    return b"".join(body)


def _within(chunks: Iterable[bytes], limit: int, watch: Watch, done: str) -> Iterator[bytes]:
    """The chunks, while they keep to the limit and the deadline."""
    size = 0
    for chunk in chunks:
        watch.patience()  # a transport of somebody's own does not know the deadline
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"{done} {_more_than(limit)}")
        yield chunk


def _more_than(limit: int) -> str:
    return f"more than the {limit:,} that are allowed; raise max_bytes if that is meant"


def _announced(status: int, headers: dict[str, str]) -> int | None:
    """The length that the body must have, if that is known beforehand."""
    if status in (204, 304):
        return 0
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() and "transfer-encoding" not in headers else None


def _text(value: bytes) -> str:
    """A header value; some servers put an address into it as it comes."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
