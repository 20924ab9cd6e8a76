"""The pages in a real browser: clean, without help from elsewhere, and for everybody."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from cityflux.core.words.numbers import number
from cityflux.storage.read_only import read_database
from tests.conftest import run_module
from tests.web.databases import SHA256
from tests.web.site import Site
from tests.web.test_pages import FIGURE, PAGES, SCORE

#: It runs as root in a container, and asks nobody for updates.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = (
    "/",
    "/-/index/strange?city=c0&versus=c1",
    "/-/city/c2",
    "/-/map",
    "/-/fetch/1",
    f"/-/snapshot/{SHA256}",
)
DATASETTE = ("/cityflux", "/cityflux/scoreboard?_facet=index_id", "/cityflux/cities")
YEARLY = "/-/index/flow_index_yearly?period=2015"
INDICATOR = "/-/indicator/overall_economy.gdp"

PATIENCE = 30_000  # milliseconds, for a machine that does much else

Open = Callable[..., Page]

#: Pages of which others are like enough to be looked at each time.
_ALIKE = {
    *("/-/index/flow_index", "/-/map", "/-/fetch/1", "/-/search?q=gdp", FIGURE),
    *("/-/city/c2", "/-/map", DATASETTE[1]),
}


def mostly(paths: Iterable[str]) -> list[Any]:
    """The paths, those that are like others only in the deep form."""
    return [
        pytest.param(path, marks=pytest.mark.deep) if path in _ALIKE else path for path in paths
    ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; the tests are skipped, loudly, where it is absent."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is absent: install it (Debian: apt-get install chromium)")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open pages of a site as a reader; what a page complains about, or asks elsewhere, fails."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            troubles.append(f"{said.location}: {said.text}")

    def open_page(site: Site, path: str, width: int = 1280, **options: Any) -> Page:
        def asked(request: Request) -> None:
            if not request.url.startswith((site.address, "data:")):
                troubles.append(f"{path} asks {request.url}")

        size = ViewportSize(width=width, height=800)
        context = browser.new_context(viewport=size, **{"locale": "en-US", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: troubles.append(f"{path}: {error}"))
        page.on("console", heard)
        page.on("request", asked)
        page.goto(site.address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def with_charts(page: Page) -> Page:
    """The page with all its pictures, also those further down."""
    for image in page.locator("figure img").all():
        image.scroll_into_view_if_needed()
        end = time.monotonic() + PATIENCE / 1000
        while not image.evaluate("image => image.complete && image.naturalWidth > 0"):
            assert time.monotonic() < end, image.get_attribute("src")
            time.sleep(0.02)
    return page


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


@pytest.mark.parametrize("path", mostly(PAGES))
def test_each_page_is_clean_for_everybody(site: Site, visit: Open, path: str) -> None:
    page = visit(site, path, locale="zh-CN")
    if path in (YEARLY, INDICATOR):
        with_charts(page)
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert sideways(page) <= 360


@pytest.mark.parametrize("path", mostly(HOSTILE))
def test_hostile_texts_run_nothing_and_keep_the_page_narrow(
    hostile: Site, visit: Open, path: str
) -> None:
    page = with_charts(visit(hostile, path, width=360))
    assert sideways(page) <= 360
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("path", mostly(DATASETTE))
def test_the_policy_lets_the_pages_of_datasette_work(site: Site, visit: Open, path: str) -> None:
    page = visit(site, path)
    assert page.title() != ""
    if path == "/cityflux/cities":  # its script ran
        expect(page.locator("th .dropdown-menu-icon").first).to_be_attached()


def test_the_tree_opens(site: Site, visit: Open) -> None:
    page = visit(site, "/-/index/flow_index")
    transport = page.locator(".tree summary", has_text="Transport (sea, land, air)")
    leaf = page.locator("[data-node=transport] a", has_text="Air passengers departed")
    expect(transport).to_be_hidden()
    page.locator(".tree summary", has_text="Social openness flows").click()
    expect(transport).to_be_visible()
    expect(leaf).to_be_hidden()
    transport.focus()
    page.keyboard.press("Enter")
    expect(leaf).to_be_visible()
    page.keyboard.press("Enter")
    expect(leaf).to_be_hidden()


def test_the_slider_moves_the_numbers(site: Site, visit: Open) -> None:
    page = visit(site, YEARLY.replace("2015", "2020"))
    page.locator(".tree details").nth(1).locator("summary").first.click()
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#ranking")).to_have_text("The cities, 2017")
    expect(page.locator("output")).to_have_text("2017")
    assert page.url.endswith("period=2017")
    with read_database(site.database) as connection:
        scores = connection.execute(
            "SELECT score FROM scores WHERE node_id = 'flow_index_yearly' AND period = '2017' "
            "ORDER BY rank IS NULL, rank, city_id"
        ).fetchall()
    table = page.locator("section[aria-labelledby=ranking] table").first
    assert table.locator("a.number").all_inner_texts() == [number(score, 3) for (score,) in scores]
    expect(slider).to_be_focused()
    # What was open stays open, and the other language shows the same year.
    assert page.locator(".tree details").nth(1).get_attribute("open") is not None
    page.get_by_role("link", name="中文").click()
    expect(page.locator("#ranking")).to_have_text("2017 的各城市")


def test_without_a_script_the_years_are_links(site: Site, visit: Open) -> None:
    page = visit(site, YEARLY, java_script_enabled=False)
    page.get_by_role("link", name="2014").click()
    expect(page.locator("#ranking")).to_have_text("The cities, 2014")


def test_two_cities_show_what_the_command_line_shows(
    site: Site, visit: Open, made_once: Path
) -> None:
    page = visit(site, "/-/index/flow_index")
    page.get_by_label("City", exact=True).select_option("shanghai")
    page.get_by_label("Other city").select_option("hangzhou")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compared")).to_be_visible()
    lines = page.locator(".tree [data-node]").evaluate_all(
        """each => each.map(item => {
            const line = item.querySelector(".line");
            const cells = [...line.querySelectorAll(":scope > .number")].slice(0, 2);
            const text = cell => cell.querySelector("a, .missing").firstChild.data.trim();
            return [item.dataset.node, ...cells.map(text)];
        })"""
    )
    said = run_module("cityflux", "show", "flow_index", "--json", cwd=made_once)
    known = {
        (row["node"], row["city"]): number(
            row["score" if row["bracket"] else "comparable_score"], 3
        )
        for row in json.loads(said.stdout)
    }
    assert len(lines) > 100
    for node, first, second in lines:
        assert (first, second) == (known[node, "shanghai"], known[node, "hangzhou"]), node


def test_a_click_after_another_leads_from_a_score_to_its_bytes(site: Site, visit: Open) -> None:
    page = visit(site, "/-/index/flow_index")
    page.locator("#moving table a.number").first.click()
    for _ in range(3):  # class, group, indicator
        page.locator("section[aria-labelledby=below] a.number").last.click()
    page.locator("section[aria-labelledby=figures] td a.number").first.click()
    page.locator("a[href*='/-/snapshot/']").first.click()
    expect(page.get_by_text("the bytes match their hash")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("city")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as it is").click()
    assert Path(download.value.path()).stat().st_size > 0


@pytest.mark.parametrize(
    "path", mostly(["/", "/-/index/flow_index?versus=hangzhou", FIGURE, SCORE])
)
def test_the_keyboard_reaches_everything(site: Site, visit: Open, path: str) -> None:
    page = visit(site, path)
    reachable = page.evaluate(
        """() => {
            const all = document.querySelectorAll(
                "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']");
            const seen = [...all].filter(each => each.checkVisibility());
            seen.forEach((each, place) => each.dataset.place = place);
            return seen.length;
        }"""
    )
    reached = set()
    for _ in range(reachable + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.place"))
    assert {str(place) for place in range(reachable)} <= reached


def test_the_first_key_skips_to_the_content(site: Site, visit: Open) -> None:
    page = visit(site, "/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_search_is_typed_and_found(site: Site, visit: Open) -> None:
    page = visit(site, "/", locale="zh-CN")
    page.get_by_role("searchbox").fill("专利")
    page.keyboard.press("Enter")
    page.locator(".hits a", has_text="专利").first.click()
    expect(page.locator("h1")).to_contain_text("专利")


@pytest.mark.parametrize(("ending", "start"), [("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b"")])
def test_a_chart_is_downloaded(site: Site, visit: Open, ending: str, start: bytes) -> None:
    page = visit(site, "/-/index/flow_index")
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Scores of the cities, 2011/2020, {ending}").click()
    assert download.value.suggested_filename == f"cityflux-ranking.{ending.lower()}"
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(start)
    if ending != "PNG":
        assert "Shanghai" in content.decode("utf-8-sig")
