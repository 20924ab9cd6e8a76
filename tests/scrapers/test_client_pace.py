"""How hard a host is asked, and when it is left alone."""

from __future__ import annotations

import itertools
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from cityflux.core.model.errors import Failed, Missing, Refused, Unreachable
from cityflux.scrapers.http.client import Budget
from tests.clocks import FakeClock
from tests.scrapers.conftest import MakeClient
from tests.servers import Answer, LoopbackServer, Program, Seen


def test_pace_is_kept(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", "text")
    client = make_client(budget=Budget(requests_per_second=2))
    for _ in range(6):
        client.get(server.address("/page"))
    times = [seen.at for seen in server.requests]
    assert len(times) == 7, "robots.txt counts too"
    assert all(b - a >= 0.5 for a, b in itertools.pairwise(times))


def test_a_host_may_have_a_pace_of_its_own(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", "text")
    client = make_client(hosts={"127.0.0.1": Budget(requests_per_second=0.1)})
    client.get(server.address("/page"))
    client.get(server.address("/page"))
    assert server.requests[-1].at - server.requests[-2].at >= 10


def test_no_more_connections_than_allowed(server: LoopbackServer, make_client: MakeClient) -> None:
    lock, here, most = threading.Lock(), 0, 0
    two_are_here = threading.Event()

    def count(seen: Seen) -> Program:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
            if here == 2:
                two_are_here.set()
        two_are_here.wait()
        with lock:
            here -= 1
        return "text"

    server.answer("/page", count)
    client = make_client()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(client.get, [server.address("/page")] * 10))
    assert most == 2
    assert server.connections == 2


def test_connections_are_kept(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", ["text", Answer(status=503), "text"])
    client = make_client()
    for _ in range(3):
        client.get(server.address("/page"))
    with pytest.raises(Missing):
        client.get(server.address("/gone"))
    assert server.connections == 1


def test_connection_that_the_server_closed_is_made_anew(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer("text", headers={"Connection": "close"}))
    client = make_client(retries=0)
    for _ in range(3):
        assert client.get(server.address("/page")).text == "text"


def test_circuit_opens_and_half_opens(
    server: LoopbackServer,
    make_client: MakeClient,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    server.answer("/page", [*[Answer(status=500)] * 4, "good"])
    client = make_client(retries=0, circuit_threshold=3, circuit_cool_down=300, obey_robots=False)
    address = server.address("/page")
    for _ in range(3):
        with pytest.raises(Failed):
            client.get(address)
    assert client.hosts()[0].circuit == "open"
    assert client.hosts()[0].open_until == datetime(2026, 1, 1, 12, 5, tzinfo=UTC)

    clock.advance(299)
    with pytest.raises(Refused, match="failed 3 times in a row and is left alone for 1 s") as error:
        client.get(address)
    assert "answered 500 Internal Server Error" in str(error.value)
    assert (server.count(), error.value.retry_after) == (3, 1)

    clock.advance(1)
    assert client.hosts()[0].circuit == "half-open"
    with pytest.raises(Failed):
        client.get(address)
    with pytest.raises(Refused, match="left alone for 300 s"):
        client.get(address)
    assert server.count() == 4

    clock.advance(300)
    assert client.get(address).text == "good"
    state = client.hosts()[0]
    assert (state.circuit, state.requests, state.failures) == ("closed", 5, 4)
    assert state.host == f"127.0.0.1:{server.port}"
    assert state.last_error.startswith("answered 500")
    told = [record for record in caplog.records if record.name.startswith("cityflux")]
    assert len(told) == 2, "told once when it opens, and once when it closes"


def test_half_open_lets_one_request_try(
    server: LoopbackServer, make_client: MakeClient, clock: FakeClock
) -> None:
    trying, go_on = threading.Event(), threading.Event()

    def slowly(seen: Seen) -> Program:
        trying.set()
        go_on.wait()
        return "good"

    server.answer("/page", ["text", Answer(status=500), slowly])
    client = make_client(retries=0, circuit_threshold=1, obey_robots=False)
    address = server.address("/page")
    client.get(address)
    with pytest.raises(Failed):
        client.get(address)
    clock.advance(300)
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(client.get, address)
        trying.wait()
        with pytest.raises(Refused, match="one request tries it now"):
            client.get(address)
        go_on.set()
        assert probe.result().text == "good"
    assert client.get(address).text == "good"


def test_retries_stop_when_the_circuit_opens(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer(status=500))
    client = make_client(retries=9, circuit_threshold=4)
    with pytest.raises(Failed, match="500"):
        client.get(server.address("/page"))
    assert server.count() == 4


def test_an_answer_of_any_kind_closes_the_circuit(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer(status=500))
    client = make_client(retries=0, circuit_threshold=2)
    for _ in range(3):
        with pytest.raises(Failed):
            client.get(server.address("/page"))
        with pytest.raises(Missing):
            client.get(server.address("/gone"))
    assert client.hosts()[0].circuit == "closed"


def test_an_error_never_makes_us_faster(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Answer(status=503))
    client = make_client(budget=Budget(requests_per_second=0.5), backoff_base=0, retries=3)
    with pytest.raises(Failed):
        client.get(server.address("/page"))
    times = [seen.at for seen in server.requests]
    assert len(times) == 5
    assert all(b - a >= 2 for a, b in itertools.pairwise(times))


def test_one_bad_host_does_not_stop_another(
    server: LoopbackServer, make_client: MakeClient, nobody: str
) -> None:
    server.answer("/page", "text")
    client = make_client(circuit_threshold=1)
    with client.refresh():
        with pytest.raises(Unreachable):
            client.get(nobody)
        assert client.get(server.address("/page")).text == "text"
    assert {state.circuit for state in client.hosts()} == {"closed", "open"}
