"""The report on the bundled figures, written once in each language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import made_by_one, run_module
from tests.report.world import Page, World, world

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="session")
def written(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files that ``cityflux report`` wrote: ``zh`` and ``en``."""
    database = str(made_once / "data" / "cityflux.db")

    def write(folder: Path) -> None:
        for language in LANGUAGES:
            choice = ["--city", "shanghai", "--lang", language, "--out", f"{language}.html"]
            done = run_module(
                "cityflux", "--database", database, "report", "flow_index", *choice, cwd=folder
            )
            assert done.returncode == 0, done.stderr

    folder = made_by_one(tmp_path_factory, "reports", write)
    return {language: folder / f"{language}.html" for language in LANGUAGES}


@pytest.fixture(scope="session")
def pages(written: dict[str, Path]) -> dict[str, Page]:
    """The same, read again."""
    return {language: Page(file.read_text("utf-8")) for language, file in written.items()}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A database of three cities without a figure."""
    with world(tmp_path) as made:
        yield made
