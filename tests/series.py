"""A folder for a real daemon: one plugin of many series on a server, and an index over them."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CITIES = ("shanghai", "beijing", "shenzhen", "guangzhou")
PLUGIN = """
import json

import polars as pl
from cityflux import Indicator, Source, hookimpl


class Series:
    def __init__(self, number):
        self.name = f"NAME.series_{number}"
        self.address = f"ADDRESS{number}"

    @hookimpl
    def indicator(self):
        return Indicator(self.name, self.name, self.name, "个")

    @hookimpl
    def source(self):
        return Source(self.name, "made up", self.address, licence="made up", schedule="SCHEDULE")

    @hookimpl
    def fetch(self, http, source):
        return [http.get(source.address)]

    @hookimpl
    def normalize(self, documents):
        return pl.DataFrame(json.loads(documents[0].body))


@hookimpl
def register_indicators(register):
    for number in range(SERIES):
        register(Series(number))
"""
INDEX = """
id = "NAME"
name_zh = "NAME"
name_en = "NAME"
cities = CITIES
indicators = NAMES
[periods]
of = ["2020"]
[standardization]
method = "minmax"
within = "period"
[aggregation]
method = "mean"
"""


def series_names(name: str, count: int) -> list[str]:
    """The ids of the indicators."""
    return [f"{name}.series_{number}" for number in range(count)]


def prepare_series(
    folder: Path, name: str, address: str, count: int, schedule: str, config: str
) -> None:
    """Write the plugin, the index and the configuration; the built-in indicators are left out.

    Args:
        folder: where `cityflux` will run.
        name: of the plugin and of the index.
        address: of a series, to which its number is added; the answer has the columns of a frame.
        count: how many series there are.
        schedule: of each.
        config: what `config.toml` holds besides.
    """
    (folder / "my_plugins").mkdir()
    code = PLUGIN.replace("NAME", name).replace("ADDRESS", address)
    code = code.replace("SERIES", str(count)).replace("SCHEDULE", schedule)
    (folder / "my_plugins" / f"{name}.py").write_text(code, encoding="utf-8")
    index = INDEX.replace("CITIES", json.dumps(CITIES))
    index = index.replace("NAMES", json.dumps(series_names(name, count))).replace("NAME", name)
    (folder / f"{name}.toml").write_text(index, encoding="utf-8")
    modules = sorted(
        f"plugins.{path.stem}"
        for path in (ROOT / "plugins").glob("[a-z]*.py")
        if path.stem != "cities"
    )
    disabled = f"[plugins]\ndisabled = {json.dumps(modules)}\n"
    (folder / "config.toml").write_text(disabled + config, encoding="utf-8")
