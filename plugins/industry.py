"""产业流量: large companies, and the interest in new industries."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.live import COMMUNIQUES, FORTUNE_CHINA_500, FORTUNE_GLOBAL_500
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "industry.fortune_global_500",
            "世界 500强企业数",
            "Fortune Global 500 companies",
            "家",
            definition="Companies of the Fortune Global 500 with their head office in the city, "
            "by the list of the year, which ranks the revenue of the year before.",
            note="the list does not print the city; counts differ by who assigned it",
        ),
        live=(*COMMUNIQUES, FORTUNE_GLOBAL_500),
    ),
    Published(
        Indicator(
            "industry.china_500",
            "中国 500强企业数",
            "China 500 companies",
            "家",
            definition="Companies of the Fortune China 500 (《财富》中国500强) with their head "
            "office in the city, by the list of the year.",
        ),
        live=(*COMMUNIQUES, FORTUNE_CHINA_500),
    ),
)

BAIDU = family(
    "industry",
    {
        "emerging_industry": ("新兴产业", "emerging industry"),
        "supply_chain": ("供应链", "supply chain"),
        "green_power": ("绿色动力", "green power"),
        "integrated_circuit": ("集成电路", "integrated circuit"),
        "biomedicine": ("生物医药", "biomedicine"),
        "artificial_intelligence": ("人工智能", "artificial intelligence"),
        "new_energy_vehicle": ("新能源汽车", "new energy vehicle"),
        "advanced_equipment": ("高端装备", "advanced equipment"),
        "aerospace": ("航空航天", "aerospace"),
        "new_materials": ("新材料", "new materials"),
    },
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU):
        register(plugin)
