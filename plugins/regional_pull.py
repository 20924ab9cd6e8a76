"""对周边经济的带动能力: how rich the nine cities around a city are."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.derived import Derived, neighbours_figure
from cityflux.plugins.live import YEARBOOKS
from cityflux.plugins.published import Published
from cityflux.plugins.regions import NEIGHBOURS, cities, neighbour_of_each_city

STATISTICS = (
    Published(
        Indicator(
            "gdp_per_capita",
            "人均地区生产总值",
            "GDP per capita",
            "元",
            aliases=(
                "人均GDP",
                "人均生产总值",
                "Per capita GRP",
            ),
            definition="Gross domestic product per resident at current prices (人均地区生产总值), "
            "as published, on the population base of its year.",
            note="2020 drops with the census; 2013 of single cities may rest on another base; "
            "沈阳, 鞍山, 盘锦 2016 and 天津, 通辽 drop from corrections of the statistics",
        ),
        live=YEARBOOKS,
    ),
    Published(
        Indicator(
            "gdp_per_capita_other_base",
            "人均地区生产总值(其他人口口径)",
            "GDP per capita on another population base",
            "元",
            definition="Gross domestic product per capita where the publication rests on another "
            "population than gdp_per_capita does.",
        )
    ),
)


def _neighbour(place: int) -> Derived:
    """The GDP per capita of the neighbour at a place, from 1 to 9."""
    first, *others = (cities()[ids[place - 1]]["name_zh"] for ids in NEIGHBOURS.values())
    return Derived(
        Indicator(
            f"regional_pull.neighbour_{place}_gdp_per_capita",
            f"{first}(或{'、'.join(others)})的人均 GDP",
            f"GDP per capita of neighbour {place}",
            "元",
            definition="GDP per capita of the city that stands at this place among the nine "
            "neighbours of the city's region: the Yangtze delta, in brackets Beijing and the "
            "Pearl River delta.",
            inputs=("gdp_per_capita",),
            movable=False,
        ),
        neighbours_figure,
        indicator_id="gdp_per_capita",
        neighbours=neighbour_of_each_city(place),
    )


NEIGHBOUR_FIGURES = tuple(_neighbour(place) for place in range(1, 10))


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *NEIGHBOUR_FIGURES):
        register(plugin)
