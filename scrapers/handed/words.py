"""What the words of a head stand for: a column of cities, of periods, of units, of nothing."""

from __future__ import annotations

import re
from typing import Literal

from cityflux.scrapers.tables.labels import key, split_languages, split_unit

Role = Literal[
    "city", "code", "period", "indicator", "unit", "value", "status", "note", "source", "other"
]

_WORDS: dict[Role, str] = {
    "city": """
        城市 城市名 城市名称 地区 地区名称 市 地市 市州 市名 区域 省市 地域 名称 单位名称
        city cities city_name cityname city_id region area place name uname
        municipality location prefecture port airport 港口 机场
    """,
    "code": """
        行政区划代码 区划代码 城市代码 地区代码 代码 城市编码 adcode code admin_code
        citycode city_code ucode geo
    """,
    "period": """
        年份 年度 年 月 季 时间 时期 期间 日期 月份 季度 统计时间 year years period time date
        month quarter
    """,
    "indicator": """
        指标 指标名称 指标名 项目 项目名称 指标代码 统计指标 indicator indicators
        indicator_name indicatorname item variable series measure
        icode iname metric indicator_id
    """,
    "unit": """
        单位 计量单位 unit units
    """,
    "value": """
        值 数值 数据 数据值 指标值 数 金额 本期 value values figure figures amount
        obs_value data val
    """,
    "status": """
        状态 数据状态 status flag flags obs_status
    """,
    "note": """
        备注 注 说明 附注 注释 note notes remark remarks comment comments
        footnote
    """,
    "source": """
        来源 数据来源 资料来源 出处 source sources
    """,
    "other": """
        序号 编号 排名 名次 位次 排序 no no. # rank id index 省 省份 省名 所属省份 省区 国家
        国家代码 country province iso3 所属区域 经纬度 经度 纬度 lat lon latitude
        longitude 等级 类别 database 数据库
    """,
}
ROLES: dict[str, Role] = {word: role for role, words in _WORDS.items() for word in words.split()}
#: A heading in two languages, of which the first is too short to be told from the name: City 城市.
_TWICE = re.compile(r"(?P<english>[A-Za-z_]+)\s*(?P<chinese>[\u4e00-\u9fff]+)")
_NOTE = re.compile(
    r"\W*(?:注|附注|备注|说明|资料来源|数据来源|来源|出处|注释|制表|填表|审核|更新时间|导出时间|下载时间"
    r"|notes?|sources?|remarks?|data source|last updated?|updated|exported)\s*\d*\s*[:：.、)）]",
    re.I,
)
#: A column of change, of a rank or of a share of the whole is none of the series it stands beside.
_BESIDE = re.compile(
    r"增长|增速|增幅|增减|同比|环比|比上年|较上年|上年同期|±|位次|排名|名次|占比|占全|占总"
    r"|累计增|growth|change|yoy|y/y|rank|share of",
    re.I,
)
_WITHIN = re.compile(r"市辖区|市区$|主城区|城区$|县域|辖县|districts? under|urban districts?", re.I)
_WHOLE = re.compile(r"全市|全域|全辖|地级市合计|total city|whole city", re.I)


def role_of(heading: str) -> Role | None:
    """What a column is by its heading alone; None where the heading names something itself."""
    plain = split_unit(heading)[0]
    for text in (heading, plain, *split_languages(plain)):
        if role := ROLES.get(key(text).strip("*: ")):
            return role
    if not (match := _TWICE.fullmatch(plain)):
        return None
    one, other = (ROLES.get(key(match[each])) for each in ("english", "chinese"))
    return one if one == other else None


def is_note(text: str) -> bool:
    """Whether a line begins as notes and sources do."""
    return _NOTE.match(text) is not None


def is_beside(heading: str) -> bool:
    """Whether a heading speaks of a change, a rank or a share of what it names."""
    return _BESIDE.search(heading) is not None


def is_within(heading: str) -> bool:
    """Whether a heading speaks of a part of each city: 市辖区."""
    return _WITHIN.search(heading) is not None


def without_territory(heading: str) -> str:
    """A heading without the word for the whole city: 全市 Total City."""
    return _WHOLE.sub("", heading).strip(" ()（）") if _WHOLE.search(heading) else heading
