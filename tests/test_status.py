"""What `cityflux status` says where no daemon runs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Cityflux

PLUGIN = """
from cityflux import Indicator, Source, hookimpl


class One:
    def __init__(self, name, source):
        self.name, self.from_source = name, source

    @hookimpl
    def indicator(self):
        return Indicator(self.name, self.name, self.name, "个")

    @hookimpl
    def source(self):
        return Source(self.from_source, "p", "file:none", licence="l")

    @hookimpl
    def fetch(self):
        raise OSError(f"{self.from_source} is closed")

    @hookimpl
    def normalize(self, documents):
        return None


@hookimpl
def register_indicators(register):
    for name, source in (("a", "office"), ("b", "office"), ("c", "office"), ("d", "museum")):
        register(One(f"local.{name}", f"local.{source}"))
"""


def test_what_failed_together_is_told_once(home: Path, cityflux: Cityflux) -> None:
    folder = home / "my_plugins"
    folder.mkdir()
    (folder / "family.py").write_text(PLUGIN)
    assert cityflux("refresh", *(f"local.{name}" for name in "abcd")).returncode == 1
    text = cityflux("status").stdout.partition("\nfailed\n")[2]
    told = [line.split("  ")[0] for line in text.splitlines() if "is closed" in line]
    assert sorted(told) == ["3 indicators", "local.d"]
    failed = json.loads(cityflux("status", "--json").stdout)["failed"]
    assert {row["indicator_id"] for row in failed} == {f"local.{name}" for name in "abcd"}
