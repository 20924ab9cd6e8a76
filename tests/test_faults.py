"""The table of faults: a real server or a plugin plays each, on the whole way of a figure."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.cli.main import main
from cityflux.scrapers.http.client import Client
from tests.clocks import FakeClock
from tests.servers import Answer, LoopbackServer, Program, Raw, Silence

PLUGIN = """
from pathlib import Path

from cityflux import Indicator, Source, hookimpl
from cityflux.scrapers import page

HERE = Path(__file__).parent
IDS = {"上海": "shanghai", "北京": "beijing", "深圳": "shenzhen", "广州": "guangzhou"}


@hookimpl
def indicator():
    return Indicator("local.cargo", "货物", "Cargo", "万吨")


@hookimpl
def source():
    return Source("local.office", "p", (HERE / "address.txt").read_text(), licence="l")


@hookimpl
def fetch(http, source, since):
    return [http.get(source.address)]


@hookimpl
def normalize(documents):
    (document,) = documents
    if document.media_type == "application/json":
        document.json()
    return page.table(document, city="城市", value="货物", period="2020", unit="万吨", cities=IDS)
"""
HEAD = "<tr><th>城市</th><th>货物（万吨）</th></tr>"
CITIES = {"上海": 71.5, "北京": 22.0, "深圳": 42.25, "广州": 61.0}


def table(cities: dict[str, float] | None = None, head: str = HEAD) -> str:
    rows = "".join(
        f"<tr><td>{city}</td><td>{value}</td></tr>"
        for city, value in (CITIES if cities is None else cities).items()
    )
    return f"<html><body><table>{head}{rows}</table></body></html>"


def html(body: str | bytes, **headers: str) -> Answer:
    return Answer(body, headers={"Content-Type": "text/html; charset=utf-8", **headers})


def status(code: int, **headers: str) -> Answer:
    return Answer("no", code, headers)


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: "
NEWS = "<p>" + "市场运行平稳。" * 40 + "</p>"
LOGIN = "<html><title>用户登录</title><form><input type='password'></form>请登录后访问</html>"
BOMB = gzip.compress(b"0" * (70 * 2**20))


@dataclass(frozen=True)
class Fault:
    """What a server does, and what the user is told."""

    said: str
    program: Program | list[Program] = ""
    address: str = ""  # instead of the page of the server
    robots: str = ""
    fake_time: bool = False  # retries would take their time
    code: int = 1
    deadline: float = 20.0


FAULTS = {
    "connection refused": Fault("connection refused", address="http://127.0.0.1:9/page"),
    "DNS failure": Fault("does not resolve", address="http://office.invalid/page"),
    "TLS failure": Fault("TLS", address="https://HOST/page"),
    "slow headers": Fault("no whole answer within 0.4 s", Silence(), deadline=0.4),
    "a body that trickles": Fault(
        "no whole answer within 0.4 s", Raw(LENGTH + b"60000000\r\n\r\n", b"."), deadline=0.4
    ),
    "truncated body": Fault("broke off", Raw(LENGTH + b"999\r\n\r\n<table>"), fake_time=True),
    "wrong Content-Length": Fault(
        "announced 7 bytes and sent more",
        Raw(LENGTH + b"7\r\n\r\n" + table().encode()),
        fake_time=True,
    ),
    "gzip bomb": Fault(
        "unpacks to more than the 67,108,864", html(BOMB, **{"Content-Encoding": "gzip"})
    ),
    "10 GB announced": Fault(
        "announced 10,737,418,240 bytes", Raw(LENGTH + b"10737418240\r\n\r\n", b".")
    ),
    "endless redirect": Fault(
        "more than 5 redirects", Answer(status=302, headers={"Location": "/page?again"})
    ),
    "redirect to a loopback address": Fault(
        "not on the public internet",
        Answer(status=302, headers={"Location": "http://127.0.0.2/page"}),
    ),
    "403": Fault("403", status(403)),
    "404": Fault("404", status(404)),
    "429 with Retry-After": Fault(
        "asks us to come back in 7200 s", status(429, **{"Retry-After": "7200"}), fake_time=True
    ),
    "429 without Retry-After": Fault("429", status(429), fake_time=True),
    "500 then good": Fault("", [status(500), html(table())], fake_time=True, code=0),
    "500 for ever": Fault("500", status(500), fake_time=True),
    "HTML where JSON was due": Fault(
        "JSON", Answer(NEWS, headers={"Content-Type": "application/json"})
    ),
    "a login page with status 200": Fault("asks for a login", html(LOGIN)),
    "an empty table": Fault("empty|no figure|no row", html(table({}))),
    "a renamed column": Fault(
        "货物", html(table(head="<tr><th>城市</th><th>吞吐量（万吨）</th></tr>"))
    ),
    "a table with two header rows": Fault(
        "", html(table(head="<tr><th>地区</th><th>2020年</th></tr>" + HEAD)), code=0
    ),
    "a wrong charset": Fault(
        "",
        Answer(table().encode("gbk"), headers={"Content-Type": "text/html; charset=utf-8"}),
        code=0,
    ),
    "a changed unit": Fault(
        "亿吨", html(table(head="<tr><th>城市</th><th>货物（亿吨）</th></tr>"))
    ),
    "a figure that vanished": Fault(
        "no city '广州'", html(table({city: CITIES[city] for city in list(CITIES)[:3]}))
    ),
    "robots.txt that forbids": Fault(
        "robots.txt", html(table()), robots="User-agent: *\nDisallow: /"
    ),
}


@dataclass(frozen=True)
class Culprit:
    """What a plugin does before what it should, and what the user is told."""

    said: str
    fetch: str = ""
    normalize: str = ""


ENDLESS = "did not end: gave up after 3 s"
CULPRITS = {
    "a fetch that never comes back": Culprit(
        f"fetch {ENDLESS}", fetch="import threading; threading.Event().wait()"
    ),
    "a normalize that runs for ever": Culprit(f"normalize {ENDLESS}", normalize="while 1: pass"),
    "a C call that runs for ever": Culprit(
        f"normalize {ENDLESS}", normalize="import re; re.match('(a+)+$', 'a' * 60 + 'b')"
    ),
    "SystemExit": Culprit("SystemExit: 3", fetch="raise SystemExit(3)"),
    "KeyboardInterrupt": Culprit("KeyboardInterrupt", normalize="raise KeyboardInterrupt"),
    "a plugin that ends its process": Culprit(
        r"fetch ended its process \(exit status 3\)", fetch="import os; os._exit(3)"
    ),
    "a crash in C": Culprit(
        r"normalize ended its process \(SIGSEGV\)",
        normalize="import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    ),
}


class Office:
    """A folder with plugins of which each reads a page of its own, driven in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys
        (folder / "my_plugins").mkdir()

    def settings(self, deadline: float = 20.0, robots: bool = True, limit: int = 60) -> None:
        (self._folder / "config.toml").write_text(
            '[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n'
            f"deadline = {deadline}\nobey_robots = {str(robots).lower()}\n"
            f"[refresh]\ntime_limit = {limit}\n"
        )

    def plugin(self, name: str, address: str, culprit: Culprit | None = None) -> None:
        """Write ``local.cargo_NAME`` from ``local.office_NAME``, spoilt or as it should be."""
        text = PLUGIN.replace("local.cargo", f"local.cargo_{name}")
        text = text.replace("local.office", f"local.office_{name}")
        text = text.replace("address.txt", f"{name}.txt")
        if culprit:
            fetch, normalize = "    return [http", "    (document,)"
            text = text.replace(fetch, f"    {culprit.fetch or 'pass'}\n{fetch}")
            text = text.replace(normalize, f"    {culprit.normalize or 'pass'}\n{normalize}")
        plugins = self._folder / "my_plugins"
        (plugins / f"office_{name}.py").write_text(text, encoding="utf-8")
        (plugins / f"{name}.txt").write_text(address)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(self._folder / "config.toml"), *arguments])
        return int(ended.value.code or 0), *self._capsys.readouterr()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self._folder / "data" / "cityflux.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def refresh(self, names: Iterable[str]) -> tuple[int, list[str]]:
        """Refresh all of these by one command; its exit code, and what it says of failures."""
        code, _, err = self.run("refresh", *(f"local.cargo_{name}" for name in names))
        return code, err.splitlines()


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(tmp_path, capsys)


def refreshed(office: Office, server: LoopbackServer, names: Iterable[str]) -> list[Any]:
    """Begin with the figures of a refresh in which nothing was wrong."""
    server.answer("/good", html(table()))
    for name in names:
        office.plugin(name, server.address("/good"))
    office.settings()
    assert office.refresh(names) == (0, [])
    good = office.rows(FIGURES)
    assert [row[2] for row in good] == [22.0, 61.0, 71.5, 42.25] * len([*names])
    return good


FIGURES = (
    "SELECT indicator_id, city_id, value, status, fetch_id, recorded_at FROM observations "
    "WHERE indicator_id LIKE 'local.%' ORDER BY 1, 2"
)
OUTCOMES = "SELECT source_id, outcome, error FROM fetches WHERE id IN (SELECT max(id) {})".format(
    "FROM fetches GROUP BY source_id"
)


def slug(name: str) -> str:
    return re.sub(r"\W+", "_", name).lower()


#: Those that are played at once: under one deadline, and with the same clock.
TOGETHER = sorted({(fault.deadline, fault.fake_time) for fault in FAULTS.values()})


@pytest.mark.parametrize(("deadline", "fake_time"), TOGETHER)
def test_each_fault_is_named_and_costs_nothing(
    deadline: float,
    fake_time: bool,
    server: LoopbackServer,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of a server of its own, all of one refresh."""
    faults = {
        slug(name): fault
        for name, fault in FAULTS.items()
        if (fault.deadline, fault.fake_time) == (deadline, fake_time)
    }
    good = refreshed(office, server, faults)
    if fake_time:
        monkeypatch.setattr(
            "cityflux.core.refresh.client.Client", partial(Client, clock=FakeClock())
        )
    office.settings(deadline)
    with ExitStack() as stack:
        for name, fault in faults.items():
            own = stack.enter_context(LoopbackServer())
            own.answer("/page", fault.program)
            own.answer("/robots.txt", Answer(fault.robots, 200 if fault.robots else 404))
            address = fault.address.replace("HOST", f"127.0.0.1:{own.port}")
            office.plugin(name, address or own.address("/page"))
        code, err = office.refresh(faults)

    assert code == max(fault.code for fault in faults.values())
    assert office.rows(FIGURES) == good  # the last good values, untouched
    check_what_is_said(office, {name: each.said * each.code for name, each in faults.items()}, err)


@pytest.mark.parametrize("endless", [False, pytest.param(True, marks=pytest.mark.deep)])
def test_each_culprit_is_named_and_costs_nothing(
    endless: bool, server: LoopbackServer, office: Office
) -> None:
    culprits = {slug(n): each for n, each in CULPRITS.items() if (ENDLESS in each.said) == endless}
    good = refreshed(office, server, culprits)
    office.settings(limit=3 if endless else 60)
    server.answer("/page", html(table() + "<p>as of today</p>"))
    for name, culprit in culprits.items():
        office.plugin(name, server.address("/page"), culprit)
    code, err = office.refresh(culprits)

    assert code == 1
    assert office.rows(FIGURES) == good
    check_what_is_said(office, {name: each.said for name, each in culprits.items()}, err)


def check_what_is_said(office: Office, said: dict[str, str], err: list[str]) -> None:
    """The same on standard error, in `fetches` and in `cityflux sources`, or nothing."""
    _, out, _ = office.run("sources", "--json")
    listed = {row["id"]: row for row in json.loads(out)}
    outcomes = {source: rest for source, *rest in office.rows(OUTCOMES)}
    lines = []
    for name, pattern in said.items():
        source = f"local.office_{name}"
        outcome, error = outcomes[source]
        assert [listed[source]["outcome"], listed[source]["error"]] == [outcome, error]
        assert listed[source]["last_good"]
        assert (outcome == "failed") == bool(pattern), (name, error)
        if pattern:
            lines.append(f"failed: local.cargo_{name} from {source}: {error}")
            assert re.search(pattern, lines[-1]), lines[-1]
        else:
            assert error is None
    assert sorted(err) == sorted(lines)


def test_a_broken_circuit_is_shown_and_holds_in_the_next_process(
    server: LoopbackServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer("/page", status(500))
    office.plugin("a", server.address("/page"))
    office.settings(robots=False)
    monkeypatch.setattr("cityflux.core.refresh.client.Client", partial(Client, clock=FakeClock()))
    for _ in range(3):
        office.refresh("a")
    asked = server.count("/page")
    code, err = office.refresh("a")
    assert (code, server.count("/page")) == (1, asked)
    assert "times in a row and is left alone" in "".join(err)
    _, out, _ = office.run("sources", "--json")
    (listed,) = [row for row in json.loads(out) if row["id"] == "local.office_a"]
    assert listed["host"]["circuit"] == "open"
    assert listed["host"]["open_until"]
    assert "500" in listed["host"]["last_error"]
    _, out, _ = office.run("sources")
    assert re.search(rf"127\.0\.0\.1:{server.port} +open", out)


def test_the_table_of_the_documents_names_every_fault(text_of: Callable[[str], str]) -> None:
    first, _, _ = text_of("docs/faults.md").partition("\n## ")  # the others are of other places
    listed = re.findall(r"^\| ([^|]+?) \|", first, re.M)
    assert listed[2:] == [*FAULTS, *CULPRITS]


@pytest.fixture
def text_of() -> Callable[[str], str]:
    root = Path(__file__).resolve().parents[1]
    return lambda name: (root / name).read_text(encoding="utf-8")
