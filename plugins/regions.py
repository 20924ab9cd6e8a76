"""The three city regions of the paper, and the nine neighbours by which each is measured.

对周边经济的带动能力 asks how rich the cities around a city are. The paper prints the nine items
once, with the cities of the Yangtze delta and in brackets those of Beijing and of the Pearl River
delta (table 1); which nine a city gets follows from its region in ``cities.csv``, if it is one of
them itself: 石家庄 has the region of 北京, and no neighbours in the paper. 杭州 is among its own
neighbours that way, and so are 上海, 北京, 深圳 and 广州, as in the paper.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_CITIES = Path(__file__).parent / "cities.csv"

#: Nine neighbours of a region, in the order of the paper.
NEIGHBOURS: Mapping[str, tuple[str, ...]] = {
    "YRD": (
        "suzhou",
        "wuxi",
        "nanjing",
        "hangzhou",
        "changzhou",
        "zhenjiang",
        "shanghai",
        "ningbo",
        "hefei",
    ),
    "BTH": (
        "tianjin",
        "beijing",
        "tangshan",
        "shenyang",
        "panjin",
        "taiyuan",
        "langfang",
        "tongliao",
        "anshan",
    ),
    "PRD": (
        "guangzhou",
        "foshan",
        "zhaoqing",
        "shenzhen",
        "dongguan",
        "huizhou",
        "zhuhai",
        "zhongshan",
        "jiangmen",
    ),
}


@lru_cache(maxsize=1)
def cities() -> Mapping[str, Mapping[str, str]]:
    """The rows of ``cities.csv`` by id."""
    with _CITIES.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def neighbour_of_each_city(place: int) -> Mapping[str, str]:
    """Which city stands at a place among the neighbours of each city.

    Args:
        place: 1 to 9.

    Returns:
        The neighbour by city, for every city of the paper's three regions.
    """
    return {
        city: neighbours[place - 1]
        for city, row in cities().items()
        if city in (neighbours := NEIGHBOURS.get(row["region"], ()))
    }
