"""A stranger's family of indicators on one page: one file, one request, one fetch, many figures."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from cityflux.core.daemon.plan import tasks_of
from cityflux.core.plugin.manager import Plugins, load_plugins
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.catalog import sync_catalog
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.runner import store_results
from cityflux.core.refresh.side_by_side import Means, run_tasks
from cityflux.core.refresh.tasks import due, users
from cityflux.scrapers.http.client import Client, Policy
from cityflux.storage.database import open_database
from cityflux.storage.migrations import migrations
from tests.conftest import Cityflux
from tests.core.refresh.family import COUNT, FAMILY, NAMES, answer, page
from tests.isolation.plugins import new_gate, rows
from tests.servers import Answer, LoopbackServer

FETCHES = (
    "SELECT indicator_id, source_id, outcome, figures, changed FROM fetches "
    "WHERE source_id = 'local.yearbook' ORDER BY id"
)
YIELDS = "SELECT outcome, count(*), sum(figures) FROM fetch_yields WHERE fetch_id = "


def test_fifty_indicators_are_one_request_and_one_row(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    done = cityflux("refresh", *NAMES)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 sources: 100 figures read, 100 new")
    assert server.count("/page") == 1
    assert rows(folder, FETCHES) == [("", "local.yearbook", "stored", 100, 100)]
    assert rows(folder, f"{YIELDS} 1 GROUP BY 1") == [("stored", 50, 100)]
    values = "SELECT value, fetch_id FROM observations WHERE indicator_id = 'local.n6' "
    assert rows(folder, values) == [(7.0, 1), (7.0, 1)]

    done = cityflux("refresh", *NAMES)
    assert "1 sources unchanged" in done.stdout
    assert server.requests[-1].headers["if-none-match"] == '"1"'
    assert rows(folder, FETCHES)[1:] == [("", "local.yearbook", "unchanged", 0, 0)]

    done = cityflux("refresh", "--from-snapshots", *NAMES)
    assert done.stdout.startswith("1 sources: 100 figures read, 0 new")
    assert server.count("/page") == 2


def test_a_row_that_one_indicator_cannot_use_costs_that_one_alone(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    found = page()
    found[2]["unit"] = "件"
    found[4]["city"] = "nowhere"
    found[6]["period"] = "someday"
    server.answer("/page", answer(found))
    done = cityflux("refresh", *NAMES)
    assert done.returncode == 1
    unit, city, period = sorted(done.stderr.splitlines())
    assert unit.startswith("failed: local.n1 from local.yearbook: cannot turn 件 into 万人")
    assert "local.n2 from local.yearbook: normalize() returned nowhere" in city
    assert "local.n3 from local.yearbook: normalize() returned shanghai someday" in period
    assert rows(folder, FETCHES) == [("", "local.yearbook", "stored", 94, 94)]
    failed = "SELECT indicator_id FROM fetch_yields WHERE outcome = 'failed' ORDER BY 1"
    assert rows(folder, failed) == [("local.n1",), ("local.n2",), ("local.n3",)]
    status = json.loads(cityflux("status", "--json").stdout)
    assert {each["indicator_id"] for each in status["failed"]} == set(NAMES[1:4])

    # Nothing is passed over as known while some of it was never read well.
    assert "94 figures read, 0 new" in cityflux("refresh", *NAMES).stdout
    server.answer("/page", answer(page(), '"2"'))
    done = cityflux("refresh", *NAMES)
    assert (done.returncode, json.loads(cityflux("status", "--json").stdout)["failed"]) == (0, [])


def test_a_value_that_is_no_number_costs_its_indicator_alone(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    found = [{**row, "value": str(row["value"])} for row in page()]
    found[0]["value"] = "见附表"
    server.answer("/page", answer(found))
    done = cityflux("refresh", *NAMES)
    (line,) = done.stderr.splitlines()
    assert line.startswith("failed: local.n0 from local.yearbook: read() of a page gave '见附表'")
    assert rows(folder, "SELECT count(*) FROM observations WHERE indicator_id LIKE 'local.%'") == [
        (98,)
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (Answer(status=404), "404"),
        (Answer("no JSON"), "expected JSON"),
        (answer([{"place": "x"}]), "read() of a page returned the columns place; city and period"),
    ],
)
def test_a_page_that_fails_is_one_failure_that_says_for_how_many(
    folder: Path, server: LoopbackServer, cityflux: Cityflux, body: Answer, said: str
) -> None:
    server.answer("/page", body)
    done = cityflux("refresh", *NAMES)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("failed: 50 indicators from local.yearbook: ")
    assert said in line
    assert done.stdout.rstrip().endswith("1 failed")
    assert rows(folder, FETCHES) == [("", "local.yearbook", "failed", 0, 0)]


def test_a_page_that_lost_most_of_its_indicators_is_doubted(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    assert cityflux("refresh", *NAMES).returncode == 0
    server.answer("/page", answer(page(20, period="2021")[::2], '"2"'))
    done = cityflux("refresh", *NAMES)
    assert done.returncode == 0, done.stderr
    found = rows(
        folder, "SELECT status, count(*), min(note) FROM observations WHERE period = '2021'"
    )
    reason = "suspect: the page gave figures for 20 of the 50 indicators that it gave before"
    assert found == [("suspect", 20, reason)]


def test_wrapping_plugins_stand_around_the_fetch_of_the_page_and_each_indicator(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    (folder / "my_plugins" / "wrapper.py").write_text(
        """
import polars as pl
from pathlib import Path
from cityflux import hookimpl

def note(name):
    with Path("called.txt").open("a") as file:
        file.write(f"{name}\\n")

@hookimpl(wrapper=True)
def fetch(http, source, since):
    note("fetch")
    return (yield)

@hookimpl(wrapper=True)
def normalize(documents):
    note("normalize")
    frame = yield
    return frame.with_columns(pl.col("value") + 1)
"""
    )
    done = cityflux("refresh", *NAMES)
    assert (done.returncode, done.stderr) == (0, "")
    called = (folder / "called.txt").read_text().split()
    assert (called.count("fetch"), called.count("normalize")) == (1, COUNT)
    assert rows(folder, "SELECT value FROM observations WHERE indicator_id = 'local.n6'") == [
        (8.0,),
        (8.0,),
    ]


def looked_at(folder: Path, server: LoopbackServer) -> tuple[Plugins, list[Result], int]:
    """What the daemon does for the source: the plugins, the results, and how much is stored."""
    plugins = load_plugins([folder / "my_plugins"])
    policy = Policy(allow_hosts=frozenset({"127.0.0.1"}))
    with open_database(folder / "c.db") as connection, new_gate() as gate:
        sync_catalog(connection, plugins)
        using = users(plugins)["local.yearbook"]
        tasks = tasks_of(connection, plugins, "local.yearbook", using, {})
        with Client(policy) as http, Workers({*plugins.cities}, 2) as workers:
            found = [
                each
                for together in run_tasks(tasks, Means(http, gate, {*plugins.cities}, workers))
                for each in together
            ]
        return plugins, found, store_results(connection, found)


def test_the_daemon_looks_at_a_page_once_and_a_worker_reads_it_once(
    folder: Path, server: LoopbackServer
) -> None:
    plugins, (result,), changed = looked_at(folder, server)
    assert plugins.indicators["local.n0"].apart
    assert [part.plugin.indicator.id for part in result.task.parts] == NAMES
    assert (result.error, result.figures, changed) == ("", 100, 100)
    assert server.count("/page") == 1


def test_a_new_indicator_of_a_page_is_read_though_nothing_has_changed(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    path = folder / "my_plugins" / "family.py"
    path.write_text(FAMILY.format(address=server.address("/page"), count=2), encoding="utf-8")
    assert cityflux("refresh", "local.n0", "local.n1").returncode == 0
    path.write_text(FAMILY.format(address=server.address("/page"), count=3), encoding="utf-8")
    done = cityflux("refresh", *NAMES[:3])
    assert "6 figures read, 2 new" in done.stdout


def test_what_is_known_of_a_page_is_what_all_its_indicators_have_read(
    folder: Path, server: LoopbackServer
) -> None:
    plugins, (result,), _ = looked_at(folder, server)
    with open_database(folder / "c.db") as connection:
        (task,) = due(connection, plugins, NAMES)
        (part,) = due(connection, plugins, NAMES[:1])
    assert task.known == part.known == tuple(each.sha256 for each in result.documents)
    assert (task.since, len(task.parts), len(part.parts)) == ("2020", COUNT, 1)


def make_older(database: Path) -> None:
    """Put what a database holds into one of the time when each indicator had fetches of its own."""
    newer = database.rename(database.with_name("newer.db"))
    with closing(sqlite3.connect(database)) as older:
        migrations.apply(Database(older), stop_before="one_fetch_for_a_page")
        older.execute("ATTACH ? AS newer", (str(newer),))
        for table in ("cities", "sources", "indicators", "snapshots", "observations"):
            names = [row[1] for row in older.execute(f"PRAGMA main.table_info({table})")]
            older.execute(
                f"INSERT OR REPLACE INTO main.{table} ({', '.join(names)}) "
                f"SELECT {', '.join(names)} FROM newer.{table}"
            )
        older.executescript(
            """
            INSERT INTO main.fetches (indicator_id, source_id, address, started, ended,
                http_status, etag, snapshot, outcome, figures, changed)
            SELECT y.indicator_id, y.source_id, f.address, f.started, f.ended, f.http_status,
                f.etag, f.snapshot, y.outcome, y.figures, y.changed
            FROM newer.fetch_yields y JOIN newer.fetches f ON f.id = y.fetch_id;
            UPDATE main.observations SET fetch_id = (SELECT f.id FROM main.fetches f
                WHERE f.indicator_id = observations.indicator_id);
            """
        )


def test_an_older_database_knows_what_its_pages_gave(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    assert cityflux("refresh", *NAMES).returncode == 0
    make_older(folder / "data" / "cityflux.db")
    done = cityflux("refresh", *NAMES)
    assert done.stdout.startswith("1 sources: 0 figures read, 0 new or different, 1 sources unch")
    counts = "SELECT indicator_id = '', outcome, count(*) FROM fetches GROUP BY 1, 2 ORDER BY 1"
    assert rows(folder, counts) == [(0, "stored", 50), (1, "unchanged", 1)]
    again = cityflux("refresh", "--from-snapshots", *NAMES)
    assert again.stdout.startswith("1 sources: 100 figures read, 0 new")
    server.answer("/page", answer(page(20, period="2021")[::2], '"2"'))
    assert cityflux("refresh", *NAMES).returncode == 0
    doubted = "SELECT DISTINCT status FROM observations WHERE period = '2021'"
    assert rows(folder, doubted) == [("suspect",)]


def test_a_gate_that_breaks_costs_the_page_and_nobody_waits_for_it(
    folder: Path, server: LoopbackServer
) -> None:
    plugins = load_plugins([folder / "my_plugins"])
    policy = Policy(allow_hosts=frozenset({"127.0.0.1"}))
    with new_gate() as gate:
        pass  # its database is closed
    with open_database(folder / "c.db") as connection:
        sync_catalog(connection, plugins)
        tasks = due(connection, plugins, NAMES)
        with Client(policy) as http, Workers({*plugins.cities}, 2) as workers:
            ((result,),) = run_tasks(tasks, Means(http, gate, {*plugins.cities}, workers))
    assert "ProgrammingError" in result.error
