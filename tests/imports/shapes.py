"""Shapes of files as people have them: the table of docs/import.md, and what its test runs.

``python -m tests.imports.shapes`` prints the table.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import xlsxwriter

from cityflux.core.refresh.importing.names import Names, names_of

GDP, RETAIL, PEOPLE, SHARE, MONTHLY = (
    "overall_economy.gdp",
    "goods_commerce.retail_sales",
    "people.population",
    "science.share",
    "industry.output",
)
_INDICATORS = (
    (GDP, "地区生产总值", "Gross regional product", "亿元", "annual"),
    (RETAIL, "社会消费品零售总额", "Retail sales of consumer goods", "亿元", "annual"),
    (PEOPLE, "常住人口", "Resident population", "万人", "annual"),
    (SHARE, "高技术占比", "Share of high technology", "%", "annual"),
    (MONTHLY, "工业产量", "Industrial output", "万吨", "monthly"),
)
_CITIES = (
    ("hangzhou", "杭州", "Hangzhou", "330100"),
    ("shanghai", "上海", "Shanghai", "310000"),
    ("xian", "西安", "Xi'an", "610100"),
    ("jilin", "吉林", "Jilin", "220200"),
)


def names() -> Names:
    """The cities and indicators that the shapes are about."""
    return names_of(
        _CITIES,
        [each[:3] for each in _INDICATORS],
        {each[0]: each[3] for each in _INDICATORS},
        {each[0]: each[4] for each in _INDICATORS},
        {"nbs.city"},
    )


@dataclass(frozen=True)
class Shape:
    """One shape.

    Attributes:
        what: in words.
        body: the bytes of the file.
        rows: what is understood: indicator, city, period, value; nothing where it is refused.
        options: what the command says beside the file.
        says: what the refusal says, or, of what is understood, a line of what is told.
    """

    what: str
    body: bytes
    rows: tuple[tuple[str, str, str, float], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    says: str = ""


def _text(text: str, charset: str = "utf-8") -> bytes:
    return text.encode(charset)


def _book(write: Callable[[Any, Any], None], *names_: str) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        write(book, book.add_worksheet(*names_))
    return buffer.getvalue()


def _rows(*rows: Sequence[Any]) -> Callable[[Any, Any], None]:
    def write(book: Any, sheet: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return write


def _merged(book: Any, sheet: Any) -> None:
    sheet.merge_range("A1:E1", "2021年主要指标", None)
    sheet.write("E2", "单位：亿元")
    sheet.merge_range("A3:A4", "城市", None)
    sheet.merge_range("B3:C3", "地区生产总值", None)
    sheet.merge_range("D3:E3", "社会消费品零售总额", None)
    sheet.write_row("B4", ["2020年", "2021年", "2020年", "2021年"])
    sheet.write_row("A5", ["杭州市", 1, 2, 3, 4])
    sheet.write_row("A6", ["注：初步数"])


def _city_merged(book: Any, sheet: Any) -> None:
    sheet.write_row("A1", ["城市", "年份", "常住人口（万人）"])
    sheet.merge_range("A2:A3", "杭州", None)
    sheet.write_row("B2", [2020, 1])
    sheet.write_row("B3", [2021, 2])


def _percent(book: Any, sheet: Any) -> None:
    sheet.write_row("A1", ["城市", "2021"])
    sheet.write("A2", "杭州")
    sheet.write("B2", 0.615, book.add_format({"num_format": "0.0%"}))


def _raised(book: Any, sheet: Any) -> None:
    sheet.write_row("A1", ["城市", "2021"])
    sheet.write("A2", "杭州")
    sheet.write_rich_string("B2", "12", book.add_format({"font_script": 1}), "1")


def _error(book: Any, sheet: Any) -> None:
    sheet.write_row("A1", ["城市", "2021"])
    sheet.write("A2", "杭州")
    sheet.write_formula("B2", "=1/0", None, "#DIV/0!")


def _formula(book: Any, sheet: Any) -> None:
    sheet.write_row("A1", ["城市", "2021"])
    sheet.write("A2", "杭州")
    sheet.write_formula("B2", "=1+1", None, "")


def _hidden(book: Any, sheet: Any) -> None:
    _rows(["城市", "2021"], ["杭州", 1], ["上海", 2])(book, sheet)
    sheet.set_row(2, None, None, {"hidden": True})


def _years_on_sheets(book: Any, sheet: Any) -> None:
    for each in (sheet, book.add_worksheet("2021")):
        each.write_row("A1", ["城市", "地区生产总值(亿元)"])
        each.write_row("A2", ["杭州", 5])


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"城市": ["杭州"], "年份": [2021], "常住人口(万人)": [1.5]}).write_parquet(buffer)
    return buffer.getvalue()


def _ods() -> bytes:
    import zipfile

    def cell(text: str, value: str = "") -> str:
        kind = f' office:value-type="float" office:value="{value}"' if value else ""
        return f"<table:table-cell{kind}><text:p>{text}</text:p></table:table-cell>"

    rows = [[cell("城市"), cell("2021年")], [cell("杭州"), cell("38,963.3", "38963.3")]]
    body = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    spaces = "".join(
        f' xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"'
        for each in ("office", "table", "text")
    )
    content = f'<office:x{spaces}><table:table table:name="表">{body}</table:table></office:x>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return buffer.getvalue()


_H21 = ((GDP, "hangzhou", "2021", 18109.0),)
_ONE = ((GDP, "hangzhou", "2021", 1.0),)
_BOTH = (*_ONE, (GDP, "shanghai", "2021", 2.0))
_AS_GDP = (("indicator", GDP), ("unit", "亿元"))
_STANDARD = "indicator,city,period,value"
_LONG = "城市,年份,指标,数值,单位\n杭州,2021,地区生产总值,18109,亿元\n"
_WIDE = "城市,2020年,2021年\n杭州市,16106,18109\n"
_W2 = ((GDP, "hangzhou", "2020", 16106.0), (GDP, "hangzhou", "2021", 18109.0))


def _gdp(period: str, value: float = 1.0) -> tuple[tuple[str, str, str, float], ...]:
    return ((GDP, "hangzhou", period, value),)


SHAPES = (
    Shape("our own columns", _text(f"{_STANDARD}\n{GDP},hangzhou,2021,18109\n"), _H21),
    Shape(
        "the same, a unit of its own",
        _text(f"{_STANDARD},unit\n{GDP},杭州,2021,181090000,万元\n"),
        ((GDP, "hangzhou", "2021", 18109.0),),
    ),
    Shape("Chinese columns, one figure a row", _text(_LONG), _H21),
    Shape("GBK", _text(_LONG, "gb18030"), _H21, says="GBK"),
    Shape(
        "UTF-8 with a byte order mark",
        b"\xef\xbb\xbf" + _text(_LONG),
        _H21,
        says="UTF-8 with a mark",
    ),
    Shape(
        "UTF-16 and tabs, as Excel saves Unicode text",
        _text(_LONG.replace(",", "\t"), "utf-16"),
        _H21,
        says="UTF-16, tabs",
    ),
    Shape("semicolons", _text(_LONG.replace(",", ";")), _H21, says="semicolons"),
    Shape("a first line sep=;", _text("sep=;\n" + _LONG.replace(",", ";")), _H21),
    Shape("bars", _text(_LONG.replace(",", "|")), _H21),
    Shape(
        "English columns in any case",
        _text("CITY,Year,Indicator,Value,Unit\nHangzhou,2021,Gross Regional Product,18109,亿元\n"),
        _H21,
    ),
    Shape(
        "names by code, pinyin and with 市",
        _text("City,Year,Value\n330100,2021,1\nShang hai,2021,2\n"),
        _BOTH,
        _AS_GDP,
    ),
    Shape(
        "Xi'an without its apostrophe",
        _text("city,year,value\nXian City,2021,1\n"),
        ((GDP, "xian", "2021", 1.0),),
        _AS_GDP,
    ),
    Shape("years across", _text(_WIDE), _W2, _AS_GDP),
    Shape(
        "years across, title and unit line above", _text("地区生产总值\n单位：亿元\n" + _WIDE), _W2
    ),
    Shape("years across, unit in the title", _text("地区生产总值（亿元）\n" + _WIDE), _W2),
    Shape(
        "notes and source below",
        _text("地区生产总值(亿元)\n" + _WIDE + "注：初步数\n资料来源：统计局\n"),
        _W2,
        says="2 lines of notes",
    ),
    Shape(
        "blank rows and trailing commas",
        _text("地区生产总值(亿元),,,\n,,,\n城市,2020年,2021年,\n,,,\n杭州市,16106,18109,\n,,,\n"),
        _W2,
    ),
    Shape(
        "a download of the National Bureau",
        _text(
            "数据库：主要城市年度数据\n指标：地区生产总值(亿元)\n时间：最近2年\n地区,2021年,2020年\n杭州,18109,16106\n数据来源：国家统计局\n",
            "gb18030",
        ),
        _W2,
    ),
    Shape(
        "the same, cities across",
        _text("指标：地区生产总值(亿元)\n时间,杭州,上海\n2021年,1,2\n"),
        _BOTH,
    ),
    Shape(
        "the same, of one city",
        _text("地区：杭州\n指标,2021年\n地区生产总值(亿元),1\n常住人口(万人),2\n"),
        (*_ONE, (PEOPLE, "hangzhou", "2021", 2.0)),
    ),
    Shape(
        "indicators across, units in their headings",
        _text("城市,年份,地区生产总值（亿元）,常住人口(万人)\n杭州,2021,1,2\n"),
        (*_ONE, (PEOPLE, "hangzhou", "2021", 2.0)),
    ),
    Shape(
        "indicators across, the year in the title",
        _text("2021年主要指标\n城市,地区生产总值(亿元)\n杭州,1\n"),
        _ONE,
    ),
    Shape(
        "indicators across, a row of units",
        _text("城市,年份,地区生产总值,常住人口\n单位,,亿元,万人\n杭州,2021,1,2\n"),
        (*_ONE, (PEOPLE, "hangzhou", "2021", 2.0)),
    ),
    Shape(
        "two rows of headings",
        _text("城市,地区生产总值(亿元),,常住人口(万人),\n,2020,2021,2020,2021\n杭州,0.5,1,3,2\n"),
        (
            *_gdp("2020", 0.5),
            *_ONE,
            (PEOPLE, "hangzhou", "2020", 3.0),
            (PEOPLE, "hangzhou", "2021", 2.0),
        ),
    ),
    Shape(
        "merged headings of Excel",
        _book(_merged),
        (
            *_gdp("2020"),
            *_gdp("2021", 2.0),
            (RETAIL, "hangzhou", "2020", 3.0),
            (RETAIL, "hangzhou", "2021", 4.0),
        ),
    ),
    Shape(
        "merged cells of a city",
        _book(_city_merged),
        ((PEOPLE, "hangzhou", "2020", 1.0), (PEOPLE, "hangzhou", "2021", 2.0)),
    ),
    Shape(
        "a year and an indicator in one heading",
        _text("城市,2021年地区生产总值(亿元)\n杭州,1\n"),
        _ONE,
    ),
    Shape(
        "全市 and 市辖区 side by side",
        _text("2021年\n城市,地区生产总值(亿元),\n,全市,市辖区\n杭州,1,0.9\n"),
        _ONE,
        says="",
    ),
    Shape(
        "growth beside the figures",
        _text("城市,年份,地区生产总值(亿元),比上年增长(%)\n杭州,2021,1,8.5\n"),
        _ONE,
    ),
    Shape(
        "a bilingual head, as in yearbooks",
        _text(
            "2021年\n城 市,City,地区生产总值（当年价格）（亿元） Gross Regional Product"
            " (100 million yuan)\n杭州市,Hangzhou,1\n"
        ),
        _ONE,
    ),
    Shape(
        "a head in two languages and a row of units, row by row",
        _text("城市,地区生产总值,常住人口\nCity,GRP,Population\n,(亿元),(万人)\n杭州,1,2\n"),
        (*_ONE, (PEOPLE, "hangzhou", "2021", 2.0)),
        (("period", "2021"),),
    ),
    Shape(
        "years below a heading of their own",
        _text("City,Year,\n,2020,2021\nHangzhou,16106,18109\n"),
        _W2,
        _AS_GDP,
    ),
    Shape(
        "a year before a name in Latin letters",
        _text("城市,2021年Gross regional product（亿元）\n杭州,1\n"),
        _ONE,
    ),
    Shape(
        "a province before the name of the city",
        _text("地区,2021\n浙江省杭州市,1\n陕西西安,3\n"),
        (*_ONE, (GDP, "xian", "2021", 3.0)),
        _AS_GDP,
    ),
    Shape(
        "a year and a name in two scripts, with a row of units",
        _text("City 城市,2021年GDP,2021年常住人口\n单位,亿元,万人\n杭州,1,2\n"),
        (*_ONE, (PEOPLE, "hangzhou", "2021", 2.0)),
    ),
    Shape(
        "English units of weight",
        _text("Port,2021-01\nHangzhou,450\n"),
        ((MONTHLY, "hangzhou", "2021-01", 45000.0),),
        (("indicator", MONTHLY), ("unit", "million tonnes")),
    ),
    Shape(
        "provinces as rows without figures", _text("城市,2021\n浙江省,\n杭州市,1\n"), _ONE, _AS_GDP
    ),
    Shape("totals and other places", _text("城市,2021\n合计,9\n杭州,1\n"), _ONE, _AS_GDP),
    Shape(
        "provinces, one of which is called as a city is",
        _text("地区,2021\n浙江,9\n吉林,8\n上海,2\n"),
        _BOTH[1:],
        _AS_GDP,
    ),
    Shape(
        "a column of ranks and of numbers",
        _text("序号,城市,2021,排名\n1,杭州,1,2\n"),
        _ONE,
        _AS_GDP,
    ),
    Shape(
        "a quarter in words",
        _text("城市,时间,值\n杭州,2021年第一季度,1\n"),
        _gdp("2021-Q1"),
        _AS_GDP,
    ),
    Shape(
        "January to June, cumulated",
        _text("城市,时间,值\n杭州,2021年1—6月,1\n"),
        _gdp("2021-01/2021-06"),
        _AS_GDP,
    ),
    Shape(
        "parts of the year across, the year in the title",
        _text("2021年\n城市,1-6月,1—9月\n杭州,1,2\n"),
        (*_gdp("2021-01/2021-06"), *_gdp("2021-01/2021-09", 2.0)),
        _AS_GDP,
    ),
    Shape(
        "a year and a month in two columns",
        _text("城市,年,月,值\n杭州,2021,3,1\n"),
        _gdp("2021-03"),
        _AS_GDP,
    ),
    Shape(
        "days as Excel counts them, of an annual figure",
        _text("城市,时间,值\n杭州,44197,1\n"),
        _ONE,
        _AS_GDP,
    ),
    Shape("preliminary years", _text("城市,2021（初步数）\n杭州,1\n"), _ONE, _AS_GDP),
    Shape(
        "a percent cell of Excel",
        _book(_percent),
        ((SHARE, "hangzhou", "2021", 61.5),),
        (("indicator", SHARE), ("unit", "%")),
    ),
    Shape(
        "percent signs in the cells",
        _text("城市,年份,高技术占比\n杭州,2021,61.5%\n"),
        ((SHARE, "hangzhou", "2021", 61.5),),
        (("unit", "%"),),
    ),
    Shape("raised footnote marks", _book(_raised), _gdp("2021", 12.0), _AS_GDP),
    Shape("footnote marks in text", _text("城市,2021\n杭州①,12*\n"), _gdp("2021", 12.0), _AS_GDP),
    Shape("negative in brackets", _text("城市,2021\n杭州,(12.5)\n"), _gdp("2021", -12.5), _AS_GDP),
    Shape(
        "thousands between quotes, full-width digits",
        _text('城市,2020,2021\n杭州,"38,963.3",１２\n'),
        (*_gdp("2020", 38963.3), *_gdp("2021", 12.0)),
        _AS_GDP,
    ),
    Shape(
        "signs for no figure",
        _text("城市,2016,2017,2018,2019,2020,2021\n杭州,—,…,/,-,,1\n"),
        _ONE,
        _AS_GDP,
    ),
    Shape("hidden rows", _book(_hidden), _BOTH, _AS_GDP),
    Shape(
        "a workbook with a sheet a year",
        _book(_years_on_sheets, "2020"),
        (*_gdp("2020", 5.0), *_gdp("2021", 5.0)),
    ),
    Shape(
        "JSON records",
        json.dumps([{"城市": "杭州", "年份": 2021, "地区生产总值(亿元)": 1}]).encode(),
        _ONE,
    ),
    Shape("Parquet", _parquet(), ((PEOPLE, "hangzhou", "2021", 1.5),)),
    Shape("ODS", _ods(), _gdp("2021", 38963.3), _AS_GDP),
    Shape(
        "a page saved as .xls",
        _text(
            "<html><meta charset=utf-8><p>单位：亿元</p><table><tr><th>城市<th>2021年"
            "<tr><td>杭州<td>1</table>"
        ),
        _ONE,
        (("indicator", GDP),),
    ),
    Shape(
        "a unit of another size",
        _text("城市,年份,常住人口(人)\n杭州,2021,12204000\n"),
        ((PEOPLE, "hangzhou", "2021", 1220.4),),
    ),
    Shape(
        "10 000 persons",
        _text("city,year,Resident population (10 000 persons)\nHangzhou,2021,2\n"),
        ((PEOPLE, "hangzhou", "2021", 2.0),),
    ),
    # What is refused.
    Shape(
        "thousands without quotes",
        _text(f"{_STANDARD}\n{GDP},hangzhou,2021,38,963.3\n"),
        says="line 2: 5 cells under 4 headings",
    ),
    Shape(
        "a decimal comma", _text("城市;2021\n杭州;38963,3\n"), (), _AS_GDP, "write a decimal point"
    ),
    Shape(
        "two numbers in a cell",
        _text("城市,2021\n杭州,12 / 13\n"),
        (),
        _AS_GDP,
        "line 2: value '12 / 13' is not a number",
    ),
    Shape(
        "a quote that is never closed",
        _text('城市,2021\n"杭州,1\n上海,2\n'),
        (),
        _AS_GDP,
        "never closed",
    ),
    Shape(
        "a column twice",
        _text("城市,2021,2021\n杭州,1,2\n"),
        (),
        _AS_GDP,
        "column '2021' stands twice",
    ),
    Shape(
        "a city twice",
        _text("城市,2021\n杭州,1\n杭州市,2\n"),
        (),
        _AS_GDP,
        "line 3: overall_economy.gdp hangzhou 2021 stands in line 2",
    ),
    Shape(
        "one bad byte",
        _text("城市,2021\n杭州,1\n") + b"\xff\n" + _text("上海,2\n"),
        (),
        _AS_GDP,
        "line 3 is in no charset",
    ),
    Shape(
        "another indicator than asked for",
        _text("地区生产总值(亿元)\n城市,2021\n杭州,1\n"),
        (),
        (("indicator", RETAIL),),
        "is about overall_economy.gdp",
    ),
    Shape(
        "a unit that counts something else",
        _text("城市,年份,常住人口(亿元)\n杭州,2021,1\n"),
        says="cannot turn 亿元 into 万人",
    ),
    Shape("no unit", _text("城市,年份,常住人口\n杭州,2021,1\n"), says="say it with --unit"),
    Shape(
        "another unit than said",
        _text("城市,年份,常住人口(万人)\n杭州,2021,1\n"),
        (),
        (("unit", "人"),),
        "states the unit 万人, and --unit 人",
    ),
    Shape("no period", _text("城市,常住人口(万人)\n杭州,1\n"), says="say it with --period"),
    Shape("nothing says what it is", _text("城市,2021\n杭州,1\n"), says="say it with --indicator"),
    Shape(
        "a 万 in a cell under 万人",
        _text("城市,年份,常住人口(万人)\n杭州,2021,0.3万\n"),
        says="a 万 of its own",
    ),
    Shape(
        "years from one into the next",
        _text("城市,2009-10,2010-11\n杭州,1,2\n"),
        (),
        _AS_GDP,
        "may be months or years",
    ),
    Shape("an error of Excel", _book(_error), (), _AS_GDP, "an error of Excel"),
    Shape("a formula without a result", _book(_formula), (), _AS_GDP, "a formula without a result"),
    Shape(
        "only unknown places",
        _text("城市,2021\nHangzhuo,1\n"),
        (),
        _AS_GDP,
        "did you mean hangzhou?",
    ),
    Shape(
        "text without a table",
        _text("今年杭州的地区生产总值增长很快。\n"),
        says="no table was found",
    ),
)


def table() -> str:
    """The table of docs/import.md."""
    lines = ["| the file | options | what comes of it |", "| --- | --- | --- |"]
    for each in SHAPES:
        options = " ".join(f"--{name} {value}" for name, value in each.options if value)
        if each.rows:
            told = "; ".join(
                f"{name.rpartition('.')[2]} {city} {period} {value:,.10g}"
                for name, city, period, value in each.rows[:2]
            )
            done = f"{told}{' …' if len(each.rows) > 2 else ''}"
        else:
            done = f"refused: {each.says}"
        lines.append(f"| {each.what} | {f'`{options}`' if options else ''} | {done} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
