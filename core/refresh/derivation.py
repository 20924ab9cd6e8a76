"""One derived indicator: what its plugin computes from its inputs, checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import PluginError
from cityflux.core.model.figure import Figure
from cityflux.core.plugin.contract import figures
from cityflux.core.plugin.inputs import Inputs
from cityflux.core.plugin.manager import IndicatorPlugin

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Derived:
    """What came of a `derive`: figures, what each rests on, and what went wrong.

    Attributes:
        found: the figures.
        lineage: the figures that each rests on, as rows of ``derivations``.
        flows: the flows: city and period of the figure, kind and period of the flows.
        error: what went wrong.
    """

    found: list[Figure]
    lineage: list[dict[str, Any]]
    flows: list[tuple[str, str, str, str]]
    error: str = ""


def derive_one(plugin: IndicatorPlugin, own: Inputs, cities: Collection[str]) -> Derived:
    """Compute one derived indicator: its figures, and what each rests on.

    Args:
        plugin: the indicator.
        own: its inputs.
        cities: the ids of the cities that exist.

    Raises:
        PluginError: `derive` breaks its contract.
    """
    frame = plugin.call("derive", **own._asdict())
    found = figures(frame, "derive", cities)
    flowing = {*_rows(own.flows, "kind", "period")}
    kinds = {kind for kind, _ in flowing}
    try:
        cells = [*_lineage(frame, plugin.indicator.inputs)]
    except (KeyError, TypeError) as error:
        raise PluginError(
            "derive() returned a column inputs that holds something else than lists of "
            "{indicator, city, period}"
        ) from error
    known = {*_rows(own.figures, "indicator", "city", "period")}
    lineage, flows = [], set()
    for city, period, cell in cells:
        name, where, when = (cell[key] for key in ("indicator", "city", "period"))
        if name in kinds and (name, when) in flowing:
            flows.add((city, period, name, when))
        elif (name, where, when) in known:
            row = {"city_id": city, "period": period, "input_indicator_id": name}
            lineage.append({**row, "input_city_id": where, "input_period": when})
        else:
            raise PluginError(f"derive() says it used {name} {where} {when}, which has no figure")
    return Derived(found, lineage, sorted(flows))


def _rows(frame: pl.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
    """The values of some columns, row by row."""
    return zip(*(frame[name].to_list() for name in names), strict=True)


def _lineage(
    frame: pl.DataFrame, inputs: tuple[str, ...]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Cell by cell; without a column ``inputs``: all inputs, same city and period."""
    for row in frame.drop_nulls("value").iter_rows(named=True):
        city, period = row["city"], row["period"]
        same = [{"indicator": name, "city": city, "period": period} for name in inputs]
        for cell in row.get("inputs") or same:
            yield city, period, {key: cell[key] for key in ("indicator", "city", "period")}
