"""The figures of the 36 main cities, and the index over them."""

from __future__ import annotations

import csv
import sqlite3
import tomllib
import zlib
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest

from benchmarks.main_cities import moves, trails
from cityflux.core.reading.classes import figures_by_class

PLUGINS = Path(__file__).parents[2] / "plugins"
DEFINITION = tomllib.loads(
    (PLUGINS / "indices" / "main_cities_index.toml").read_text(encoding="utf-8")
)
INDICATORS = [each for node in DEFINITION["nodes"] for each in node["indicators"]]
#: Those that are ranked, which nobody wrote down.
YEARS = [*map(str, (*range(2011, 2021), 2023))]
FIVE = {"shanghai", "beijing", "guangzhou", "shenzhen", "hangzhou"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "data" / "cityflux.db")


def test_the_index_is_over_the_36_cities_of_the_facts(shared: Path) -> None:
    facts = rows(shared / "facts" / "main_cities_figures.csv")
    assert set(DEFINITION["cities"]) == {row["city"] for row in facts}
    assert len(DEFINITION["cities"]) == 36


def test_every_carried_cell_is_one_of_the_facts_as_it_is_printed(shared: Path) -> None:
    known = {
        (row["city"], row["year"], row["value"], row["unit"], row["published_as"])
        for name in ("main_cities_figures.csv", "city_figures_2.csv")
        for row in rows(shared / "facts" / name)
    }
    carried = [
        (row["city"], year, value, row["unit"], row["published_as"])
        for row in rows(PLUGINS / "figures" / "yearbook.csv")
        for year, value in row.items()
        if year.isdecimal() and value
    ]
    assert len(carried) > 6000
    assert set(carried) <= known


def test_what_the_facts_doubt_is_no_figure_of_the_index(shared: Path) -> None:
    doubtful = {
        (row["city"], row["year"], row["value"], row["published_as"])
        for row in rows(shared / "facts" / "main_cities_figures.csv")
        if any(word in row["note"] for word in ("repeats", "spike", "suspect"))
    }
    assert doubtful
    for row in rows(PLUGINS / "figures" / "yearbook.csv"):
        for year in map(str, range(2011, 2021)):
            assert (row["city"], year, row[year], row["published_as"]) not in doubtful


def test_no_series_of_the_index_mixes_first_prints_and_revisions(current: pl.DataFrame) -> None:
    revised = {"nbs.city_gdp_2026", "nbs.retail_sales", "nbs.province_transport"}
    of_index = current.filter(pl.col("indicator").is_in(INDICATORS), pl.col("period").is_in(YEARS))
    for city in ("shanghai", "beijing"):  # those that the later tables revise
        sources = of_index.filter(pl.col("city") == city)["source"]
        assert not revised & set(sources), city
    panel = rows(PLUGINS / "figures" / "sources.csv")
    vintages = {row["id"]: row["vintage"] for row in panel}
    panels = {vintages[each] for each in vintages if each.startswith("ccsy.panel")}
    assert panels == {"first print of each year"}


def test_passengers_by_road_of_two_measures_are_two_series(current: pl.DataFrame) -> None:
    def years(suffix: str, city: str) -> set[str]:
        found = current.filter(
            pl.col("indicator") == f"transport.road_passengers_{suffix}", pl.col("city") == city
        )
        return set(found["period"])

    for city in DEFINITION["cities"]:
        assert years("to_2012", city) == {"2011", "2012"}
        assert not years("from_2014", city) & {"2011", "2012", "2013"}
    assert years("from_2014", "guiyang") == set()
    assert min(years("from_2014", "guangzhou")) == "2018"


def test_eleven_years_are_ranked_and_the_largest_cities_stand_first(
    database: sqlite3.Connection,
) -> None:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for city, period, rank, cities in database.execute(
        "SELECT city_id, period, rank, n FROM scores "
        "WHERE index_id = 'main_cities_index' AND node_id = index_id AND rank IS NOT NULL"
    ):
        found[period][city] = rank
        assert cities >= 30
    assert sorted(found) == YEARS
    whole = [period for period, ranks in found.items() if len(ranks) >= 30 and set(ranks) >= FIVE]
    assert len(whole) >= 5
    for period in whole:
        assert {found[period]["shanghai"], found[period]["beijing"]} == {1, 2}
        assert max(found[period][city] for city in FIVE) <= 10


def test_ranks_go_with_gdp_and_hardly_move_between_years(database: sqlite3.Connection) -> None:
    table = pl.DataFrame(
        database.execute(
            "SELECT s.city_id, s.period, s.comparable_score, o.value FROM scores s "
            "JOIN current_observations o ON o.city_id = s.city_id AND o.period = s.period "
            "AND o.indicator_id = 'overall_economy.gdp_first_print' "
            "WHERE s.index_id = 'main_cities_index' AND s.node_id = s.index_id "
            "AND s.rank IS NOT NULL"
        ).fetchall(),
        schema=["city", "period", "score", "gdp"],
        orient="row",
    )
    with_gdp = table.group_by("period").agg(pl.corr("score", "gdp", method="spearman"))
    assert with_gdp["score"].min() > 0.85  # type: ignore[operator]
    after = table.select("city", (pl.col("period").cast(pl.Int32) + 1).cast(pl.String), "score")
    pairs = table.join(after, on=["city", "period"], suffix="_before")
    with_year_before = pairs.group_by("period").agg(
        pl.corr("score", "score_before", method="spearman")
    )
    assert with_year_before.height == 9
    assert with_year_before["score"].min() > 0.95  # type: ignore[operator]


def test_cells_drawn_at_random_lead_to_the_row_in_the_stored_bytes(
    database: sqlite3.Connection,
) -> None:
    followed = [*trails(database, 20, 7)]
    assert len({(each.indicator, each.city, each.period) for each in followed}) == 20
    assert all(each.publisher and each.reference for each in followed)
    with database, pytest.raises(LookupError, match="the stored bytes are others"):
        database.execute("UPDATE snapshots SET body = ?", (zlib.compress(b"other"),))
        [*trails(database, 20, 7)]


def test_who_moves_far_is_named_with_the_figure_that_moved_it(database: sqlite3.Connection) -> None:
    assert [move[:6] for move in moves(database)] == [
        ("dalian", "2014", "2015", 13, 20, "goods_commerce.inward_fdi")
    ]


def test_the_main_job_counts_the_figures_by_the_class_of_their_source(
    database: sqlite3.Connection,
) -> None:
    found = figures_by_class(database, "main_cities_index")
    assert next(iter(found)) == "second-hand"
    assert found["official table"] >= 36 * 11
    assert set(found) <= {"second-hand", "official table", "press"}
    assert {"computed", "press"} <= set(figures_by_class(database, "flow_index"))


def test_every_figure_of_the_index_says_who_where_and_under_which_terms(
    database: sqlite3.Connection,
) -> None:
    marks = ", ".join("?" * len(INDICATORS))
    without = database.execute(
        "SELECT o.indicator_id, o.city_id, o.period FROM observations o "
        "JOIN sources s ON s.id = o.source_id WHERE o.fetch_id IS NULL AND o.source_id <> "
        "'cityflux.derived' OR '' IN (s.publisher, s.reference, s.licence, s.class) "
        f"AND o.indicator_id IN ({marks})",
        INDICATORS,
    ).fetchall()
    assert without == []
