"""The paper's own scores, as published figures: table 2 of 江若尘 and others (2022).

They are the measure for ours: the same index over these scores must give what the paper prints.
The means of table 3 stand under the indicators of `plugins.transport` themselves.
"""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.published import Published

#: The groups in the order of table 2, by id: Chinese and English name.
GROUPS = {
    "strategic_planning": ("战略规划流", "strategic planning"),
    "people": ("人流(包括人力资源流、旅客流)", "people"),
    "capital": ("资金流", "capital"),
    "science_innovation": ("科教与创新流", "science, education and innovation"),
    "goods_commerce": ("物流及商流(包含服务贸易)", "goods and commerce"),
    "information": ("现代信息流", "information"),
    "transport": ("交通流(包括海、陆、空)", "transport"),
    "regional_pull": ("对周边经济的带动能力", "pull on the region"),
    "industry": ("产业流量", "industry"),
    "advanced_services": (
        "其他高端服务业的流量(除科技、金融、休闲旅游业等)",
        "advanced services",
    ),
    "overall_economy": ("总体经济度", "overall economy"),
    "flow_index": ("流量指数", "flow index"),
}


def _score(group: str, name_zh: str, name_en: str) -> Published:
    return Published(
        Indicator(
            f"jiang_2022.{group}",
            f"江若尘等(2022)表2: {name_zh}",
            f"Jiang et al. (2022), table 2: {name_en}",
            "分",
            frequency="irregular",
            scale="difference",
            movable=False,
            definition="Score of five cities for 2011-2020 as the paper prints it: "
            + (
                "the sum of weight times group score."
                if group == "flow_index"
                else "the mean of the standardized indicators of the group."
            ),
        )
    )


SCORES = tuple(_score(group, *names) for group, names in GROUPS.items())


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the scores of the paper."""
    for plugin in SCORES:
        register(plugin)
