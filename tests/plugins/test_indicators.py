"""What the built-in plugins declare: ids, names, units and sources."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.model.errors import Unexpected
from cityflux.core.model.units import convert, dimension
from cityflux.core.words.catalogue import section
from cityflux.plugins import communiques, main_cities
from tests.plugins.conftest import MODULES

GROUPS = set(MODULES) - {"paper", "comparison"}


@pytest.fixture(scope="module")
def spec(shared: Path) -> list[dict[str, str]]:
    with (shared / "spec" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_indicator_of_the_paper_is_a_plugin(
    plugins: Mapping[str, Any], spec: list[dict[str, str]]
) -> None:
    assert len(spec) == 127
    for row in spec:
        indicator = plugins[row["id"]].indicator()
        assert (indicator.name_zh, indicator.unit) == (row["name_zh"], row["unit_zh"])
        assert indicator.direction == 1
        assert indicator.frequency == "annual"


def test_english_names_are_those_of_the_paper_but_for_capitals(
    plugins: Mapping[str, Any], spec: list[dict[str, str]]
) -> None:
    def plain(name: str) -> str:
        return name.lower().replace("-", " ").replace("conventions and", "conventions")

    for row in spec:
        assert plain(plugins[row["id"]].indicator().name_en) == plain(row["name_en"])
    assert plugins["information.baidu_qq"].indicator().name_en == "Baidu Index, daily mean: QQ"


def test_every_chinese_unit_has_an_english_word(plugins: Mapping[str, Any]) -> None:
    declared = {plugin.indicator().unit for plugin in plugins.values()}
    assert {unit for unit in declared if not unit.isascii()} <= set(section("en", "units"))


def test_what_is_not_of_the_paper_stays_out_of_its_groups_unless_it_says_why(
    plugins: Mapping[str, Any], spec: list[dict[str, str]]
) -> None:
    paper = {row["id"] for row in spec}
    auxiliary = set(plugins) - paper
    in_groups = {name for name in auxiliary if name.split(".")[0] in GROUPS}
    assert in_groups == {
        "capital.deposits",
        "capital.loans",
        "capital.sse_share_turnover",
        "capital.sse_shares_yearly",
        "capital.szse_share_turnover",
        "capital.szse_shares_yearly",
        "goods_commerce.goods_exports_usd",
        "goods_commerce.goods_imports_usd",
        "goods_commerce.retail_sales_first_print",
        "information.broadband_households",
        "overall_economy.budget_revenue",
        "overall_economy.gdp_first_print",
        "people.labour_force_earlier_base",
        "people.population_earlier_base",
        "people.registered_population",
        "people.urban_unit_staff",
        "science_innovation.science_spending",
        "science_innovation.students",
        "science_innovation.rd_personnel_headcount",
        "science_innovation.schools",
        "strategic_planning.developer_land_purchased",
        "transport.airport_passengers_both_ways",
        "transport.civil_aviation_passengers",
        "transport.port_passengers_both_ways",
        "transport.road_area_per_capita",
        "transport.road_freight",
        "transport.road_passengers_from_2014",
        "transport.road_passengers_to_2012",
        "transport.surface_passengers",
        "transport.waterway_passengers",
    }
    assert {name.split(".")[0] for name in auxiliary - in_groups} == {
        "gdp_per_capita",
        "gdp_per_capita_other_base",
        "jiang_2022",
        "comparison",
    }


def test_every_indicator_has_names_a_definition_and_a_known_unit(
    plugins: Mapping[str, Any],
) -> None:
    for indicator_id, hook in plugins.items():
        indicator = hook.indicator()
        assert indicator.name_zh, indicator_id
        assert indicator.name_en, indicator_id
        assert indicator.definition.endswith("."), indicator_id
        assert dimension(indicator.unit), indicator_id


def test_the_keyword_of_each_baidu_index_stands_in_its_source(
    plugins: Mapping[str, Any], spec: list[dict[str, str]]
) -> None:
    baidu = [row for row in spec if row["baidu_keyword"]]
    assert len(baidu) == 65
    for row in baidu:
        live = [s for s in plugins[row["id"]].source() if s.access == "live"]
        assert [source.id for source in live] == ["baidu.index"]
        assert live[0].params["keyword"] == row["baidu_keyword"]


def test_sources_stand_in_the_order_of_their_priority_without_ties(
    plugins: Mapping[str, Any],
) -> None:
    for indicator_id, hook in plugins.items():
        sources = hook.source()
        priorities = [source.priority for source in sources]
        assert priorities == sorted(priorities), indicator_id
        assert max(Counter(source.id for source in sources).values(), default=1) == 1


def test_one_source_id_always_means_one_source(plugins: Mapping[str, Any]) -> None:
    seen: dict[str, object] = {}
    for hook in plugins.values():
        for source in hook.source():
            said = (source.publisher, source.address, source.licence, source.priority)
            assert seen.setdefault(source.id, said) == said, source.id
            assert all(said), source.id
            assert source.reference, source.id


def test_every_indicator_of_the_paper_names_a_live_source_or_is_computed(
    plugins: Mapping[str, Any], spec: list[dict[str, str]]
) -> None:
    for row in spec:
        access = {source.access for source in plugins[row["id"]].source()}
        assert access & {"live", "declared", "derived"}, row["id"]


def test_a_live_source_is_named_by_those_indicators_alone_that_its_scraper_reads(
    plugins: Mapping[str, Any],
) -> None:
    read = communiques.rule_units()
    for indicator_id, hook in plugins.items():
        for source in hook.source():
            if source.access == "live" and source.scraper == "communique":
                assert convert(1.0, read[indicator_id], hook.indicator().unit) == 1.0
            if source.access == "live" and source.scraper == "nbs":
                assert indicator_id in main_cities.NAMES


def test_every_other_series_has_a_source_too(plugins: Mapping[str, Any]) -> None:
    assert all(hook.source() for hook in plugins.values())


def test_a_declared_source_says_that_nothing_reads_it_yet(plugins: Mapping[str, Any]) -> None:
    hook = plugins["goods_commerce.freshippo_stores_added"]
    (source,) = hook.source()
    with pytest.raises(
        Unexpected, match=r"freshippo\.stores: no scraper reads .*`cityflux import`"
    ):
        hook.fetch(http=None, source=source, since=None)


def test_importing_the_plugins_does_not_import_polars() -> None:
    code = "import sys\n" + "".join(f"import cityflux.plugins.{name}\n" for name in MODULES)
    done = subprocess.run(
        [sys.executable, "-c", code + "print('polars' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "False"
