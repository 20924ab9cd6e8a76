"""Runs the worked example of a page of docs/sources against a server of a test."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import polars as pl

from cityflux.core.model.http import Http
from cityflux.core.plugin.hookspecs import ExtensionSpec, IndicatorSpec

DOCS = Path(__file__).resolve().parents[2] / "docs" / "sources"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.S | re.M)


def example(page: str, folder: Path) -> ModuleType:
    """Write the first Python block of a page to a file and import it, as a plugin folder would."""
    block = _BLOCK.search((DOCS / f"{page}.md").read_text(encoding="utf-8"))
    assert block is not None, f"{page}.md shows no Python example"
    path = folder / f"example_{page}.py"
    path.write_text(block.group(1), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(plugin: object, http: Http, address: str, since: str | None = None) -> pl.DataFrame:
    """Let one indicator plugin fetch from ``address`` and normalize, through its hooks."""
    manager = pluggy.PluginManager("cityflux")
    manager.add_hookspecs(IndicatorSpec)
    manager.add_hookspecs(ExtensionSpec)
    manager.register(plugin)
    manager.check_pending()
    indicator = manager.hook.indicator()
    assert indicator.unit
    source = replace(manager.hook.source(), address=address)
    documents = list(manager.hook.fetch(http=http, source=source, since=since))
    frame: pl.DataFrame = manager.hook.normalize(documents=documents)
    assert {"city", "period", "value"} <= set(frame.columns)
    assert frame["value"].null_count() == 0
    return frame


def members(module: ModuleType) -> list[Any]:
    """The plugins that a family hands over."""
    handed: list[Any] = []
    module.register_indicators(handed.append)
    return handed
