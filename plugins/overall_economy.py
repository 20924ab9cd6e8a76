"""总体经济度: the size of the economy, and the interest in it."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.live import COMMUNIQUES, nbs_main_cities
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "overall_economy.gdp",
            "GDP",
            "Gross domestic product",
            "亿元",
            aliases=(
                "地区生产总值",
                "生产总值",
                "地区GDP",
                "Gross regional product",
                "GRP",
            ),
            definition="Gross domestic product of the municipality at current prices "
            "(地区生产总值, 当年价格).",
            note="上海 and 北京 are revised after each economic census, 深圳, 广州 and 杭州 are "
            "first figures",
        ),
        live=(*COMMUNIQUES, nbs_main_cities("overall_economy.gdp")),
    ),
    Published(
        Indicator(
            "overall_economy.gdp_first_print",
            "地区生产总值(首次刊载)",
            "Gross domestic product as first printed",
            "亿元",
            definition="Gross domestic product of the whole city at current prices "
            "(地区生产总值, 当年价格, 全市), in each year the figure nearest to first print.",
            note="not revised later: do not splice with overall_economy.gdp",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "overall_economy.budget_revenue",
            "地方一般公共预算收入",
            "Revenue of the local general public budget",
            "亿元",
            definition="Revenue of the local general public budget in the year, whole city "
            "(地方一般公共预算收入, 全市).",
        ),
    ),
)

BAIDU = family(
    "overall_economy",
    {
        "global_city_competitiveness": ("全球城市竞争力排名", "global city competitiveness"),
        "investment_management": ("投资管理", "investment management"),
        "belt_and_road": ("“一带一路”", "Belt and Road"),
        "globalisation": ("全球化", "globalisation"),
        "yangtze_delta_economic_circle": ("长三角经济圈", "Yangtze Delta economic circle"),
        "industrial_cluster": ("产业集群", "industrial cluster"),
        "sharing_economy": ("共享经济", "sharing economy"),
    },
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU):
        register(plugin)
