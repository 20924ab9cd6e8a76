"""Figures that are computed from other figures: ratios, changes, a neighbour's figure."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.catalog import sources_of
from core.contract import figures
from core.errors import PluginError
from core.plugin_manager import IndicatorPlugin, Plugins
from storage import catalog
from storage.database import write
from storage.observations import Figure, remove_figures, store_figures

if TYPE_CHECKING:
    import polars as pl


def derive_all(
    connection: sqlite3.Connection, plugins: Plugins, touched: set[str] | None = None
) -> tuple[int, dict[str, str]]:
    """Bring derived indicators up to date with their inputs, in one transaction.

    A derived figure whose inputs are gone goes as well; its lineage is kept cell by cell in
    ``derivations``.

    Args:
        connection: for writing.
        plugins: all plugins.
        touched: the indicators whose figures changed, if that is known; others are left alone.

    Returns:
        How many figures changed, and the errors by indicator.
    """
    derived = [
        plugin
        for plugin in plugins.indicators.values()
        if plugin.derived and (touched is None or touched & set(plugin.indicator.inputs))
    ]
    if not derived:
        return 0, {}
    inputs = read_inputs(connection, derived)
    cities = catalog.known_ids(connection, "cities")
    changed, errors = 0, {}
    with write(connection):
        for plugin in derived:
            try:
                found, lineage = derive_one(plugin, inputs, cities)
            except (Exception, SystemExit) as error:
                errors[plugin.indicator.id] = f"{type(error).__name__}: {error}"
                continue
            changed += _store(connection, plugin, found, lineage)
    return changed, errors


def read_inputs(connection: sqlite3.Connection, derived: Iterable[IndicatorPlugin]) -> pl.DataFrame:
    """The current figures of all inputs: indicator, city, period, value."""
    import polars as pl

    wanted = sorted({name for plugin in derived for name in plugin.indicator.inputs})
    rows = connection.execute(
        "SELECT indicator_id, city_id, period, value FROM current_observations "
        f"WHERE indicator_id IN ({', '.join('?' * len(wanted))}) "
        "ORDER BY indicator_id, city_id, period",
        wanted,
    ).fetchall()
    schema = {"indicator": pl.String, "city": pl.String, "period": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def derive_one(
    plugin: IndicatorPlugin, inputs: pl.DataFrame, cities: set[str]
) -> tuple[list[Figure], list[dict[str, Any]]]:
    """Compute one derived indicator: its figures, and what each rests on.

    Raises:
        PluginError: `derive` breaks its contract.
    """
    import polars as pl

    indicator = plugin.indicator
    own = inputs.filter(pl.col("indicator").is_in(indicator.inputs))
    frame = plugin.call("derive", figures=own)
    found = figures(frame, "derive", cities)
    lineage = _lineage(frame, indicator.inputs)
    known = set(own.select("indicator", "city", "period").iter_rows())
    for row in lineage:
        cell = (row["input_indicator_id"], row["input_city_id"], row["input_period"])
        if cell not in known:
            raise PluginError(f"derive() says it used {' '.join(cell)}, which has no figure")
    return found, lineage


def _lineage(frame: pl.DataFrame, inputs: tuple[str, ...]) -> list[dict[str, Any]]:
    """Cell by cell; without a column ``inputs``: all inputs, same city and period."""
    rows = []
    for row in frame.drop_nulls("value").iter_rows(named=True):
        city, period = row["city"], row["period"]
        same = [{"indicator": name, "city": city, "period": period} for name in inputs]
        rows += [
            {
                "city_id": city,
                "period": period,
                "input_indicator_id": cell["indicator"],
                "input_city_id": cell["city"],
                "input_period": cell["period"],
            }
            for cell in row.get("inputs") or same
        ]
    return rows


def _store(
    connection: sqlite3.Connection,
    plugin: IndicatorPlugin,
    found: list[Figure],
    lineage: list[dict[str, Any]],
) -> int:
    indicator_id = plugin.indicator.id
    source_id = next(source.id for source in sources_of(plugin) if source.access == "derived")
    changed = store_figures(connection, indicator_id, source_id, found)
    changed += remove_figures(connection, indicator_id, source_id, found)
    catalog.save_derivations(connection, indicator_id, lineage)
    return changed
