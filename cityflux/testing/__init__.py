"""Testing a plugin: fixtures of pytest, which finds them by itself where cityflux is installed.

::

    from pathlib import Path

    HERE = Path(__file__).parent

    def test_it_reads_a_saved_page(cityflux_plugin):
        plugin = cityflux_plugin("cinemas.py")                  # the file beside this test
        frame = plugin.figures({"https://…": HERE / "saved.html"})
        assert frame.filter(city="shanghai", period="2020")["value"].to_list() == [2.0]

    def test_it_is_stored(cityflux_plugin, cityflux_database):
        cityflux_database.refresh(cityflux_plugin("cinemas.py"), {"https://…": b"<table>…"})
        assert cityflux_database.rows("SELECT count(*) FROM observations") == [(4,)]

No host is asked: a live source is read from the pages that the test gives. Every pytest in an
environment with cityflux imports this module, so that it imports nothing else before it is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cityflux.core.plugin.saved import SavedPages
    from cityflux.testing.database import DatabaseInFolder
    from cityflux.testing.plugin import PluginInTest

__all__ = ["DatabaseInFolder", "PluginInTest", "SavedPages"]

_PLACES = {
    "DatabaseInFolder": "cityflux.testing.database",
    "PluginInTest": "cityflux.testing.plugin",
    "SavedPages": "cityflux.core.plugin.saved",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module 'cityflux.testing' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


@pytest.fixture
def cityflux_plugin(request: pytest.FixtureRequest) -> Callable[..., PluginInTest]:
    """Loads a plugin: a file or folder, by its path from the test, or the name of an installed one.

    Further paths are plugins that it rests on. What is wrong with it fails the test in one line.
    """
    from cityflux.core.model.errors import PluginError
    from cityflux.testing.plugin import PluginInTest

    def load(path: str | Path, *others: str | Path) -> PluginInTest:
        try:
            return PluginInTest.load(path, request.path.parent, others)
        except PluginError as error:
            return pytest.fail(str(error), pytrace=False)

    return load


@pytest.fixture
def cityflux_database(tmp_path: Path) -> DatabaseInFolder:
    """An empty database in a folder of the test's own."""
    from cityflux.testing.database import DatabaseInFolder

    return DatabaseInFolder(tmp_path / "cityflux.db")


@pytest.fixture
def cityflux_http() -> type[SavedPages]:
    """The client that answers from memory: ``cityflux_http({"https://…": b"…"})``."""
    from cityflux.core.plugin.saved import SavedPages

    return SavedPages
