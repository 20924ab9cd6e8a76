"""Who is told: with patience, each change of state once, in the receiver's own shape."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.app.config import Config
from cityflux.core.app.config import Webhook as Settings
from cityflux.core.daemon import webhook as module
from cityflux.core.daemon.alarms import Alarms
from cityflux.core.daemon.webhook import Webhook, body_of, message_of, open_webhook
from cityflux.core.model.errors import ConfigError
from cityflux.storage.database import open_database
from tests.servers import Answer, LoopbackServer


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "c.db") as opened:
        yield opened


def told(server: LoopbackServer) -> list[dict[str, Any]]:
    return [json.loads(seen.body) for seen in server.requests if seen.path == "/hook"]


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def arrive(alarms: Alarms, connection: sqlite3.Connection) -> None:
    """Wait until all that was told has arrived, and is forgotten."""

    def forgotten() -> bool:
        alarms.forget_delivered()
        return connection.execute("SELECT 1 FROM messages").fetchone() is None

    until(forgotten)


def test_a_receiver_that_is_down_for_a_moment_is_asked_again(server: LoopbackServer) -> None:
    server.answer("/hook", [Answer(status=500), Answer(status=429), "fine"])
    with Webhook(server.address("/hook"), "text", 5.0) as webhook:
        webhook.send(message_of("failed", "上海", what="s"))
        until(lambda: len(told(server)) == 3)
    first, second, third = told(server)
    assert first == second == third
    assert (third["event"], third["text"], third["what"]) == ("failed", "上海", "s")


def test_a_refusal_is_final_and_logged_without_the_address(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer("/hook", Answer(status=403))
    with (
        caplog.at_level(logging.WARNING, "cityflux"),
        Webhook(server.address("/hook"), "text", 5.0) as webhook,
    ):
        webhook.send(message_of("failed", "text"))
    assert len(told(server)) == 1
    assert "'text' was not delivered: the receiver answers 403" in caplog.text
    assert "/hook" not in caplog.text


def test_what_is_waiting_is_sent_before_the_end(server: LoopbackServer) -> None:
    server.answer("/hook", "fine")
    with Webhook(server.address("/hook"), "text", 5.0) as webhook:
        for number in range(5):
            webhook.send(message_of("failed", str(number)))
    assert [each["text"] for each in told(server)] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("feishu", {"msg_type": "text", "content": {"text": "a"}}),
        ("dingtalk", {"msgtype": "text", "text": {"content": "a"}}),
        ("text", {"text": "a", "event": "failed"}),
    ],
)
def test_each_receiver_gets_its_own_shape(form: str, body: dict[str, Any]) -> None:
    assert body_of({"text": "a", "event": "failed"}, form) == body


def test_the_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(webhook=Settings(variable="HOOK"))
    assert not open_webhook(config).wanted
    monkeypatch.setenv("HOOK", "https://example.org/x")
    assert open_webhook(config).wanted
    monkeypatch.setenv("HOOK", "token-only")
    with pytest.raises(ConfigError, match="HOOK holds no address") as caught:
        open_webhook(config)
    assert "token-only" not in str(caught.value)


def test_each_change_of_state_is_told_once_also_after_a_new_start(
    server: LoopbackServer, connection: sqlite3.Connection
) -> None:
    server.answer("/hook", "fine")
    with Webhook(server.address("/hook"), "text", 5.0) as webhook:
        alarms = Alarms(connection, webhook, ["s", "gone"])
        alarms.state("s", "")
        alarms.state("s", "HTTP 500")
        alarms.state("s", "HTTP 502")
        alarms.state("gone", "HTTP 404")
        arrive(alarms, connection)
        again = Alarms(connection, webhook, ["s"])
        again.state("s", "HTTP 502")
        again.state("s", "")
        again.state("s", "")
    events = [(each["event"], each["what"], each["problem"]) for each in told(server)]
    assert events == [
        ("failed", "s", "HTTP 500"),
        ("failed", "gone", "HTTP 404"),
        ("recovered", "s", "HTTP 502"),
    ]
    assert connection.execute("SELECT * FROM alarms").fetchall() == []


def test_who_changed_places_is_told(server: LoopbackServer, connection: sqlite3.Connection) -> None:
    connection.executescript("""
        INSERT INTO cities (id, name_zh, name_en) VALUES ('a', 'a', 'A'), ('b', 'b', 'B');
        INSERT INTO indices VALUES ('i', 'i', 'I', '', '', '');
        INSERT INTO nodes (index_id, node_id, weight, sort_order, level, name_zh, name_en)
            VALUES ('i', 'i', 1, 0, 0, 'i', 'I');
        INSERT INTO runs VALUES (1, 'i', '', 0, '', '', '', 0, '');
        INSERT INTO scores (index_id, node_id, city_id, period, score, rank, coverage, run_id)
            VALUES ('i', 'i', 'a', '2020', 9, 1, 1, 1), ('i', 'i', 'b', '2020', 8, 2, 1, 1);
    """)
    server.answer("/hook", "fine")
    with Webhook(server.address("/hook"), "text", 5.0) as webhook:
        alarms = Alarms(connection, webhook, [])
        alarms.ranks()
        connection.execute("UPDATE scores SET rank = 3 - rank")
        alarms.ranks()
        alarms.ranks()
    (message,) = told(server)
    assert message["text"] == "cityflux: ranks in i: b 2020: 2 → 1, a 2020: 1 → 2"
    assert message["changes"][0] == {"period": "2020", "city_id": "b", "before": 2, "after": 1}


def test_a_receiver_that_is_down_for_long_gets_everything_once_and_in_order(
    server: LoopbackServer, connection: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer("/hook", Answer(status=503))
    with (
        caplog.at_level(logging.WARNING, "cityflux"),
        Webhook(server.address("/hook"), "text", 5.0) as webhook,
    ):
        alarms = Alarms(connection, webhook, ["s"])
        alarms.state("s", "HTTP 500")
        alarms.state("s", "")
        until(lambda: len(told(server)) > 8)
        alarms.forget_delivered()
    assert {each["event"] for each in told(server)} == {"failed", "recovered"}
    assert caplog.text.count("'cityflux: s fails: HTTP 500' waits, and all after it") == 1

    # After a new start it is back.
    server.requests.clear()
    server.answer("/hook", "fine")
    with Webhook(server.address("/hook"), "text", 5.0) as webhook:
        alarms = Alarms(connection, webhook, ["s"])
        until(lambda: len(told(server)) == 2)
        alarms.state("s", "HTTP 404")
        until(lambda: len(told(server)) == 3)
        arrive(alarms, connection)
    assert [each["event"] for each in told(server)] == ["failed", "recovered", "failed"]
    with Webhook(server.address("/hook"), "text", 5.0) as webhook:
        Alarms(connection, webhook, ["s"])
    assert len(told(server)) == 3


def test_what_is_stale_is_told_once_and_when_it_is_fresh_again(
    server: LoopbackServer, connection: sqlite3.Connection
) -> None:
    server.answer("/hook", "fine")
    with Webhook(server.address("/hook"), "text", 5.0) as webhook:
        alarms = Alarms(connection, webhook, [])
        alarms.stale({})
        alarms.stale({f"x.{number:02}": number for number in range(12)})
        alarms.stale({f"x.{number:02}": number + 1 for number in range(12)})
        arrive(alarms, connection)
        Alarms(connection, webhook, []).stale({"x.00": 2, "y": 1})
    stale, more, fresh = told(server)
    assert (stale["event"], len(stale["indicators"])) == ("stale", 12)
    assert stale["text"].startswith("cityflux: stale indicators: x.00 (0 days late), x.01 (1 days")
    assert stale["text"].endswith("2 more")
    assert (more["event"], more["indicators"]) == ("stale", {"y": 1})
    assert (fresh["event"], len(fresh["indicators"])) == ("fresh", 11)
