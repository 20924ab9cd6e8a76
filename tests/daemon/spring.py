"""A spring in which China's cities publish the year before: copies on loopback of their offices.

Each office publishes its communiqué on a day of its own between January and April, with a first
figure of GDP, and prints the final one in May, when the National Bureau has its table of cities.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.scrapers.communique.texts import FILLER
from tests.servers import Answer, LoopbackServer, Seen

#: The last day on which an office publishes, and when its figures are final.
LAST, FINAL = (4, 20), (5, 12)
#: By indicator how a communiqué states it, in the unit of the indicator.
RETAIL = "goods_commerce.retail_sales_first_print"
STATED = {
    RETAIL: "全年社会消费品零售总额{:.2f}亿元，增长4.1%。",
    "goods_commerce.goods_imports": "全年货物进口总额{:.2f}亿元，增长0.1%。",
    "goods_commerce.goods_exports": "全年货物出口总额{:.2f}亿元，增长4.6%。",
    "people.average_wage": "全年城镇非私营单位就业人员年平均工资{:.0f}元。",
    "information.mobile_subscribers": "年末移动电话用户{:.2f}万户。",
    "science_innovation.patents_granted": "全年专利授权量{:.4f}万件。",
    "science_innovation.education_spending": "全年财政支出9000.5亿元，其中，教育支出{:.2f}亿元。",
    "science_innovation.school_teachers": "全市普通中小学专任教师{:.4f}万人。",
}
GDP = "overall_economy.gdp_first_print"
INVESTMENT = "capital.real_estate_investment"
#: How much larger a figure is than the last one that is known.
GROWTH = 1.05
#: How much the final figure of GDP differs from the first.
REVISION = 1.01
_FIGURES = """
SELECT city_id, indicator_id, value FROM current_observations o
WHERE period = (SELECT max(period) FROM current_observations l WHERE length(l.period) = 4
    AND l.city_id = o.city_id AND l.indicator_id = o.indicator_id)
"""


class Spring:
    """The offices of some cities, and the bureau.

    Args:
        server: where they publish.
        year: which year they publish, in the year after it.
        database: what is known, from which the figures of the year are made up.
        cities: those that publish, the first one first.
    """

    def __init__(
        self, server: LoopbackServer, year: int, database: Path, cities: Iterable[str]
    ) -> None:
        self.year, self._server, self.today = year, server, date(year + 1, 1, 1)
        with sqlite3.connect(database) as connection:
            known = connection.execute(_FIGURES).fetchall()
            self._names = dict(connection.execute("SELECT id, name_zh FROM cities"))
        self.figures: dict[str, dict[str, float]] = {city: {} for city in cities}
        for city, indicator, value in known:
            if city in self.figures:
                self.figures[city][indicator] = round(value * GROWTH, 2)
        first, last = date(year + 1, 1, 20), date(year + 1, *LAST)
        step = (last - first) / max(1, len(self.figures) - 1)
        self.days = {city: first + step * at for at, city in enumerate(self.figures)}
        for city in self.figures:
            server.answer(f"/{city}/", self._list)
            server.answer(f"/{city}/{year}.html", self._communique)
        for name in ("new/queryIndexTreeAsync", "new/queryIndicatorsByCid", "stream/esData"):
            server.answer(f"/bureau/{name}", self._bureau)
        for name in ("getDaCatalogTreeByIndicatorCid", "getDasByDaCatalogId"):
            server.answer(f"/bureau/{name}", self._bureau)

    def offices(self, path: Path) -> None:
        """Write down where the offices publish, as a file of one's own."""
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("city", "publisher", "year", "address", "title", "body"))
            for city in self.figures:
                address = self._server.address(f"/{city}/")
                rows.writerow((city, f"{self._names[city]}市统计局", "", address, "", "#text"))

    def _is_final(self) -> bool:
        return self.today >= date(self.year + 1, *FINAL)

    def _title(self, city: str, year: int) -> str:
        return f"{year}年{self._names[city]}市国民经济和社会发展统计公报"

    def _list(self, seen: Seen) -> Answer:
        city = seen.path.strip("/")
        years = [self.year, self.year - 1] if self.today >= self.days[city] else [self.year - 1]
        items = (f'<li><a href="{each}.html">{self._title(city, each)}</a>' for each in years)
        return _page("".join(items))

    def _communique(self, seen: Seen) -> Answer:
        city = seen.path.split("/")[1]
        if self.today < self.days[city]:
            return Answer(status=404)
        lines = "".join(f"<p>{line}</p>" for line in self._lines(self.figures[city]))
        title = self._title(city, self.year)
        return _page(f'<title>{title}</title><h1>{title}</h1><div id="text">{lines}</div>')

    def _lines(self, figures: Mapping[str, float]) -> Iterator[str]:
        first, gdp = ("", REVISION) if self._is_final() else ("初步核算，", 1.0)
        yield f"{first}全年实现地区生产总值{figures[GDP] * gdp:.2f}亿元，比上年增长5.3%。"
        for indicator, sentence in STATED.items():
            if indicator in figures:
                yield sentence.format(figures[indicator])
        yield FILLER

    def _bureau(self, seen: Seen) -> Answer:
        """The interface of the National Bureau, as far as it is asked."""
        asked = {name: each[0] for name, each in parse_qs(urlsplit(seen.target).query).items()}
        tables = {
            "gdp": ("地区生产总值(当年价格)", "overall_economy.gdp"),
            "retail": ("社会消费品零售总额", "goods_commerce.retail_sales"),
            "invested": ("房地产开发投资额", INVESTMENT),
        }
        match seen.path.rpartition("/")[2]:
            case "queryIndexTreeAsync" if asked.get("pid"):
                data: object = [
                    {"_id": key, "name": tables[key][0], "isLeaf": True} for key in tables
                ]
            case "queryIndexTreeAsync":
                data = [{"_id": "root", "name": "主要城市年度数据", "isLeaf": False}]
            case "queryIndicatorsByCid":
                name = tables[asked["cid"]][0]
                entry = {"_id": asked["cid"], "i_showname": f"{name} (亿元)", "du_name": "亿元"}
                data = {"list": [entry]}
            case "getDaCatalogTreeByIndicatorCid":
                data = [{"_id": "cities"}]
            case "getDasByDaCatalogId":
                data = [
                    {"name_value": city, "show_name": self._names[city]} for city in self.figures
                ]
            case _:
                data = self._answer(json.loads(seen.body), tables)
        answer = {"success": True, "state": 20000, "data": data}
        return Answer(json.dumps(answer, ensure_ascii=False))

    def _answer(
        self, asked: dict[str, list[dict[str, str]]], tables: Mapping[str, tuple[str, str]]
    ) -> object:
        (key,) = (each for each in tables if each in json.dumps(asked["indicatorIds"]))
        name, indicator = tables[key]
        year, growth = (self.year, 1.0) if self._is_final() else (2020, 1 / GROWTH)
        values = [
            {
                **{"_id": key, "i_showname": name, "du_name": "亿元", "da": das["value"]},
                **{
                    "da_name": das["text"],
                    "value": f"{self.figures[das['value']][indicator] * growth:.2f}",
                },
            }
            for das in asked["das"]
            if indicator in self.figures[das["value"]]
        ]
        return [{"code": f"{year}YY", "name": f"{year}年", "values": values}]


def _page(body: str) -> Answer:
    return Answer(f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>')
