"""The built-in plugins as pluggy sees them, and all their bundled figures."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import pluggy
import polars as pl
import pytest

from cityflux.core.plugin.hookspecs import ExtensionSpec, IndicatorSpec

MODULES = (
    "strategic_planning",
    "overall_economy",
    "industry",
    "regional_pull",
    "goods_commerce",
    "capital",
    "people",
    "information",
    "transport",
    "science_innovation",
    "advanced_services",
    "paper",
    "comparison",
)


def hooks_of(plugin: object) -> Any:
    """The hooks of one plugin, called as the refresh calls them: by keyword, to it alone."""
    manager = pluggy.PluginManager("cityflux")
    manager.add_hookspecs(IndicatorSpec)
    manager.register(plugin)
    manager.check_pending()
    return manager.hook


@pytest.fixture(scope="session")
def plugins() -> Mapping[str, Any]:
    """The hooks of every built-in indicator, by its id."""
    manager = pluggy.PluginManager("cityflux")
    manager.add_hookspecs(ExtensionSpec)
    for name in MODULES:
        manager.register(importlib.import_module(f"cityflux.plugins.{name}"), name)
    manager.check_pending()
    registered: list[object] = []
    manager.hook.register_indicators(register=registered.append)
    hooks = [hooks_of(plugin) for plugin in registered]
    by_id = {hook.indicator().id: hook for hook in hooks}
    assert len(by_id) == len(hooks), "two plugins declare one indicator"
    return by_id


@pytest.fixture(scope="session")
def figures(plugins: Mapping[str, Any]) -> pl.DataFrame:
    """Every bundled figure: indicator, source, priority, city, period, value, status, note."""
    frames: list[pl.DataFrame] = []
    for indicator_id, hook in plugins.items():
        for source in hook.source():
            if source.access != "bundled":
                continue
            documents = hook.fetch(http=None, source=source, since=None)
            frame = hook.normalize(
                documents=[document.for_source(source.id) for document in documents]
            )
            frames.append(
                frame.select(
                    pl.lit(indicator_id).alias("indicator"),
                    pl.lit(source.id).alias("source"),
                    pl.lit(source.priority).alias("priority"),
                    pl.all(),
                )
            )
    return pl.concat(frames)


@pytest.fixture(scope="session")
def current(figures: pl.DataFrame) -> pl.DataFrame:
    """The figure of the best source of each indicator, city and period."""
    return (
        figures.sort("priority")
        .unique(["indicator", "city", "period"], keep="first", maintain_order=True)
        .select("indicator", "city", "period", "value", "source")
    )
