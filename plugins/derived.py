"""Indicators that are computed from others: ratios, yearly changes, a neighbour's figure.

Every formula takes the figures of its inputs, a frame with indicator, city, period and value, and
gives city, period, value and ``inputs``: for each figure the ones that it rests on. A figure that
lacks one of its inputs is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cityflux import COMPUTED, Indicator, Page, Place, Source, hookimpl
from cityflux.plugins import bundle
from cityflux.plugins.published import Published

if TYPE_CHECKING:
    import polars as pl

    Formula = Callable[..., pl.DataFrame]


class Derived(Published):
    """An indicator that is computed; somebody may have published it for other periods too.

    Its sources say which way a figure comes: ``derived`` ones through `derive`, ``bundled`` ones
    through `fetch` and `normalize`.

    Args:
        indicator: the declaration, with its inputs.
        formula: takes the figures of the inputs, gives the figures of the indicator.
        live: what else stands on the network, see `Published`.
        settings: what else the formula wants to know.
    """

    def __init__(
        self,
        indicator: Indicator,
        formula: Formula,
        live: Sequence[Page | Place | Source] = (),
        **settings: Any,
    ) -> None:
        super().__init__(indicator, live=(*live, COMPUTED))
        self._formula, self._settings = formula, settings

    @hookimpl
    def derive(self, figures: pl.DataFrame) -> pl.DataFrame:
        """Compute the indicator from its inputs."""
        return self._formula(figures, **self._settings)


def ratio(figures: pl.DataFrame, *, numerator: str, denominator: str) -> pl.DataFrame:
    """Compute numerator / denominator × 100, per city and period, in %.

    A denominator of zero gives no figure.
    """
    import polars as pl

    above, below = (_known(figures, indicator) for indicator in (numerator, denominator))
    return (
        above.join(below, on=["city", "period"], suffix="_below")
        .filter(pl.col("value_below") != 0)
        .select(
            "city",
            "period",
            value=pl.col("value") / pl.col("value_below") * 100,
            inputs=pl.concat_list(_input(numerator), _input(denominator)),
        )
        .sort("city", "period")
    )


def yearly_change(figures: pl.DataFrame, *, level: str) -> pl.DataFrame:
    """Compute the level of a year minus that of the year before.

    A change over a break of the level would be one of definition and is left out.
    """
    import polars as pl

    levels = (
        _known(figures, level)
        .filter(pl.col("period").str.contains(r"^\d{4}$"))
        .with_columns(year=pl.col("period").cast(pl.Int32))
    )
    before = levels.with_columns(pl.col("year") + 1)
    broken = [(each.city, int(each.period[:4])) for each in bundle.breaks().get(level, ())]
    everywhere = [year for city, year in broken if not city]
    single = pl.DataFrame(broken, schema={"city": pl.String, "year": pl.Int32}, orient="row")
    return (
        levels.join(before, on=["city", "year"], suffix="_before")
        .filter(~pl.col("year").is_in(everywhere))
        .join(single, on=["city", "year"], how="anti")
        .select(
            "city",
            "period",
            value=pl.col("value") - pl.col("value_before"),
            inputs=pl.concat_list(_input(level), _input(level, period="period_before")),
        )
        .sort("city", "period")
    )


def total(
    figures: pl.DataFrame,
    *,
    parts: Sequence[str],
    cities: Sequence[str],
    since: str,
    without: Collection[tuple[str, str]] = (),
) -> pl.DataFrame:
    """Compute the sum of all parts, for some cities and from a year on.

    Args:
        figures: those of the parts.
        parts: indicators of one unit.
        cities: those for which the total is known to be this sum.
        since: the first year.
        without: parts of which a city has none, as (city, indicator).
    """
    import polars as pl

    needed = pl.DataFrame(
        [(city, part) for city in cities for part in parts if (city, part) not in without],
        schema=["city", "indicator"],
        orient="row",
    )
    key = ["city", "period"]
    return (
        figures.filter(pl.col("value").is_finite(), pl.col("period").str.contains(r"^\d{4}$"))
        .filter(pl.col("period") >= since)
        .join(needed, on=["city", "indicator"])
        .group_by(key)
        .agg(pl.col("value").sum(), pl.struct("indicator", *key).alias("inputs"))
        .join(needed.group_by("city").len(), on="city")
        .filter(pl.col("inputs").list.len() == pl.col("len"))
        .select(*key, "value", "inputs")
        .sort(key)
    )


def neighbours_figure(
    figures: pl.DataFrame, *, indicator_id: str, neighbours: Mapping[str, str]
) -> pl.DataFrame:
    """Take the figure of each city's neighbour, under the city itself."""
    import polars as pl

    pairs = pl.DataFrame(
        list(neighbours.items()),
        schema={"city": pl.String, "neighbour": pl.String},
        orient="row",
    )
    return (
        pairs.join(_known(figures, indicator_id), left_on="neighbour", right_on="city")
        .select(
            "city",
            "period",
            "value",
            inputs=pl.concat_list(_input(indicator_id, city="neighbour")),
        )
        .sort("city", "period")
    )


def _known(figures: pl.DataFrame, indicator_id: str) -> pl.DataFrame:
    """City, period and value of the figures of one indicator that are there."""
    import polars as pl

    return figures.filter(pl.col("indicator") == indicator_id, pl.col("value").is_finite()).select(
        "city", "period", "value"
    )


def _input(indicator_id: str, *, city: str = "city", period: str = "period") -> pl.Expr:
    """The lineage of one input: its indicator, and the columns that hold its city and period."""
    import polars as pl

    return pl.struct(indicator=pl.lit(indicator_id), city=pl.col(city), period=pl.col(period))
