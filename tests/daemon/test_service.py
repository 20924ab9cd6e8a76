"""A real daemon in a process of its own: its clock, its lock, its signals, what it follows."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cityflux.core.daemon.metrics import METRICS
from tests.conftest import run_module
from tests.isolation.plugins import write_derived
from tests.servers import Answer, LoopbackServer

ROOT = str(Path(__file__).resolve().parents[2])
PLUGIN = """
import json

import polars as pl
from cityflux import Indicator, Source, hookimpl


@hookimpl
def indicator():
    return Indicator("local.boats", "船", "Boats", "个")


@hookimpl
def source():
    return Source("local.port", "p", "ADDRESS", licence="l", schedule="every 1 day", priority=1)


@hookimpl
def fetch(http, source, since):
    return [http.get(source.address)]


@hookimpl
def normalize(documents):
    rows = json.loads(documents[0].body)
    return pl.DataFrame(
        [{"city": city, "period": "2020", "value": float(value)} for city, value in rows.items()]
    )
"""
INDEX = """
id = "boats"
name_zh = "船"
name_en = "Boats"
cities = ["shanghai", "beijing"]
indicators = ["local.boats"]
[periods]
of = ["2020"]
[standardization]
method = "minmax"
within = "period"
[aggregation]
method = "mean"
"""


class Daemon:
    """`cityflux run` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "data" / "cityflux.db"
        self.log = folder / "log.txt"
        self.program = ["-m", "cityflux", "run"]
        self.process: subprocess.Popen[bytes]

    def start(self, **environment: str) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": ROOT, **environment},
                stdout=log,
                stderr=log,
            )
        pid = self.process.pid
        self.until(lambda: self.rows(f"SELECT 1 FROM daemon WHERE pid = {pid}"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.suppress(sqlite3.OperationalError):
            connection = sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()
        return []

    def until(self, done: Callable[[], object], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)

    def until_said(self, text: str, times: int = 1) -> None:
        self.until(lambda: self.log.read_text().count(text) == times)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def scores(self) -> dict[str, float]:
        return dict(self.rows("SELECT city_id, score FROM scores WHERE node_id = 'boats'"))


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        running.answer("/boats", json.dumps({"shanghai": 7, "beijing": 3}))
        yield running


@pytest.fixture
def daemon(server: LoopbackServer, tmp_path: Path) -> Iterator[Daemon]:
    (tmp_path / "my_plugins").mkdir()
    plugin = PLUGIN.replace("ADDRESS", server.address("/boats"))
    (tmp_path / "my_plugins" / "boats.py").write_text(plugin, encoding="utf-8")
    (tmp_path / "boats.toml").write_text(INDEX, encoding="utf-8")
    modules = sorted(
        f"plugins.{path.stem}"
        for path in (Path(ROOT) / "plugins").glob("[a-z]*.py")
        if path.stem != "cities"
    )
    settings(tmp_path, f"disabled = {json.dumps(modules)}")
    running = Daemon(tmp_path)
    yield running
    if hasattr(running, "process") and running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def settings(folder: Path, plugins: str, more: str = "") -> None:
    (folder / "config.toml").write_text(
        f'[plugins]\n{plugins}\n[indices]\ndefault = "boats"\nfiles = ["boats.toml"]\n'
        '[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n'
        f"[daemon]\ngrace = 2.0\n{more}",
        encoding="utf-8",
    )


def boats(daemon: Daemon, city: str) -> list[tuple[Any, ...]]:
    return daemon.rows(f"SELECT value FROM observations WHERE city_id = '{city}'")


def test_it_fetches_what_is_due_and_recomputes_what_changed(
    daemon: Daemon, server: LoopbackServer
) -> None:
    daemon.start()
    daemon.until(lambda: daemon.scores() == {"shanghai": 100.0, "beijing": 0.0})
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE last_success IS NOT NULL"))

    # A change by another hand.
    change = "UPDATE observations SET value = 2 WHERE city_id = 'shanghai'"
    done = run_module("sqlite_utils", str(daemon.database), change, cwd=daemon.folder)
    assert done.returncode == 0, done.stderr
    daemon.until(lambda: daemon.scores() == {"shanghai": 0.0, "beijing": 100.0})

    # A change on the server, found when the source is looked at again.
    server.answer("/boats", json.dumps({"shanghai": 6, "beijing": 3}))
    assert daemon.stop() == 0
    with contextlib.closing(sqlite3.connect(daemon.database)) as connection, connection:
        connection.execute("UPDATE jobs SET last_run = '2020-01-01T00:00:00.000Z'")
        connection.execute("UPDATE fetches SET started = '2020-01-01T00:00:00.000Z'")
    daemon.start()
    daemon.until(lambda: boats(daemon, "shanghai") == [(6.0,)])
    daemon.until(lambda: daemon.scores() == {"shanghai": 100.0, "beijing": 0.0})
    assert daemon.stop(signal.SIGINT) == 0
    ((stopped, position),) = daemon.rows("SELECT stopped, position FROM daemon")
    assert stopped
    assert daemon.rows("SELECT max(seq) FROM changes") == [(position,)]


def test_a_broken_plugin_costs_its_index_alone_until_it_is_mended(
    daemon: Daemon, server: LoopbackServer
) -> None:
    plugin = daemon.folder / "my_plugins" / "boats.py"
    good = plugin.read_text(encoding="utf-8")
    plugin.write_text(f"import no_such_module\n{good}", encoding="utf-8")
    daemon.start()
    daemon.until_said("sources scheduled")
    log = daemon.log.read_text()
    (line,) = [line for line in log.splitlines() if "'local.boats' is not among" in line]
    assert f"broken: {plugin}: ModuleNotFoundError" in line

    plugin.write_text(good, encoding="utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: daemon.scores() == {"shanghai": 100.0, "beijing": 0.0})
    assert daemon.stop() == 0


def test_what_is_computed_from_computed_follows_a_change_by_hand(daemon: Daemon) -> None:
    write_derived(daemon.folder, "a", of="b")
    write_derived(daemon.folder, "b", of="boats")
    daemon.start()
    fourfold = "SELECT value FROM observations WHERE indicator_id = 'local.a' ORDER BY value"
    daemon.until(lambda: daemon.rows(fourfold) == [(12.0,), (28.0,)])
    with contextlib.closing(sqlite3.connect(daemon.database)) as connection, connection:
        connection.execute("UPDATE observations SET value = 2 WHERE value = 7")
    daemon.until(lambda: daemon.rows(fourfold) == [(8.0,), (12.0,)])
    ((last,),) = daemon.rows("SELECT max(seq) FROM changes")
    daemon.until(lambda: daemon.rows(f"SELECT 1 FROM daemon WHERE position = {last}"))
    assert daemon.stop() == 0


def test_what_ran_does_not_run_again_when_it_starts_anew(
    daemon: Daemon, server: LoopbackServer
) -> None:
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE last_success IS NOT NULL"))
    assert daemon.stop() == 0
    asked = server.count("/boats")
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE next_run > datetime('now')"))
    assert daemon.stop() == 0
    assert server.count("/boats") == asked == 1


def test_a_second_daemon_is_refused_and_a_killed_one_is_replaced(daemon: Daemon) -> None:
    daemon.start()
    second = run_module("cityflux", "run", cwd=daemon.folder)
    assert second.returncode == 1
    assert f"pid {daemon.process.pid} on {socket.gethostname()}" in second.stderr
    daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.until(lambda: daemon.scores() == {"shanghai": 100.0, "beijing": 0.0})
    assert daemon.stop() == 0


def test_a_new_configuration_is_read_and_a_bad_one_is_refused(daemon: Daemon) -> None:
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE schedule = 'every 1 day'"))
    good = (daemon.folder / "config.toml").read_text()
    (daemon.folder / "config.toml").write_text("[daemon]\ngrce = 1\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: "the old one stays: " in daemon.log.read_text())
    assert "did you mean grace?" in daemon.log.read_text()

    daemon.until(lambda: daemon.log.read_text().count("sources scheduled") == 2)
    (daemon.folder / "config.toml").write_text(good + '[schedule]\n"local.port" = "@weekly"\n')
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE schedule = '@weekly'"))
    assert daemon.stop() == 0


def test_what_a_running_daemon_cannot_change_to_is_refused(daemon: Daemon) -> None:
    daemon.start()
    daemon.until_said("sources scheduled")
    good = (daemon.folder / "config.toml").read_text()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        refused = {
            good.replace("[daemon]", f"[daemon]\nport = {port}"): f"daemon.port: {port} cannot be",
            good + '[log]\nfile = "boats.toml/log"\n': "log.file: ",
            good + '[database]\npath = "other.db"\n': "database.path: is another file",
            good.replace("[daemon]", '[daemon]\ntimezone = "Mars"'): "daemon.timezone: there is no",
        }
        for count, (config, said) in enumerate(refused.items(), start=2):
            (daemon.folder / "config.toml").write_text(config)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.until_said(f"the old one stays: {said}")
            daemon.until_said(f"up, pid {daemon.process.pid}", count)
    assert daemon.stop() == 0


def test_a_source_that_fails_is_named_once_and_tried_again_soon(
    daemon: Daemon, server: LoopbackServer
) -> None:
    server.answer("/boats", "no JSON")
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE error <> '' AND next_run > ''"))
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE running_since IS NULL"))
    ((minutes,),) = daemon.rows(
        "SELECT (julianday(next_run) - julianday(last_run)) * 1440 FROM jobs"
    )
    assert 0 < minutes < 16  # a quarter of an hour, or its own time if that comes before
    assert daemon.stop() == 0
    assert daemon.log.read_text().count("JSONDecodeError") == 1


def test_a_source_has_failed_where_a_part_has_whichever_came_last(
    daemon: Daemon, server: LoopbackServer
) -> None:
    """A second indicator from another page of the same source, which mostly is read later."""
    server.answer("/boats", "no JSON")
    server.answer("/barges", json.dumps({"shanghai": 7, "beijing": 3}))
    plugin = (daemon.folder / "my_plugins" / "boats.py").read_text(encoding="utf-8")
    slow = plugin.replace("local.boats", "local.barges").replace(
        "http.get(source.address)", 'http.get(source.address.replace("boats", "barges"))'
    )
    slow = slow.replace("import json", "import json, time", 1)
    slow = slow.replace("    rows = ", "    time.sleep(1)\n    rows = ")
    (daemon.folder / "my_plugins" / "barges.py").write_text(slow, encoding="utf-8")
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM fetches WHERE outcome = 'stored'"))
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE running_since IS NULL"))
    ((error, success),) = daemon.rows("SELECT error, last_success FROM jobs")
    assert ("JSONDecodeError" in error, success) == (True, None)
    assert daemon.stop() == 0


@pytest.mark.deep
def test_each_second_has_one_run_and_those_that_were_slept_over_have_one_together(
    daemon: Daemon, server: LoopbackServer
) -> None:
    """With the real clock; the due times of this schedule are the whole seconds."""
    with (daemon.folder / "config.toml").open("a") as config:
        config.write('[schedule]\n"local.port" = "every 1 second"\n')

    def looks(since: float) -> list[float]:
        apart = time.time() - time.monotonic()
        times = [seen.at + apart for seen in list(server.requests) if seen.path == "/boats"]
        return [each for each in times if each >= since]

    start = time.time()
    daemon.start()
    daemon.until(lambda: len(looks(start)) >= 4)
    found = looks(start)
    # The first is at once, and no other comes before its second; on a busy machine some fall out.
    assert len(found) <= 1 + int(found[-1]) - int(start)

    daemon.process.send_signal(signal.SIGSTOP)
    asleep = time.time()
    daemon.until(lambda: time.time() > asleep + 5)
    awake = time.time()
    daemon.process.send_signal(signal.SIGCONT)
    daemon.until(lambda: len(looks(awake)) >= 3)
    found = looks(awake)
    # One for all that were missed, and perhaps one that was under way when it fell asleep.
    assert len(found) <= 2 + int(found[-1]) - int(awake)
    ((due,),) = daemon.rows("SELECT max(next_run) FROM jobs")
    assert due.endswith(".000Z")
    assert daemon.stop() == 0


def test_each_look_asks_whether_the_last_answer_still_holds(
    daemon: Daemon, server: LoopbackServer
) -> None:
    with (daemon.folder / "config.toml").open("a") as config:
        config.write('[schedule]\n"local.port" = "every 1 second"\n')

    def asked(etag: str) -> int:
        seen = [each for each in list(server.requests) if each.path == "/boats"]
        return sum(each.headers.get("if-none-match") == etag for each in seen)

    def answer(etag: str, value: float) -> None:
        body = json.dumps({"shanghai": value, "beijing": 3})
        server.answer("/boats", Answer(body, headers={"ETag": etag}))
        daemon.until(lambda: boats(daemon, "shanghai") == [(value,)])
        daemon.until(lambda: asked(etag))

    daemon.start()
    answer('"one"', 8.0)
    answer('"two"', 9.0)
    assert daemon.stop() == 0


def test_systemd_hears_of_it(daemon: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(20)
        daemon.start(NOTIFY_SOCKET=str(path))
        assert "READY=1" in listener.recv(4096).decode().splitlines()
        assert listener.recv(4096) == b"WATCHDOG=1"
        assert daemon.stop() == 0
        assert listener.recv(4096) == b"STOPPING=1"


def test_two_processes_write_while_it_works(daemon: Daemon) -> None:
    daemon.start()
    daemon.until(lambda: daemon.scores() == {"shanghai": 100.0, "beijing": 0.0})
    code = (
        "import sqlite3, sys, time\n"
        "c = sqlite3.connect(sys.argv[1], timeout=15)\n"
        "for n in range(200):\n"
        "    with c: c.execute('UPDATE observations SET value = ? WHERE city_id = ?',"
        " (n + len(sys.argv[2]), sys.argv[2]))\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(daemon.database), city], stderr=subprocess.PIPE
        )
        for city in ("shanghai", "beijing")
    ]
    for writer in writers:
        _, error = writer.communicate(timeout=60)
        assert (writer.returncode, error) == (0, b"")
    ((last,),) = daemon.rows("SELECT max(seq) FROM changes")
    daemon.until(lambda: daemon.rows(f"SELECT 1 FROM daemon WHERE position >= {last}"))
    assert daemon.stop() == 0
    assert "locked" not in daemon.log.read_text()
    assert daemon.rows("SELECT max(position) = max(c.seq) FROM runs, changes c") == [(1,)]


def test_status_tells_of_the_daemon_and_of_its_end(daemon: Daemon) -> None:
    daemon.start()
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE last_success IS NOT NULL"))
    daemon.until(lambda: daemon.rows("SELECT 1 FROM jobs WHERE running_since IS NULL"))
    done = run_module("cityflux", "status", "--json", cwd=daemon.folder)
    found = json.loads(done.stdout)
    assert (found["daemon"]["running"], found["daemon"]["pid"]) == (True, daemon.process.pid)
    (job,) = found["sources"]
    assert (job["source_id"], job["late"], job["error"]) == ("local.port", False, "")
    (stale,) = found["stale"]
    assert (stale["indicator_id"], stale["latest_day"]) == ("local.boats", "2020-12-31")
    assert found["without_figure"] == 0
    listed = run_module("cityflux", "indicators", "--stale", "--json", cwd=daemon.folder)
    assert json.loads(listed.stdout) == [stale]
    text = run_module("cityflux", "status", cwd=daemon.folder).stdout
    assert "stale (later than their frequency allows): 1 indicators; without a figure: 0" in text
    assert f"pid {daemon.process.pid} on " in text
    daemon.stop(signal.SIGKILL)
    text = run_module("cityflux", "status", cwd=daemon.folder).stdout
    assert text.startswith("daemon: not running; start it with: cityflux run")


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return 0, ""  # between two configurations


def test_health_and_metrics_tell_of_a_source_that_fails_and_comes_back(
    daemon: Daemon, server: LoopbackServer
) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    config = (daemon.folder / "config.toml").read_text()
    (daemon.folder / "config.toml").write_text(
        config.replace("[daemon]", f"[daemon]\nport = {port}")
    )
    server.answer("/boats", "no JSON")
    daemon.start()
    daemon.until(lambda: ask(port, "/health")[0] == 503)
    daemon.until(lambda: "local.port: " in ask(port, "/health")[1])
    server.answer("/boats", json.dumps({"shanghai": 7, "beijing": 3}))
    daemon.process.send_signal(signal.SIGHUP)  # what failed is looked at again
    daemon.until(lambda: daemon.rows("SELECT 1 FROM observations"))
    daemon.until(lambda: ask(port, "/health")[0] == 200)
    said = json.loads(ask(port, "/health")[1])
    assert (said["healthy"], said["problems"]) == (True, [])
    # The figures of 2020 are late, which no start of the daemon mends: it is told all the same.
    daemon.until(lambda: json.loads(ask(port, "/health")[1])["stale"])
    ((name, days),) = json.loads(ask(port, "/health")[1])["stale"].items()
    assert (name, days > 1000) == ("local.boats", True)
    assert ask(port, "/")[0] == 404

    daemon.until(lambda: "cityflux_known_change_position 2.0" in ask(port, "/metrics")[1])
    text = ask(port, "/metrics")[1]
    families = {each.name: each for each in text_string_to_metric_families(text)}
    (known,) = families["cityflux_known_change_position"].samples
    (last,) = families["cityflux_change_position"].samples
    assert known.value == last.value > 0
    (success,) = families["cityflux_source_last_success_timestamp_seconds"].samples
    assert success.labels == {"source": "local.port"}
    assert abs(success.value - time.time()) < 60
    (stale,) = families["cityflux_stale_indicators"].samples
    assert stale.value == 1
    (failing,) = families["cityflux_source_failing"].samples
    assert failing.value == 0
    assert {each.removesuffix("_total") for each in METRICS} == set(families)
    documented = (Path(ROOT) / "docs" / "daemon.md").read_text(encoding="utf-8")
    for name, meaning in METRICS.items():
        assert f"| `{name}` | {meaning.split(', by')[0].split(' a source')[0]}" in documented
    assert daemon.stop() == 0


def test_a_port_that_is_taken_is_named(daemon: Daemon) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        config = (daemon.folder / "config.toml").read_text()
        (daemon.folder / "config.toml").write_text(
            config.replace("[daemon]", f"[daemon]\nport = {port}")
        )
        done = run_module("cityflux", "run", cwd=daemon.folder)
    assert done.returncode == 1
    assert f"daemon.port: {port} cannot be used" in done.stderr


def test_failures_are_told_and_copies_are_made(daemon: Daemon, server: LoopbackServer) -> None:
    config = (daemon.folder / "config.toml").read_text()
    more = '[backup]\nschedule = "every 1 hour"\n[log]\nformat = "json"\n'
    (daemon.folder / "config.toml").write_text(config + more)
    three = INDEX.replace('"beijing"]', '"beijing", "guangzhou"]')  # two would have no ranks
    (daemon.folder / "boats.toml").write_text(three, encoding="utf-8")
    server.answer("/hook", "fine")
    server.answer("/boats", "no JSON")
    daemon.start(CITYFLUX_WEBHOOK=server.address("/hook"))
    daemon.until(lambda: server.count("/hook") == 1)
    server.answer("/boats", json.dumps({"shanghai": 7, "beijing": 3, "guangzhou": 2}))
    daemon.process.send_signal(signal.SIGHUP)  # what failed is looked at again
    daemon.until(lambda: server.count("/hook") == 2)
    daemon.until(lambda: daemon.scores() == {"shanghai": 100, "beijing": 20, "guangzhou": 0})
    change = "UPDATE observations SET value = 2.5 WHERE city_id = 'shanghai'"
    assert run_module("sqlite_utils", str(daemon.database), change, cwd=daemon.folder).stdout
    daemon.until(lambda: server.count("/hook") == 3)
    daemon.until(lambda: list((daemon.folder / "backups").glob("cityflux-*.db")))
    assert daemon.stop() == 0

    assert daemon.rows("SELECT * FROM messages") == []  # a new start repeats nothing
    told = [json.loads(seen.body) for seen in server.requests if seen.path == "/hook"]
    assert [each["event"] for each in told] == ["failed", "recovered", "ranks_changed"]
    assert "JSONDecodeError" in told[0]["text"]
    assert {each["city_id"] for each in told[2]["changes"]} == {"shanghai", "beijing"}
    (copy,) = (daemon.folder / "backups").iterdir()
    with contextlib.closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    lines = [json.loads(line) for line in daemon.log.read_text().splitlines()]
    assert any(line["message"].startswith("backup: ") for line in lines)
    assert server.address("/hook") not in daemon.log.read_text()
