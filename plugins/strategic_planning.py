"""战略规划流: what the government plans and builds."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.live import COMMUNIQUES, YEARBOOKS
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "strategic_planning.land_transaction_value",
            "土地交易额",
            "Land transactions, value",
            "亿元",
            definition="Price of the land-use rights granted in the year (土地出让成交价款).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "strategic_planning.land_transaction_area",
            "土地交易面积",
            "Land transactions, area",
            "万平方米",
            definition="Area of the land whose use rights were granted in the year "
            "(土地出让面积), to all buyers and for all uses.",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "strategic_planning.infrastructure_investment",
            "基础设施建设投入",
            "Infrastructure investment",
            "亿元",
            definition="Investment in urban infrastructure completed in the year "
            "(城市基础设施投资).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "strategic_planning.tourist_attractions",
            "旅游景点建设数量",
            "Tourist attractions built",
            "个",
            definition="Tourist attractions built in the year (旅游景点建设数量); the paper does "
            "not define it further.",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "strategic_planning.environmental_spending",
            "环保投入",
            "Environmental protection spending",
            "亿元",
            definition="Spending of the general public budget on energy saving and environmental "
            "protection (一般公共预算节能环保支出).",
            note="the paper says 环保投入, which may include spending beyond the budget",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "strategic_planning.hukou_settlements",
            "落户人口数",
            "Persons granted household registration",
            "人",
            definition="Persons granted household registration in the city in the year (落户人口).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "strategic_planning.highway_length_built",
            "修建公路里程数",
            "Highway length built",
            "公里",
            definition="Length of highway built in the year (修建公路里程).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "strategic_planning.office_floor_space_completed",
            "办公楼竣工房屋面积",
            "Office floor space completed",
            "万平方米",
            definition="Floor space of office buildings completed in the year "
            "(办公楼竣工房屋面积).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "strategic_planning.developer_land_purchased",
            "房地产开发企业购置土地面积",
            "Land purchased by real-estate developers",
            "万平方米",
            definition="Area of land bought by real-estate developers in the year "
            "(房地产开发企业购置土地面积); a part of all land transactions.",
        ),
    ),
)

BAIDU = family(
    "strategic_planning",
    {
        "stamp_duty": ("印花税", "stamp duty"),
        "digital_city": ("数字城市", "digital city"),
        "financial_regulation": ("金融监管", "financial regulation"),
        "industrial_policy": ("产业政策", "industrial policy"),
        "legal_system": ("法制", "legal system"),
    },
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU):
        register(plugin)
