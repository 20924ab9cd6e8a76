"""`cityflux plugins check`: on a saved page, on the source itself, on inputs, and when it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cityflux import Document, web_table
from tests.conftest import Cityflux
from tests.core.plugin.written import FETCHED, GOOD, write
from tests.servers import LoopbackServer

LIVE = (
    GOOD.replace('"bundled-not:NAME"', '"https://office.invalid/table"')
    .replace('access="bundled"', 'schedule=""')
    .replace(FETCHED, 'return [http.get(source.address, params={"year": "2020"})]')
    .replace("[7.0]", "[float(documents[0].text)]")
)
DERIVED = """
import polars as pl
from cityflux import Indicator, hookimpl


@hookimpl
def indicator():
    return Indicator("local.double", "甲", "Double", "个", inputs=("INPUT",))


@hookimpl
def derive(figures):
    return figures.select("city", "period", pl.col("value") * 2)
"""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


def checked(cityflux: Cityflux, *arguments: str) -> dict[str, dict[str, Any]]:
    """What was said of each part, by its name."""
    done = cityflux("plugins", "check", *arguments, "--json")
    rows = {row["check"]: row for row in json.loads(done.stdout)}
    assert done.returncode == any(row["error"] for row in rows.values())
    return rows


def test_a_live_source_is_read_from_a_saved_page(cityflux: Cityflux, tmp_path: Path) -> None:
    path = str(write(tmp_path / "live.py", LIVE))
    for name, text in (("good", "12.5"), ("bad", "twelve")):
        (tmp_path / name).write_text(text)
    assert "local.live: office.live" not in checked(cityflux, path), "it is not asked unbidden"
    row = checked(cityflux, path, "--page", "good")["local.live: office.live"]
    assert (row["error"], row["note"]) == (None, "1 figure of 1 document")
    row = checked(cityflux, path, "--page", "bad")["local.live: office.live"]
    assert row["error"].startswith("ValueError: could not convert string to float: 'twelve' (")
    assert row["error"].endswith("live.py, line 23)")


def test_several_pages_answer_in_their_order(cityflux: Cityflux, tmp_path: Path) -> None:
    code = LIVE.replace("return [http.get(", "for n in range(9): yield (http.get(").replace(
        '"2020"})]', '"2020"}))'
    )
    code = code.replace('["shanghai"], "period": ["2020"]', "'shanghai', 'period': PERIODS")
    code = code.replace("[float(documents[0].text)]", "[float(each.text) for each in documents]")
    code = code.replace("PERIODS", "[str(2020 + n) for n in range(len(documents))]")
    path = str(write(tmp_path / "live.py", code))
    for name in ("1", "2"):
        (tmp_path / name).write_text(name)
    row = checked(cityflux, path, "--page", "1", "--page", "2")["local.live: office.live"]
    assert row["note"] == "2 figures of 2 documents"


def test_a_source_is_asked_once_where_that_is_wanted(
    cityflux: Cityflux, server: LoopbackServer, tmp_path: Path
) -> None:
    server.answer("/table", "12.5")
    address = f"http://127.0.0.1:{server.port}/table"
    path = str(write(tmp_path / "live.py", LIVE.replace("https://office.invalid/table", address)))
    (tmp_path / "config.toml").write_text('[client]\nallow_hosts = ["127.0.0.1"]\n')
    row = checked(cityflux, path, "--live")["local.live: office.live"]
    assert row["note"] == "1 figure of 1 document"
    assert server.count("/table") == 1
    assert not (tmp_path / "data").exists(), "nothing is stored"
    done = cityflux("plugins", "check", path, "--live", "--page", "config.toml")
    assert done.returncode == 2


def test_it_says_when_a_source_is_looked_at_next(cityflux: Cityflux, tmp_path: Path) -> None:
    path = str(write(tmp_path / "my_plugins" / "live.py", LIVE))
    said = checked(cityflux, path)["office.live: when"]["note"]
    every = "@monthly, after the frequency of its indicators; next: "
    assert said == every + "as soon as the daemon runs"
    assert cityflux("refresh", "local.live").returncode == 1  # a look that fails is a look
    assert checked(cityflux, path)["office.live: when"]["note"].startswith(every + "20")
    (tmp_path / "config.toml").write_text('[schedule]\n"office.live" = "@daily"\n')
    assert checked(cityflux, path)["office.live: when"]["note"].startswith("@daily; next: 20")
    (tmp_path / "config.toml").write_text('[schedule]\n"office.live" = ""\n')
    assert checked(cityflux, path)["office.live: when"]["note"].startswith("never: ")
    write(Path(path), LIVE.replace('schedule=""', 'schedule="often"'))
    (tmp_path / "config.toml").unlink()
    error = checked(cityflux, path)["office.live: when"]["error"]
    assert error.startswith("office.live: schedule 'often' is none that is known")
    bundled = str(write(tmp_path / "good.py"))
    assert checked(cityflux, bundled)["office.good: when"]["note"].startswith("bundled: ")


def test_derive_is_run_and_its_inputs_are_looked_up(cityflux: Cityflux, tmp_path: Path) -> None:
    folder = tmp_path / "my_plugins"
    write(folder / "good.py")
    path = str(write(folder / "double.py", DERIVED.replace("INPUT", "local.good")))
    row = checked(cityflux, path)["local.double: derive"]
    assert row["note"] == "4 figures of 4 made-up figures of its inputs"
    assert cityflux("refresh", "local.good").returncode == 0
    row = checked(cityflux, path)["local.double: derive"]
    assert row["note"] == "1 figure of 1 stored figure of its inputs"
    write(Path(path), DERIVED.replace("INPUT", "local.god"))
    row = checked(cityflux, path)["local.double: derive"]
    assert row["error"] == "no plugin declares its input 'local.god'; did you mean local.good?"


def test_what_is_no_plugin_is_named_with_one_that_is(cityflux: Cityflux) -> None:
    done = cityflux("plugins", "check", "plugins.capitol")
    assert (done.returncode, done.stderr) == (
        1,
        "Error: there is no plugin 'plugins.capitol'; did you mean plugins.capital?\n",
    )
    done = cityflux("plugins", "check", "absent.py")
    assert done.returncode == 1
    assert "absent.py: is not there" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("plugins.transport", marks=pytest.mark.deep),
        "plugins.regional_pull",
        "plugins.flows",
    ],
)
def test_the_built_in_ones_pass(name: str, home: Path, cityflux: Cityflux) -> None:
    rows = checked(cityflux, name)
    assert rows
    assert not [row for row in rows.values() if row["error"]]


def test_a_reader_that_is_called_wrongly_is_no_damage_of_the_page() -> None:
    text = "<table><tr><th>港<th>量</tr><tr><td>上海<td>1</tr></table>"
    page = Document("https://ports.example/", text.encode())
    with pytest.raises(TypeError, match=r"^table\(\): missing a required .*'city'"):
        web_table(page, value="量")  # type: ignore[call-arg]
