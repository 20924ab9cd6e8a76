"""Small samples of each kind of source, in the shapes that real answers have."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import polars as pl
import xlsxwriter

_TITLE = "2020年江城市国民经济和社会发展统计公报"
_FILLER = "面对复杂多变的外部环境，全市上下同心协力。" * 6
_PAGE = """<html><meta charset="utf-8"><title>{}</title><div class="nav">登录</div><div id="zoom"><h1>{}</h1>
<p>江城市统计局<br>2021年3月20日</p><p>　　一、综合</p><p>{}</p>{}</div></html>"""
COMMUNIQUES = [
    *(
        _PAGE.format(_TITLE, _TITLE, _FILLER, text)
        for text in (
            "<p>　　初步核算，全年地区生产总值（GDP）<sup>[2]</sup>8321.5亿元，按可比价格计算，比上年增长6.2%。",
            "<p>其中，第一产业增加值321.5亿元，增长2.1%；第二产业增加值３０００．２亿元，与上年持平。",
            "<p>铁路、公路和民航客运量分别为1200、3400.5和560万人次，分别增长3.2%、下降1.1%和增长百分之五。",
            """<table border=1><tr><td rowspan=2>指　标</td><td colspan=2>2020年</td></tr><tr><td>绝对数（万吨）
</td><td>比上年增长（%）</td></tr><tr><td>货物运输量</td><td>12,345.6</td><td>3.1</td></tr><tr><td>#铁路</td>
<td>345</td><td>-2.0</td></tr></table><p>注：本公报数据为初步统计数。</p>""",
        )
    ),
    *(
        f"{_TITLE}\n江城市统计局\n{_FILLER}\n{text}"
        for text in (
            "    经省统计局统一核算，全年实现地区生产总值七千八百点五亿元，人均GDP达到88321元（折合12800美元）。",
            "社会消费品零售总额由上年的2800亿元增加到3021.4亿元；固定资产投资占GDP的比重为35.2%。",
            "表1 2019年主要指标\n单位：亿元\n指标\t绝对数\t比上年增长（%）\n一般公共预算收入\t612.3\t4.4\n",
            "|港口|吞吐量(万吨)|增长(%)|\n|---|---|---|\n|江城港|20123.4|5.0|\n专利授权量\n12345\n件\n",
            "全年进出口总额1256.19亿元，折合176.75亿美元，其中出口800亿元。年末有A级旅游景区130家。",
        )
    ),
]

TABLES = [
    """<html><meta charset=utf-8><title>客运量</title><p>15-12 客运量</p><p>单位：万人次</p><table>
<tr><th rowspan=2>地区<th colspan=2>2020年<th>2021年</tr><tr><th>合计<th>铁路<sup>①</sup><th>合计</tr>
<tr><td>上海<td>12,345.6<td>5343<td>13000</tr><tr><td>北京<td>124764<td>7646 a)<td>—</tr>
<tr><td>　其中：浦东<td>234<td>...<td>1&nbsp;234</tr></table><p>注：a) 不含民航。</p></html>""",
    """<table class=ports><caption>港口吞吐量（万吨）</caption><tr><td>港名</td><td>1-3月</td></tr>
<tr><td>上海</td><td>12345</td></tr><tr><td>北京</td><td><table><tr><td>1<td>2</table></td></tr></table>
<b id=stores>1.2万家</b><form><input type=password></form>""",
]

YEARBOOKS = [
    """<html><meta charset=gb2312><table><tr><td colspan=4>15-12 客运量 Passenger Traffic by Region (2008)
<tr><td colspan=4>单位：万人　(10 000 persons)<tr><td>地　区 Region<td>合计 Total<td>#铁路 Railways<td>公路
<tr><td>　全国总计 National Total<td>2867892<td>146193<td>2682114<tr><td>　上 海 Shanghai<td>8507<td>5343
<td>2934<tr><td>　北 京 Beijing<td>124764<td>7646<td>-<tr><td>续表<tr><td>地区<td>2007<td>2008<td>2009
<tr><td>　天 津<td>1<td>2<td>3<sup>a)</sup></table><p>a) 不分地区数为民航。<p>资料来源：交通部</html>""",
    """<table><tr><td>项　　目<td>Item<td>2020<td>2021<tr><td>民用车辆拥有量　(辆)<td>Civilian Vehicle (unit)
<td>3081809<td>3308683<tr><td># 汽　车<td>　Automobile<td>2981224<td>3198405<tr><td>货运量　　(万吨)
<td>Freight Traffic (10000 tons)<td>92458<td>98175<tr><td># 铁 路<td>　Railways<td>1793<td>2292</table>""",
]

CSVS = [
    '城市,年份,客运量（万人次）,备注\n上海,2019年,"1,234.5",a\n北京,2019年,—,"多\n行"\n'.encode(),
    "﻿城市\t2019\t2020\n上海\t1.5\t2,000\n北京\t12.5%\t1.2万\n".encode(),
    "城市;2019年;2020年\n上海;(3.2);1 234\n北京;－;１２３４\n".encode("gb18030"),
    "客运量,,\n城市|2019|2020\n上海|1|2\n".encode("utf-16"),
    b'"Data Source","World Development Indicators"\n\nCountry,2019,2020\nCHN,1,2\n',
]

IMPORTS = [
    "indicator,city,period,value,unit,source,status,note\npeople.population,上海,2020,2488.2,万人,,ok,\n"
    'people.population,beijing,2020-Q3,2189,万人,case.import,provisional,"一,二"\n'.encode(),
]

LISTS = [
    "Level,iCode,iName,Direction,Weight,Parent,Type,Unit\n1,LPI,Logistics,1,0.5,Phys,Indicator,分\n"
    "2,Phys,Physical,1,1,Conn,Aggregate,\n3,Conn,Connectivity,1,1,NA,Aggregate,\n".encode(),
    "id,name,unit,direction,weight,parent\na,影院,家,负,30%,b\nb,生活,,,,\n".encode(),
]

JSONS = [
    '[{"城市":"上海","2019":1.5,"2020":null},{"城市":"北京","2019":2,"2020":"1,234"}]'.encode(),
    '{"城市":["上海","北京"],"2019":[1,2.5],"2020":["—",true]}'.encode(),
    '{"城市":"上海","2019":1}\n{"城市":"北京","2019":[2]}\n'.encode(),
]

JSONSTATS: list[dict[str, Any]] = [
    {"version": "2.0", "class": "dataset", "label": "Population", "id": ["freq", "cities", "time"],
     "size": [1, 2, 3],
     "dimension": {"freq": {"category": {"label": {"A": "Annual"}}},
                   "cities": {"category": {"index": {"FR001C": 0, "DE001C": 1},
                                           "label": {"FR001C": "Paris", "DE001C": "Berlin"}}},
                   "time": {"category": {"index": ["2018", "2019", "2020-S1"]}}},
     "value": {"0": 1.5, "1": 2, "4": 3e6, "5": None}, "status": {"1": "p", "4": "e"}},
    {"id": ["time"], "size": [2], "dimension": {"time": {"category": {"index": ["2018", "2019-W28"]}}},
     "value": [1, "2"], "status": "b"},
]  # fmt: skip

WORLD_BANK = [
    [{"page": 1, "pages": 1, "per_page": 50, "total": 2, "lastupdated": "2024-12-16"},
     [{"indicator": {"id": "NY.GDP.MKTP.CD", "value": "GDP"},
       "country": {"id": "CN", "value": "China"}, "countryiso3code": "CHN", "date": date,
       "value": value, "unit": "", "obs_status": "", "decimal": 0}
      for date, value in (("2020", 14687673892882.0), ("2019Q2", None))]],
    [{"message": [{"id": "120", "key": "Invalid value", "value": "The parameter is not valid"}]}],
]  # fmt: skip

EASYQUERY = {
    "returncode": 200,
    "returndata": {
        "datanodes": [
            {"code": "zb.A0101_reg.310000_sj.2019",
             "data": {"data": 38155.32, "dotcount": 1, "hasdata": True, "strdata": "38155.3"},
             "wds": [{"valuecode": "A0101", "wdcode": "zb"}, {"valuecode": "310000", "wdcode": "reg"},
                     {"valuecode": "2019", "wdcode": "sj"}]},
            {"code": "zb.A0101_reg.310000_sj.2020B",
             "data": {"data": 0, "dotcount": 0, "hasdata": False, "strdata": ""},
             "wds": [{"valuecode": "A0101", "wdcode": "zb"}, {"valuecode": "310000", "wdcode": "reg"},
                     {"valuecode": "2020B", "wdcode": "sj"}]}],
        "wdnodes": [
            {"wdcode": "zb", "nodes": [{"code": "A0101", "cname": "地区生产总值", "unit": "亿元",
                                        "memo": "按当年价||计算"}]},
            {"wdcode": "reg", "nodes": [{"code": "310000", "cname": "上海", "unit": None}]}],
    },
}  # fmt: skip

CURRENT = {
    "success": True, "state": 20000, "message": "成功",
    "data": [{"code": "2019YY", "name": "2019年", "values": [
        {"_id": "i-gdp", "i_showname": "地区生产总值 (亿元) ", "du_name": "亿元", "da": "310000000000",
         "da_name": "上海", "value": "37987.6"},
        {"_id": "i-gdp", "i_showname": "地区生产总值", "du_name": None, "da": "110000000000",
         "da_name": "北京", "value": None}]}],
}  # fmt: skip

DOWNLOADS = [
    ("数据库：主要城市年度数据\n指标：地区生产总值(当年价格)(亿元)\n时间：最近20年\n地区,2020年,2019年\n上海,38963.3,"
     "37987.6\n北京,36102.6,\n注：2019年数据为修订数。\n数据来源：国家统计局\n").encode("gb18030"),
    "\ufeff时间\t上海\t北京\n2020年\t1\t2\n".encode(),
    "地区：上海\n指标,2020年,2019年三季度\n年末户籍人口(万人),1475.6,1469.3\n".encode(),
]  # fmt: skip

INDEX_ADDRESS = (
    "https://index.baidu.com/api/SearchApi/index?area=910&startDate=2020-01-01&endDate=2020-01-03"
    "&word=%5B%5B%7B%22name%22%3A%22%E4%BE%9B%E5%BA%94%E9%93%BE%22%2C%22wordType%22%3A1%7D%5D%5D"
)
_SPAN = {"startDate": "2020-01-01", "endDate": "2020-01-03", "data": "zQ9Qz"}
_WORD = [{"name": "供应链", "wordType": 1}]
BAIDU_INDEX = [
    {"status": 0, "message": 0, "logid": 1, "data": {
        "userIndexes": [{"word": _WORD, "all": _SPAN, "pc": _SPAN, "type": "day"}],
        "generalRatio": [{"word": _WORD, "all": {"avg": 2929, "yoy": 5, "qoq": -1}}],
        "uniqid": "u-1"}},
    {"status": 10003, "data": "", "message": "not include", "logid": 1},
]  # fmt: skip

MIGRATION = [
    'cb({"errno":0,"errmsg":"SUCCESS","data":{"list":[{"city_name":"杭州市","province_name":"浙江省",'
    '"value":12.5},{"city_name":"苏州市","province_name":"江苏省","value":"20.1"}]}});',
    'cb({"errno":0,"errmsg":"SUCCESS","data":{"list":{"20230922":8.0,"20230924":9}}});',
]

SSE = {
    "result": [{"TOTAL_VALUE": "380,000.5", "TRADE_VOL": "300.1", "TRADE_AMT": amount,
                "PRODUCT_CODE": "17", "NEGO_VALUE": "-", "TRADE_DATE": "20200615"}
               for amount in ("3,456.7", None)],
}  # fmt: skip

OECD = b"""STRUCTURE,REF_AREA,Reference area,TIME_PERIOD,OBS_VALUE,UNIT_MULT
DATAFLOW,FRA,France,2020,1234.5,6
DATAFLOW,DEU,"Germany, all",2020-Q3,,6
"""

ROUTES = b'2B,410,AER,2965,KZN,2990,,0,CR2\n2B,410,ASF,2966,KZN,2990,\\N,1,"CR2 A81"\n'

WIKIDATA = {
    "head": {"vars": ["item"]},
    "results": {"bindings": [
        {"item": {"type": "uri", "value": "http://www.wikidata.org/entity/Q8686"},
         "label": {"type": "literal", "value": "Shanghai"},
         "property": {"type": "uri", "value": "http://www.wikidata.org/entity/P625"},
         "value": {"type": "literal", "value": "Point(121.469 31.232)"},
         "rank": {"type": "uri", "value": "http://wikiba.se/ontology#NormalRank"}},
        {"item": {"type": "uri", "value": "http://www.wikidata.org/entity/Q8686"},
         "property": {"type": "uri", "value": "http://www.wikidata.org/entity/P1082"},
         "value": {"type": "literal", "value": "24870895"},
         "unit": {"type": "uri", "value": "http://www.wikidata.org/entity/Q199"},
         "time": {"type": "literal", "value": "2020-11-01T00:00:00Z"},
         "precision": {"type": "literal", "value": "11"},
         "rank": {"type": "uri", "value": "http://wikiba.se/ontology#PreferredRank"}}]},
}  # fmt: skip

LISTING = """<ul><li><a href="./t20210320_1.html" title="2020年江城市国民经济和社会发展统计公报">2020年江城市…
</a><li><a href=/tjgb/2019.htm>江城市二〇一九年国民经济和社会发展统计公报</a></ul><a href="index_1.html">下一页</a>
<a href="list_2.htm">2</a><script>createPageHTML(5, 0, "index", "html");</script>"""

DEFINITION = """
id = "small"
name_zh = "小指数"
name_en = "A small index"
cities = ["shanghai", "beijing"]
weights = "equal"

[periods]
of = ["2011/2020", "2020-Q3"]
reduce = "mean"

[standardization]
method = "zscore"
within = "period"

[aggregation]
method = "weighted_mean"

[[nodes]]
id = "people"
name_zh = "人"
name_en = "People"
weight = 5.5
aggregation = { method = "mean" }
indicators = ["people.population", { id = "overall_economy.gdp", weight = 2 }]

[[nodes]]
id = "below"
parent = "people"
name_zh = "下"
name_en = "Below"
weight = 1
"""

CONFIG = """
[database]
path = "data/cityflux.db"
[plugins]
dirs = ["my_plugins"]
disabled = []
[indices]
default = "flow_index"
files = []
[refresh]
threads = 8
time_limit = 300.0
[daemon]
timezone = "Asia/Shanghai"
poll = 0.05
[client]
offline = true
"""

PERIODS = [text.encode() for text in (
    "2020", "2020-Q3", "2020-07", "2020-07-14", "2011/2020", "2020-01/2020-06", "2024年三季度", "2020-W28",
    "2020-S1", "2020年1-3月", "9999-12", "2020-02-29", "２０２０年度", "2020-07-14T00:00:00")]  # fmt: skip
NUMERALS = [text.encode() for text in (
    "1,234.5", "１２３４", "1 234", "1'234", "−3.2", "(3.2)", "12.5%", "1.2万", "3.4万亿", "暂无", "...", "1e10",
    "1.234,5", "-", "一千八百八十二点八")]  # fmt: skip
UNITS = [text.encode() for text in (
    "亿元", "元/平方米", "万人次", "万TEU", "万吨公里", "%", "million persons", "km2", "份(册)", "个百分点",
    "亿千瓦小时", "US$")]  # fmt: skip


def dumped(*values: Any) -> list[bytes]:
    """JSON of each."""
    return [json.dumps(value, ensure_ascii=False).encode() for value in values]


def workbook(*rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        share = book.add_format({"num_format": "0.0%"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, float) and 0 < cell < 1:
                    sheet.write_number(number, column, cell, share)
                elif cell is not None:
                    sheet.write(number, column, cell)
    return buffer.getvalue()


def parquet() -> bytes:
    """A small table."""
    buffer = io.BytesIO()
    pl.DataFrame({"城市": ["上海", "北京"], "2019": [1.5, None]}).write_parquet(buffer)
    return buffer.getvalue()
