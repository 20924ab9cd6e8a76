"""Running a plugin against its contract, and writing a new one that keeps it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Template

from cityflux.core.model.errors import CityfluxError, PluginError, UnitError
from cityflux.core.model.nouns import Source
from cityflux.core.model.units import dimension
from cityflux.core.plugin.contract import figures
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.scrapers.http.client import Client

_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


def check(plugins: Plugins, record_name: str, http: Client) -> Iterator[tuple[str, str]]:
    """Run a loaded plugin: declarations, then fetch and normalize where no network is needed.

    Yields:
        What was checked and what is wrong with it; ``""`` where nothing is.
    """
    record = next((each for each in plugins.records if each.name == record_name), None)
    if record is None:
        raise PluginError(
            f"there is no plugin {record_name!r}; list them with: cityflux plugins list"
        )
    if record.error:
        yield record_name, record.error
    for identifier in record.indicators:
        plugin = plugins.indicators[identifier]
        yield f"{identifier}: declaration", _declaration(plugin)
        for source in plugin.sources:
            if source.access == "bundled":
                yield f"{identifier}: {source.id}", _figures(plugin, source, plugins, http)


def _declaration(plugin: IndicatorPlugin) -> str:
    indicator = plugin.indicator
    if not _ID.fullmatch(indicator.id):
        return f"id {indicator.id!r}: use small letters, digits and _ in parts joined by dots"
    if not indicator.name_zh or not indicator.name_en:
        return "a name is missing; give name_zh and name_en"
    if indicator.direction not in (1, -1):
        return f"direction is {indicator.direction!r}; write 1 or -1"
    try:
        dimension(indicator.unit)
    except UnitError as error:
        return str(error)
    for source in plugin.sources:
        if not source.publisher or not source.licence:
            return f"source {source.id} lacks its publisher or licence; every figure needs both"
    return ""


def _figures(plugin: IndicatorPlugin, source: Source, plugins: Plugins, http: Client) -> str:
    try:
        fetched = plugin.call("fetch", http=http, source=source, since=None)
        documents = [document.for_source(source.id) for document in fetched or ()]
        frame = plugin.call("normalize", documents=documents)
        again = plugin.call("normalize", documents=documents)
        if not frame.equals(again):
            return "normalize() gave two answers for the same documents; make it pure"
        if not figures(frame, "normalize", plugins.cities):
            return "normalize() gave no figure"
    except CityfluxError as error:
        return str(error)
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def write_new(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a working one-file plugin and its test.

    Args:
        name: a Python name in small letters; it becomes the file and the end of the id.
        folder: where both go; made where it is not there.

    Raises:
        PluginError: the name is unfit, or a file is in the way.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise PluginError(f"{name!r} is no fit name; use small letters, digits and _")
    folder.mkdir(parents=True, exist_ok=True)
    written = (folder / f"{name}.py", folder / f"test_{name}.py")
    for path, template in zip(written, ("plugin.py.txt", "test_plugin.py.txt"), strict=True):
        if path.exists():
            raise PluginError(f"{path}: is there already; choose another name or remove it")
        text = (
            files("cityflux.core.plugin")
            .joinpath("templates", template)
            .read_text(encoding="utf-8")
        )
        path.write_text(Template(text).substitute(name=name), encoding="utf-8")
    return written
