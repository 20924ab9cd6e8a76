"""Small databases for reports: some cities, some groups of indicators, some figures."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import html5lib

from cityflux.core.engine.compute import compute
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import Figure
from cityflux.core.reading.facts import Facts, gather
from cityflux.core.report.html import html
from cityflux.core.report.markdown import markdown
from cityflux.core.report.report import make_report
from cityflux.core.words.catalogue import Code
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures

CITIES = ("a", "b", "c")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "g1": ("x1", "x2"),
    "g2": ("x3",),
    "g3": ("x4", "x5"),
}
Names = Mapping[str, tuple[str, str]]


class World:
    """A database with an index ``i`` of three cities and three groups, empty at first."""

    def __init__(self, connection: sqlite3.Connection, names: Names | None = None) -> None:
        self.connection = connection
        self.names = names or {}
        rows = [self._named(city) | {"latitude": None, "longitude": None} for city in CITIES]
        publisher, reference = self.names.get("s", ("统计局", "年鉴 <https://example.org/y>"))
        source = {"id": "s", "publisher": publisher, "reference": reference}
        with write(connection):
            catalog.save_cities(connection, rows)
            catalog.save_sources(connection, [source])
            for name in (leaf for leaves in GROUPS.values() for leaf in leaves):
                catalog.save_indicators(connection, [self._named(name) | {"unit": "亿元"}])

    def _named(self, key: str) -> dict[str, Any]:
        name_zh, name_en = self.names.get(key, (f"名{key}", f"name {key}"))
        return {"id": key, "name_zh": name_zh, "name_en": name_en}

    def put(self, indicator: str, *rows: tuple[str, str, float], note: str = "") -> None:
        """Store figures: city, period, value."""
        figures = [Figure(*row, note=note) for row in rows]
        with write(self.connection):
            store_figures(self.connection, indicator, "s", figures)

    def fill(self, *years: str) -> None:
        """Give every city a figure of every indicator in every year, all different."""
        leaves = [leaf for leaves in GROUPS.values() for leaf in leaves]
        for place, leaf in enumerate(leaves, 1):
            rows = [
                (city, year, 10.0 * place + (place * (number + 1)) % 4 + step)
                for number, city in enumerate(CITIES)
                for step, year in enumerate(years)
            ]
            self.put(leaf, *rows)

    def index(self, **changes: Any) -> Definition:
        """The definition of ``i``."""
        nodes = [
            {"id": group, **self._names_of(group), "indicators": list(leaves)}
            for group, leaves in GROUPS.items()
        ]
        values = {
            "id": "i",
            **self._names_of("i"),
            "cities": list(CITIES),
            "periods": {"of": ["2020"]},
            "nodes": nodes,
            **changes,
        }
        return parse_definition(values, "test")

    def _names_of(self, key: str) -> dict[str, Any]:
        return {name: text for name, text in self._named(key).items() if name != "id"}

    def compute(self, **changes: Any) -> Facts:
        """Compute ``i`` and gather the facts of its last period."""
        compute(self.connection, self.index(**changes), Methods(), "1.2.3")
        return gather(self.connection, "i")


@contextmanager
def world(folder: Path, names: Names | None = None) -> Iterator[World]:
    """A database in a folder."""
    with open_database(folder / "t.db") as connection:
        yield World(connection, names)


def parsed(text: str) -> Any:
    """Read HTML with a parser that forgives nothing."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def text_of(element: Any) -> str:
    """All text below an element, on one line."""
    return " ".join(" ".join(element.itertext()).split())


class Page:
    """A report as HTML, read again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = parsed(text)
        self.ids = [each.get("id") for each in self.tree.iter() if each.get("id")]

    def section(self, name: str) -> str:
        """The text of a section."""
        return text_of(self.element(name))

    def element(self, name: str) -> Any:
        """The element of an id."""
        return next(each for each in self.tree.iter() if each.get("id") == name)

    @property
    def links(self) -> list[str]:
        """Where the links lead."""
        return [each.get("href") for each in self.tree.iter("a")]


def page(facts: Facts, language: Code = "en", **choice: Any) -> Page:
    """The report on these facts as a page."""
    return Page(html(make_report(facts, language, **choice)))


def told(facts: Facts, language: Code = "en", **choice: Any) -> dict[str, str]:
    """What each section of the report says, by its id: texts and tables, without the drawings."""
    text = markdown(make_report(facts, language, **choice))
    parts = re.split(r'^<a id="([^"]+)"></a>$', text, flags=re.MULTILINE)
    return {
        name: " ".join(part.split()) for name, part in zip(parts[1::2], parts[2::2], strict=True)
    }
