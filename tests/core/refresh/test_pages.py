"""A stranger's family of indicators on one page: one file, one request, one fetch, many figures."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.daemon.plan import tasks_of
from cityflux.core.plugin.manager import Plugins, load_plugins
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.catalog import sync_catalog
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.runner import run_tasks, store_results
from cityflux.core.refresh.tasks import due, users
from cityflux.scrapers.http.client import Client, Policy
from cityflux.storage.database import open_database
from tests.conftest import Cityflux
from tests.isolation.plugins import new_gate, rows
from tests.servers import Answer, LoopbackServer

COUNT = 50
FAMILY = """
import polars as pl

from cityflux import Indicator, Page, Source, hookimpl

SOURCE = Source("local.yearbook", "p", "{address}", licence="l", schedule="@monthly", priority=1)


def read(documents):
    return pl.DataFrame([row for document in documents for row in document.json()])


PAGE = Page(SOURCE, read=read)


@hookimpl
def register_indicators(register):
    for n in range({count}):
        register(PAGE.indicator(Indicator(f"local.n{{n}}", "甲", f"N {{n}}", "万人"), f"第{{n}}项"))
"""


def page(count: int = COUNT, city: str = "shanghai", **changed: Any) -> list[dict[str, Any]]:
    """The rows of the page, in the tenth part of the indicators' unit."""
    return [
        {
            **{"place": f"第{n}项", "city": city, "period": str(year)},
            **{"value": 10.0 * (n + 1), "unit": "千人", **changed},
        }
        for n in range(count)
        for year in range(2019, 2021)
    ]


def answer(found: list[dict[str, Any]], tag: str = '"1"') -> Answer:
    return Answer(json.dumps(found, ensure_ascii=False), headers={"ETag": tag})


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        running.answer("/page", answer(page()))
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: LoopbackServer) -> Path:
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "config.toml").write_text(
        '[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n'
    )
    plugin = FAMILY.format(address=server.address("/page"), count=COUNT)
    (tmp_path / "my_plugins" / "family.py").write_text(plugin, encoding="utf-8")
    return tmp_path


NAMES = [f"local.n{n}" for n in range(COUNT)]
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
                for together in run_tasks(tasks, http, gate, {*plugins.cities}, 4, 60, workers)
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


TWO_PAGES = """
import polars as pl

from cityflux import Document, Indicator, OnPages, Page, Source, hookimpl

LIVE = Source("local.site", "p", "{address}", licence="l", schedule="@monthly", priority=2)
CITED = [
    Source(f"local.book_{{n}}", "p", "file:book", licence="l", priority=n, access="bundled")
    for n in (1, 3)
]


def read_site(documents):
    return pl.DataFrame(documents[0].json())


def fetch_book(source):
    return [Document(source.address, b"8 9")]


def read_book(documents):
    one, two = map(float, documents[0].body.split())
    return pl.DataFrame(
        {{
            **{{"place": ["boats"] * 2, "city": ["shanghai"] * 2, "period": ["2018"] * 2}},
            **{{"value": [one, two], "source": [source.id for source in CITED]}},
        }}
    )


SITE, BOOK = Page(LIVE, read_site), Page(CITED, read_book, fetch_book)


@hookimpl
def register_indicators(register):
    boats = Indicator("local.boats", "船", "Boats", "万人")
    register(OnPages(boats, SITE.at("第0项"), BOOK.at("boats")))
    register(SITE.indicator(Indicator("local.others", "他", "Others", "万人"), "第1项"))
"""


def test_an_indicator_stands_on_pages_of_its_own_and_of_several_sources(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    path = folder / "my_plugins" / "family.py"
    path.write_text(TWO_PAGES.format(address=server.address("/page")), encoding="utf-8")
    done = cityflux("refresh", "local.boats", "local.others")
    assert (done.returncode, done.stderr) == (0, "")
    query = (
        "SELECT indicator_id, source_id, period, value FROM observations "
        "WHERE indicator_id IN ('local.boats', 'local.others') ORDER BY 1, 2, 3"
    )
    assert rows(folder, query) == [
        ("local.boats", "local.book_1", "2018", 8.0),
        ("local.boats", "local.book_3", "2018", 9.0),
        ("local.boats", "local.site", "2019", 1.0),
        ("local.boats", "local.site", "2020", 1.0),
        ("local.others", "local.site", "2019", 2.0),
        ("local.others", "local.site", "2020", 2.0),
    ]
    fetched = "SELECT indicator_id, source_id, address LIKE 'file%' FROM fetches ORDER BY 3"
    assert rows(folder, fetched) == [("", "local.site", 0), ("local.boats", "", 1)]


def test_a_page_of_several_sources_that_fails_is_one_failure_at_its_address(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    path = folder / "my_plugins" / "family.py"
    plugin = TWO_PAGES.format(address=server.address("/page")).replace("8 9", "8")
    path.write_text(plugin, encoding="utf-8")
    done = cityflux("refresh", "local.boats")
    (line,) = done.stderr.splitlines()
    assert line.startswith("failed: local.boats from file:book: ValueError: not enough values")
    (line,) = (row for row in cityflux("status").stdout.splitlines() if "local.boats" in row)
    assert "file:book" in line


def test_sources_that_no_one_fetch_brings_are_no_page(folder: Path, cityflux: Cityflux) -> None:
    path = folder / "my_plugins" / "family.py"
    plugin = TWO_PAGES.format(address="http://127.0.0.1:9/x").replace(
        "Page(LIVE", "Page([LIVE, *CITED]"
    )
    path.write_text(plugin, encoding="utf-8")
    done = cityflux("plugins", "list")
    assert "a page has 2 addresses, schedules or ways to it" in " ".join(done.stdout.split())


def test_a_fetch_of_a_page_takes_what_the_hook_takes(folder: Path, cityflux: Cityflux) -> None:
    path = folder / "my_plugins" / "family.py"
    plugin = TWO_PAGES.format(address="http://127.0.0.1:9/x")
    path.write_text(plugin.replace("fetch_book(source)", "fetch_book(client)"), encoding="utf-8")
    done = cityflux("plugins", "list")
    said = "fetch() of a page takes 'client'; there are http, source and since"
    assert said in " ".join(done.stdout.split())


def test_a_place_that_is_not_there_is_named_with_those_that_are(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    server.answer("/page", answer(page(COUNT - 1)))
    done = cityflux("plugins", "check", "--live", "my_plugins/family.py")
    assert done.returncode == 1
    (line,) = (line for line in done.stdout.splitlines() if "no place" in line)
    assert "local.n49" in line
    assert "the page has no place '第49项'; it has '第9项'" in line
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


def test_an_older_database_knows_what_its_pages_gave(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    assert cityflux("refresh", *NAMES).returncode == 0
    with closing(sqlite3.connect(folder / "data" / "cityflux.db")) as older, older:
        # One row for each indicator, and no table of what each fetch gave.
        older.executescript(
            """
            INSERT INTO fetches (indicator_id, source_id, address, started, ended, http_status,
                etag, snapshot, outcome, figures, changed)
            SELECT y.indicator_id, y.source_id, f.address, f.started, f.ended, f.http_status,
                f.etag, f.snapshot, y.outcome, y.figures, y.changed
            FROM fetch_yields y JOIN fetches f ON f.id = y.fetch_id;
            UPDATE observations SET fetch_id = (SELECT f.id FROM fetches f
                WHERE f.indicator_id = observations.indicator_id);
            DROP TABLE fetch_yields;
            DELETE FROM fetches WHERE indicator_id = '';
            CREATE INDEX fetches_by_source ON fetches (indicator_id, source_id, id);
            DELETE FROM _sqlite_migrations WHERE name = 'one_fetch_for_a_page';
            """
        )
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
