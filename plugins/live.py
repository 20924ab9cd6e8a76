"""The live sources that the paper names: communiqués, yearbooks, lists and exchanges.

Communiqués and the National Bureau are fetched. The others are declared, so that every indicator
says where its next figure is published: no table page of the yearbooks and of the Shanghai
exchange's membership statistics was ever seen, the lists of Fortune do not name the city of a
headquarters, and Freshippo publishes no list that a program may read.

Their priority lies between the two kinds of bundled figures: a live figure stands
before single figures picked from here and there, but behind a table that gives all cities in one
vintage, so that a first release never slips into a revised series unseen.
"""

from __future__ import annotations

from functools import partial

from cityflux import Page, Source
from cityflux.plugins import communiques, exchanges, main_cities
from cityflux.plugins.communiques import Office

PRIORITY = 50
_OFFICIAL = "official statistics, no licence stated; single figures cited"
#: Communiqués appear between January and May, mostly in March.
_COMMUNIQUE_SEASON = "0 6 * jan-may *"


def _communique(office: Office) -> Page:
    source = Source(
        id=f"{office.city}.communique",
        publisher=office.publisher,
        address=office.site["listings"][0],
        scraper="communique",
        licence=_OFFICIAL,
        schedule=_COMMUNIQUE_SEASON,
        priority=PRIORITY,
        reference="国民经济和社会发展统计公报",
        kind="official text",
        params={"city": office.city, "site": office.site},
    )
    return communiques.page(source)


def _yearbook(city: str, publisher: str, address: str) -> Source:
    return Source(
        id=f"{city}.yearbook",
        publisher=publisher,
        address=address,
        scraper="yearbook",
        licence=_OFFICIAL,
        schedule="@monthly",
        priority=PRIORITY + 1,
        access="declared",
        reference="统计年鉴",
        kind="official table",
        params={"city": city},
    )


COMMUNIQUES = tuple(map(_communique, communiques.all_offices()))

#: Those whose address is known; the yearbooks of 深圳 and 杭州 were not found.
YEARBOOKS = (
    _yearbook("shanghai", "上海市统计局", "http://tjj.sh.gov.cn/tjnj/index.html"),
    _yearbook("beijing", "北京市统计局", "http://nj.tjj.beijing.gov.cn/nj/main/"),
    _yearbook("guangzhou", "广州市统计局", "https://tjj.gz.gov.cn/datav/admin/home/www_nj/"),
)

NBS_MAIN_CITIES = Source(
    id="nbs.main_cities",
    publisher="国家统计局",
    address="https://data.stats.gov.cn/dg/website/publicrelease/web/external/",
    scraper="nbs",
    licence=_OFFICIAL,
    schedule="@monthly",
    priority=PRIORITY + 2,
    reference="主要城市年度数据",
)
#: The answer of the bureau for one of `main_cities.NAMES`.
nbs_main_cities = partial(main_cities.page, NBS_MAIN_CITIES)


def _declared(id: str, publisher: str, address: str, scraper: str, reference: str) -> Source:  # noqa: A002
    return Source(
        id=id,
        publisher=publisher,
        address=address,
        scraper=scraper,
        licence="not stated; single figures cited",
        schedule="@monthly",
        priority=PRIORITY,
        access="declared",
        reference=reference,
    )


FORTUNE_GLOBAL_500 = _declared(
    "fortune.global_500",
    "财富 (Fortune China)",
    "https://www.fortunechina.com/fortune500/index.htm",
    "fortune",
    "《财富》世界500强",
)
FORTUNE_CHINA_500 = _declared(
    "fortune.china_500",
    "财富 (Fortune China)",
    "https://www.fortunechina.com/fortune500/node_4302.htm",
    "fortune",
    "《财富》中国500强",
)
FRESHIPPO = _declared(
    "freshippo.stores",
    "盒马 (Freshippo)",
    "https://www.freshippo.com/",
    "web_table",
    "门店; the paper does not say where it counted them",
)
SSE_TURNOVER = _declared(
    "sse.turnover",
    "上海证券交易所",
    "https://query.sse.com.cn/commonQuery.do",
    "exchange",
    "成交概况",
)
SSE_DAILY = Source(
    id="sse.daily",
    publisher="上海证券交易所",
    address="https://query.sse.com.cn/commonQuery.do",
    scraper="exchange",
    licence="not stated; read the terms of the site before you republish",
    schedule="0 18 * * mon-fri",
    priority=PRIORITY,
    reference="股票成交概况, 每日",
    params={"exchange": "shanghai"},
)
SSE_SHARES = exchanges.page(SSE_DAILY).at("shanghai")
SZSE_MONTHLY = Source(
    id="szse.monthly_regions",
    publisher="深圳证券交易所",
    address="https://www.szse.cn/api/report/ShowReport",
    scraper="exchange",
    licence="not stated; read the terms of the site before you republish",
    schedule="@monthly",
    priority=PRIORITY,
    reference="地区交易概况, 每月",
    params={"exchange": "shenzhen"},
)
SZSE_SHARES = exchanges.page(SZSE_MONTHLY).at("shenzhen")
SSE_MEMBERS = _declared(
    "sse.members",
    "上海证券交易所",
    "http://english.sse.com.cn/tradmembership/membership/statistics/",
    "exchange",
    "members’ turnover by region, all securities",
)
SZSE_REGIONS = _declared(
    "szse.regions",
    "深圳证券交易所",
    "https://www.szse.cn/api/report/ShowReport",
    "exchange",
    "turnover by region (杭州 only within 浙江)",
)
