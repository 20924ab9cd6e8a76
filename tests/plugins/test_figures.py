"""The bundled figures: complete, well formed, converted, and chosen by the stated rule."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cityflux.core.model.period import Period
from cityflux.plugins.regions import NEIGHBOURS, neighbour_of_each_city

PLUGINS = Path(__file__).parents[2] / "plugins"
CLASSES = {"official table", "official text", "second-hand", "press", "computed"}
#: What long tables cite of the second collection.
LATER = {
    "nbs.province_transport",
    "shanghai.yearbook_2012",
    "shanghai.yearbook_2012_schools",
    "shanghai.yearbook_2017",
    "shanghai.yearbook_2017_schools",
    "sse.daily_sums",
    "szse.daily_sums",
}
NOT_OF_THE_FACTS = {"sources.csv", "paper.csv", "comparison.csv", "yearbook.csv"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def bundled() -> list[dict[str, str]]:
    return [
        row
        for path in sorted((PLUGINS / "figures").glob("*.csv"))
        if path.name not in NOT_OF_THE_FACTS
        for row in read(path)
    ]


@pytest.fixture(scope="module")
def sources() -> Mapping[str, dict[str, str]]:
    return {row["id"]: row for row in read(PLUGINS / "figures" / "sources.csv")}


def value_of(figures: pl.DataFrame, indicator: str, city: str, period: str, source: str) -> float:
    (found,) = figures.filter(
        pl.col("indicator") == indicator,
        pl.col("city") == city,
        pl.col("period") == period,
        pl.col("source") == source,
    )["value"]
    return float(found)


def test_every_published_fact_is_carried_unchanged(
    shared: Path, bundled: list[dict[str, str]], sources: Mapping[str, dict[str, str]]
) -> None:
    facts = read(shared / "facts" / "city_figures.csv")
    assert len(facts) == 1225
    expected = Counter(fact_of(fact, "year") for fact in facts)
    first = [row for row in bundled if row["source"] not in LATER]
    carried = Counter(fact_of(row, "period") for row in first)
    assert carried.keys() == expected.keys()
    series = ("first_print", "from_2014")  # these carry some figures once more
    again = Counter(fact_of(row, "period") for row in first if row["indicator"].endswith(series))
    assert carried - again <= expected <= carried
    for fact in facts:
        assert any(
            fact["reference"] in sources[row["source"]]["reference"]
            for row in bundled
            if fact_of(row, "period") == fact_of(fact, "year")
        ), fact


def fact_of(row: Mapping[str, str], year: str) -> tuple[str, ...]:
    return (row["city"], row[year], row["value"], row["unit"], row["published_as"])


def test_tables_2_and_3_of_the_paper_are_carried_whole(shared: Path, figures: pl.DataFrame) -> None:
    tables = {
        "paper_table2.csv": ("group_id", "jiang_2022."),
        "paper_table3.csv": ("indicator_id", ""),
    }
    for name, (key, prefix) in tables.items():
        for row in read(shared / "spec" / name):
            for city in ("shanghai", "hangzhou", "beijing", "shenzhen", "guangzhou"):
                indicator = f"{prefix}{row[key]}"
                found = value_of(figures, indicator, city, "2011/2020", "jiang_2022")
                assert found == float(row[city])


def test_figures_are_finite_dated_and_of_known_cities(figures: pl.DataFrame) -> None:
    cities = {row["id"] for row in read(PLUGINS / "cities.csv")}
    assert set(figures["city"]) <= cities
    assert all(math.isfinite(value) for value in figures["value"])
    for period in figures["period"].unique():
        assert Period.parse(period).text == period
    assert set(figures["status"]) <= {"ok", "provisional"}


def test_no_figure_stands_twice_in_one_source(figures: pl.DataFrame) -> None:
    key = ["indicator", "city", "period", "source"]
    assert figures.height == figures.unique(key).height
    assert figures.height > 2200


def test_no_two_sources_of_a_figure_have_the_same_priority(figures: pl.DataFrame) -> None:
    key = ["indicator", "city", "period", "priority"]
    assert figures.height == figures.unique(key).height


def test_every_source_has_figures_and_says_who_and_where(
    figures: pl.DataFrame, sources: Mapping[str, dict[str, str]]
) -> None:
    assert set(figures["source"]) == set(sources)
    for row in sources.values():
        assert row["publisher"], row["id"]
        assert row["reference"], row["id"]
        assert row["licence"], row["id"]
        assert row["class"] in CLASSES, row["id"]
        assert row["priority"].isdecimal(), row["id"]


@pytest.mark.parametrize(
    ("city", "vintages"),
    [
        ("beijing", [26034.1, 24779.1, 23014.59]),
        ("shanghai", [27821.6, 26887.0, 25123.45]),
    ],
)
def test_gdp_of_2015_stands_in_three_vintages_the_latest_first(
    figures: pl.DataFrame, city: str, vintages: list[float]
) -> None:
    found = figures.filter(
        pl.col("indicator") == "overall_economy.gdp",
        pl.col("city") == city,
        pl.col("period") == "2015",
    ).sort("priority")
    assert found["value"].to_list() == vintages


def test_gdp_of_all_five_cities_comes_from_one_table(current: pl.DataFrame) -> None:
    gdp = current.filter(pl.col("indicator") == "overall_economy.gdp")
    assert set(gdp["source"]) == {"nbs.city_gdp_2026"}
    assert gdp.group_by("city").len()["len"].to_list() == [14] * 5


def test_first_releases_are_provisional(figures: pl.DataFrame) -> None:
    gdp = figures.filter(pl.col("source") == "nbs.city_gdp_2026", pl.col("status") == "provisional")
    assert set(gdp["city"]) == {"shenzhen", "guangzhou", "hangzhou"}


@pytest.mark.parametrize(
    ("indicator", "city", "period", "source", "value"),
    [
        # 件 -> 万件, 人年 -> 万人年, 万TEU -> 万国际标准箱, 万美元 -> 亿美元, 百万元 -> 亿元
        ("science_innovation.patents_granted", "shanghai", "2012", None, 5.1508),
        ("science_innovation.rd_personnel", "beijing", "2011", None, 21.7255),
        ("goods_commerce.container_throughput", "shanghai", "2015", "wsc.top_50_ports", 3654),
        ("comparison.total_trade_usd", "beijing", "2011", None, 3895.55977),
    ],
)
def test_published_units_are_converted(
    figures: pl.DataFrame,
    indicator: str,
    city: str,
    period: str,
    source: str | None,
    value: float,
) -> None:
    found = figures.filter(
        pl.col("indicator") == indicator,
        pl.col("city") == city,
        pl.col("period") == period,
        pl.lit(True) if source is None else pl.col("source") == source,
    )
    assert found["value"].to_list() == [pytest.approx(value, rel=1e-12)]


def test_what_is_registered_before_a_revision_or_a_part_is_not_spliced_in(
    current: pl.DataFrame,
) -> None:
    def years(indicator: str, city: str) -> set[str]:
        rows = current.filter(pl.col("indicator") == indicator, pl.col("city") == city)
        return set(rows["period"])

    assert not years("people.population", "hangzhou") & {"2011", "2012", "2013"}
    assert years("people.population_earlier_base", "hangzhou") == {"2011", "2012", "2013"}
    assert min(years("goods_commerce.retail_sales", "shanghai")) == "2015"
    assert not years("people.labour_force", "shenzhen")
    assert years("people.urban_unit_staff", "shenzhen")
    assert "2021" not in years("gdp_per_capita", "shenzhen")
    population = current.filter(pl.col("indicator") == "people.population", period="2019")
    assert population.filter(pl.col("city") == "shenzhen")["value"].to_list() == [1710.4]


def test_the_one_container_cell_that_does_not_fit_its_neighbours_gives_way(
    figures: pl.DataFrame,
) -> None:
    found = figures.filter(
        pl.col("indicator") == "goods_commerce.container_throughput",
        pl.col("city") == "shenzhen",
        pl.col("period") == "2018",
    ).sort("priority")
    assert found["value"].to_list() == [2574, 2774]


def test_normalize_says_what_a_figure_was_published_as(figures: pl.DataFrame) -> None:
    (note,) = figures.filter(
        pl.col("indicator") == "capital.real_estate_investment",
        pl.col("city") == "beijing",
        pl.col("period") == "2011",
    )["note"]
    assert note.startswith("房地产投资交易额(房地产开发投资额); paper says")


def test_a_source_without_figures_for_the_indicator_gives_an_empty_typed_frame(
    plugins: Mapping[str, Any],
) -> None:
    frame = plugins["people.population"].normalize(documents=[])
    assert frame.schema == {
        "city": pl.String,
        "period": pl.String,
        "value": pl.Float64,
        "status": pl.String,
        "note": pl.String,
    }


def test_cities_have_the_regions_of_the_paper_and_codes_and_names_of_their_own() -> None:
    rows = {row["id"]: row for row in read(PLUGINS / "cities.csv")}
    for region, neighbours in NEIGHBOURS.items():
        assert {rows[city]["region"] for city in neighbours} == {region}
    chinese = [row for row in rows.values() if row["country"] == "CN"]
    assert all(len(row["admin_code"]) == 6 for row in chinese)
    for key in ("name_zh", "name_en", "admin_code"):
        assert len({row[key].lower() for row in chinese}) == len(chinese), key
    assert neighbour_of_each_city(1).keys() == {
        city for each in NEIGHBOURS.values() for city in each
    }


def test_every_prefecture_is_a_city_and_doubles_are_told_apart(shared: Path) -> None:
    rows = {row["id"]: row for row in read(PLUGINS / "cities.csv")}
    prefectures = read(shared / "facts" / "prefectures.csv")
    assert len(prefectures) == 300
    for each in prefectures:
        row = rows[each["key"]]
        assert row["name_zh"] == each["city"].removesuffix("市")
        assert row["admin_code"] == each["city_code"]
    named = [rows[city]["name_en"] for city in ("taizhou", "taizhou_jiangsu", "suzhou_anhui")]
    assert named == ["Taizhou", "Taizhou, Jiangsu", "Suzhou, Anhui"]
    main = {row["city"] for row in read(shared / "facts" / "main_cities_figures.csv")}
    assert len(main) == 36
    for city in main:
        assert rows[city]["latitude"], city
        assert rows[city]["longitude"], city
        assert rows[city]["region"] or city == "lhasa", city


def test_the_choice_of_every_contested_figure_is_written_down(figures: pl.DataFrame) -> None:
    text = (PLUGINS.parent / "docs" / "figures.md").read_text(encoding="utf-8")
    cells = figures.group_by("indicator", "city", "period").agg(pl.col("source").n_unique())
    contested = set(cells.filter(pl.col("source") > 1)["indicator"])
    own = {name for name in contested if not name.startswith("comparison.")}
    assert {name for name in own if f"**`{name}`**" not in text} == set()
