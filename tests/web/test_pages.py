"""What each page shows: on the bundled data, and where there is less than that."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from bs4 import Tag

from cityflux.core.words.numbers import number
from cityflux.storage.database import open_database, write
from tests.conftest import run_module
from tests.web import databases
from tests.web.conftest import Start
from tests.web.site import Site

SCORE = "/-/score?index=flow_index&node=flow_index&city=shanghai&period=2011/2020"
FIGURE = "/-/figure?indicator=overall_economy.gdp&city=shanghai&period=2015"
PAGES = {
    "/": ("Flow index", "流量指数"),
    "/-/status": ("Last change of a figure", "最近一次数值变化"),
    "/-/index/flow_index": ("The cities, 2011/2020", "2011/2020 的各城市"),
    "/-/index/flow_index?city=shanghai&versus=hangzhou": ("Difference", "差"),
    "/-/index/flow_index_yearly?period=2015": ("Choose a period", "选择时期"),
    "/-/city/shanghai": ("Places in the indices", "在各指数中的位置"),
    "/-/indicator/overall_economy.gdp": ("Where sources differ", "来源之间的分歧"),
    "/-/map": ("Flows between cities", "城市间流量"),
    SCORE: ("What it rests on", "它由什么构成"),
    FIGURE: ("All sources of it", "这个数值的所有来源"),
    "/-/fetch/1": ("The documents that it brought", "取回的文档"),
    "/-/search?q=gdp": ("Indicators", "指标"),
}


def text(page: Tag) -> str:
    return " ".join(page.get_text(" ").split())


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_there_in_both_languages(site: Site, path: str) -> None:
    english, chinese = PAGES[path]
    page = site.page(path)
    assert page.html is not None
    assert page.html["lang"] == "en"
    assert english in text(page)
    page = site.page(path, "zh-CN,en;q=0.5")
    assert page.html is not None
    assert page.html["lang"] == "zh-CN"
    assert chinese in text(page)


def test_an_index_says_how_sure_its_ranks_are_or_that_nobody_knows(site: Site) -> None:
    audited = text(site.page("/-/index/flow_index"))
    assert "Beijing ranks above Shanghai in 53% of the draws: not decided" in audited
    assert "of the choices alone; without the missing figures: not determined" in audited
    assert "(1–2)" in audited
    assert "The ranks were not audited" not in audited
    assert "The ranks were not audited" in text(site.page("/-/index/paper_transport"))
    assert "位次未经检验" in text(site.page("/-/index/paper_transport", "zh"))


def test_the_front_page_says_what_can_be_told_and_how_sure_each_rank_is(site: Site) -> None:
    page = site.page("/")
    assert page.h1 is not None and text(page.h1) == "Flow index of the main cities"
    verdict = page.select_one("section.verdict")
    assert verdict is not None and "settled" not in verdict["class"]
    assert "These figures cannot tell Shanghai from Beijing." in text(verdict)
    assert "Beijing ranks above Shanghai in 51% of the draws: not decided" in text(verdict)
    picture = verdict.select_one("figure img")
    assert picture is not None and "Shanghai 1 to 2, middle 2" in str(picture["alt"])
    others = [text(each) for each in page.select("ul.others li")]
    assert any("These figures cannot tell Beijing from Shanghai." in each for each in others)
    assert not page.select("details.alarm")


def test_an_index_counts_its_figures_by_class_of_source(site: Site) -> None:
    shown = text(site.page("/-/index/main_cities_index"))
    assert "Figures by class of source: second-hand 6," in shown


def test_what_never_had_a_figure_is_no_alarm_of_days(site: Site) -> None:
    page = site.page("/-/status")
    empty = page.select_one("details.empty")
    assert empty is not None
    assert "no figure yet" in text(empty)
    assert "days late" not in text(page)


def test_no_page_mixes_the_languages(site: Site) -> None:
    for path in PAGES:
        page = site.page(path, "zh")
        for each in page.find_all(["bdi", "code", "time", "option", "script", "a"]):
            each.decompose()  # names, identifiers and the way to the other language
        labels = [each.get_text() for each in page.find_all(["h2", "th", "dt", "label", "button"])]
        english = [label for label in labels if re.fullmatch(r"[A-Za-z ]{3,}", label.strip())]
        assert [label for label in english if label not in ("HTTP", "ETag", "SQL")] == []


def test_a_chosen_language_is_remembered(site: Site) -> None:
    answer = site.get("/", "en", lang="zh")
    cookie, _, attributes = answer.headers["set-cookie"].partition(";")
    assert "httponly" in attributes.lower()
    assert '<html lang="zh-CN">' in site.get("/", "en", cookie).text


def test_every_link_of_the_pages_leads_somewhere(site: Site) -> None:
    links = {
        str(link["href"]).partition("#")[0]
        for path in PAGES
        for link in site.page(path).find_all("a", href=True)
    }
    ours = sorted(link for link in links if link.startswith("/"))
    kinds: dict[str, list[str]] = {}
    for link in ours:  # five of a kind are enough
        kinds.setdefault(re.sub(r"/[\w.]+$", "", link.partition("?")[0]), []).append(link)
    for same in kinds.values():
        for link in same[:5]:
            assert site.get(link).status_code == 200, link


def test_a_ranking_agrees_with_the_command_line(site: Site, made_once: Path) -> None:
    shown = run_module("cityflux", "show", "flow_index", "--json", cwd=made_once)
    rows = [row for row in json.loads(shown.stdout) if row["node"] == "flow_index"]
    expected = [number(row["score"], 3) for row in sorted(rows, key=lambda row: row["city"])]
    table = site.page("/-/index/flow_index").select_one("section[aria-labelledby=ranking] table")
    assert table is not None
    assert [link.get_text() for link in table.find_all("a", class_="number")] == expected


def test_provenance_leads_from_a_score_to_the_kept_bytes(hostile: Site) -> None:
    steps = ["/-/score?", "/-/figure?", "/-/fetch/", "/-/snapshot/"]
    path = "/-/score?index=strange&node=strange&city=c1&period=2020"
    for step in ["/-/score?index=strange&node=group", "/-/score?", *steps[1:]]:
        wanted = [
            str(link["href"])
            for link in hostile.page(path).select("main section a[href]")
            if str(link["href"]).startswith(step)
        ]
        assert wanted, (path, step)
        path = wanted[0]
    assert hostile.get(path + "/file").content == databases.SNAPSHOT
    page = hostile.page(path)
    assert "the bytes match their hash" in text(page)
    assert databases.SCRIPT in text(page)  # decoded as the source says, and shown as text


def test_a_score_lists_the_figures_that_it_used(start: Start, tmp_path: Path) -> None:
    databases.divided(tmp_path / "divided.db")
    page = start(tmp_path / "divided.db").page(
        "/-/score?index=divided&node=boats&city=c0&period=2020-Q3"
    )
    rows = page.select("section[aria-labelledby=figures] tbody th")
    assert [text(row) for row in rows] == ["2020-07", "2020-09", "2020-Q3 divided by Trains"]


def test_a_figure_of_an_indicator_names_all_its_sources_and_what_it_was(hostile: Site) -> None:
    page = hostile.page("/-/figure", indicator=databases.INDICATORS[0], city="c0", period="2020")
    assert [each.get_text().split()[0] for each in page.select("article h3")] == ["20", "25"]
    page = hostile.page("/-/figure", indicator=databases.INDICATORS[0], city="c0", period="2021")
    former = page.select("section[aria-labelledby=former] td.number")
    assert [each.get_text().split()[0] for each in former] == ["21"]


def test_the_status_page_names_what_failed_and_what_is_doubtful(hostile: Site) -> None:
    page = hostile.page("/-/status")
    alarms = [text(each) for each in page.select("details.alarm summary")]
    assert "1 alarms of the daemon" in alarms
    assert "1 failed fetches" in alarms
    assert "1 suspect figures" in alarms


def test_an_empty_database_says_how_to_fill_it(start: Start, tmp_path: Path) -> None:
    with open_database(tmp_path / "empty.db"):
        pass
    site = start(tmp_path / "empty.db")
    assert "cityflux run --once" in text(site.page("/"))
    assert "There is no index yet" in text(site.page("/-/map"))
    assert site.get("/-/index/flow_index").status_code == 404
    assert "Nothing was found" in text(site.page("/-/search?q=gdp"))


def test_one_city_and_no_flows_break_nothing(start: Start, tmp_path: Path) -> None:
    databases.one_city(tmp_path / "one.db")
    site = start(tmp_path / "one.db")
    assert "There is only one city" in text(site.page("/-/index/small"))
    assert "There are no flows yet" in text(site.page("/-/city/c0"))
    assert "no coordinates" in text(site.page("/-/map"))


def test_one_year_needs_no_slider(start: Start, tmp_path: Path) -> None:
    databases.small(tmp_path / "year.db", ["c0", "c1", "c2"], ["2020"])
    page = start(tmp_path / "year.db").page("/-/index/small")
    assert page.find(id="slider") is None
    assert "There is only one period" in text(page)


def test_a_score_that_a_hand_changed_changes_the_verdict(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "year.db"
    databases.small(path, ["c0", "c1", "c2"], ["2020"])
    site = start(path)
    told = [text(site.page("/-/index/small").select("p.lead strong")[0])]
    with open_database(path) as connection, write(connection):
        connection.execute("UPDATE scores SET (score, comparable_score) = (-score, -score)")
    told.append(text(site.page("/-/index/small").select("p.lead strong")[0]))
    assert told[0].startswith("C2 is ahead") and told[1].startswith("C0 is ahead"), told


def test_what_is_missing_is_shown_as_missing(start: Start, tmp_path: Path) -> None:
    # Half the figures: c2 has none, and neither has c1 in the second year.
    databases.small(tmp_path / "gaps.db", ["c0", "c1", "c2"], ["2019", "2020"], known=0.5)
    site = start(tmp_path / "gaps.db")
    rows = site.page("/-/index/small?period=2019").select("#moving table tbody tr")
    (last,) = [text(row) for row in rows if "C2" in text(row)]
    assert last.startswith("– C2 –")
    answer = site.get("/-/score?index=small&node=boats&city=c2&period=2019")
    assert answer.status_code == 200
    assert "The score uses no figure of this city" in answer.text
    assert "There are no figures" in text(site.page("/-/city/c2"))


def test_an_index_that_was_never_computed_says_so(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    databases.small(path, ["c0", "c1"], ["2020"])
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM scores")
    connection.commit()
    connection.close()
    site = start(path)
    for page in ("/", "/-/index/small", "/-/map"):
        assert "cityflux compute" in text(site.page(page))


def test_what_is_not_there_is_said_in_the_language_of_the_reader(site: Site) -> None:
    for path in ("/-/index/none", "/-/city/none", "/cityflux/none", "/-/none", "/-/fetch/9999"):
        for language, sentence in (("zh", "这里没有所要的内容"), ("en", "nothing of that kind")):
            answer = site.get(path, language)
            assert (answer.status_code, sentence in answer.text) == (404, True), path
    assert site.get("/cityflux/none.json").json()["ok"] is False
    assert "Traceback" not in site.log


def test_the_search_finds_chinese_and_english_words(site: Site) -> None:
    for words, language in (("航运", "zh"), ("专利", "zh"), ("上海", "zh"), ("patent", "en")):
        hits = site.page("/-/search", language, q=words).select(".hits li")
        assert any(words in hit.get_text().lower() for hit in hits), words
    for words in ('"', "a OR", "*", "NEAR(", "\0", "'", "x" * 5000, "航" * 60):
        assert site.get("/-/search", q=words).status_code == 200, words
