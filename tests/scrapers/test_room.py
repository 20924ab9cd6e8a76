"""The scrapers know how a kind of source speaks, and nothing of what we measure or where."""

from __future__ import annotations

import re
from pathlib import Path

import cityflux.scrapers
from cityflux.core.plugin.manager import load_plugins

FOLDER = Path(cityflux.scrapers.__file__).parent


def test_scrapers_name_no_indicator_and_no_city_of_ours() -> None:
    plugins = load_plugins()
    ours = {*plugins.indicators, *plugins.cities}
    assert len(ours) > 200
    assert {"people.population", "shanghai"} <= ours
    said = {
        f"{path.relative_to(FOLDER)}: {word}"
        for path in FOLDER.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
        for word in re.findall(r"\w+(?:\.\w+)*", path.read_text(encoding="utf-8"))
        if word in ours
    }
    assert not said
