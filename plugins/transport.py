"""交通流(包括海、陆、空): passengers and freight by sea, land and air."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.derived import Derived, total, yearly_change
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
            note="airport throughput counts both ways, about twice as many; what the city "
            "yearbook calls 民用航空客运量 is departures in 杭州 and, from 2017, in 上海: "
            "transport.civil_aviation_passengers",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.rail_passengers",
            "铁路旅客发送量",
            "Rail passengers departed",
            "万人次",
            aliases=("铁路客运量",),
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
            aliases=("公路客运量",),
            definition="Passengers who departed by coach in the year (公路旅客发送量).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "transport.freight_total",
            "货运总量",
            "Freight carried, total",
            "万吨",
            aliases=(
                "货运量",
                "全社会货运量",
                "货物运输量",
            ),
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
    Published(
        Indicator(
            "transport.civil_aviation_passengers",
            "民用航空客运量",
            "Passengers carried by civil aviation",
            "万人次",
            definition="Passengers carried by civil aviation in the year "
            "(民用航空客运量, 全市), as the city yearbook has it.",
            note="counts different things: the airlines of the city in 北京, 广州 and, to 2016, "
            "上海; departures in 杭州 and, from 2017, 上海: a part of the yearbook's total, and no "
            "measure to compare cities by",
        ),
    ),
    Published(
        Indicator(
            "transport.airport_passengers_both_ways",
            "机场旅客吞吐量",
            "Airport passengers, both ways",
            "万人次",
            definition="Passengers who arrived at or departed from the airport in the year "
            "(旅客吞吐量).",
        ),
    ),
    Published(
        Indicator(
            "transport.road_freight",
            "公路货运量",
            "Freight carried by road",
            "万吨",
            definition="Freight carried by road in the year, whole city (公路货运量, 全市).",
        ),
    ),
    Published(
        Indicator(
            "transport.road_passengers_to_2012",
            "公路客运量(2012年及以前口径)",
            "Passengers by road, measured as to 2012",
            "万人次",
            definition="Passengers carried by road in the year, whole city (公路客运量, 全市), as "
            "measured before the transport survey of 2013.",
            note="one measure of the two in transport.road_passengers",
        ),
    ),
    Published(
        Indicator(
            "transport.road_passengers_from_2014",
            "公路客运量(2014年起口径)",
            "Passengers by road, measured as from 2014",
            "万人次",
            definition="Passengers carried by road in the year, whole city (公路客运量, 全市), as "
            "measured since the transport survey of 2013.",
            note="without 贵阳 and, before 2018, 广州, whose figures go on as measured before; in "
            "2013 some cities had changed and others not",
        ),
    ),
)

BAIDU = family(
    "transport",
    {
        "shipping": ("航运", "shipping"),
    },
)

#: What the total consists of, and what 北京 has none of.
MODES = (
    "transport.rail_passengers",
    "transport.road_passengers",
    "transport.civil_aviation_passengers",
    "transport.waterway_passengers",
)
_NO_WATERWAY = {("beijing", "transport.waterway_passengers")}

PASSENGERS_TOTAL = Derived(
    Indicator(
        "transport.passengers_total",
        "客运总量",
        "Passengers carried, total",
        "万人次",
        definition="Passengers carried in the year by all modes, aviation included (客运总量). "
        "After 2014, when the city yearbook stops printing it, that of 上海 and 北京 is computed: "
        "rail + road + civil aviation + waterways, which is what the total is in the years before "
        "and in the paper's table 3.",
        inputs=MODES,
    ),
    total,
    parts=MODES,
    cities=("shanghai", "beijing"),
    since="2015",
    without=_NO_WATERWAY,
    live=(*COMMUNIQUES, *YEARBOOKS),
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
    for plugin in (*STATISTICS, *BAIDU, PASSENGERS_TOTAL, ROAD_AREA_CHANGE):
        register(plugin)
