"""What an author of a plugin tests it with: `cityflux.testing`, and what `plugins new` writes."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import cityflux
from cityflux.core.model.errors import Failed, Missing, PluginError, Refused
from cityflux.core.plugin.saved import Answer
from cityflux.testing import DatabaseInFolder, PluginInTest, SavedPages
from tests.conftest import Cityflux
from tests.core.plugin.written import FETCHED, FILES, GOOD, READ, write

ROOT = Path(__file__).resolve().parents[1]
Load = Callable[..., PluginInTest]
LIVE = (
    GOOD.replace('"bundled-not:NAME"', '"https://office.invalid/table"')
    .replace('access="bundled"', "secrets=()")
    .replace(FETCHED, 'return [http.get(source.address, params={"year": "2020"})]')
    .replace("[7.0]", "[float(documents[0].text)]")
)
ADDRESS = "https://office.invalid/table?year=2020"
DERIVED = """
import polars as pl
from cityflux import Indicator, hookimpl


@hookimpl
def indicator():
    return Indicator("local.double", "甲", "Double", "个", inputs=("local.good",))


@hookimpl
def derive(figures):
    return figures.select("city", "period", pl.col("value") * 2)
"""


def test_a_plugin_is_run_on_what_it_brings_along(
    cityflux_plugin: Load, cityflux_database: DatabaseInFolder, tmp_path: Path
) -> None:
    plugin = cityflux_plugin(write(tmp_path / "good.py"))
    assert plugin.indicator.id == "local.good"
    assert [source.id for source in plugin.sources] == ["office.good"]
    assert plugin.problems() == []
    (document,) = plugin.documents()
    assert (document.body, document.source_id) == (b"7 3", "office.good")
    assert plugin.figures().equals(plugin.read([document]))
    assert plugin.figures()["value"].to_list() == [7.0]
    assert cityflux_database.refresh(plugin) == 1
    assert cityflux_database.refresh(plugin) == 0
    query = "SELECT period, value FROM observations WHERE city_id = ?"
    assert cityflux_database.rows(query, "shanghai") == [("2020", 7.0)]
    assert cityflux.open(cityflux_database.path).indices().is_empty()


@pytest.mark.parametrize("kind", ["bytes", "text", "file", "client"])
def test_a_live_plugin_is_run_on_saved_pages(
    kind: str, cityflux_plugin: Load, cityflux_http: type[SavedPages], tmp_path: Path
) -> None:
    plugin = cityflux_plugin(write(tmp_path / "live.py", LIVE))
    (tmp_path / "saved.txt").write_text("12.5")
    if kind == "client":
        http = cityflux_http({ADDRESS: "12.5"})
        assert plugin.figures(http)["value"].to_list() == [12.5]
        assert http.requests == [ADDRESS]
    else:
        pages: dict[str, Answer] = {
            "bytes": b"12.5",
            "text": "12.5",
            "file": tmp_path / "saved.txt",
        }
        assert plugin.figures({ADDRESS: pages[kind]})["value"].to_list() == [12.5]


def test_what_a_live_plugin_reads_is_stored(
    cityflux_plugin: Load, cityflux_database: DatabaseInFolder, tmp_path: Path
) -> None:
    plugin = cityflux_plugin(write(tmp_path / "live.py", LIVE))
    assert cityflux_database.refresh(plugin, {ADDRESS: b"12.5"}) == 1
    assert cityflux_database.refresh(plugin, {ADDRESS: b"13"}) == 1
    assert cityflux_database.rows("SELECT value FROM revisions") == [(12.5,)]
    kept = cityflux_database.rows("SELECT count(*) FROM snapshots")
    assert kept == [(2,)]
    with pytest.raises(PluginError, match=r"no page is saved; those that are: none"):
        cityflux_database.refresh(plugin)
    with pytest.raises(PluginError, match=r"local\.live from office\.live: office is closed"):
        cityflux_database.refresh(plugin, {ADDRESS: Failed("office is closed")})


def test_a_computed_one_is_run_on_figures_that_are_given(
    cityflux_plugin: Load, cityflux_database: DatabaseInFolder, tmp_path: Path
) -> None:
    write(tmp_path / "double.py", DERIVED)
    plugin = cityflux_plugin(tmp_path / "double.py")
    frame = plugin.derive([("local.good", "beijing", "2020", 4.0)])
    assert frame.rows() == [("beijing", "2020", 8.0)]
    (problem,) = plugin.problems()
    assert problem.endswith("no plugin declares its input 'local.good'")
    good = write(tmp_path / "good.py")
    assert cityflux_plugin(tmp_path / "double.py", good).problems() == []
    cityflux_database.refresh(cityflux_plugin(good))
    assert cityflux_database.refresh(plugin) == 1
    query = "SELECT value FROM observations WHERE indicator_id = 'local.double'"
    assert cityflux_database.rows(query) == [(14.0,)]


def test_what_breaks_the_contract_fails_the_test(cityflux_plugin: Load, tmp_path: Path) -> None:
    plugin = cityflux_plugin(write(tmp_path / "listed.py", GOOD.replace(READ, "return [1]")))
    with pytest.raises(PluginError, match=r"normalize\(\) returned a list; return a polars"):
        plugin.figures()
    code = GOOD.replace("[7.0]", "[__import__('random').random()]")
    plugin = cityflux_plugin(write(tmp_path / "moody.py", code))
    with pytest.raises(PluginError, match="two answers for the same documents"):
        plugin.figures()
    write(tmp_path / "misspelt.py", FILES["misspelt"][0])
    with pytest.raises(pytest.fail.Exception, match=r"normalise\(\) is no hook; did you mean norm"):
        cityflux_plugin(tmp_path / "misspelt.py")
    with pytest.raises(pytest.fail.Exception, match=r"absent\.py: is not there"):
        cityflux_plugin(tmp_path / "absent.py")


def test_saved_pages_answer_as_the_client_does() -> None:
    http = SavedPages(
        {"https://a.invalid/": [b"1", b"2"], "*": "else"},
        secrets={"key": "k"},
        kept=["https://a.invalid/?p=1&p=2"],
    )
    assert [http.get("https://a.invalid/").text for _ in range(3)] == ["1", "2", "2"]
    assert http.post("https://b.invalid/", json={}).text == "else"
    assert http.known("https://a.invalid/", {"p": ["1", "2"]})
    assert not http.known("https://a.invalid/")
    assert http.secret("key") == "k"
    with pytest.raises(Refused, match="the secret other is not set"):
        http.secret("other")
    with pytest.raises(Missing, match="no page is saved"):
        SavedPages({}).get("https://a.invalid/")


def entry_points(site: Path) -> Path:
    """Lay down what an installer does, so that pytest finds the fixtures by the declared name."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [f"{name} = {value}" for name, value in declared["entry-points"]["pytest11"].items()]
    info = site / "cityflux_fixtures-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cityflux-fixtures\nVersion: 1\n")
    (info / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))
    return site


def pytest_in(folder: Path, *arguments: str, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_new_writes_passes_in_an_empty_folder(cityflux: Cityflux, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    assert cityflux("plugins", "new", "cinemas", "--dir", str(folder)).returncode == 0
    assert cityflux("plugins", "check", str(folder / "cinemas.py")).returncode == 0
    for file in folder.glob("*.py"):
        ours = [line for line in file.read_text("utf-8").splitlines() if "import" in line]
        assert not [line for line in ours if "cityflux." in line], "only `from cityflux import …`"
    site = entry_points(tmp_path / "site")
    done = pytest_in(folder, site=site)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "3 passed" in done.stdout
    # Who tests something else gets nothing of ours but two small modules.
    (folder / "test_other.py").write_text(
        "import sys\n\ndef test_it():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] == 'cityflux'}\n"
        "    assert ours == {'cityflux', 'cityflux.testing'}\n"
        "    assert 'polars' not in sys.modules\n"
    )
    done = pytest_in(folder, "test_other.py", site=site)
    assert done.returncode == 0, done.stdout
