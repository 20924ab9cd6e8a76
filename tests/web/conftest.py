"""Sites over the bundled data, and over databases that are harder to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.web import databases
from tests.web.site import Site

Start = Callable[..., Site]


@pytest.fixture(scope="session")
def site(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages over the bundled data."""
    with Site(made_once / "data" / "cityflux.db", tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages over a database in which all texts of others are hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    databases.hostile(folder / "hostile.db")
    with Site(folder / "hostile.db", folder, "--sql") as site:
        yield site


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the pages over a database, for one test."""
    with ExitStack() as stack:
        yield lambda database, *options: stack.enter_context(Site(database, tmp_path, *options))
