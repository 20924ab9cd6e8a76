"""What the hook `derive` gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.core.plugin.manager import IndicatorPlugin

if TYPE_CHECKING:
    import polars as pl

Rows = Iterable[tuple[Any, ...]]
_FLOW = ("kind", "origin", "destination", "period")
_PLACE = ("id", "country", "region")
_DEGREES = ("latitude", "longitude")


class Inputs(NamedTuple):
    """What `derive` gets.

    Attributes:
        figures: indicator, city, period and value of the inputs that are indicators.
        flows: kind, origin, destination, period, value and unit of those that are flows.
        places: id, country, region, latitude and longitude of all cities, where there are flows.
    """

    figures: pl.DataFrame
    flows: pl.DataFrame
    places: pl.DataFrame

    @property
    def rows(self) -> int:
        """How many figures and flows there are."""
        return self.figures.height + self.flows.height

    def of(self, plugin: IndicatorPlugin) -> Inputs:
        """Those of one plugin."""
        import polars as pl

        wanted = plugin.indicator.inputs
        own, flows = self.figures.filter(pl.col("indicator").is_in(wanted)), self.flows
        if flows.height:
            flows = flows.filter(pl.col("kind").is_in(wanted))
        return Inputs(own, flows, self.places)


def inputs_of(figures: Rows, flows: Rows = (), places: Rows = ()) -> Inputs:
    """What `derive` gets, from rows."""
    import polars as pl

    text = pl.String
    return Inputs(
        *(
            pl.DataFrame([*rows], schema=schema, orient="row", strict=False)
            for rows, schema in (
                (figures, {"indicator": text, "city": text, "period": text, "value": pl.Float64}),
                (flows, {**dict.fromkeys(_FLOW, text), "value": pl.Float64, "unit": text}),
                (places, {**dict.fromkeys(_PLACE, text), **dict.fromkeys(_DEGREES, pl.Float64)}),
            )
        )
    )
