"""Another transport in place of the network, as the test of a plugin wants it."""

from __future__ import annotations

import ast
import gc
import gzip
import math
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from cityflux.core.model.errors import (
    DeadlinePassed,
    HostDown,
    Missing,
    SourceError,
    Stopped,
    TooLarge,
    TooSlow,
    Unreachable,
)
from cityflux.scrapers.http.client import Budget, Client, Policy
from tests.clocks import FakeClock

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://stats.example/table"
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, clock: FakeClock | None = None, **limits: float) -> Client:
    policy = Policy(budget=Budget(math.inf), obey_robots=False, retries=1, **limits)  # type: ignore[arg-type]
    return Client(policy, clock=clock or FakeClock(), transport=httpx.MockTransport(handler))


def test_a_handler_answers_instead_of_the_network() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        headers = {"Content-Type": "text/html; charset=gbk", "ETag": '"v1"'}
        return httpx.Response(200, headers=headers, content="上海".encode("gbk"))

    with client(handler) as http:
        document = http.get(ADDRESS, params={"year": "2020"})
    assert (document.address, document.text) == (f"{ADDRESS}?year=2020", "上海")
    assert (document.media_type, document.etag) == ("text/html", '"v1"')
    assert asked[0].headers["user-agent"].startswith("cityflux")
    assert asked[0].headers["accept-encoding"] == "gzip, deflate, br, zstd"


def test_robots_and_redirects_are_minded_all_the_same() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/robots.txt":
                return httpx.Response(200, text="User-agent: *\nDisallow: /secret")
            case "/table":
                return httpx.Response(302, headers={"Location": "/secret", "Set-Cookie": "a=b"})
        return httpx.Response(200, text="figures")

    policy = Policy(budget=Budget(math.inf))
    transport = httpx.MockTransport(handler)
    pattern = r"/secret: robots\.txt of stats.example forbids"
    with (
        Client(policy, clock=FakeClock(), transport=transport) as http,
        pytest.raises(SourceError, match=pattern),
    ):
        http.get(ADDRESS)


def test_no_cookie_is_kept() -> None:
    seen: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=1; Path=/"})

    with client(handler) as http:
        http.get(ADDRESS)
        http.get(ADDRESS)
        http.get(ADDRESS, headers={"Cookie": "mine=1"})
    assert seen == [None, None, "mine=1"]


def test_a_packed_answer_and_a_bomb() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        body = gzip.compress(b"figures" if request.url.path == "/table" else bytes(2_000_000))
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=body)

    with client(handler, max_bytes=1_000_000) as http:
        assert http.get(ADDRESS).body == b"figures"
        with pytest.raises(TooLarge, match="unpacks to more than the 1,000,000"):
            http.get("https://stats.example/bomb")


@pytest.mark.parametrize(
    ("error", "kind", "times"),
    [
        (httpx.ConnectError("refused"), HostDown, 1),
        (httpx.ConnectTimeout("timed out"), TooSlow, 2),
        (httpx.ReadTimeout("timed out"), TooSlow, 2),
        (httpx.ReadError("reset"), Unreachable, 2),
        (httpx.RemoteProtocolError("no HTTP"), Unreachable, 2),
    ],
)
def test_what_httpx_complains_of(
    error: httpx.TransportError, kind: type[SourceError], times: int
) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise error

    with client(handler) as http, pytest.raises(SourceError, match=r"^https://stats") as caught:
        http.get(ADDRESS)
    assert type(caught.value) is kind
    assert len(asked) == times


def test_one_answer_may_serve_twice() -> None:
    answer = httpx.Response(200, text="figures")
    with client(lambda request: answer) as http:
        assert [http.get(ADDRESS).text for _ in range(2)] == ["figures"] * 2


def test_an_answer_leaves_no_rubbish() -> None:
    """Nothing that only the garbage collector finds: it would stop all threads to look."""
    left = []

    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"figures"

    def handler(request: httpx.Request) -> httpx.Response:
        body = Body()
        left.append(weakref.ref(body))
        return httpx.Response(200, stream=body)

    gc.disable()
    try:
        with client(handler) as http:
            assert http.get(ADDRESS).text == "figures"
        assert [each() for each in left] == [None]
    finally:
        gc.enable()


def test_a_status_means_what_it_means() -> None:
    with client(lambda request: httpx.Response(404)) as http, pytest.raises(Missing):
        http.get(ADDRESS)


class Endless(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b"."


def test_the_deadline_holds() -> None:
    clock = FakeClock(tick=1.0)
    with (
        client(lambda request: httpx.Response(200, stream=Endless()), clock, deadline=30) as http,
        pytest.raises(DeadlinePassed, match="no whole answer within 30 s"),
    ):
        http.get(ADDRESS)


def test_stop_ends_a_body_without_an_end() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        http.stop()
        return httpx.Response(200, stream=Endless())

    with client(handler) as http, pytest.raises(Stopped):
        http.get(ADDRESS)


def test_one_module_knows_the_pool_and_nobody_the_inside() -> None:
    """Only the transport imports httpcore, and nobody a private name of httpx or httpcore."""
    importing = set()
    private = []
    rooms = ("cityflux", "core", "plugins", "scrapers", "storage", "tests", "benchmarks")
    for path in (path for room in rooms for path in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "httpx" not in text and "httpcore" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            names = _names(node)
            if any(name.split(".")[0] == "httpcore" for name in names):
                importing.add(path.relative_to(ROOT).as_posix())
            private += [
                f"{path.relative_to(ROOT)}: {name}"
                for name in names
                if name.startswith(("httpx.", "httpcore.")) and "._" in name
            ]
    assert importing == {"scrapers/http/transport.py"}
    assert private == []


def _names(node: ast.AST) -> list[str]:
    """The dotted names of a module that a node imports or reaches into, or names in a text."""
    match node:
        case ast.Import(names=names):
            return [each.name for each in names]
        case ast.ImportFrom(module=str(module), names=names):
            return [f"{module}.{each.name}" for each in names]
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return [f"{name}.{attribute}"]
        case ast.Call(args=[ast.Constant(value=str(target)), *_]):
            return [target]  # monkeypatch.setattr("httpx._client…", …)
    return []
