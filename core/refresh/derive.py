"""Figures that are computed from other figures: ratios, changes, a neighbour's figure."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import PluginError
from cityflux.core.model.figure import Figure
from cityflux.core.plugin.contract import figures
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.core.refresh.catalog import sources_of
from cityflux.core.refresh.isolation.derivations import Derivations, Derived
from cityflux.storage import catalog
from cityflux.storage.database import write
from cityflux.storage.observations import remove_figures, store_figures

if TYPE_CHECKING:
    import polars as pl


def derive_all(
    connection: sqlite3.Connection,
    plugins: Plugins,
    touched: set[str] | None = None,
    derivations: Derivations | None = None,
) -> tuple[int, dict[str, str]]:
    """Bring derived indicators up to date with their inputs, in one transaction.

    A derived figure whose inputs are gone goes as well; its lineage is kept cell by cell in
    ``derivations``.

    Args:
        connection: for writing.
        plugins: all plugins.
        touched: the indicators whose figures changed, if that is known; others are left alone.
        derivations: for plugins that are not built in; made and ended here if left out.

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
    with ExitStack() as stack:
        apart = derivations or stack.enter_context(Derivations(cities))
        results = [(plugin, _derive(plugin, inputs, cities, apart)) for plugin in derived]
    with write(connection):  # only now: whoever else writes does not wait for the plugins
        changed = sum(
            _store(connection, plugin, result.found, result.lineage)
            for plugin, result in results
            if not result.error
        )
    return changed, {plugin.indicator.id: done.error for plugin, done in results if done.error}


def _derive(
    plugin: IndicatorPlugin, inputs: pl.DataFrame, cities: set[str], derivations: Derivations
) -> Derived:
    """Compute one derived indicator, here or in a worker; what goes wrong becomes the error."""
    import polars as pl

    own = inputs.filter(pl.col("indicator").is_in(plugin.indicator.inputs))
    if plugin.apart:
        return derivations.derive(plugin, own.iter_rows())
    try:
        return Derived(*derive_one(plugin, own, cities))
    except (Exception, SystemExit) as error:
        return Derived([], [], plugin.told(error))


def read_inputs(connection: sqlite3.Connection, derived: Iterable[IndicatorPlugin]) -> pl.DataFrame:
    """The current figures of all inputs: indicator, city, period, value."""
    wanted = sorted({name for plugin in derived for name in plugin.indicator.inputs})
    rows = connection.execute(
        "SELECT indicator_id, city_id, period, value FROM current_observations "
        f"WHERE indicator_id IN ({', '.join('?' * len(wanted))}) "
        "ORDER BY indicator_id, city_id, period",
        wanted,
    ).fetchall()
    return inputs_frame(rows)


def inputs_frame(rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    """What `derive` gets, from rows of indicator, city, period and value."""
    import polars as pl

    schema = {"indicator": pl.String, "city": pl.String, "period": pl.String, "value": pl.Float64}
    return pl.DataFrame([*rows], schema=schema, orient="row")


def derive_one(
    plugin: IndicatorPlugin, own: pl.DataFrame, cities: Collection[str]
) -> tuple[list[Figure], list[dict[str, Any]]]:
    """Compute one derived indicator: its figures, and what each rests on.

    Args:
        plugin: the indicator.
        own: the figures of its inputs: indicator, city, period, value.
        cities: the ids of the cities that exist.

    Raises:
        PluginError: `derive` breaks its contract.
    """
    indicator = plugin.indicator
    frame = plugin.call("derive", figures=own)
    found = figures(frame, "derive", cities)
    try:
        lineage = _lineage(frame, indicator.inputs)
    except (KeyError, TypeError) as error:
        raise PluginError(
            "derive() returned a column inputs that holds something else than lists of "
            "{indicator, city, period}"
        ) from error
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
