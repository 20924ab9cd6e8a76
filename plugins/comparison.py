"""World cities, neighbour cities and related measures: figures to compare with.

They are no part of the paper's index. One of them is an airport, a station or the result of
another ranking; what it is not, its note says.
"""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.published import Published

#: The unit of scores, which have no zero that means something.
_POINTS = "分"
_BOTH_WAYS = "arrivals and departures: about twice the departures of transport.air_passengers"
_NORMALIZED = "normalized from 0 to 100 by the Mori Memorial Foundation; not a quantity"
_ONE_STATION = "one station: the high-speed stations of the city are not in the table"

_AIRPORTS = {
    "can": ("广州白云机场", "Guangzhou Baiyun"),
    "cdg": ("巴黎戴高乐机场", "Paris Charles de Gaulle"),
    "ewr": ("纽约纽瓦克机场", "New York Newark"),
    "gmp": ("首尔金浦机场", "Seoul Gimpo"),
    "hgh": ("杭州萧山机场", "Hangzhou Xiaoshan"),
    "hkg": ("香港国际机场", "Hong Kong"),
    "hnd": ("东京羽田机场", "Tokyo Haneda"),
    "icn": ("首尔仁川机场", "Seoul Incheon"),
    "jfk": ("纽约肯尼迪机场", "New York Kennedy"),
    "lga": ("纽约拉瓜迪亚机场", "New York LaGuardia"),
    "lgw": ("伦敦盖特威克机场", "London Gatwick"),
    "lhr": ("伦敦希思罗机场", "London Heathrow"),
    "nrt": ("东京成田机场", "Tokyo Narita"),
    "pek": ("北京首都机场", "Beijing Capital"),
    "pkx": ("北京大兴机场", "Beijing Daxing"),
    "pvg": ("上海浦东机场", "Shanghai Pudong"),
    "sha": ("上海虹桥机场", "Shanghai Hongqiao"),
    "sin": ("新加坡樟宜机场", "Singapore Changi"),
    "szx": ("深圳宝安机场", "Shenzhen Bao'an"),
}
_STATIONS = {
    "beijing": ("北京站", "Beijing"),
    "beijing_south": ("北京南站", "Beijing South"),
    "beijing_west": ("北京西站", "Beijing West"),
    "guangzhou": ("广州站", "Guangzhou"),
    "hangzhou": ("杭州站", "Hangzhou"),
    "shanghai": ("上海站", "Shanghai"),
    "shenzhen": ("深圳站", "Shenzhen"),
}
_POWER_CITY_SCORES = {
    "freight_flows": "International Freight Flows",
    "nominal_gdp": "Nominal GDP",
    "air_passengers": "Number of Air Passengers",
    "foreign_visitors": "Number of Foreign Visitors",
    "patents": "Number of Patents",
    "rd_expenditure": "Research and Development Expenditure",
    "stock_market": "Stock Market Capitalization",
    "top_500_companies": "World's Top 500 Companies",
}
#: Last part of the id, names (zh, en), unit, definition, note.
_SERIES = (
    (
        "airport_passengers",
        "机场旅客吞吐量",
        "Airport passengers, all airports of the city",
        "万人次",
        "Passengers who arrived or departed at the airports of the city (机场旅客吞吐量).",
        _BOTH_WAYS,
    ),
    (
        "container_throughput",
        "集装箱吞吐量(世界城市)",
        "Container throughput of world cities",
        "万国际标准箱",
        "Containers handled in the port of the city, in twenty-foot units.",
        "",
    ),
    (
        "fortune_global_500",
        "世界500强企业数(世界城市)",
        "Fortune Global 500 companies of world cities",
        "家",
        "Companies of the Fortune Global 500 with their head office in the city.",
        "",
    ),
    (
        "neighbour_gdp",
        "地区生产总值(周边城市)",
        "GDP of neighbour cities",
        "亿元",
        "Gross domestic product of the cities around the five.",
        "the vintage is not stated: do not mix with overall_economy.gdp",
    ),
    (
        "neighbour_population",
        "年末常住人口(周边城市)",
        "Resident population of neighbour cities",
        "万人",
        "Resident population at the end of the year of the cities around the five.",
        "mostly revised to the 2020 census: not the base of gdp_per_capita",
    ),
    (
        "agglomeration_population",
        "城市群人口(联合国)",
        "Population of the urban agglomeration",
        "万人",
        "Population of the urban agglomeration (World Urbanization Prospects 2018).",
        "2020 is a projection of 2018",
    ),
    (
        "land_area",
        "行政区域土地面积",
        "Land area",
        "平方公里",
        "Land area of the municipality (行政区域土地面积).",
        "",
    ),
    (
        "total_trade",
        "进出口总额",
        "Total trade in goods",
        "亿元",
        "Imports and exports of goods together (进出口总额).",
        "",
    ),
    (
        "total_trade_usd",
        "进出口总额(美元)",
        "Total trade in goods, in US dollars",
        "亿美元",
        "Imports and exports of goods together, as published in US dollars.",
        "",
    ),
    (
        "urban_private_staff",
        "城镇私营和个体从业人员",
        "Staff of private and self-employed businesses",
        "万人",
        "Staff of urban private and self-employed businesses (城镇私营和个体从业人员).",
        "registration counts, with jumps",
    ),
    (
        "floor_space_completed",
        "房地产开发企业竣工房屋面积",
        "Floor space completed, all uses",
        "万平方米",
        "Floor space completed by real-estate developers, of all uses.",
        "not the offices of strategic_planning.office_floor_space_completed",
    ),
    (
        "office_investment",
        "房地产开发办公楼投资额",
        "Investment in office buildings",
        "亿元",
        "Investment of real-estate developers in office buildings (办公楼投资额).",
        "",
    ),
    (
        "hightech_revenue",
        "高技术产业主营业务收入",
        "Revenue of high-tech industry",
        "亿元",
        "Revenue of high-tech industry (主营业务收入).",
        "revenue is no value added: no substitute for hightech_share_of_industry",
    ),
    (
        "pct_applications",
        "PCT国际专利申请",
        "PCT patent applications",
        "件",
        "International patent applications under the PCT in the year.",
        "",
    ),
    (
        "invention_applications",
        "发明专利申请受理量",
        "Invention patent applications",
        "件",
        "Applications for invention patents in the year (发明专利申请受理量).",
        "applications, not the grants of science_innovation.patents_granted",
    ),
    (
        "sse_members",
        "上交所会员公司",
        "Member companies of the Shanghai Stock Exchange",
        "家",
        "Securities companies of the city that are members of the Shanghai Stock Exchange.",
        "a part of capital.financial_institutions",
    ),
    (
        "sse_branches",
        "上交所会员营业部",
        "Branches of members of the Shanghai Stock Exchange",
        "家",
        "Branches in the city of members of the Shanghai Stock Exchange.",
        "a part of capital.financial_institutions",
    ),
    (
        "sse_members_turnover",
        "证券交易额(会员营业部所在地)",
        "Securities turnover by place of the broker's branch",
        "亿元",
        "Turnover at the Shanghai Stock Exchange by the place of the member's branch.",
        "all securities with repurchases, not only the shares of capital.stock_turnover",
    ),
    (
        "insurance_offices",
        "保险分公司和总公司",
        "Insurance companies and branches",
        "家",
        "Insurance branches, and head offices that do business themselves.",
        "a part of capital.financial_institutions",
    ),
    (
        "gfci_21_rating",
        "全球金融中心指数21 评分",
        "Global Financial Centres Index 21, rating",
        _POINTS,
        "Rating in the Global Financial Centres Index 21 of March 2017.",
        "",
    ),
    (
        "gpci_score",
        "全球城市实力指数 总分",
        "Global Power City Index, score",
        _POINTS,
        "Comprehensive score in the Global Power City Index.",
        "",
    ),
)
_RANKS = (
    ("gfci_21_rank", "全球金融中心指数21 排名", "Global Financial Centres Index 21, rank"),
    ("gpci_rank", "全球城市实力指数 排名", "Global Power City Index, rank"),
)


def _series(
    name: str, name_zh: str, name_en: str, unit: str, definition: str, note: str
) -> Published:
    return Published(
        Indicator(
            f"comparison.{name}",
            name_zh,
            name_en,
            unit,
            definition=definition,
            note=note,
            scale="difference" if unit == _POINTS else "ratio",
            movable=False,
        )
    )


def _rank(name: str, name_zh: str, name_en: str) -> Published:
    return Published(
        Indicator(
            f"comparison.{name}",
            name_zh,
            name_en,
            "名",
            direction=-1,
            scale="difference",
            movable=False,
            definition=f"Place in the ranking; 1 is the best ({name_en}).",
        )
    )


COMPARISONS = (
    *(_series(*row) for row in _SERIES),
    *(_rank(*row) for row in _RANKS),
    *(
        _series(
            f"airport_passengers_{code}",
            f"机场旅客吞吐量: {name_zh}",
            f"Airport passengers: {name_en}",
            "万人次",
            f"Passengers who arrived or departed at one airport ({code.upper()}).",
            _BOTH_WAYS,
        )
        for code, (name_zh, name_en) in _AIRPORTS.items()
    ),
    *(
        _series(
            f"station_passengers_{name}",
            f"铁路主要车站旅客发送量: {name_zh}",
            f"Rail passengers departed: {name_en} station",
            "万人",
            f"Passengers who departed from {name_zh} in the year (旅客发送量).",
            _ONE_STATION,
        )
        for name, (name_zh, name_en) in _STATIONS.items()
    ),
    *(
        _series(
            f"gpci_{name}",
            f"全球城市实力指数: {title}",
            f"Global Power City Index: {title}",
            _POINTS,
            f"Score in the indicator 「{title}」 of the Global Power City Index.",
            _NORMALIZED,
        )
        for name, title in _POWER_CITY_SCORES.items()
    ),
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the figures to compare with."""
    for plugin in COMPARISONS:
        register(plugin)
