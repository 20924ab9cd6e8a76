"""A secret leaves in the request and nowhere else."""

from __future__ import annotations

import logging
import traceback

import pytest

from cityflux.core.model.errors import Refused, SourceError
from cityflux.scrapers.http.client import Client
from tests.scrapers.conftest import MakeClient, MemoryCache
from tests.servers import Answer, LoopbackServer, Raw

SECRET = "p@ss wörd/=ü"
FORMS = (SECRET, "p%40ss", "p@ss", "w%C3%B6rd", "wörd")


@pytest.fixture
def cache() -> MemoryCache:
    return MemoryCache()


@pytest.fixture
def client(make_client: MakeClient, cache: MemoryCache, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("CITYFLUX_TEST_KEY", f" {SECRET}\n")
    return make_client(cache, secrets={"key": "CITYFLUX_TEST_KEY"}, retries=1)


def test_a_secret_comes_from_the_environment(client: Client) -> None:
    assert client.secret("key") == SECRET


def test_absent_secret_says_which_variable_to_set(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CITYFLUX_TEST_KEY")
    with pytest.raises(
        Refused, match="'key' is not set; set the environment variable CITYFLUX_TES"
    ):
        client.secret("key")


def test_unknown_secret_says_where_to_name_it(client: Client) -> None:
    with pytest.raises(Refused, match="secret 'token' is unknown; name the environment variable"):
        client.secret("token")


@pytest.mark.parametrize("status", [403, 500])
def test_errors_and_logs_are_clean(
    status: int, client: Client, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer("/page", Answer("sorry", status))
    with client.refresh(), pytest.raises(SourceError) as caught:
        client.get(server.address("/page"), params={"key": client.secret("key")})
    assert "p%40ss" in server.requests[-1].target, "the source gets the secret itself"
    error = caught.value
    told = "".join([*traceback.format_exception(error), repr(error), error.address, caplog.text])
    told += repr(client.hosts()) + repr(client)
    assert "/page?key=***" in told
    assert not [form for form in FORMS if form in told]


def test_circuit_tells_no_secret(
    client: Client, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    client.secret("key")
    server.answer("/page", Raw(b"p%40ss%20w%C3%B6rd%2F%3D%C3%BC is wrong\r\n\r\n"))
    for _ in range(4):
        with pytest.raises(SourceError) as caught:
            client.get(server.address("/page"))
    state = client.hosts()[0]
    assert (state.circuit, type(caught.value)) == ("open", Refused)
    told = str(caught.value) + state.last_error + caplog.text
    assert "*** is wrong" in state.last_error
    assert not [form for form in FORMS if form in told]


def test_what_a_source_sends_back_is_clean(
    client: Client, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.secret("key")
    location = "file:///p%40ss%20w%C3%B6rd%2F%3D%C3%BC"
    server.answer("/page", Answer(status=302, headers={"Location": location}))
    with pytest.raises(SourceError) as caught:
        client.get(server.address("/page"))
    told = str(caught.value) + caplog.text
    assert "/page" in caplog.text, "httpx says what it asks"
    assert not [form for form in FORMS if form in told]


def test_documents_and_the_cache_know_no_secret(
    client: Client, cache: MemoryCache, server: LoopbackServer
) -> None:
    server.answer(
        "/page", Answer(status=302, headers={"Location": "/next?key=p%40ss+w%C3%B6rd%2F%3D%C3%BC"})
    )
    server.answer("/next", Answer("text", headers={"ETag": '"v1"'}))
    params = {"key": client.secret("key")}
    document = client.get(server.address("/page"), params=params)
    cache.keep(document)
    assert document.address == server.address("/page?key=***")
    assert not [form for form in FORMS if form in repr(document)]
    assert client.known(server.address("/page"), params)
    assert client.get(server.address("/page"), params=params).unchanged


def test_no_half_of_a_secret_is_left_where_a_message_is_cut(
    client: Client, server: LoopbackServer
) -> None:
    client.secret("key")
    for length in range(400, 510):
        location = f"file:///{'x' * length}/p%40ss%20w%C3%B6rd%2F%3D%C3%BC"
        server.answer("/page", Answer(status=302, headers={"Location": location}))
        with pytest.raises(SourceError) as caught:
            client.get(server.address(f"/page?{'y' * length}={SECRET}"))
        assert "p%40" not in str(caught.value)
        assert len(str(caught.value)) < 1100


def test_a_secret_within_another_one(
    make_client: MakeClient, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYFLUX_TEST_SHORT", "abc")
    monkeypatch.setenv("CITYFLUX_TEST_LONG", "123abc456")
    client = make_client(secrets={"short": "CITYFLUX_TEST_SHORT", "long": "CITYFLUX_TEST_LONG"})
    client.secret("short")
    with pytest.raises(SourceError, match=r"/page\?key=\*\*\*: answered 404"):
        client.get(server.address("/page"), params={"key": client.secret("long")})


def test_bad_header_does_not_show_its_value(client: Client, server: LoopbackServer) -> None:
    with pytest.raises(SourceError) as caught:
        client.get(server.address("/page"), headers={"Cookie": client.secret("key")})
    assert not [form for form in FORMS if form in str(caught.value)]
