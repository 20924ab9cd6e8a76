"""What plugins can add besides indicators: commands, events, wrappers, methods, cities, indices."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Cityflux

PLUGIN = '''
from pathlib import Path

import click
from cityflux import City, Document, Indicator, Source, hookimpl

LOG = Path(__file__).with_name("heard.txt")


def note(line):
    with LOG.open("a") as file:
        file.write(line + "\\n")


@hookimpl
def register_commands(cli):
    @cli.command()
    def hello():
        """Greet."""
        click.echo("hello from a plugin")


@hookimpl
def register_cities(register):
    register(City("atlantis", "亚特兰蒂斯", "Atlantis", country=""))


@hookimpl
def register_indices(register):
    register(str(Path(__file__).with_name("mine.toml")))


@hookimpl
def register_methods(register):
    import polars as pl

    register("standardization", "halved", lambda x: x / 2)


@hookimpl
def observations_changed(changes):
    note(f"changed {len(changes)} {changes[-1]['indicator_id']}")


@hookimpl
def refresh_failed(indicator_id, source_id, error):
    note(f"failed {indicator_id} {error}")


@hookimpl
def index_computed(index_id, run_id, changed):
    note(f"computed {index_id} {changed}")


@hookimpl
def prepare_connection(connection):
    connection.create_function("shout", 1, str.upper)


@hookimpl
def indicator():
    return Indicator("local.mine", "甲", "Mine", "个")


@hookimpl
def source():
    return Source("local.mine", "p", "file:x", licence="l", access="bundled")


@hookimpl
def fetch(http, source, since):
    return [Document("file:x", b"2 6")]


@hookimpl
def normalize(documents):
    import polars as pl

    numbers = [float(part) for part in documents[0].text.split()]
    cities = ["atlantis", "shanghai"]
    return pl.DataFrame({"city": cities, "period": ["2020"] * 2, "value": numbers})
'''
WRAPPER = """
from cityflux import hookimpl


@hookimpl(wrapper=True)
def normalize(documents):
    import polars as pl

    frame = yield
    if documents and documents[0].source_id == "local.mine":
        frame = frame.with_columns(pl.col("value") * 10)
    return frame
"""
INDEX = """
id = "mine"
name_zh = "我的"
name_en = "Mine"
cities = ["atlantis", "shanghai"]
indicators = ["local.mine"]
[periods]
of = ["2020"]
[standardization]
method = "halved"
"""


def test_a_plugin_adds_all_that_it_may(home: Path, cityflux: Cityflux) -> None:
    folder = home / "my_plugins"
    folder.mkdir()
    (folder / "adds.py").write_text(PLUGIN)
    (folder / "mine.toml").write_text(INDEX)
    (folder / "tenfold.py").write_text(WRAPPER)
    done = cityflux("run", "--once", "--offline", "mine")
    assert done.returncode == 0, done.stderr
    rows = json.loads(cityflux("show", "mine", "--json").stdout)
    scores = {row["city"]: row["score"] for row in rows if row["node"] == "mine"}
    assert scores == {"shanghai": 30, "atlantis": 10}
    heard = (folder / "heard.txt").read_text().splitlines()
    assert heard[0] == "changed 2 local.mine"
    assert "computed mine 4" in heard
    assert cityflux("hello").stdout == "hello from a plugin\n"
    assert "hello" in cityflux("--help").stdout


def test_many_changes_are_heard_in_portions(home: Path, cityflux: Cityflux) -> None:
    folder = home / "my_plugins"
    folder.mkdir()
    days = "[f'{1990 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}' for n in range(12_000)]"
    frame = f"pl.DataFrame({{'city': 'atlantis', 'period': {days}, 'value': 1.0}})"
    (folder / "adds.py").write_text(f"{PLUGIN.rpartition('return')[0]}return {frame}\n")
    (folder / "mine.toml").write_text(INDEX)
    done = cityflux("refresh", "local.mine")
    assert done.returncode == 0, done.stderr
    heard = (folder / "heard.txt").read_text().splitlines()
    assert heard == [f"changed {count} local.mine" for count in (5_000, 5_000, 2_000)]


def test_failures_are_heard(home: Path, cityflux: Cityflux) -> None:
    folder = home / "my_plugins"
    folder.mkdir()
    (folder / "adds.py").write_text(PLUGIN.replace('b"2 6"', 'b"two six"'))
    (folder / "mine.toml").write_text(INDEX)
    assert cityflux("run", "--once", "--offline").returncode == 1
    heard = (folder / "heard.txt").read_text()
    assert "failed local.mine ValueError" in heard


def test_a_disabled_plugin_or_indicator_is_left_out(home: Path, cityflux: Cityflux) -> None:
    (home / "config.toml").write_text(
        '[plugins]\ndisabled = ["plugins.capital", "overall_economy.gdp"]\n'
    )
    listed = json.loads(cityflux("plugins", "list", "--json").stdout)
    states = {row["name"]: row["state"] for row in listed}
    assert states["plugins.capital"] == "disabled"
    known = {row["id"] for row in json.loads(cityflux("indicators", "--json").stdout)}
    assert "overall_economy.gdp" not in known
    assert not any(name.startswith("capital.") for name in known)
    assert "transport.rail_passengers" in known


def test_a_city_with_a_bad_id_costs_its_plugin_alone(home: Path, cityflux: Cityflux) -> None:
    (home / "my_plugins").mkdir(exist_ok=True)
    (home / "my_plugins" / "places.py").write_text(
        "from cityflux import City, hookimpl\n\n\n@hookimpl\ndef register_cities(register):\n"
        "    register(City('110000', '北京', 'Beijing'))\n",
        encoding="utf-8",
    )
    done = cityflux("run", "--once", "--offline")
    assert done.returncode == 1
    assert "registers a city with the id '110000'" in done.stderr
    assert "流量指数" in done.stdout
