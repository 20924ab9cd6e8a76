"""The figures of the five cities: how many cells, what is apart, and what agrees with what."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

CITIES = ("shanghai", "beijing", "shenzhen", "guangzhou", "hangzhou")
YEARS = [str(year) for year in range(2011, 2021)]
MODES = ("rail", "road", "civil_aviation", "waterway")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def filled(current: pl.DataFrame, plugins: Mapping[str, Any]) -> pl.DataFrame:
    """The current figures, those that are computed from them among them."""
    known = current
    for _ in range(2):  # a ratio may rest on what is computed itself
        for name, hook in plugins.items():
            needs = hook.indicator().inputs
            if needs and not name.startswith(("regional_pull", "flows.")):
                inputs = known.filter(pl.col("indicator").is_in(needs))
                derived = hook.derive(figures=inputs, flows=None, places=None)
                new = derived.select(
                    pl.lit(name).alias("indicator"), "city", "period", "value", source=pl.lit("")
                )
                known = pl.concat([known, new])
    return known.unique(["indicator", "city", "period"], keep="first", maintain_order=True).filter(
        pl.col("city").is_in(CITIES), pl.col("period").is_in(YEARS)
    )


def values(figures: pl.DataFrame, indicator: str, city: str) -> dict[str, float]:
    found = figures.filter(pl.col("indicator") == indicator, pl.col("city") == city)
    return dict(found.select("period", "value").sort("period").iter_rows())


def test_of_2650_cells_of_the_statistics_at_least_880_are_filled(
    shared: Path, filled: pl.DataFrame
) -> None:
    statistics = {
        row["id"]
        for row in rows(shared / "spec" / "indicators.csv")
        if not row["baidu_keyword"] and "neighbour" not in row["id"]
    }
    assert len(statistics) * len(CITIES) * len(YEARS) == 2650
    cells = filled.filter(pl.col("indicator").is_in(statistics))
    print(f"{cells.height} of 2650 cells are filled")
    assert cells.height >= 880
    assert not {"information.internet_users", "capital.stock_turnover"} & set(cells["indicator"])


def test_what_counts_something_else_is_a_series_of_its_own(filled: pl.DataFrame) -> None:
    def years(indicator: str, city: str) -> list[str]:
        return list(values(filled, indicator, city))

    assert years("information.broadband_households", "beijing") == YEARS[:9]
    assert years("capital.sse_shares_yearly", "shanghai") == YEARS
    assert years("capital.szse_shares_yearly", "shenzhen") == YEARS
    assert years("transport.airport_passengers_both_ways", "shenzhen") == YEARS[2:9]
    assert years("transport.air_passengers", "shenzhen") == []
    assert years("transport.air_passengers", "shanghai") == ["2017", "2018", "2019"]
    assert "2018" not in years("information.broadband_households", "hangzhou")  # repeats 2017
    assert "2017" not in years("transport.road_passengers", "guangzhou")  # repeats 2016
    assert "2020" not in years("goods_commerce.goods_exports", "shanghai")  # repeats 2019


@pytest.mark.parametrize("city", CITIES)
def test_foreign_investment_is_one_series_under_two_names(filled: pl.DataFrame, city: str) -> None:
    inward = values(filled, "goods_commerce.inward_fdi", city)
    assert inward
    assert inward == values(filled, "capital.foreign_capital_attracted", city)


@pytest.mark.parametrize("city", ["shanghai", "beijing", "hangzhou"])
def test_the_printed_total_of_passengers_is_the_sum_of_its_modes(
    figures: pl.DataFrame, city: str
) -> None:
    printed = figures.filter(pl.col("source").str.starts_with("ccsy."))
    totals = values(printed, "transport.passengers_total", city)
    assert list(totals) == YEARS[:4]
    modes = [values(printed, f"transport.{mode}_passengers", city) for mode in MODES]
    for year, total in totals.items():
        if (city, year) == ("shanghai", "2013"):  # its road figure is another office's
            continue
        parts = sum(mode.get(year, 0) for mode in modes)
        assert parts == pytest.approx(total, rel=2e-4), year


def test_later_totals_are_computed_where_every_mode_is_known(filled: pl.DataFrame) -> None:
    for city in ("shanghai", "beijing"):
        total = values(filled, "transport.passengers_total", city)
        assert list(total) == YEARS[:9]
        modes = [values(filled, f"transport.{mode}_passengers", city) for mode in MODES]
        assert total["2016"] == sum(mode.get("2016", 0) for mode in modes)
    assert list(values(filled, "transport.passengers_total", "hangzhou")) == YEARS[:4]


@pytest.mark.parametrize(
    ("indicator", "city", "years", "tolerance"),
    [
        ("transport.rail_passengers", "shanghai", 10, 2e-5),
        ("transport.road_passengers", "shanghai", 10, 2e-5),
        ("transport.road_passengers", "beijing", 10, 2e-6),
        ("transport.road_passengers", "hangzhou", 10, 2e-3),
        ("transport.rail_passengers", "beijing", 10, 0.015),
    ],
)
def test_means_of_the_yearly_figures_are_those_of_table_3(
    shared: Path, filled: pl.DataFrame, indicator: str, city: str, years: int, tolerance: float
) -> None:
    (row,) = (
        row
        for row in rows(shared / "spec" / "paper_table3.csv")
        if row["indicator_id"] == indicator
    )
    yearly = [*values(filled, indicator, city).values()]
    assert len(yearly) == years
    assert sum(yearly) / years == pytest.approx(float(row[city]), rel=tolerance)


def test_cells_that_several_sources_print_are_equal(figures: pl.DataFrame) -> None:
    """What the second collection repeats of the first, within a thousandth."""
    for indicator, city, year, value in (
        ("science_innovation.school_teachers", "shanghai", "2012", 9.9856),
        ("science_innovation.school_teachers", "shanghai", "2017", 11.191),
        ("science_innovation.schools", "shanghai", "2017", 1559),
        ("transport.rail_passengers", "shanghai", "2014", 9194),
    ):
        found = figures.filter(
            pl.col("indicator") == indicator, pl.col("city") == city, pl.col("period") == year
        )
        assert found["value"].len() == 2
        assert found["value"].to_list() == pytest.approx([value] * 2, rel=1e-3)


def test_a_first_print_and_a_revision_are_never_one_series(
    figures: pl.DataFrame, current: pl.DataFrame
) -> None:
    revised = values(current, "goods_commerce.retail_sales", "shanghai")
    first = values(current, "goods_commerce.retail_sales_first_print", "shanghai")
    assert min(revised) == "2015"
    assert list(first) == [*YEARS[:7], "2023"]
    assert (first["2015"], revised["2015"]) == (10131.5, 11605.7)
    panel = figures.filter(pl.col("source").str.starts_with("ccsy.panel"))
    assert not {"goods_commerce.retail_sales", "overall_economy.gdp"} & set(panel["indicator"])
