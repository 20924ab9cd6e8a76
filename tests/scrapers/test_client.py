"""What the client does on a good day."""

from __future__ import annotations

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cityflux.core.model.errors import (
    Forbidden,
    Missing,
    Refused,
    SourceError,
    Stopped,
    Unreachable,
)
from cityflux.scrapers.http.client import Budget
from tests.clocks import FakeClock
from tests.scrapers.conftest import MakeClient, MemoryCache, sha256
from tests.servers import Answer, LoopbackServer, Program, Raw, Seen, Silence


def test_a_document_says_what_it_is(server: LoopbackServer, make_client: MakeClient) -> None:
    headers = {
        "Content-Type": "Text/HTML; charset=GBK",
        "ETag": '"v1"',
        "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    }
    server.answer("/page", Answer("上海".encode("gbk"), headers=headers))
    document = make_client().get(server.address("/page?b=1#part"), params={"年": "2020"})
    assert document.address == server.address("/page?b=1&%E5%B9%B4=2020")
    assert (document.media_type, document.charset, document.text) == ("text/html", "GBK", "上海")
    assert (document.etag, document.status, document.unchanged) == ('"v1"', 200, False)
    assert document.last_modified == headers["Last-Modified"]
    assert document.sha256 == sha256("上海".encode("gbk"))


def test_says_who_it_is(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", "text")
    make_client().get(server.address("/page"), headers={"Referer": "https://example.org/"})
    sent = server.requests[-1].headers
    assert sent["user-agent"].startswith("cityflux")
    assert sent["user-agent"].endswith(" (+https://example.org/us)")
    assert sent["referer"] == "https://example.org/"


@pytest.mark.parametrize("name", ["User-Agent", "Host", "Sec-CH-UA", "accept-encoding"])
def test_a_caller_cannot_pose_as_somebody_else(
    name: str, server: LoopbackServer, make_client: MakeClient
) -> None:
    with pytest.raises(Forbidden, match=f"header '{name}' is decided by the client"):
        make_client().get(server.address("/page"), headers={name: "Mozilla/5.0"})
    assert server.requests == []


def test_a_header_that_breaks_http_is_not_sent(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    with pytest.raises(Forbidden, match="header 'Cookie' does not fit into HTTP"):
        make_client().get(server.address("/page"), headers={"Cookie": "a\r\nX-Evil: b"})
    assert server.requests == []


def test_posts_json_and_forms(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/query", "answer")
    client = make_client()
    client.post(server.address("/query"), json={"dts": ["2021YY"], "地区": None})
    client.post(server.address("/query"), params={"p": "1"}, data={"id": "zb", "名": "全国"})
    first, second = server.requests[-2:]
    assert json.loads(first.body) == {"dts": ["2021YY"], "地区": None}
    assert first.headers["content-type"] == "application/json"
    assert (second.target, second.body) == ("/query?p=1", b"id=zb&%E5%90%8D=%E5%85%A8%E5%9B%BD")
    assert second.headers["content-type"] == "application/x-www-form-urlencoded"


def test_not_modified_brings_the_kept_bytes(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    headers = {"ETag": '"v1"', "Content-Type": "text/plain; charset=big5"}
    server.answer("/page", Answer("臺北".encode("big5"), headers=headers))
    cache = MemoryCache()
    client = make_client(cache)
    first = client.get(server.address("/page"))
    cache.keep(first)
    again = client.get(server.address("/page"))
    assert server.requests[-1].headers["if-none-match"] == '"v1"'
    assert (again.status, again.unchanged, again.known_sha256) == (304, True, first.sha256)
    assert cache.loads == 0, "the bytes are loaded when somebody reads them"
    assert (again.body, again.text, again.etag) == (first.body, first.text, '"v1"')
    assert again.media_type == "text/plain"
    assert again.for_source("x").body == first.body
    assert cache.loads == 1


def test_last_modified_is_sent_back(server: LoopbackServer, make_client: MakeClient) -> None:
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    server.answer("/page", Answer("text", headers={"Last-Modified": date}))
    cache = MemoryCache()
    client = make_client(cache)
    cache.keep(client.get(server.address("/page")))
    client.get(server.address("/page"))
    assert server.requests[-1].headers["if-modified-since"] == date


def test_the_same_bytes_are_unchanged(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", ["old", "old", "new"])
    cache = MemoryCache()
    client = make_client(cache)
    cache.keep(client.get(server.address("/page")))
    same, other = client.get(server.address("/page")), client.get(server.address("/page"))
    assert (same.status, same.unchanged, same.known_sha256) == (200, True, sha256(b"old"))
    assert (other.unchanged, other.sha256) == (False, sha256(b"new"))


def test_not_modified_without_a_condition_makes_no_sense(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", Answer(status=304))
    with pytest.raises(SourceError, match="304 Not Modified, but nothing was known"):
        make_client().get(server.address("/page"))


def test_known_tells_a_backfill_what_to_pass_over(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", "text")
    cache = MemoryCache()
    client = make_client(cache)
    assert not client.known(server.address("/page"), {"year": "2020"})
    cache.keep(client.get(server.address("/page"), params={"year": "2020"}))
    assert client.known(server.address("/page"), {"year": "2020"})
    assert not client.known(server.address("/page"), {"year": "2021"})
    assert not make_client().known(server.address("/page"))


def test_twenty_threads_share_one_request(server: LoopbackServer, make_client: MakeClient) -> None:
    everybody = threading.Barrier(20)
    server.answer("/page", "text")
    client = make_client()

    def ask(_: int) -> str:
        everybody.wait()
        return client.get(server.address("/page")).text

    with client.refresh(), ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == ["text"] * 20
    assert server.count("/page") == 1
    assert server.count("/robots.txt") == 1


def test_those_who_come_during_a_request_wait_for_its_answer(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slowly(seen: Seen) -> Program:
        asked.set()
        go_on.wait()
        return "text"

    server.answer("/page", slowly)
    client = make_client()
    with client.refresh(), ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.get, server.address("/page"))
        asked.wait()
        second = pool.submit(client.get, server.address("/page"))
        go_on.set()
        assert first.result() is second.result()
    assert server.count("/page") == 1


def test_a_refresh_keeps_answers_and_errors_to_its_end(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", "text")
    client = make_client()
    for rounds in (1, 2):
        with client.refresh():
            for _ in range(3):
                client.get(server.address("/page"))
                with pytest.raises(Missing, match=r"^http[^ ]*/gone: answered 404"):
                    client.get(server.address("/gone"))
        assert server.count("/page") == server.count("/gone") == rounds
    client.get(server.address("/page"))
    client.get(server.address("/page"))
    assert server.count("/page") == 4


def test_refreshes_that_overlap_end_together(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", "text")
    client = make_client()
    with client.refresh():
        with client.refresh():
            client.get(server.address("/page"))
        client.get(server.address("/page"))
    assert server.count("/page") == 1


def test_refreshes_apart_keep_their_own_answers_and_a_common_pace(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", ["one", "two", "three"])
    server.answer("/robots.txt", "User-agent: *\nDisallow: /secret")
    address = server.address("/page")
    client = make_client()
    first, second = client.apart(), client.apart()
    with first.refresh():
        assert (first.get(address).text, first.get(address).text) == ("one", "one")
        with second.refresh():
            assert (second.get(address).text, second.get(address).text) == ("two", "two")
            with pytest.raises(Refused, match=r"robots\.txt"):
                second.get(server.address("/secret"))
        assert first.get(address).text == "one"
    with second.refresh():
        assert second.get(address).text == "three"
    assert server.count("/robots.txt") == 1
    (host,) = client.hosts()
    assert host.requests >= 3
    client.stop()
    with pytest.raises(Stopped):
        first.get(address)


def test_other_questions_are_other_requests(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/page", "text")
    client, address = make_client(), server.address("/page")
    with client.refresh():
        client.get(address)
        client.get(address, params={"a": "1"})
        client.get(address, headers={"Accept": "application/json"})
        client.post(address, data={"a": "1"})
        client.post(address, data={"a": "2"})
    assert server.count("/page") == 5


def test_offline_asks_nothing(server: LoopbackServer, make_client: MakeClient) -> None:
    with pytest.raises(Unreachable, match="offline"):
        make_client(offline=True).get(server.address("/page"))
    assert server.connections == 0


def test_a_stopped_client_takes_no_work(server: LoopbackServer, make_client: MakeClient) -> None:
    client = make_client()
    client.stop()
    with pytest.raises(Stopped, match="takes no more work"):
        client.get(server.address("/page"))
    assert server.connections == 0


def test_stop_ends_a_running_read(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/page", Silence())
    client = make_client(read_timeout=600, deadline=600, obey_robots=False)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(client.get, server.address("/page"))
        while not server.count("/page"):
            time.sleep(0.001)
        client.stop()
        assert isinstance(reading.exception(), Stopped)
    assert server.count("/page") == 1
    assert client.hosts()[0].failures == 0, "the host is not to blame"


def test_stop_wakes_who_waits_for_a_slot(server: LoopbackServer, make_client: MakeClient) -> None:
    class NoticedClock(FakeClock):
        def wait(self, until: threading.Event, seconds: float) -> None:
            waiting.set()
            until.wait()

    waiting = threading.Event()
    server.answer("/page", "text")
    client = make_client(
        clock=NoticedClock(), budget=Budget(0.001), longest_wait=math.inf, obey_robots=False
    )
    client.get(server.address("/page"))
    with ThreadPoolExecutor(3) as pool:
        late = [pool.submit(client.get, server.address("/page")) for _ in range(3)]
        waiting.wait()
        client.stop()
        assert all(isinstance(each.exception(), Stopped) for each in late)
    assert server.count("/page") == 1


@pytest.mark.parametrize(
    ("asked", "params", "sent"),
    [
        ("/q?kw=%BA%BC%D6%DD", {"page": "2"}, "/q?kw=%BA%BC%D6%DD&page=2"),
        ("/q?stadt=K%F6ln", {"y": "2021"}, "/q?stadt=K%F6ln&y=2021"),
        ("/q?flag&a=1%2B1", {"y": "2"}, "/q?flag&a=1%2B1&y=2"),
        ("/q?page=1&kw=%BA%BC&page=3", {"page": "2"}, "/q?kw=%BA%BC&page=2"),
        ("/q", {"kw": "杭州", "n": ["1", "2"]}, "/q?kw=%E6%9D%AD%E5%B7%9E&n=1&n=2"),
    ],
)
def test_a_query_stays_as_it_was_written(
    asked: str, params: dict[str, Any], sent: str, server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/q", "text")
    make_client().get(server.address(asked), params=params)
    assert server.requests[-1].target == sent


def test_a_redirect_in_gbk_leads_where_it_says(
    server: LoopbackServer, make_client: MakeClient
) -> None:
    head = "HTTP/1.1 302 -\r\nContent-Length: 0\r\nLocation: /q?kw=杭州\r\n\r\n"
    server.answer("/page", Raw(head.encode("gbk")))
    server.answer("/q", "text")
    make_client().get(server.address("/page"))
    assert server.requests[-1].target == "/q?kw=%BA%BC%D6%DD"
