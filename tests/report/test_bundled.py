"""The report on the bundled figures, in both languages, as the command writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from cityflux.core.report.pdf import find_chromium
from tests.conftest import Cityflux, run_module
from tests.report.world import Page, text_of

LANGUAGES = ("zh", "en")
SECTIONS = (
    *("summary", "ranking", "audit", "groups", "distance", "gap", "pages", "group-capital", "map"),
    *("growth", "quality", "sources", "method", "reproducibility"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_is_there_and_every_link_leads_somewhere(
    language: str, pages: dict[str, Page]
) -> None:
    page = pages[language]
    assert set(SECTIONS) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    outside = [link for link in page.links if not link.startswith("#")]
    assert outside
    assert all(link.startswith(("https://", "http://")) for link in outside)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_small_and_every_chart_has_its_figures(
    language: str, pages: dict[str, Page], written: dict[str, Path]
) -> None:
    assert written[language].stat().st_size < 5_000_000
    figures = list(pages[language].tree.iter("figure"))
    assert len(figures) > 12
    for figure in figures:
        assert list(figure.iter("{http://www.w3.org/2000/svg}svg"))
        assert list(figure.iter("td"))


def test_the_languages_do_not_mix(pages: dict[str, Page]) -> None:
    chinese = re.compile(r"[\u3400-\u9fff]")
    for name in ("summary", "ranking", "groups", "distance", "gap", "group-transport", "quality"):
        assert not chinese.search(pages["en"].section(name)), name
        assert chinese.search(pages["zh"].section(name)), name


def test_the_numbers_are_those_of_the_command_line(pages: dict[str, Page], made_once: Path) -> None:
    done = run_module("cityflux", "show", "flow_index", "--json", cwd=made_once)
    rows = [row for row in json.loads(done.stdout) if row["node"] == "flow_index"]
    text = pages["en"].section("ranking")
    for row in rows:
        assert f"{row['score']:.2f}".replace("-", "−") in text
        assert f"{row['coverage']:.0%}" in text
    shanghai = next(row for row in rows if row["city"] == "shanghai")
    sentence = f"Shanghai scores ({shanghai['score']:.2f}) on the Flow index, at a coverage"
    assert sentence in pages["en"].section("summary")
    assert f"上海的流量指数得分为({shanghai['score']:.2f})" in pages["zh"].section("summary")


def test_a_figure_leads_to_its_indicator_and_on_to_the_publication(pages: dict[str, Page]) -> None:
    page = pages["en"]
    assert "figures-transport.rail_passengers" in page.ids
    row = page.element("from-transport.rail_passengers")
    assert row.find("a").get("href") == "#figures-transport.rail_passengers"
    sources = page.element("sources")
    cited = {link.get("href") for link in sources.iter("a") if "source-" in link.get("href")}
    assert cited == {f"#source-{number}" for number in range(1, len(cited) + 1)}


@pytest.mark.parametrize(
    ("language", "broken", "difference", "census"),
    [
        ("en", "– (break 2020)", "– (a difference)", "Break of 2020 ("),
        ("zh", "–（断点 2020）", "–（差值）", "2020年断点（"),
    ],
)
def test_the_census_is_no_fall_and_a_difference_has_no_rate(
    language: str, broken: str, difference: str, census: str, pages: dict[str, Page]
) -> None:
    page = pages[language]
    rates = [text_of(row) for row in page.element("growth").iter("tr")]
    changes = [row for row in rates if "变化" in row or "yearly change" in row or "增量" in row]
    assert changes
    assert all("%" not in row for row in changes)
    assert difference in page.section("growth")
    assert broken in page.section("growth")
    for section in ("growth", "group-regional_pull", "sources"):
        assert census in page.section(section), section
    assert "公报》, 2021-05-11" in page.section("sources")
    means = {"en": "means over such a break", "zh": "均值跨越断点"}[language]
    assert means in page.section("group-regional_pull")
    assert means not in page.section("group-industry")


def test_the_classes_of_sources_are_counted_and_disputes_listed(pages: dict[str, Page]) -> None:
    counted = {
        "zh": "按来源类别的数据个数：转载 ",
        "en": "Figures by class of source: second-hand ",
    }
    disputed = {
        "zh": "另有来源给出不同数值的数据",
        "en": "Figures that another source has otherwise",
    }
    for code, page in pages.items():
        assert counted[code] in page.text
        assert disputed[code] in page.text


def test_what_is_missing_is_said(pages: dict[str, Page]) -> None:
    page = pages["en"]
    assert "without the missing figures: not determined" in page.section("audit")
    assert "Beijing ranks above Shanghai in" in page.section("audit")
    assert "holds no flows between these cities" in page.section("map")
    assert "first computation" in page.section("summary")
    assert "Land transactions, value" in page.section("group-strategic_planning")


def test_computed_figures_name_what_they_are_computed_from(pages: dict[str, Page]) -> None:
    text = pages["en"].section("sources")
    assert "– computed from: Goods exports" in text
    assert "– computed from: GDP" in text


def test_the_reproducibility_section_has_what_the_run_was(
    pages: dict[str, Page], made_once: Path
) -> None:
    query = "SELECT definition_hash, position FROM runs WHERE index_id = 'flow_index'"
    database = str(made_once / "data" / "cityflux.db")
    done = run_module("sqlite_utils", database, query, "--no-headers", "--csv", cwd=made_once)
    for value in done.stdout.strip().split(","):
        assert value in pages["zh"].section("reproducibility")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_opens_it_without_asking_anybody(language: str, written: dict[str, Path]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_context(offline=True, viewport={"width": 1000, "height": 800}).new_page()
        asked: list[str] = []
        said: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        address = written[language].as_uri()
        tab.goto(address)
        assert (asked, said) == ([address], [])
        assert tab.evaluate("document.documentElement.scrollWidth") <= 1000
        tab.set_viewport_size({"width": 360, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        browser.close()


@pytest.mark.deep
def test_the_interactive_report_draws_its_charts_without_the_network(
    home: Path, cityflux: Cityflux
) -> None:
    done = cityflux("report", "paper_transport", "--interactive", "--lang", "en", "--out", "i.html")
    assert done.returncode == 0, done.stderr
    assert (home / "i.html").stat().st_size < 5_000_000
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_context(offline=True).new_page()
        asked: list[str] = []
        said: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.goto((home / "i.html").as_uri())
        drawings = tab.locator(".drawing").count()
        tab.wait_for_function(
            "n => document.querySelectorAll('.vega-embed svg').length == n", arg=drawings
        )
        assert (len(asked), said) == (1, [])
        browser.close()
