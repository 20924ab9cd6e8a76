"""The figures of 主要城市年度数据, the National Bureau's table of 36 large cities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from cityflux import Page, Source
from cityflux.plugins.bundle import Printed, frame

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http

FIRST_YEAR = 2011

#: How the bureau calls each indicator, the present name first.
NAMES: Mapping[str, tuple[str, ...]] = {
    "overall_economy.gdp": ("地区生产总值（当年价格）", "地区生产总值"),
    "goods_commerce.retail_sales": ("社会消费品零售总额",),
    "capital.real_estate_investment": ("房地产开发投资额", "房地产开发投资"),
}
#: The 36 cities of the table, which are those of `main_cities_index`.
CITIES: Mapping[str, str] = {
    "北京": "beijing",
    "天津": "tianjin",
    "石家庄": "shijiazhuang",
    "太原": "taiyuan",
    "呼和浩特": "hohhot",
    "沈阳": "shenyang",
    "大连": "dalian",
    "长春": "changchun",
    "哈尔滨": "harbin",
    "上海": "shanghai",
    "南京": "nanjing",
    "杭州": "hangzhou",
    "宁波": "ningbo",
    "合肥": "hefei",
    "福州": "fuzhou",
    "厦门": "xiamen",
    "南昌": "nanchang",
    "济南": "jinan",
    "青岛": "qingdao",
    "郑州": "zhengzhou",
    "武汉": "wuhan",
    "长沙": "changsha",
    "广州": "guangzhou",
    "深圳": "shenzhen",
    "南宁": "nanning",
    "海口": "haikou",
    "重庆": "chongqing",
    "成都": "chengdu",
    "贵阳": "guiyang",
    "昆明": "kunming",
    "拉萨": "lhasa",
    "西安": "xian",
    "兰州": "lanzhou",
    "西宁": "xining",
    "银川": "yinchuan",
    "乌鲁木齐": "urumqi",
}


def page(source: Source, indicator_id: str) -> Page:
    """The answer that holds an indicator; each of them is asked for by itself.

    Args:
        source: with the parameter ``base`` where the interface is elsewhere.
        indicator_id: one of `NAMES`.
    """
    return Page(source, partial(read, indicator_id), partial(fetch, indicator_id))


def fetch(indicator_id: str, http: Http, source: Source, since: str | None) -> Iterator[Document]:
    """Ask for one indicator of all cities and years: the bureau revises old ones."""
    from cityflux.scrapers.nbs import current

    base = source.params.get("base", current.BASE)
    leaf, entry = current.find_indicator(http, current.CITY_ANNUAL, NAMES[indicator_id], base=base)
    there = current.regions(http, leaf, base=base)
    regions = [each for each in there if each.name.removesuffix("市") in CITIES]
    regions = regions or current.choose(there, list(CITIES))  # which says what is there
    query = current.Query(leaf, [entry], regions, str(FIRST_YEAR), str(date.today().year - 1))
    yield current.fetch(http, query, base=base)


def read(indicator_id: str, documents: Sequence[Document]) -> pl.DataFrame:
    """The figures, in the unit of the bureau."""
    from cityflux.scrapers.nbs import current

    return frame(
        Printed(
            indicator_id,
            CITIES[row["region"].removesuffix("市")],
            row["period"],
            row["value"],
            row["unit"],
            "ok",
            row["note"] or row["indicator"],
        )
        for document in documents
        for row in current.parse(document).drop_nulls("value").iter_rows(named=True)
    )
