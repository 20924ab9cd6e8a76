"""Where the client connects to, and where it does not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from cityflux.core.model.errors import Forbidden, TooSlow, Unreachable
from tests.scrapers.conftest import MakeClient
from tests.servers import Answer, LoopbackServer

Names = dict[str, list[list[str]]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A name server: for each name the addresses of one lookup after the other; the last stay."""
    table: Names = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in table:
            return real(host, port, *args, **kwargs)
        found = table[host].pop(0) if len(table[host]) > 1 else table[host][0]
        return [entry for each in found for entry in real(each, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the client tries to connect to; every attempt is refused without touching a network."""
    attempts: list[tuple[str, int]] = []

    def refuse(sock: socket.socket, address: tuple[str, int]) -> None:
        attempts.append(address[:2])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return attempts


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "2130706433",
        "0x7f.1",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a00:1]",
        "[2002:7f00:1::]",
        "[2001:0:808:808::80ff:fffe]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
    ],
)
def test_private_addresses_are_refused(
    host: str, dialled: list[tuple[str, int]], make_client: MakeClient
) -> None:
    with pytest.raises(Forbidden, match="which is not on the public internet"):
        make_client(allow_hosts=()).get(f"http://{host}/page")
    assert dialled == []


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "[64:ff9b::808:808]"])
def test_public_addresses_are_dialled(
    host: str, dialled: list[tuple[str, int]], make_client: MakeClient
) -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        make_client(obey_robots=False).get(f"https://{host}/page")
    assert dialled == [(host.strip("[]"), 443)]


def test_the_message_says_how_to_allow_a_host(make_client: MakeClient, names: Names) -> None:
    names["intranet.example"] = [["10.1.2.3"]]
    with pytest.raises(Forbidden, match=r"is at 10.1.2.3, .* name intranet.example in allow_hosts"):
        make_client().get("http://intranet.example/page")


def test_one_private_address_among_public_ones_is_enough(
    names: Names, dialled: list[tuple[str, int]], make_client: MakeClient
) -> None:
    names["rebind.example"] = [["8.8.8.8", "127.0.0.1"]]
    with pytest.raises(Forbidden, match=r"rebind.example is at 127.0.0.1"):
        make_client().get("http://rebind.example/page")
    assert dialled == []


def test_connects_to_the_address_that_was_checked(
    names: Names, dialled: list[tuple[str, int]], make_client: MakeClient
) -> None:
    names["rebind.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    with pytest.raises(Unreachable):
        make_client(obey_robots=False).get("http://rebind.example/page")
    assert dialled == [("8.8.8.8", 80)]


def test_the_next_address_is_tried(
    names: Names, server: LoopbackServer, make_client: MakeClient
) -> None:
    names["two.example"] = [["::1", "127.0.0.1"]]
    server.answer("/page", "text")
    client = make_client(allow_hosts={"two.example"})
    assert client.get(server.address("/page", "two.example")).text == "text"
    assert server.requests[-1].headers["host"] == f"two.example:{server.port}"


def test_name_server_that_hangs(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, other_end = socket.socketpair()
    with gate, other_end:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: gate.recv(1))
        client = make_client(connect_timeout=0.05, retries=0, obey_robots=False)
        with pytest.raises(TooSlow, match=r"the name slow.example was not resolved within"):
            client.get("http://slow.example/page")
        gate.shutdown(socket.SHUT_RDWR)


def test_redirect_to_loopback_is_refused(
    names: Names, server: LoopbackServer, make_client: MakeClient
) -> None:
    names["inside.example"] = [["127.0.0.1"]]
    target = server.address("/secret", "inside.example")
    server.answer("/page", Answer(status=302, headers={"Location": target}))
    with pytest.raises(Forbidden, match=r"/secret: inside.example is at 127.0.0.1"):
        make_client().get(server.address("/page"))
    assert (server.count("/page"), server.count("/secret")) == (1, 0)


def test_redirect_is_followed(server: LoopbackServer, make_client: MakeClient) -> None:
    server.answer("/old", Answer(status=301, headers={"Location": "/new/"}))
    server.answer("/new/", "text")
    document = make_client().get(server.address("/old"), headers={"Cookie": "a=b"})
    assert (document.address, document.text) == (server.address("/old"), "text")
    assert document.final_address == server.address("/new/")
    assert document.link("table.html") == server.address("/new/table.html")
    assert server.requests[-1].headers["cookie"] == "a=b"


def test_what_the_caller_gave_stays_with_its_host(
    names: Names, server: LoopbackServer, make_client: MakeClient
) -> None:
    names["other.example"] = [["127.0.0.1"]]
    target = server.address("/new", "other.example")
    server.answer("/old", Answer(status=307, headers={"Location": target}))
    server.answer("/new", "text")
    client = make_client(allow_hosts={"127.0.0.1", "other.example"})
    client.get(server.address("/old"), headers={"Cookie": "a=b", "X-Key": "k"})
    assert not {"cookie", "x-key"} & server.requests[-1].headers.keys()
    with pytest.raises(Forbidden, match=r"not carried on to another host, other.example"):
        client.post(server.address("/old"), data={"password": "hush"})


@pytest.mark.parametrize(("status", "method", "body"), [(303, "GET", b""), (307, "POST", b"a=1")])
def test_redirect_of_a_form(
    status: int, method: str, body: bytes, server: LoopbackServer, make_client: MakeClient
) -> None:
    server.answer("/form", Answer(status=status, headers={"Location": "/done"}))
    server.answer("/done", "text")
    assert make_client().post(server.address("/form"), data={"a": "1"}).text == "text"
    assert (server.requests[-1].method, server.requests[-1].body) == (method, body)


def test_proxies_of_the_environment_are_ignored(
    server: LoopbackServer, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    monkeypatch.setenv("http_proxy", nobody)
    server.answer("/page", "text")
    assert make_client().get(server.address("/page")).text == "text"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that the client trusts, by the usual variable."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return ca


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[tuple[LoopbackServer, list[str]]]:
    """An HTTPS server for stats.example, and the names that it was called by (SNI)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("stats.example").configure_cert(context)
    called: list[str] = []
    context.sni_callback = lambda sock, name, ctx: called.append(name)
    with LoopbackServer(tls=context) as server:
        yield server, called


def test_tls_keeps_the_name_of_the_host(
    secure: tuple[LoopbackServer, list[str]], names: Names, make_client: MakeClient
) -> None:
    server, called = secure
    names["stats.example"] = [["127.0.0.1"]]
    server.answer("/page", "text")
    client = make_client(allow_hosts={"stats.example"})
    assert client.get(server.address("/page", "stats.example")).text == "text"
    assert called == ["stats.example"]
    assert server.requests[-1].headers["host"] == f"stats.example:{server.port}"


def test_tls_failure_asks_once(
    secure: tuple[LoopbackServer, list[str]], names: Names, make_client: MakeClient
) -> None:
    server, _ = secure
    names["wrong.example"] = [["127.0.0.1"]]
    client = make_client(allow_hosts={"wrong.example"})
    with client.refresh():
        for path in ("/a", "/b"):
            with pytest.raises(Unreachable, match=r"TLS failed \(Hostname mismatch.*wrong.example"):
                client.get(server.address(path, "wrong.example"))
    assert (server.connections, server.requests) == (1, [])


def test_unknown_authority_is_not_trusted(
    secure: tuple[LoopbackServer, list[str]],
    names: Names,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, _ = secure
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    names["stats.example"] = [["127.0.0.1"]]
    with pytest.raises(Unreachable, match=r"TLS failed \(unable to get local issuer certificate\)"):
        make_client(allow_hosts={"stats.example"}).get(server.address("/page", "stats.example"))
    assert (server.connections, server.requests) == (1, [])


def test_plain_http_where_tls_is_expected(server: LoopbackServer, make_client: MakeClient) -> None:
    address = server.address("/page").replace("http:", "https:")
    with pytest.raises(Unreachable, match="TLS failed"):
        make_client().get(address)
    assert server.connections == 1
