"""A small installation whose rows anybody may write: three indicators, two indices, one process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cityflux.core.app.job import Job, Outcome
from cityflux.core.app.session import Session
from cityflux.core.model.figure import Figure
from cityflux.storage.database import write
from cityflux.storage.observations import store_figures
from tests.series import ROOT

CITIES = ("shanghai", "beijing", "shenzhen", "guangzhou")
INDICATORS = ("rows.p", "rows.q", "rows.r")
#: Each index with its indicators: one reads what the other does not.
INDICES = {"both": INDICATORS[:2], "alone": INDICATORS[2:]}
SOURCE = "rows.source"
_PLUGIN = """
from cityflux import Indicator, Source, hookimpl


class One:
    def __init__(self, name):
        self.name = name

    @hookimpl
    def indicator(self):
        return Indicator(self.name, self.name, self.name, "个")

    @hookimpl
    def source(self):
        return Source("rows.source", "made up", "bundled:" + self.name, licence="made up",
            access="bundled")

    @hookimpl
    def fetch(self, http, source):
        return []

    @hookimpl
    def normalize(self, documents):
        raise AssertionError


@hookimpl
def register_indicators(register):
    for name in NAMES:
        register(One(name))
"""
_INDEX = """
id = "NAME"
name_zh = "NAME"
name_en = "NAME"
cities = CITIES
indicators = NAMES
[periods]
of = ["2020"]
[standardization]
method = "minmax"
[aggregation]
method = "mean"
"""


def make(folder: Path) -> Session:
    """Write configuration, plugin and indices, and fill the database."""
    (folder / "my_plugins").mkdir()
    code = _PLUGIN.replace("NAMES", repr(INDICATORS))
    (folder / "my_plugins" / "rows.py").write_text(code, encoding="utf-8")
    for index, names in INDICES.items():
        text = _INDEX.replace("NAMES", json.dumps(names)).replace("NAME", index)
        text = text.replace("CITIES", json.dumps(CITIES))
        (folder / f"{index}.toml").write_text(text, encoding="utf-8")
    others = [f"plugins.{path.stem}" for path in sorted((ROOT / "plugins").glob("[a-z]*.py"))]
    others.remove("plugins.cities")
    files = [str(folder / f"{index}.toml") for index in INDICES]
    (folder / "config.toml").write_text(
        f"[database]\npath = {json.dumps(str(folder / 'rows.db'))}\n"
        f"[plugins]\ndirs = [{json.dumps(str(folder / 'my_plugins'))}]\n"
        f"disabled = {json.dumps(others)}\n[indices]\nfiles = {json.dumps(files)}\n"
        "default = 'both'\n",
        encoding="utf-8",
    )
    session = Session(folder / "config.toml")
    with session.open() as connection:
        with write(connection):
            for place, name in enumerate(INDICATORS):
                values = [
                    Figure(city, "2020", float((place + 2) * (number + 1) % 7 + number))
                    for number, city in enumerate(CITIES)
                ]
                store_figures(connection, name, SOURCE, values)
        assert not Job(connection, session).compute(session.indices.values()).failed
    return session


def copy(made: Session, folder: Path) -> Session:
    """The same with a database of its own; the plugins are those that are loaded."""
    session = Session(made.config_file, folder / "rows.db")
    shutil.copy(made.database, session.database)
    for name in ("config", "plugins", "methods", "_index_files"):
        session.__dict__[name] = getattr(made, name)
    return session


def compute(session: Session, *, force: bool = False) -> Outcome:
    """Do the one job, as a command does it."""
    with session.open() as connection:
        return Job(connection, session).compute(session.indices.values(), force=force)
