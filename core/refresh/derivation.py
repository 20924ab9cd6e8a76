"""One derived indicator: what its plugin computes from the figures of its inputs, checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import PluginError
from cityflux.core.model.figure import Figure
from cityflux.core.plugin.contract import figures
from cityflux.core.plugin.manager import IndicatorPlugin

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Derived:
    """What came of a `derive`: figures, what each rests on, and what went wrong."""

    found: list[Figure]
    lineage: list[dict[str, Any]]
    error: str = ""


def inputs_frame(rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    """What `derive` gets, from rows of indicator, city, period and value."""
    import polars as pl

    schema = {"indicator": pl.String, "city": pl.String, "period": pl.String, "value": pl.Float64}
    return pl.DataFrame([*rows], schema=schema, orient="row")


def derive_one(plugin: IndicatorPlugin, own: pl.DataFrame, cities: Collection[str]) -> Derived:
    """Compute one derived indicator: its figures, and what each rests on.

    Args:
        plugin: the indicator.
        own: the figures of its inputs: indicator, city, period, value.
        cities: the ids of the cities that exist.

    Raises:
        PluginError: `derive` breaks its contract.
    """
    frame = plugin.call("derive", figures=own)
    found = figures(frame, "derive", cities)
    try:
        lineage = _lineage(frame, plugin.indicator.inputs)
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
    return Derived(found, lineage)


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
