"""What robots.txt allows, forbids and asks for."""

from __future__ import annotations

import copyreg
import itertools

import pytest

from cityflux.core.model.errors import Forbidden, Refused, Unreachable
from tests.clocks import FakeClock
from tests.scrapers.conftest import MakeClient
from tests.servers import Answer, LoopbackServer, Program, Raw


def test_what_is_forbidden_is_not_asked(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/robots.txt", "User-agent: *\nDisallow: /private\n")
    server.answer("/page", "text")
    client = make_client()
    assert client.get(server.address("/page")).text == "text"
    with pytest.raises(Refused, match=r"/private/x: robots.txt of 127.0.0.1 forbids this to us"):
        client.get(server.address("/private/x"))
    assert server.count() == 1
    assert server.count("/robots.txt") == 1


def test_rules_for_us_come_before_rules_for_all(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/robots.txt", "User-agent: *\nAllow: /\n\nUser-agent: Cityflux\nDisallow: /\n")
    with pytest.raises(Refused, match="forbids this"):
        make_client().get(server.address("/page"))
    assert server.count() == 0


def test_a_redirect_does_not_lead_round_the_rules(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/robots.txt", "User-agent: *\nDisallow: /private\n")
    server.answer("/page", Answer(status=302, headers={"Location": "/private"}))
    with pytest.raises(Refused, match="forbids this"):
        make_client().get(server.address("/page"))
    assert server.count("/private") == 0


def test_robots_may_be_left_out(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/robots.txt", "User-agent: *\nDisallow: /\n")
    server.answer("/page", "text")
    assert make_client(obey_robots=False).get(server.address("/page")).text == "text"
    assert server.count("/robots.txt") == 0


@pytest.mark.parametrize(
    "program",
    [
        bytes(range(256)) * 20,
        "<html><body>Disallow: / everything</body></html>",
        "Disallow: /",
        "User-agent\nDisallow:\nCrawl-delay: soon\n:::\n",
        Answer("\ufeffUser-agent: *\nDisallow: /x\n"),
        Answer(status=401),
        Answer(status=404),
        Answer(status=302, headers={"Location": "/robots.txt"}),
    ],
)
def test_broken_or_absent_rules_allow_all(
    program: Program, server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/robots.txt", program)
    server.answer("/page", "text")
    assert make_client().get(server.address("/page")).text == "text"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (Answer(status=500), "answered 500"),
        (Answer(status=429), "answered 429"),
        (Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nUser"), "broke off"),
    ],
)
def test_rules_that_cannot_be_read_forbid_all(
    program: Program, reason: str, server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/robots.txt", program)
    client = make_client(retries=1)
    with client.refresh():
        for page in ("/a", "/b"):
            with pytest.raises(Refused, match=rf"{page}: robots.txt could not be read.*{reason}"):
                client.get(server.address(page))
    assert (server.count(), server.count("/robots.txt")) == (0, 2)


def test_who_else_copies_errors_in_this_process_spoils_none(
    server: LoopbackServer, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, Refused, lambda error: (Refused, ("spoilt",)))
    server.answer("/robots.txt", Answer(status=500))
    client = make_client(retries=1)
    with client.refresh():
        for page in ("/a", "/b"):
            with pytest.raises(Refused, match=f"{page}: robots.txt could not be read"):
                client.get(server.address(page))


def test_rules_are_read_again_after_a_day(
    server: LoopbackServer, make_client: MakeClient, clock: FakeClock
) -> None:
    server.answer("/robots.txt", ["", "User-agent: *\nDisallow: /\n"])
    server.answer("/page", "text")
    client = make_client()
    for _ in range(3):
        with client.refresh():
            client.get(server.address("/page"))
    assert server.count("/robots.txt") == 1
    clock.advance(86400)
    with pytest.raises(Refused):
        client.get(server.address("/page"))
    assert server.count("/robots.txt") == 2


def test_crawl_delay_is_kept(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/robots.txt", "User-agent: *\nCrawl-delay: 7.5\n")
    server.answer("/page", "text")
    client = make_client()
    for _ in range(4):
        client.get(server.address("/page"))
    times = [seen.at for seen in server.requests if seen.path == "/page"]
    assert all(b - a >= 7.5 for a, b in itertools.pairwise(times))


def test_crawl_delay_beyond_reason_is_told(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/robots.txt", "User-agent: *\nCrawl-delay: 3600\n")
    server.answer("/page", "text")
    client = make_client(longest_wait=60)
    client.get(server.address("/page"))
    with pytest.raises(Refused, match="no request before 2026-01-01 13:00:00 UTC") as error:
        client.get(server.address("/page"))
    assert error.value.retry_after == 3600
    assert server.count() == 1


def test_a_dead_host_is_no_question_of_robots(make_client: MakeClient, nobody: str) -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        make_client().get(f"{nobody}/page")


def test_robots_of_a_private_host_are_not_asked_for(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    with pytest.raises(Forbidden, match=r"/page: 127.0.0.1 is at 127.0.0.1"):
        make_client(allow_hosts=()).get(server.address("/page"))
    assert server.connections == 0
