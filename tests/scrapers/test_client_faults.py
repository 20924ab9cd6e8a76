"""Everything that can go wrong on the way, one case each: class, message, requests seen."""

from __future__ import annotations

import gzip
import re
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import brotli
import pytest
import zstandard

from cityflux.core.model.errors import (
    DeadlinePassed,
    Failed,
    Forbidden,
    HostDown,
    Missing,
    Refused,
    SourceError,
    TooLarge,
    TooSlow,
    Unexpected,
    Unreachable,
)
from cityflux.scrapers.http.client import Client
from tests.clocks import FakeClock
from tests.scrapers.conftest import MakeClient
from tests.servers import Answer, LoopbackServer, Raw, Silence

ENDLESS_HEAD = Raw(b"HTTP/1.1 200 OK\r\n", repeat=b"X-Drop: 1\r\n")
ENDLESS_BODY = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", repeat=b".")


def fails(client: Client, address: str, kind: type[SourceError], pattern: str) -> SourceError:
    """Get an address, which must fail with one line that starts with the address."""
    with pytest.raises(kind) as caught:
        client.get(address)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert re.search(pattern, message), message
    assert message.startswith(caught.value.address) and message.isprintable()
    return caught.value


@pytest.mark.parametrize("obey_robots", [True, False])
def test_connection_refused_asks_once(
    obey_robots: bool, make_client: MakeClient, nobody: str
) -> None:
    client = make_client(obey_robots=obey_robots)
    pattern = "connection refused: nothing listens at 127.0.0.1 port"

    def ask(number: int) -> None:
        fails(client, f"{nobody}/{number % 4}", HostDown, pattern)

    with client.refresh(), ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert [(host.requests, host.failures) for host in client.hosts()] == [(1, 1)]


def test_connection_refused_is_forgotten_after_the_refresh(
    make_client: MakeClient, nobody: str
) -> None:
    client = make_client()
    for _ in range(2):
        with client.refresh():
            fails(client, f"{nobody}/a", HostDown, "connection refused")
    assert client.hosts()[0].requests == 2


def test_unknown_name_is_looked_up_once(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def unknown(host: str, *args: Any, **kwargs: Any) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client = make_client()
    with client.refresh():
        for path in ("/a", "/a", "/b"):
            pattern = r"the name stats.invalid does not resolve \(Name or service not known\)"
            fails(client, f"https://stats.invalid{path}", HostDown, pattern)
    assert asked == ["stats.invalid"]


def test_silence_instead_of_an_answer(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Silence())
    client = make_client(read_timeout=0.05, retries=1)
    fails(client, server.address("/page"), TooSlow, r"nothing was sent for 0\.05 s")
    assert server.count() == 2


def test_silence_beyond_the_deadline(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Silence())
    client = make_client(deadline=0.2, obey_robots=False)
    fails(client, server.address("/page"), DeadlinePassed, "no whole answer within 0.2 s")
    assert server.count() == 1


def test_slow_head_is_cut_at_the_deadline(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", ENDLESS_HEAD)
    client = make_client(clock=FakeClock(tick=1.0), deadline=30, obey_robots=False)
    fails(client, server.address("/page"), DeadlinePassed, "no whole answer within 30 s")
    assert server.count() == 1


def test_body_that_trickles_is_cut_at_the_deadline(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", ENDLESS_BODY)
    client = make_client(clock=FakeClock(tick=1.0), deadline=30, obey_robots=False)
    fails(client, server.address("/page"), DeadlinePassed, "no whole answer within 30 s")
    assert server.count() == 1


def test_truncated_body_is_retried(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", [Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), "whole"])
    assert make_client().get(server.address("/page")).text == "whole"
    assert server.count() == 2


def test_body_that_stays_truncated(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"))
    fails(make_client(retries=2), server.address("/page"), Unreachable, "the answer broke off")
    assert server.count() == 3


def test_more_bytes_than_announced(server: LoopbackServer, make_client: MakeClient) -> None:
    # The length counted in characters, as careless servers do: three bytes each are sent.
    server.answer("/page", Answer("人口", headers={"Content-Length": "2"}))
    server.answer("/next", "good")
    client = make_client(retries=1)
    fails(client, server.address("/page"), Unreachable, "announced 2 bytes and sent more")
    assert client.get(server.address("/next")).text == "good"
    assert server.count("/page") == 2


def test_surplus_after_a_refusal_does_not_reach_the_next_answer(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    smuggled = "xHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    server.answer("/gone", Answer(smuggled, 404, {"Content-Length": "1"}))
    server.answer("/page", "good")
    client = make_client()
    fails(client, server.address("/gone"), Missing, "404")
    assert client.get(server.address("/page")).text == "good"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", partial(brotli.compress, quality=5)),
        ("zstd", zstandard.compress),
    ],
)
def test_bomb_stops_early(
    encoding: str, pack: Any, server: LoopbackServer, make_client: MakeClient
) -> None:
    bomb = pack(bytes(50_000_000))
    server.answer("/page", Answer(bomb, headers={"Content-Encoding": encoding}))
    client = make_client(max_bytes=1_000_000)
    fails(client, server.address("/page"), TooLarge, "unpacks to more than the 1,000,000 that are")
    assert server.count() == 1


def test_ten_gigabytes_announced_reads_nothing(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer(headers={"Content-Length": "10000000000"}))
    fails(make_client(), server.address("/page"), TooLarge, "announced 10,000,000,000 bytes")
    assert server.count() == 1


def test_endless_body_stops_at_the_limit(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Raw(b"HTTP/1.1 200 OK\r\n\r\n", repeat=b"." * 4096))
    client = make_client(max_bytes=100_000)
    fails(client, server.address("/page"), TooLarge, "sent more than the 100,000 that are allowed")
    assert server.count() == 1


def test_large_error_page_does_not_hide_the_error(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Raw(b"HTTP/1.1 404 -\r\n\r\n", repeat=b"." * 4096))
    fails(make_client(max_bytes=10_000_000), server.address("/page"), Missing, "404 Not Found")


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda b: gzip.compress(b[:3]) + gzip.compress(b[3:])]
)
def test_gzip_is_unpacked(pack: Any, server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(pack(b"figures"), headers={"Content-Encoding": "gzip"}))
    assert make_client().get(server.address("/page")).body == b"figures"


@pytest.mark.parametrize("named", ["UTF-8", "none", "identity", "", "GZIP , x-none, gzip"])
def test_what_names_no_coding_is_passed_over(
    named: str, server: LoopbackServer, make_client: MakeClient
) -> None:
    body = gzip.compress(gzip.compress(b"figures")) if "gzip" in named else b"figures"
    server.answer("/page", Answer(body, headers={"Content-Encoding": named}))
    assert make_client().get(server.address("/page")).body == b"figures"


@pytest.mark.parametrize(
    ("named", "said"), [("compress", "encoded as 'compress'"), ("gzip," * 4, "4 times over")]
)
def test_a_coding_that_was_not_offered(
    named: str, said: str, server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer(b"figures", headers={"Content-Encoding": named}))
    fails(make_client(), server.address("/page"), Unexpected, said)


def test_a_bomb_within_a_bomb_that_unpacks_to_nothing(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    nothing = gzip.compress(b"") * 200_000  # four megabytes of members without a byte
    server.answer(
        "/page", Answer(gzip.compress(nothing), headers={"Content-Encoding": "gzip, gzip"})
    )
    client = make_client(max_bytes=2**20)
    fails(client, server.address("/page"), TooLarge, "unpacks to more than the 1,048,576")


@pytest.mark.parametrize(
    ("encoding", "pack"), [("br", brotli.compress), ("zstd", zstandard.compress)]
)
def test_what_is_offered_is_unpacked(
    encoding: str, pack: Any, server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer(pack(b"figures"), headers={"Content-Encoding": encoding}))
    assert make_client().get(server.address("/page")).body == b"figures"
    assert encoding in server.requests[-1].headers["accept-encoding"].split(", ")


@pytest.mark.parametrize("pack", [zlib.compress, lambda body: zlib.compress(body)[2:-4]])
def test_deflate_is_unpacked(pack: Any, server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(pack(b"figures"), headers={"Content-Encoding": "deflate"}))
    assert make_client().get(server.address("/page")).body == b"figures"


@pytest.mark.parametrize(
    ("body", "pattern"),
    [(gzip.compress(b"figures", mtime=0)[:-9], "was cut short"), (b"no gzip", "is damaged")],
)
def test_bad_gzip_is_retried(
    body: bytes, pattern: str, server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer(body, headers={"Content-Encoding": "gzip"}))
    fails(make_client(retries=1), server.address("/page"), Unreachable, pattern)
    assert server.count() == 2


def test_encoding_that_was_not_offered(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer("x", headers={"Content-Encoding": "compress"}))
    fails(make_client(), server.address("/page"), Unexpected, "encoded as 'compress'")
    assert server.count() == 1


def test_something_else_than_http(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Raw(b"SSH-2.0-OpenSSH_9.2\r\n"))
    fails(make_client(retries=1), server.address("/page"), Unreachable, "the answer broke off")
    assert server.count() == 2


def test_endless_redirect(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(status=302, headers={"Location": "/page"}))
    client = make_client(max_redirects=3)
    fails(client, server.address("/page"), Forbidden, "more than 3 redirects, the last one to")
    assert server.count() == 4


def test_redirect_without_an_address(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(status=301))
    fails(make_client(), server.address("/page"), Unexpected, "redirect has no address")
    assert server.count() == 1


@pytest.mark.parametrize(
    ("location", "kind", "pattern"),
    [
        ("http://[::1", Unexpected, "redirect has no address that can be read: 'http://"),
        ("mailto:office@example.org", Forbidden, "scheme 'mailto' is not http or https"),
    ],
)
def test_redirect_to_no_address(
    location: str,
    kind: type[SourceError],
    pattern: str,
    server: LoopbackServer,
    make_client: MakeClient,
) -> None:
    server.answer("/page", Answer(status=302, headers={"Location": location}))
    fails(make_client(), server.address("/page"), kind, pattern)
    assert server.count() == 1


def test_redirect_to_a_file(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(status=302, headers={"Location": "file:///etc/passwd"}))
    fails(make_client(), server.address("/page"), Forbidden, "scheme 'file' is not http or https")
    assert server.count() == 1


@pytest.mark.parametrize(
    ("status", "kind", "pattern"),
    [
        (401, Refused, "answered 401 Unauthorized; a login is needed"),
        (403, Refused, "answered 403 Forbidden; the source refuses us; ask its operator"),
        (404, Missing, "answered 404 Not Found; nothing is there any more"),
        (410, Missing, "answered 410 Gone; it was taken away for good"),
        (400, Unexpected, "answered 400 Bad Request; .*check address and parameters"),
        (206, Unexpected, "answered 206 Partial Content"),
        (300, Unexpected, "answered 300 Multiple Choices"),
        (501, Failed, "answered 501 Not Implemented; the source is broken"),
        (599, Failed, r"answered 599 \(no known status\)"),
    ],
)
def test_status_that_no_retry_mends(
    status: int,
    kind: type[SourceError],
    pattern: str,
    server: LoopbackServer,
    make_client: MakeClient,
) -> None:
    server.answer("/page", Answer("sorry", status))
    error = fails(make_client(), server.address("/page"), kind, pattern)
    assert error.status == status
    assert server.count() == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_status_that_may_pass_is_retried(
    status: int, server: LoopbackServer, make_client: MakeClient, clock: FakeClock
) -> None:
    server.answer("/page", [Answer(status=status), Answer(status=status), "good"])
    client = make_client(backoff_base=4.0)
    assert client.get(server.address("/page")).text == "good"
    assert server.count() == 3
    assert sum(clock.waits) > 0
    assert all(wait <= most for wait, most in zip(clock.waits, [4.0, 8.0], strict=True))


def test_5xx_for_ever(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(status=502))
    error = fails(make_client(), server.address("/page"), Failed, "answered 502 Bad Gateway")
    assert error.status == 502
    assert server.count() == 4


def test_429_for_ever(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(status=429))
    fails(make_client(), server.address("/page"), Refused, "429 .*we ask more often than")
    assert server.count() == 4


@pytest.mark.parametrize("value", ["90", "Thu, 01 Jan 2026 12:01:30 GMT"])
def test_retry_after_is_honoured(
    value: str, server: LoopbackServer, make_client: MakeClient, clock: FakeClock
) -> None:
    server.answer("/page", [Answer(status=429, headers={"Retry-After": value}), "good"])
    assert make_client().get(server.address("/page")).text == "good"
    first, second = server.requests[-2:]
    assert second.at - first.at >= 90


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_beyond_the_cap_is_told_at_once(
    status: int, server: LoopbackServer, make_client: MakeClient, clock: FakeClock
) -> None:
    server.answer("/page", Answer(status=status, headers={"Retry-After": "3600"}))
    server.answer("/other", "text")
    client = make_client()
    pattern = r"asks us to come back in 3600 s \(2026-01-01 13:00:00 UTC\)"
    error = fails(client, server.address("/page"), Refused, pattern)
    assert error.retry_after == 3600
    pattern = "wants no request for this before 2026-01-01 13:00:00 UTC"
    fails(client, server.address("/page"), Refused, pattern)
    assert client.get(server.address("/other")).text == "text", "it is about the address alone"
    assert server.count() == 2
    clock.advance(3600)
    server.answer("/page", "good")
    assert client.get(server.address("/page")).text == "good"


@pytest.mark.parametrize(
    "value", ["1795898729", "99999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 5000]
)
def test_an_absurd_retry_after_ends_within_a_day(
    value: str, server: LoopbackServer, make_client: MakeClient, clock: FakeClock
) -> None:
    server.answer("/page", Answer(status=503, headers={"Retry-After": value}))
    client = make_client()
    error = fails(client, server.address("/page"), Refused, "come back in 86400 s")
    assert error.retry_after == 86400
    clock.advance(86401)
    server.answer("/page", "good")
    assert client.get(server.address("/page")).text == "good"


@pytest.mark.parametrize("value", ["soon", "-5", "٣", "9" * 400])
def test_odd_retry_after(value: str, server: LoopbackServer, make_client: MakeClient) -> None:
    answer = Raw(f"HTTP/1.1 503 -\r\nRetry-After: {value}\r\n\r\n".encode())
    server.answer("/page", answer)
    with pytest.raises((Failed, Refused)) as caught:
        make_client(retries=1).get(server.address("/page"))
    assert server.count() == (1 if value.startswith("9") else 2)
    assert caught.value.status == 503


@pytest.mark.parametrize(
    ("address", "pattern"),
    [
        ("ftp://example.org/x", "scheme 'ftp' is not http or https"),
        ("/relative", "scheme '' is not http"),
        ("http:///nowhere", "names no host"),
        ("http://user:hush@example.org/", "there is a password in the address"),
        ("http://[::1", "this is no address"),
        ("http://example.org/\n", "this is no address"),
    ],
)
def test_address_that_is_none(address: str, pattern: str, make_client: MakeClient) -> None:
    client = make_client()
    error = fails(client, address, Forbidden, pattern)
    assert "hush" not in str(error) + error.address
    with pytest.raises(Forbidden, match=pattern):
        client.known(address)
