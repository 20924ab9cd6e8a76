"""What others write is shown as text, nothing is written, and a browser is told what it may do."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import html5lib
import httpx
import pytest
from bs4 import BeautifulSoup

from tests.conftest import run_module
from tests.web import databases
from tests.web.conftest import Start
from tests.web.databases import HOSTILE, INDICATORS, SCRIPT, SHA256
from tests.web.site import Site


@pytest.fixture(scope="module")
def named(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages under one more name."""
    folder = tmp_path_factory.mktemp("named")
    with Site(made_once / "data" / "cityflux.db", folder, "--name", "Mine.example.org") as site:
        yield site


CELL = "index=strange&node=group&city=c0&period=2020"
PAGES = (
    "/",
    "/-/index/strange?city=c0&versus=c1",
    "/-/city/c0",
    "/-/city/c2",
    "/-/map",
    f"/-/score?{CELL}",
    "/-/fetch/1",
    "/-/fetch/2",
    f"/-/snapshot/{SHA256}",
    "/-/search?q=script",
    f"/-/search?q={SCRIPT}",
    "/-/search?lang=zh&q=%22%27%3E",
)
DATASETTE = ("/cityflux", "/cityflux/cities", "/cityflux/cities/c0", "/cityflux?sql=select+1")
OTHERS = (
    "/-/chart/ranking.svg?index=strange",
    "/-/chart/ranking.csv?index=strange",
    f"/-/snapshot/{SHA256}/text",
    f"/-/snapshot/{SHA256}/file",
    "/-/assets/web.js",
    "/-/none",
    "/cityflux/cities.json",
    "/cityflux/cities.csv",
    "/-/static/app.css",
)


@pytest.mark.parametrize("path", PAGES)
def test_what_others_wrote_is_shown_as_text(hostile: Site, path: str) -> None:
    page = hostile.page(path)
    assert [script.get("src") for script in page.find_all("script")] == ["/-/assets/web.js"]
    assert page.find_all("style") == []
    for each in page.find_all(True):
        assert not {name for name in each.attrs if name.startswith("on") or name == "style"}
    for link in page.find_all("a", href=True):
        assert re.match(r"(https?:/|/|#)", str(link["href"])), link


def test_a_hostile_name_is_there_to_the_last_letter(hostile: Site) -> None:
    for n, name in enumerate(HOSTILE):
        heading = hostile.page(f"/-/city/c{n}").h1
        assert heading is not None
        assert heading.get_text() == name
        assert heading.bdi is not None  # its direction turns nothing else around


def test_an_identifier_may_hold_anything(hostile: Site) -> None:
    search = hostile.page("/-/search", q="script")
    link = next(a for a in search.select(".hits a") if "/indicator/" in str(a["href"]))
    page = hostile.page(str(link["href"]))
    assert page.select("code")[0].get_text() == INDICATORS[0]
    for image in page.select("figure img"):
        assert hostile.get(str(image["src"])).status_code == 200


@pytest.mark.parametrize("path", [*PAGES[:3], *DATASETTE, *OTHERS])
def test_every_answer_carries_the_headers(hostile: Site, path: str) -> None:
    headers = hostile.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy or "sandbox" in policy
    assert "unsafe-eval" not in policy
    assert not re.search(r"script-src[^;]*('unsafe-inline'|https?:|\*)", policy)


@pytest.mark.parametrize("path", PAGES)
def test_our_pages_allow_no_script_and_no_style_within_them(hostile: Site, path: str) -> None:
    policy = hostile.get(path).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("path", DATASETTE)
def test_the_policy_names_every_script_of_datasette(hostile: Site, path: str) -> None:
    answer = hostile.get(path)
    html5lib.HTMLParser().parse(answer.text)
    policy = answer.headers["content-security-policy"]
    for script in BeautifulSoup(answer.text, "html.parser").find_all("script"):
        if not script.get("src"):
            digest = hashlib.sha256(script.get_text().encode()).digest()
            assert base64.b64encode(digest).decode() in policy
    assert SCRIPT not in answer.text


def test_kept_bytes_are_text_or_a_file_and_never_a_page(hostile: Site) -> None:
    for kind, media in (("text", "text/plain"), ("file", "application/octet-stream")):
        answer = hostile.get(f"/-/snapshot/{SHA256}/{kind}")
        assert answer.headers["content-type"].startswith(media)
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-disposition"].startswith("attachment")
    book = hashlib.sha256(databases.WORKBOOK).hexdigest()
    assert "only be downloaded" in hostile.get(f"/-/snapshot/{book}").text
    assert hostile.get(f"/-/snapshot/{book}/text").status_code == 404


STATEMENTS = (
    "delete from cities",
    "update cities set name_zh = ''",
    "pragma writable_schema = 1",
    "attach 'x.db' as x",
    "with x as (select 1) delete from cities",
    "select load_extension('x')",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_writes(hostile: Site, statement: str) -> None:
    answer = hostile.get("/cityflux.json", sql=statement)
    assert answer.status_code == 400
    assert answer.json()["ok"] is False


def test_others_write_while_it_reads(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "cityflux.db"
    databases.small(path, ["c0", "c1"], ["2020"])
    site = start(path, "--sql")
    for page in ("/", "/-/index/small", "/cityflux/cities", "/cityflux?sql=select+1"):
        assert site.get(page).status_code == 200
    late = "</span> indicators whose last figure is older"
    assert f"2{late}" in site.get("/-/status").text
    connection = sqlite3.connect(path, timeout=0)
    connection.execute("UPDATE cities SET name_en = 'New name' WHERE id = 'c0'")
    connection.execute(
        "INSERT INTO observations (indicator_id, city_id, period, source_id, value) "
        "VALUES ('boats', 'c0', strftime('%Y', 'now'), 'office', 1.0)"
    )
    connection.commit()
    connection.close()
    assert "New name" in site.get("/-/city/c0").text
    assert f"1{late}" in site.get("/-/status").text
    assert "figures changed since" in site.get("/").text


def test_reading_leaves_the_file_as_it_was(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    databases.small(folder / "cityflux.db", ["c0", "c1"], ["2020"])
    before = (folder / "cityflux.db").read_bytes()
    site = start(folder / "cityflux.db")
    assert site.get("/-/index/small").status_code == 200
    assert site.get("/cityflux/scores").status_code == 200
    assert (folder / "cityflux.db").read_bytes() == before


def test_a_statement_that_takes_too_long_is_broken_off(hostile: Site) -> None:
    forever = "with recursive n(i) as (select 1 union all select i from n) select count(*) from n"
    answer = hostile.get("/cityflux", sql=forever, _timelimit=20)
    assert answer.status_code == 503
    assert "took longer than is allowed" in answer.text


#: One call of a function that no limit of time can break off: hours.
SLOW = "select instr(hex(zeroblob(20000000)), hex(zeroblob(5000000)) || '1')"
HUGE = "select length(zeroblob(999999999))"


@pytest.mark.parametrize(
    "path",
    [
        f"/cityflux?{urlencode({'sql': SLOW})}",
        f"/cityflux.json?{urlencode({'sql': HUGE})}",
        f"/cityflux.csv?{urlencode({'sql': 'select 1'})}",
        f"/cityflux/cities.json?{urlencode({'_where': f'({HUGE}) > 0'})}",
    ],
)
def test_nobody_asks_in_sql_unless_it_is_allowed(named: Site, path: str) -> None:
    answer = named.get(path)
    assert answer.status_code == 403
    assert 'name="sql"' not in named.get("/cityflux").text
    assert named.get("/cityflux/cities.json", _sort="id").status_code == 200


def test_no_value_is_larger_than_a_document(hostile: Site) -> None:
    answer = hostile.get("/cityflux.json", sql=HUGE)
    assert answer.status_code == 400
    assert answer.json()["error"] == "string or blob too big"


ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n)"
#: What takes hours or gigabytes.
BOMBS = (
    SLOW,
    "select length(zeroblob(2000000000))",
    "select length(randomblob(2000000000))",
    "select length(printf('%.*c', 2000000000, 'x'))",
    "select length(replace(hex(zeroblob(50000000)), '0', 'xxxxxxxx'))",
    "select zeroblob(60000000) from cities",
    f"{ENDLESS} select group_concat(i) from n",
    f"{ENDLESS} select hex(zeroblob(30000000)) x from n order by x desc",
)


def test_a_statement_costs_itself_alone(hostile: Site) -> None:
    with ThreadPoolExecutor(len(BOMBS)) as asking:
        answers = asking.map(
            lambda sql: hostile.get("/cityflux.json", sql=sql, _timelimit=100), BOMBS
        )
        for page in ("/", "/-/index/strange", "/-/assets/web.js"):
            assert hostile.get(page).status_code == 200, "others are answered meanwhile"
        refused = [answer.status_code for answer in answers]
    assert refused[0] == 503 and {*refused} <= {400, 503}, refused
    found = hostile.get("/cityflux.json", sql="select 7 a, 8 a, id from cities limit 1").json()
    assert found["rows"][0][:2] == [7, 8]
    assert hostile.memory() < 500 * 2**20


def test_it_ends_within_its_grace_whatever_a_reader_asked(hostile: Site, tmp_path: Path) -> None:
    with Site(hostile.database, tmp_path, "--sql") as site:
        url = httpx.URL(site.address)
        with socket.create_connection((url.host, url.port or 80)) as asking:
            query = urlencode({"sql": SLOW})
            asking.sendall(f"GET /cityflux?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert site.get("/-/assets/web.js").status_code == 200, "others are answered meanwhile"
            site.stop()
            assert b"200 OK" not in asking.recv(100)


METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS")
EVERYWHERE = (
    "/",
    "/-/index/strange",
    "/-/chart/ranking.svg?index=strange",
    f"/-/snapshot/{SHA256}/text",
    "/-/assets/web.js",
    "/cityflux",
    "/cityflux/cities",
    "/cityflux/cities/c0",
)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_the_pages_are_for_reading_alone(hostile: Site, path: str) -> None:
    for method in METHODS:
        answer = httpx.request(method, hostile.address + path, trust_env=False)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD"), method
    head = httpx.head(hostile.address + path, trust_env=False)
    assert (head.status_code, head.content) == (200, b"")


def test_it_listens_on_this_machine_alone_unless_told_otherwise(
    start: Start, hostile: Site
) -> None:
    assert hostile.address.startswith("http://127.0.0.1:")
    assert "Warning" not in hostile.log
    open_to_all = start(hostile.database, "--host", "0.0.0.0")
    (warning,) = [line for line in open_to_all.log.splitlines() if "Warning" in line]
    assert "docs/web.md" in warning


def test_a_taken_port_and_a_missing_database_are_named(hostile: Site, tmp_path: Path) -> None:
    port = str(httpx.URL(hostile.address).port)
    done = run_module(
        "cityflux", "--database", str(hostile.database), "web", "--port", port, cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Error: port {port} on 127.0.0.1 is in use; name another one, or 0 for any that is free"
    ]
    done = run_module("cityflux", "--database", "none.db", "web", cwd=tmp_path)
    assert done.returncode == 1
    assert "cityflux run --once" in done.stderr


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example:{port}", 421),
        ("evil.example", 421),
        ("", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1:{port}", 200),
        ("localhost", 200),
        ("LOCALHOST:{port}", 200),
        ("[::1]:{port}", 200),
        ("mine.example.org", 200),
        ("mine.example.org.:443", 200),
    ],
)
def test_it_answers_under_its_own_names_alone(named: Site, host: str, status: int) -> None:
    port = named.address.rpartition(":")[2]
    answer = httpx.get(named.address, headers={"Host": host.format(port=port)}, trust_env=False)
    assert answer.status_code == status
    if status == 421:
        assert answer.text.endswith("--name NAME\n")


@pytest.mark.parametrize(
    "options", [(), pytest.param(("--name", "mine.example.org"), marks=pytest.mark.deep)]
)
def test_what_everybody_reaches_may_have_any_name(
    made_once: Path, start: Start, options: tuple[str, ...]
) -> None:
    site = start(made_once / "data" / "cityflux.db", "--host", "0.0.0.0", *options)
    address = site.address.replace("0.0.0.0", "127.0.0.1")
    answer = httpx.get(address, headers={"Host": "any.example"}, trust_env=False)
    assert answer.status_code == (421 if options else 200)
