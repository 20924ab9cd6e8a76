"""交通流(包括海、陆、空): passengers and freight by sea, land and air."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.derived import Derived, yearly_change
from cityflux.plugins.live import COMMUNIQUES, YEARBOOKS
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "transport.air_passengers",
            "民航旅客发送量",
            "Air passengers departed",
            "万人次",
            definition="Passengers who departed by air in the year (民航旅客发送量).",
            note="airport throughput counts both ways, about twice as many",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.rail_passengers",
            "铁路旅客发送量",
            "Rail passengers departed",
            "万人次",
            definition="Passengers who departed by rail in the year (铁路旅客发送量).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.port_passengers",
            "港口旅客发送量",
            "Port passengers departed",
            "万人次",
            definition="Passengers who departed from the ports in the year (港口旅客发送量).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.road_passengers",
            "公路旅客发送量",
            "Road passengers departed",
            "万人次",
            definition="Passengers who departed by coach in the year (公路旅客发送量).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.passengers_total",
            "客运总量",
            "Passengers carried, total",
            "万人次",
            definition="Passengers carried in the year by all modes, aviation included (客运总量).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.freight_total",
            "货运总量",
            "Freight carried, total",
            "万吨",
            definition="Freight carried in the year by all modes (货运总量).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.road_area_per_capita",
            "人均拥有道路面积",
            "Road area per capita",
            "平方米",
            definition="Area of urban roads per resident of the city districts "
            "(人均城市道路面积), the level.",
            note="the definition changes in 北京 2012 and 广州 2017 and 2018",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.surface_passengers",
            "客运总量(不含民航)",
            "Passengers carried, without aviation",
            "万人次",
            definition="Passengers carried in the year by rail, road and water, without aviation "
            "(客运量, 不含民航).",
        ),
    ),
    Published(
        Indicator(
            "transport.waterway_passengers",
            "水路客运量",
            "Passengers carried by water",
            "万人次",
            definition="Passengers carried by water in the year (水路客运量), which is not the "
            "same as departures from ports.",
        ),
    ),
    Published(
        Indicator(
            "transport.port_passengers_both_ways",
            "进出港旅客",
            "Port passengers, both ways",
            "万人次",
            definition="Passengers who arrived at or departed from the ports in the year "
            "(进出港旅客).",
        ),
    ),
)

BAIDU = family(
    "transport",
    {
        "shipping": ("航运", "shipping"),
    },
)

ROAD_AREA_CHANGE = Derived(
    Indicator(
        "transport.road_area_per_capita_change",
        "人均拥有道路面积(增量指标)",
        "Road area per capita, yearly change",
        "平方米",
        definition="Area of urban roads per resident, minus that of the year before; no change is "
        "taken over a year in which the definition changed.",
        inputs=("transport.road_area_per_capita",),
        scale="difference",
    ),
    yearly_change,
    level="transport.road_area_per_capita",
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU, ROAD_AREA_CHANGE):
        register(plugin)
