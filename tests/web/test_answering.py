"""The page of an expert: it opens with a link alone, and writes into tables of panels alone."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import html5lib
import httpx
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from cityflux.core.app import panels
from cityflux.core.app.session import Session
from cityflux.core.web.limits import Limit
from cityflux.storage import panels as storage
from cityflux.storage.database import write
from cityflux.storage.panel_access import opened_for_answers
from cityflux.storage.panels import Panel
from tests.web.site import Site
from tests.web.test_browser import Open, browser, visit

__all__ = ["browser", "visit"]

PEOPLE = [f"Secret Person {i}" for i in range(210)]
#: Asks as nobody in particular; what it is told to remember, it forgets.
CLIENT = httpx.Client(trust_env=False, timeout=60, verify=False)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND")
#: What answers may go into.
OURS = {"panel_answers", "panel_proposals", "ratings"}


class Asked(NamedTuple):
    """A site with a panel, and the links of its experts."""

    site: Site
    tokens: dict[str, str]

    def form(self, token: str) -> dict[str, str]:
        """The fields of a questionnaire, answered with 3."""
        page = BeautifulSoup(self.site.get(f"/panel/{token}").text, "html.parser")
        fields = {str(each["name"]): str(each.get("value", "")) for each in page.find_all("input")}
        own = {name: "3" for name in fields if re.fullmatch(r"a\d+", name)}
        return {**fields, **own, "basis": "0.5", "familiarity": "0.5"}

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form."""
        return CLIENT.post(self.site.address + path, data=form, headers=headers)


@pytest.fixture(scope="module")
def asked(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("panel")
    file = folder / "cityflux.db"
    with (
        closing(sqlite3.connect(made_once / "data" / "cityflux.db")) as source,
        closing(sqlite3.connect(file)) as copy,
    ):
        source.backup(copy)
    session = Session(database=file)
    with session.open() as connection:
        panel = Panel("jiang", "paper_published", "scale", 1, 5, panels.RULE)
        panels.begin(connection, panel, session.index("paper_published"), PEOPLE)
        links = panels.new_links(connection, panel)
    with Site(file, folder, "--panel") as site:
        yield Asked(site, dict(links.tokens))


def _tables(file: Path) -> dict[str, str]:
    """The content of every table but those that answers go into."""
    found = {}
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*_fts*'"
        )
        for name, sql in names.fetchall():
            if name not in OURS:
                rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
                found[name] = hashlib.sha256(repr((sql, rows)).encode()).hexdigest()
    return found


def _answers(asked: Asked, expert: str) -> list[tuple[int, float]]:
    with closing(sqlite3.connect(asked.site.database)) as connection:
        return connection.execute(
            "SELECT DISTINCT answer, value FROM ratings WHERE expert = ?", (expert,)
        ).fetchall()


def test_a_link_opens_one_questionnaire_in_either_language(asked: Asked) -> None:
    token = asked.tokens["E001"]
    for language, title in (("en", "Questionnaire"), ("zh", "专家问卷")):
        answer = asked.site.get(f"/panel/{token}", language)
        assert answer.status_code == 200
        html5lib.HTMLParser(strict=True).parse(answer.text)
        page = BeautifulSoup(answer.text, "html.parser")
        assert page.h1 is not None
        assert page.h1.get_text() == title
        assert len(page.select("input[name^=a]")) >= 11
        assert not page.find_all("script")
        assert "Secret Person" not in answer.text
        assert {link["href"] for link in page.select("a[href]")} <= {"?lang=zh", "?lang=en"}
    assert answer.headers["referrer-policy"] == "same-origin"  # the address is the key
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_an_answer_is_kept_shown_and_corrected(asked: Asked) -> None:
    token = asked.tokens["E002"]
    done = asked.post(f"/panel/{token}", asked.form(token))
    assert done.status_code == 303
    assert "Your answers are kept" in asked.site.get(done.headers["location"]).text
    form = asked.form(token)
    assert form["basis"] == "0.5"
    again = {**form, **{name: "5" for name in form if re.fullmatch(r"a\d+", name)}}
    assert asked.post(f"/panel/{token}", again).status_code == 303
    assert _answers(asked, "E002") == [(1, 3.0), (2, 5.0)]


def test_a_form_that_was_sent_or_comes_from_elsewhere_is_refused(asked: Asked) -> None:
    token = asked.tokens["E003"]
    path, form = f"/panel/{token}", asked.form(token)
    other = asked.form(asked.tokens["E004"])
    wrong = [
        (403, form, {"Origin": "https://evil.example.org"}),
        (403, form, {"Sec-Fetch-Site": "cross-site"}),
        (409, {**form, "once": ""}, {}),
        (409, {**form, "once": other["once"]}, {}),
    ]
    for status, fields, headers in wrong:
        assert asked.post(path, fields, **headers).status_code == status
    assert _answers(asked, "E003") == []
    assert asked.post(path, form).status_code == 303
    assert asked.post(path, form).status_code == 409  # the same form once more
    assert _answers(asked, "E003") == [(1, 3.0)]


def test_what_is_wrong_is_said_and_nothing_is_kept(asked: Asked) -> None:
    token = asked.tokens["E005"]
    form = {**asked.form(token), "a0": "9", "a1": "", "a2": "<script>"}
    answer = asked.post(f"/panel/{token}", form)
    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    reasons = [item.get_text() for item in page.select("[role=alert] li")]
    assert len(reasons) == 3
    assert "9 is not on the scale" in reasons[0]
    assert not page.find_all("script")
    assert _answers(asked, "E005") == []
    assert asked.post(f"/panel/{token}", {"x": "y" * 300_000}).status_code == 413


def test_no_other_token_opens_anything(asked: Asked) -> None:
    token = asked.tokens["E006"]
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (
        swapped,
        token[:-1],
        token.lower(),
        "",
        token + "/",
    ):
        answer = asked.site.get(f"/panel/{wrong}")
        assert answer.status_code == 404
        assert "This link opens nothing" in answer.text
    with closing(sqlite3.connect(asked.site.database)) as connection:
        dump = "\n".join(connection.iterdump())
    assert not any(each in dump for each in asked.tokens.values())
    assert len(set(asked.tokens.values())) == 210
    assert all(len(each) == 43 for each in asked.tokens.values())


#: Addresses of every kind, and what a writing plugin of Datasette would have.
ROUTES = (
    "/",
    "/-/index/flow_index",
    "/-/weights/flow_index",
    "/-/score?index=flow_index&node=flow_index&city=beijing&period=2011/2020",
    "/-/search?q=a",
    "/-/map",
    "/-/assets/web.css",
    "/cityflux",
    "/cityflux/panels",
    "/cityflux/ratings",
)
OF_PANELS = (
    "/cityflux/-/create",
    "/cityflux/panel_names/-/insert",
    "/cityflux/panel_names/-/drop",
    "/-/nothing",
    "/panel/TOKEN",
    "/panel/TOKEN/close",
    "/panel/",
    "/panel",
)


@pytest.mark.parametrize(
    ("paths", "methods"),
    [
        (OF_PANELS, METHODS),
        (ROUTES, METHODS[2:]),
        pytest.param(ROUTES, METHODS, marks=pytest.mark.deep),
    ],
)
def test_no_request_writes_into_another_table(
    asked: Asked, paths: tuple[str, ...], methods: tuple[str, ...]
) -> None:
    before, token = _tables(asked.site.database), asked.tokens["E007"]
    form = {**asked.form(token), "once": "0", "expert": "E001", "sql": "DROP TABLE cities"}
    for path in paths:
        for method in methods:
            address = asked.site.address + path.replace("TOKEN", token)
            answer = CLIENT.request(method, address, data=form)
            wanted = {200, 400, 404} if method in ("GET", "HEAD") else {404, 405, 409, 429}
            assert answer.status_code in wanted, (method, path)
    assert _tables(asked.site.database) == before
    assert _answers(asked, "E007") == []


def test_the_connection_of_the_page_can_do_nothing_else(asked: Asked) -> None:
    with opened_for_answers(asked.site.database) as connection:
        for statement in (
            "UPDATE rounds SET closed = 'x'",
            "DELETE FROM ratings",
            "INSERT INTO panels SELECT * FROM panels",
            "INSERT INTO panel_experts VALUES ('jiang', 'E999')",
            "DROP TABLE ratings",
            "CREATE TABLE mine (x)",
            "ATTACH ':memory:' AS other",
            "PRAGMA writable_schema = 1",
            "VACUUM",
        ):
            with pytest.raises(sqlite3.DatabaseError, match="authoriz"):
                connection.execute(statement)
        names = connection.execute("SELECT DISTINCT name FROM panel_names").fetchall()
        assert names == [(None,)]


def test_no_page_shows_a_name(asked: Asked) -> None:
    for path in ("/cityflux/panel_names", "/cityflux/panel_names.csv?_size=max", "/cityflux"):
        answer = asked.site.get(path)
        assert answer.status_code == 200
        assert "Secret Person" not in answer.text
    tokens = asked.site.get("/cityflux/panel_tokens.csv?_size=max").text
    assert storage.hash_of(asked.tokens["E001"]) not in tokens


def _at_once(asked: Asked, experts: list[str]) -> None:
    def answer(expert: str) -> int:
        address = f"{asked.site.address}/panel/{asked.tokens[expert]}"
        once = re.search(r'name="once" value="(\w+)"', CLIENT.get(address).text)
        assert once is not None
        form = {f"a{place}": "4" for place in range(11)} | {"once": once[1]}
        return CLIENT.post(address, data=form).status_code

    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(answer, experts)) == {303}
    for expert in experts:
        assert {value for _, value in _answers(asked, expert)} == {4.0}


def test_many_experts_answer_at_once(asked: Asked) -> None:
    _at_once(asked, sorted(asked.tokens)[10:40])


@pytest.mark.deep
def test_two_hundred_experts_answer_at_once(asked: Asked) -> None:
    _at_once(asked, sorted(asked.tokens)[10:])


def test_an_expert_answers_in_a_browser(asked: Asked, visit: Open) -> None:
    token = asked.tokens["E008"]
    page = visit(asked.site, f"/panel/{token}", width=360, locale="zh-CN")
    for place, field in enumerate(page.locator("input[name^=a]").all()):
        field.fill(str(1 + place % 5))
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("status")).to_contain_text("回答已保存")
    assert {value for _, value in _answers(asked, "E008")} == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert int(page.evaluate("document.documentElement.scrollWidth")) <= 360


def test_who_asks_too_often_waits() -> None:
    now = [0.0]
    limit = Limit(2, lambda: now[0])
    assert [limit.passes("a") for _ in range(3)] == [True, True, False]
    assert limit.is_spent("a")
    assert limit.passes("b")
    now[0] = 61.0
    assert not limit.is_spent("a")
    assert limit.passes("a")


def test_one_token_is_good_for_so_many_requests_a_minute(asked: Asked) -> None:
    path = f"/panel/{asked.tokens['E009']}"
    statuses = [asked.site.get(path).status_code for _ in range(62)]
    assert statuses[:50] == [200] * 50
    assert statuses[-1] == 429


def test_after_the_end_of_the_round_a_link_says_so(asked: Asked) -> None:
    token = asked.tokens["E010"]
    form = asked.form(token)
    with Session(database=asked.site.database).open() as connection, write(connection):
        storage.close_round(connection, "jiang")
    assert asked.site.get(f"/panel/{token}").status_code == 410
    answer = asked.post(f"/panel/{token}", form)
    assert (answer.status_code, "This round is closed." in answer.text) == (410, True)
    assert _answers(asked, "E010") == []


def test_without_the_option_there_is_no_such_page(site: Site) -> None:
    assert site.get("/panel/" + "a" * 43).status_code == 404
    answer = CLIENT.post(f"{site.address}/panel/{'a' * 43}")
    assert answer.status_code == 405
