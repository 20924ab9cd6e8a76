"""What is computed: ratios, yearly changes and the region block, each with its lineage."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
FIVE = ("shanghai", "hangzhou", "beijing", "shenzhen", "guangzhou")
SCHEMA = {
    "indicator": pl.String,
    "city": pl.String,
    "period": pl.String,
    "value": pl.Float64,
}


def derive(hook: Any, figures: pl.DataFrame) -> pl.DataFrame:
    inputs = hook.indicator().inputs
    own = figures.select(*SCHEMA).filter(pl.col("indicator").is_in(inputs))
    frame = hook.derive(figures=own, flows=None, places=None)
    assert isinstance(frame, pl.DataFrame)
    return frame


def frame(*rows: tuple[str, str, str, float | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def test_import_dependence_is_imports_over_gdp(
    plugins: Mapping[str, Any], current: pl.DataFrame
) -> None:
    found = derive(plugins["goods_commerce.import_dependence"], current)
    by_key = {(row["city"], row["period"]): row for row in found.to_dicts()}
    imports, gdp = (
        set(current.filter(pl.col("indicator") == each).select("city", "period").iter_rows())
        for each in ("goods_commerce.goods_imports", "overall_economy.gdp")
    )
    assert set(by_key) == imports & gdp
    assert len(by_key) == 20
    row = by_key["shenzhen", "2017"]
    assert row["value"] == pytest.approx(11477.9 / 22490.06 * 100)
    assert row["inputs"] == [
        {"indicator": "goods_commerce.goods_imports", "city": "shenzhen", "period": "2017"},
        {"indicator": "overall_economy.gdp", "city": "shenzhen", "period": "2017"},
    ]


def test_a_ratio_without_its_inputs_is_missing(plugins: Mapping[str, Any]) -> None:
    found = derive(
        plugins["goods_commerce.export_dependence"],
        frame(
            ("goods_commerce.goods_exports", "shanghai", "2015", 10.0),
            ("overall_economy.gdp", "shanghai", "2015", 0.0),
            ("goods_commerce.goods_exports", "shanghai", "2016", None),
            ("overall_economy.gdp", "shanghai", "2016", 5.0),
            ("goods_commerce.goods_exports", "shanghai", "2017", 10.0),
            ("goods_commerce.goods_exports", "shanghai", "2018", 10.0),
            ("overall_economy.gdp", "shanghai", "2018", 40.0),
        ),
    )
    assert found.select("period", "value").rows() == [("2018", 25.0)]


def test_a_yearly_change_needs_both_years_and_crosses_no_break(
    plugins: Mapping[str, Any], current: pl.DataFrame
) -> None:
    found = derive(plugins["transport.road_area_per_capita_change"], current)
    years = {
        city: {row["period"] for row in found.filter(pl.col("city") == city).to_dicts()}
        for city in FIVE
    }
    every = {str(year) for year in range(2011, 2024)}
    assert years["shanghai"] == every
    assert years["beijing"] == every - {"2012"}
    assert years["guangzhou"] == every - {"2017", "2018"}
    (row,) = found.filter(pl.col("city") == "shanghai", pl.col("period") == "2015").to_dicts()
    assert row["value"] == pytest.approx(4.27 - 4.11)
    assert row["inputs"] == [
        {"indicator": "transport.road_area_per_capita", "city": "shanghai", "period": "2015"},
        {"indicator": "transport.road_area_per_capita", "city": "shanghai", "period": "2014"},
    ]


def test_a_yearly_change_leaves_out_gaps_and_spans(plugins: Mapping[str, Any]) -> None:
    level = "science_innovation.schools"
    found = derive(
        plugins["science_innovation.schools_change"],
        frame(
            (level, "shanghai", "2011", 1500.0),
            (level, "shanghai", "2013", 1510.0),
            (level, "shanghai", "2014", 1507.0),
            (level, "shanghai", "2015", None),
            (level, "shanghai", "2011/2020", 1505.0),
            (level, "shanghai", "2014-Q1", 1508.0),
        ),
    )
    assert found.select("period", "value").rows() == [("2014", -3.0)]


def test_no_level_gives_an_empty_typed_frame(plugins: Mapping[str, Any]) -> None:
    found = derive(plugins["science_innovation.schools_change"], frame())
    assert found.height == 0
    assert found.columns == ["city", "period", "value", "inputs"]


def test_the_road_change_is_also_published_by_the_paper(figures: pl.DataFrame) -> None:
    rows = figures.filter(pl.col("indicator") == "transport.road_area_per_capita_change")
    assert set(rows["source"]) == {"jiang_2022"}
    assert set(rows["period"]) == {"2011/2020"}


def test_neighbours_are_those_of_the_paper(
    plugins: Mapping[str, Any], current: pl.DataFrame, shared: Path
) -> None:
    with (PLUGINS / "cities.csv").open(encoding="utf-8", newline="") as file:
        cities = {row["name_zh"]: row for row in csv.DictReader(file)}
    with (shared / "spec" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        places = [row for row in csv.DictReader(file) if row["cities"]]
    assert len(places) == 9
    for place in places:
        neighbours = dict(part.split(":") for part in place["cities"].split(";"))
        found = derive(plugins[place["id"]], current)
        for row in found.to_dicts():
            region = next(c["region"] for c in cities.values() if c["id"] == row["city"])
            (lineage,) = row["inputs"]
            assert lineage == {
                "indicator": "gdp_per_capita",
                "city": cities[neighbours[region]]["id"],
                "period": row["period"],
            }


def test_the_region_block_equals_a_computation_by_hand(
    plugins: Mapping[str, Any], current: pl.DataFrame, shared: Path
) -> None:
    """The neighbours' figures give the block that the published facts give without any plugin."""
    block = {
        place: {
            city: statistics.mean(in_decade.filter(pl.col("city") == city)["value"])
            for city in FIVE
        }
        for place in range(1, 10)
        for in_decade in [
            derive(plugins[f"regional_pull.neighbour_{place}_gdp_per_capita"], current).filter(
                pl.col("period").is_between(pl.lit("2011"), pl.lit("2020"))
            )
        ]
    }
    by_hand = region_block_by_hand(shared)
    assert block == {place: pytest.approx(means) for place, means in by_hand.items()}
    scores = {city: statistics.mean(z_scores(block[p])[city] for p in block) for city in FIVE}
    # The paper prints 0.938, -0.666 and -0.605: the same order from a panel that it does not show.
    assert {city: round(score, 3) for city, score in scores.items()} == {
        "shanghai": 0.736,
        "hangzhou": 0.736,
        "beijing": -0.878,
        "shenzhen": -0.296,
        "guangzhou": -0.296,
    }


def region_block_by_hand(shared: Path) -> dict[int, dict[str, float]]:
    """Mean of 2011-2020 of each neighbour's figure, from the facts and the paper's table alone."""
    with (shared / "facts" / "city_figures.csv").open(encoding="utf-8", newline="") as file:
        panel: dict[str, dict[int, float]] = {}
        for row in csv.DictReader(file):
            if row["indicator"] == "gdp_per_capita" and 2011 <= int(row["year"]) <= 2020:
                panel.setdefault(row["city"], {})[int(row["year"])] = float(row["value"])
    with (PLUGINS / "cities.csv").open(encoding="utf-8", newline="") as file:
        ids = {row["name_zh"]: row["id"] for row in csv.DictReader(file)}
    with (shared / "spec" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        places = [row for row in csv.DictReader(file) if row["cities"]]
    region = {"shanghai": "YRD", "hangzhou": "YRD", "beijing": "BTH"}
    block = {}
    for place in places:
        neighbours = dict(part.split(":") for part in place["cities"].split(";"))
        block[int(place["item"])] = {
            city: statistics.mean(panel[ids[neighbours[region.get(city, "PRD")]]].values())
            for city in FIVE
        }
    return block


def z_scores(means: Mapping[str, float]) -> dict[str, float]:
    middle, spread = statistics.mean(means.values()), statistics.stdev(means.values())
    return {city: (mean - middle) / spread for city, mean in means.items()}
