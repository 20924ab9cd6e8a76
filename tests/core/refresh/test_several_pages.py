"""Indicators on several pages, pages of several sources, and what their authors may get wrong."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Cityflux
from tests.core.refresh.family import COUNT, answer, page
from tests.isolation.plugins import rows
from tests.servers import LoopbackServer

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
