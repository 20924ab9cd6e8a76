"""Cities and indicators without Python: ``NAME.meta.toml`` in a plugin folder.

::

    [[cities]]
    id = "kunming"
    name_zh = "昆明"
    name_en = "Kunming"

    [[indicators]]
    id = "local.cinemas"
    name_zh = "电影院"
    name_en = "Cinemas"
    unit = "家"

What is declared like this is fetched by nobody; its figures come with ``cityflux import``. Beside
them ``indices = ["NAME.index.toml"]``, before the first ``[[``, names index definitions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import PluginError
from cityflux.core.model.nouns import City, Indicator, Source
from cityflux.core.model.toml import read_toml
from cityflux.core.plugin.hookspecs import hookimpl

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.model.document import Document
    from cityflux.core.model.http import Http

#: How the names of such files end.
SUFFIX = ".meta.toml"

_PUBLISHED = ("publisher", "licence")
_LISTS = ("aliases",)


class DataFile:
    """The plugin that such a file is.

    Args:
        path: the file.

    Raises:
        PluginError: it is no TOML, or holds something else than cities and indicators.
    """

    def __init__(self, path: Path) -> None:
        try:
            found = read_toml(path)
        except (OSError, ValueError) as error:
            raise PluginError(f"cannot be read as TOML: {error}") from None
        if unknown := sorted(found.keys() - {"cities", "indicators", "indices"}):
            raise PluginError(
                f"{unknown[0]} means nothing here; write [[cities]], [[indicators]], indices"
            )
        files = found.get("indices", [])
        if not isinstance(files, list) or not all(isinstance(each, str) for each in files):
            raise PluginError('indices is no list of files; write indices = ["name.index.toml"]')
        self._indices = [str(path.parent / each) for each in files]
        source = f"declared.{path.name.removesuffix(SUFFIX)}"
        self._cities = [City(**_known(City, row)) for row in _rows(found, "cities")]
        self._indicators = [_Declared(row, source, path.name) for row in _rows(found, "indicators")]

    @hookimpl
    def register_cities(self, register: Callable[[City], None]) -> None:
        """Hand over the cities."""
        for city in self._cities:
            register(city)

    @hookimpl
    def register_indices(self, register: Callable[[str], None]) -> None:
        """Hand over the index definitions."""
        for path in self._indices:
            register(path)

    @hookimpl
    def register_indicators(self, register: Callable[[object], None]) -> None:
        """Hand over the indicators."""
        for indicator in self._indicators:
            register(indicator)


class _Declared:
    """An indicator of which figures are taken in, and never fetched."""

    def __init__(self, row: Mapping[str, Any], source: str, file: str) -> None:
        said = {name: row[name] for name in _PUBLISHED if name in row}
        own = _known(Indicator, {name: row[name] for name in row.keys() - {*_PUBLISHED}})
        self._indicator = Indicator(**own)
        self._source = Source(
            id=source,
            publisher=said.get("publisher", "whoever took the figures in"),
            address=f"declared:{file}",
            licence=said.get("licence", "not stated"),
            access="declared",
        )

    @hookimpl
    def indicator(self) -> Indicator:
        """What the file declares."""
        return self._indicator

    @hookimpl
    def source(self) -> Source:
        """Nobody's pages: the figures are taken in."""
        return self._source

    @hookimpl
    def fetch(self, http: Http, source: Source, since: str | None) -> list[Document]:
        """Nothing to fetch."""
        return []

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        """Nothing to read."""
        import polars as pl

        return pl.DataFrame(schema={"city": pl.String, "period": pl.String, "value": pl.Float64})


def table_text(table: str, row: Mapping[str, object]) -> str:
    """A row of such a file, or of an index definition, as it is written."""
    lines = [f"{name} = {toml_value(value)}" for name, value in row.items()]
    return "\n".join([f"[[{table}]]", *lines, ""])


def toml_value(value: object) -> str:
    """A text, a number, or a list or a table of such, as TOML writes it."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{name} = {toml_value(each)}" for name, each in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _rows(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = found.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PluginError(f"{name} is no list of tables; write [[{name}]] before each")
    return rows


def _known(kind: type, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as arguments of a noun.

    Raises:
        PluginError: it lacks one that is needed, or has one that means nothing.
    """
    names = [each.name for each in fields(kind)]
    named = row.get("id", "one without an id")
    if unknown := sorted(row.keys() - {*names}):
        raise PluginError(f"{named}: {unknown[0]} means nothing here; there are {', '.join(names)}")
    needed = ("id", "name_zh", "name_en", *(["unit"] if kind is Indicator else []))
    if missing := [name for name in needed if name not in row]:
        raise PluginError(f"{named}: {missing[0]} is missing")
    return {name: tuple(row[name]) if name in _LISTS else row[name] for name in row}
