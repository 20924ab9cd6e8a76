"""其他高端服务业的流量(除科技、金融、休闲旅游业等): the interest in advanced services."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import hookimpl
from cityflux.plugins.baidu import family

BAIDU = family(
    "advanced_services",
    {
        "education": ("教育", "education"),
        "headquarters_economy": ("总部经济", "headquarters economy"),
        "health_care": ("医疗保健", "health care"),
        "consulting": ("咨询", "consulting"),
        "creative_design": ("创意设计", "creative design"),
        "trade_fair": ("展会", "trade fair"),
    },
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in BAIDU:
        register(plugin)
