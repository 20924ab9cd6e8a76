"""A stranger's plugins, outside the repository and with nothing but `from cityflux import …`."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cityflux.testing import PluginInTest
from tests.conftest import Cityflux
from tests.isolation.plugins import rows
from tests.servers import LoopbackServer

PORTS = """
from cityflux import Indicator, Source, hookimpl, web_table

@hookimpl
def indicator():
    return Indicator("local.ferries", "渡轮", "Ferries", "艘", frequency="monthly")

@hookimpl
def source():
    return Source("harbour.office", "港务局", "ADDRESS/ferries", licence="own")

@hookimpl
def fetch(http, source):
    return [http.get(source.address)]

@hookimpl
def normalize(documents):
    ids = {"上海": "shanghai", "广州": "guangzhou"}
    return web_table(documents[0], city="市", value="渡轮", period="月", unit="艘", cities=ids)
"""
TABLE = "<table><tr><th>市<th>月<th>渡轮（艘）</tr>{}</table>".format(
    "".join(
        f"<tr><td>{city}<td>2024-0{month}<td>{month}</tr>"
        for city in ("上海", "广州")
        for month in (1, 2)
    )
)
FIFTY = """
import polars as pl
from cityflux import Indicator, Page, Source, hookimpl


def read(documents):
    names = documents[0].json()
    frame = pl.DataFrame({"place": [*names], "value": [float(value) for value in names.values()]})
    return frame.with_columns(city=pl.lit("shanghai"), period=pl.lit("2024"), unit=pl.lit("万人"))


PAGE = Page(Source("office.fifty", "p", "ADDRESS/fifty", licence="own"), read=read)


@hookimpl
def register_indicators(register):
    for n in range(50):
        indicator = Indicator(f"local.fifty_{n}", f"第{n}", f"No {n}", "人")
        register(PAGE.indicator(indicator, f"row {n}"))
"""
VALUES = {f"row {n}": n for n in range(50)}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        running.answer("/ferries", TABLE)
        running.answer("/fifty", json.dumps(VALUES))
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: LoopbackServer) -> Path:
    (tmp_path / "config.toml").write_text('[client]\nallow_hosts = ["127.0.0.1"]\n')
    (tmp_path / "my_plugins").mkdir()
    for name, code in (("ports", PORTS), ("fifty", FIFTY)):
        text = code.replace("ADDRESS/", server.address("/"))
        (tmp_path / "my_plugins" / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("code", [PORTS, FIFTY])
def test_they_import_from_cityflux_alone(code: str) -> None:
    found = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.ImportFrom)]
    assert [each.module for each in found] == ["cityflux"]


def test_a_table_on_a_web_page_takes_four_functions_of_ten_lines(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    body = [line for line in PORTS.splitlines() if line.strip() and line != "@hookimpl"]
    assert len(body) == 10
    done = cityflux("refresh", "local.ferries")
    assert (done.returncode, done.stderr) == (0, "")
    stored = "SELECT city_id, period, value FROM observations WHERE indicator_id = 'local.ferries'"
    assert rows(folder, f"{stored} ORDER BY 1, 2") == [
        (city, f"2024-0{month}", month) for city in ("guangzhou", "shanghai") for month in (1, 2)
    ]
    (folder / "saved.html").write_text(TABLE, encoding="utf-8")
    done = cityflux("plugins", "check", "my_plugins/ports.py", "--page", "saved.html")
    assert done.returncode == 0
    assert "harbour.office: 4 figures of 1 document" in done.stdout
    assert "harbour.office: when: @daily, after the frequency of its indicators" in done.stdout


def test_a_page_of_fifty_indicators_is_fetched_once_and_is_one_fetch(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    names = [f"local.fifty_{n}" for n in range(50)]
    done = cityflux("refresh", *names)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.count("/fifty") == 1
    assert rows(folder, "SELECT count(*) FROM fetches") == [(1,)]
    stored = dict(rows(folder, "SELECT indicator_id, value FROM observations"))
    assert stored == {f"local.fifty_{n}": n * 10_000 for n in range(50)}
    done = cityflux("plugins", "check", "my_plugins/fifty.py", "--live")
    assert done.stdout.count("office.fifty: 1 figure of 1 document") == 50
    assert server.count("/fifty") == 2


def test_a_mistake_in_reading_the_page_is_told_once_with_its_line(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    server.answer("/fifty", json.dumps(["another layout"]))
    done = cityflux("refresh", *(f"local.fifty_{n}" for n in range(50)))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("failed: 50 indicators from office.fifty: AttributeError: ")
    assert line.endswith("(my_plugins/fifty.py, line 8)")


def test_both_are_tested_with_the_fixtures(folder: Path, cityflux_plugin, server) -> None:  # type: ignore[no-untyped-def]
    ports: PluginInTest = cityflux_plugin(folder / "my_plugins" / "ports.py")
    assert ports.figures({server.address("/ferries"): TABLE})["value"].to_list() == [1, 2, 1, 2]
    fifty: PluginInTest = cityflux_plugin(folder / "my_plugins" / "fifty.py")
    pages = {server.address("/fifty"): json.dumps(VALUES)}
    frame = fifty.figures(pages, indicator="local.fifty_7")
    assert frame["value"].to_list() == [70_000]
