"""One request and its answer: sent over a checked connection, read within all limits."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import httpcore
import httpx

from cityflux.core.model.errors import Forbidden, SourceError, TooLarge, TooSlow, Unreachable
from cityflux.scrapers.http.network import Watch, current_watch
from cityflux.scrapers.http.policy import Policy
from cityflux.scrapers.http.request import Request
from cityflux.scrapers.http.unpack import ACCEPTED, Unpacker

# What we read of the page that comes with a refusal, to keep the connection.
_SMALL = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered; header names are in lower case, the body is unpacked."""

    status: int
    headers: dict[str, str]
    body: bytes


def exchange(
    pool: httpcore.ConnectionPool, request: Request, policy: Policy, watch: Watch
) -> Answer:
    """Send one request and read its answer.

    Raises:
        SourceError: Unreachable, TooSlow, TooLarge, Forbidden, Unexpected or Stopped.
    """
    token = current_watch.set(watch)
    try:
        with pool.stream(
            request.method,
            _target(request.url),
            headers=_headers(request, policy.user_agent),
            content=request.body or None,
            extensions={"timeout": _timeouts(policy)},
        ) as response:
            return _read(response, policy.max_bytes, watch)
    except httpcore.TimeoutException:
        raise TooSlow("the request was not taken in time; try later") from None
    except httpcore.LocalProtocolError as error:
        raise Forbidden(f"the request breaks HTTP ({error}); mend it") from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        watch.check_running()  # it may be us who broke the connection off
        raise Unreachable(f"the answer broke off ({error}); try later") from None
    finally:
        current_watch.reset(token)


def _read(response: httpcore.Response, limit: int, watch: Watch) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers.setdefault(name.decode("latin-1").lower(), _text(value))
    announced = _announced(response.status, headers)
    chunks = response.iter_stream()
    good = 200 <= response.status < 300
    body = b""
    if good:
        body = _body(chunks, headers.get("content-encoding", ""), announced, limit)
    else:
        # Whatever ails the page that comes with a refusal, the refusal stands.
        with suppress(SourceError, httpcore.NetworkError, httpcore.ProtocolError):
            _body(chunks, "", announced, _SMALL)
    if announced is not None and watch.surplus(announced):
        # The next answer on this connection would begin with the rest of this one.
        response.extensions["network_stream"].close()
        if good:
            raise Unreachable(
                f"announced {announced:,} bytes and sent more, so that the answer is cut; "
                "tell the operator of the source"
            )
    return Answer(response.status, headers, body)


def _body(chunks: Iterable[bytes], encoding: str, announced: int | None, limit: int) -> bytes:
    """The unpacked body, if neither the wire nor the body holds more than the limit."""
    if announced is not None and announced > limit:
        raise TooLarge(f"announced {announced:,} bytes, {_more_than(limit)}")
    unpacker = Unpacker(encoding)
    parts: list[bytes] = []
    wire = size = 0
    for chunk in chunks:
        wire += len(chunk)
        if wire > limit:
            raise TooLarge(f"sent {_more_than(limit)}")
        part = unpacker.feed(chunk, limit - size)
        size += len(part)
        if size > limit:
            raise TooLarge(f"unpacks to {_more_than(limit)}")
        parts.append(part)
    unpacker.finish()
    return b"".join(parts)


def _more_than(limit: int) -> str:
    return f"more than the {limit:,} that are allowed; raise max_bytes if that is meant"


def _announced(status: int, headers: dict[str, str]) -> int | None:
    """The length that the body must have, if that is known beforehand."""
    if status in (204, 304):
        return 0
    if "transfer-encoding" in headers or "content-length" not in headers:
        return None
    return int(headers["content-length"])  # httpcore lets none pass that is not a number


def _text(value: bytes) -> str:
    """A header value; some servers put an address into it as it comes."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _target(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _headers(request: Request, user_agent: str) -> list[tuple[bytes, bytes]]:
    fields = [
        ("Host", request.authority),
        ("User-Agent", user_agent),
        ("Accept-Encoding", ACCEPTED),
        *request.headers,
    ]
    if request.method == "POST":
        fields.append(("Content-Length", str(len(request.body))))
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in fields]


def _timeouts(policy: Policy) -> dict[str, float]:
    return {
        "connect": policy.connect_timeout,
        "read": policy.read_timeout,
        "write": policy.read_timeout,
    }
