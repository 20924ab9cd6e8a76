from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
import xlrd

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells, Refused, Unexpected
from cityflux.scrapers.nbs import SCHEMA, read_download, select
from tests.scrapers.examples import run_example

GDP = "main_city_gdp_2006_2024.gbk.csv"
SALES = "main_city_no_indicator_header.gbk.csv"
HOUSES = "nbs_city_sh.xls"
PATENTS = "province_patents_granted.utf8bom_tabs.csv"
PEOPLE = "province_resident_population.gbk.csv"
WORKERS = "province_urban_unit_employees.gbk.csv"

#: file, its charset, the line of its header and of its first line below the table, both from 0.
CSVS = [
    (GDP, "gbk", 3, 40),
    (SALES, "gbk", 0, 37),
    (PATENTS, "utf-8-sig", 2, 34),
    (PEOPLE, "gbk", 3, 35),
    (WORKERS, "gbk", 3, 35),
]

Figures = dict[tuple[str, str], float | None]


def download(text: str, encoding: str = "gb18030") -> Document:
    return Document("file:///download.csv", text.encode(encoding))


def figures(frame: pl.DataFrame, down: str) -> Figures:
    found = {(row[down], row["period"]): row["value"] for row in frame.to_dicts()}
    assert len(found) == frame.height
    return found


@pytest.mark.parametrize(("name", "charset", "header", "end"), CSVS)
def test_every_value_of_every_csv(
    shared: Path, name: str, charset: str, header: int, end: int
) -> None:
    path = shared / "samples" / "nbs_download" / name
    with path.open(encoding=charset, newline="") as file:
        lines = [[cell.strip() for cell in line] for line in csv.reader(file)]
    expected: Figures = {
        (line[0], year.removesuffix("年")): float(cell) if cell else None
        for line in lines[header + 1 : end]
        for year, cell in zip(lines[header][1:], line[1:], strict=True)
        if year
    }
    frame = read_download(path)
    assert figures(frame, "region") == expected
    assert dict(frame.schema) == SCHEMA
    assert len(expected) > 300


def test_every_value_of_the_xls(shared: Path) -> None:
    path = shared / "samples" / "nbs_download" / HOUSES
    sheet = xlrd.open_workbook(str(path)).sheet_by_index(0)
    expected: Figures = {
        (sheet.cell_value(row, 0), sheet.cell_value(3, column)): sheet.cell_value(row, column)
        for row in range(4, 17)
        for column in range(1, 21)
    }
    frame = read_download(path).with_columns(
        pl.format("{}({})", "indicator", "unit").alias("written"),
        pl.col("period") + "年",
    )
    assert figures(frame, "written") == {at: value or None for at, value in expected.items()}
    assert frame["region"].unique().to_list() == ["上海"]
    assert frame["value"].null_count() == 14
    assert frame["database"][0] == "主要城市年度数据"


@pytest.mark.parametrize(
    ("name", "database", "indicator", "unit", "note"),
    [
        (
            GDP,
            "主要城市年度数据",
            "地区生产总值（当年价格）",
            "亿元",
            "直辖市地区生产总值为最新数据",
        ),
        (SALES, None, None, None, None),
        (PATENTS, "分省年度数据", None, None, None),
        (PEOPLE, "分省年度数据", "年末常住人口", "万人", "常住人口包括"),
        (WORKERS, "分省年度数据", "城镇单位就业人员", "万人", "3.2012年行业采用新的分类标准"),
    ],
)
def test_what_a_file_names_and_what_it_does_not(
    shared: Path,
    name: str,
    database: str | None,
    indicator: str | None,
    unit: str | None,
    note: str | None,
) -> None:
    frame = read_download(shared / "samples" / "nbs_download" / name)
    named = frame.select("database", "indicator", "unit").unique().rows()
    assert named == [(database, indicator, unit)]
    notes = frame["note"].unique().to_list()
    assert len(notes) == 1
    assert notes[0] is None if note is None else note in notes[0]


def test_a_file_that_does_not_name_its_indicator_is_told_it(shared: Path) -> None:
    path = shared / "samples" / "nbs_download" / SALES
    with pytest.raises(Unexpected, match=r"in 亿元, got no unit; say unit= when reading"):
        select(read_download(path), unit="亿元", cities={"上海": "shanghai"})
    frame = read_download(path, indicator="社会消费品零售总额", unit="亿元")
    taken = select(frame, unit="亿元", cities={"上海": "shanghai", "大连": "dalian"})
    assert taken.filter(city="shanghai", period="2020")["value"].to_list() == [15189.2]
    assert not taken.filter(city="dalian", period="2019").height  # blank in the file


def test_an_indicator_that_a_file_contradicts_is_refused(shared: Path) -> None:
    path = shared / "samples" / "nbs_download" / GDP
    assert read_download(path, indicator="地区生产总值（当年价格）", unit="亿元").height == 684
    with pytest.raises(
        Unexpected, match="expected the indicator '年末常住人口', got '地区生产总值"
    ):
        read_download(path, indicator="年末常住人口")
    with pytest.raises(Unexpected, match="expected figures in 万元, got 亿元"):
        read_download(path, unit="万元")


def test_cities_of_a_download(shared: Path) -> None:
    frame = read_download(shared / "samples" / "nbs_download" / GDP)
    taken = select(frame, unit="亿元", cities={"上海": "shanghai", "深圳": "shenzhen"}, name="gdp")
    assert taken.columns == ["city", "period", "value", "note"]
    assert taken.height == 38
    assert taken.row(0)[:3] == ("shanghai", "2024", 53759.5)
    assert "初步核算数" in taken["note"][0]
    with pytest.raises(Unexpected, match="gdp: no region '上海市'; similar: '上海'"):
        select(frame, unit="亿元", cities={"上海市": "shanghai"}, name="gdp")
    with pytest.raises(Unexpected, match="expected figures in 万元, got 亿元"):
        select(frame, unit="万元", cities={"上海": "shanghai"})
    with pytest.raises(Unexpected, match="no indicator 'GDP'; similar: '地区生产总值（当年价格）'"):
        select(frame, unit="亿元", cities={"上海": "shanghai"}, indicator="GDP")


def test_one_of_several_indicators_must_be_named(shared: Path) -> None:
    frame = read_download(shared / "samples" / "nbs_download" / HOUSES)
    with pytest.raises(Unexpected, match="13 indicators; name one of"):
        select(frame, unit="亿元", cities={"上海": "shanghai"})
    taken = select(frame, unit="万平方米", cities={"上海": "shanghai"}, indicator="商品房销售面积")
    assert taken.height == 20


def test_periods_may_be_rows() -> None:
    above = "数据库：主要城市年度数据\r\n指标：常住人口(万人)\r\n时间：最近2年\r\n"
    frame = read_download(
        download(above + "时间,上海,北京\r\n2020年,2488,\r\n2019年,2481,2190\r\n")
    )
    assert figures(frame, "region") == {
        ("上海", "2020"): 2488.0,
        ("北京", "2020"): None,
        ("上海", "2019"): 2481.0,
        ("北京", "2019"): 2190.0,
    }
    fixed = download("地区：上海\n时间,常住人口(万人),GDP(亿元)\n2019年,2481,38155.32\n")
    assert read_download(fixed).select("indicator", "unit", "region", "value").rows() == [
        ("常住人口", "万人", "上海", 2481.0),
        ("GDP", "亿元", "上海", 38155.32),
    ]
    with pytest.raises(Unexpected, match="a line 指标： or 地区： must say the rest"):
        read_download(download("时间,上海\n2019年,2481\n"))


def test_commas_in_the_lines_around_the_table_are_no_cells() -> None:
    text = "指标：指数,环比(上月=100)\n地区,2020年7月,2020年三季度\n上海,1,2\n"
    frame = read_download(download(f"{text}注：a,b\n续,c\n数据来源：x\n"))
    assert frame["indicator"][0] == "指数,环比(上月=100)"
    assert frame["note"][0] == "a,b 续,c"
    assert frame["period"].to_list() == ["2020-07", "2020-Q3"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("地区,2020年,2019年\n上海,1\n", "row 2: 2 cells under 3 headings"),
        ("地区,2020年\n上海,x1\n", "row 2, column '2020年': 'x1' is not a number"),
        ("地区,2020年\n,1\n", "row 2: figures without a 地区"),
        ("地区,2020年\n上海,1\n上海,2\n", "row 3: 上海 stands twice"),
        ("地区,2020年,\n上海,1,2\n", "row 2: '2' under no heading"),
        ("指标：a\n时间,上海\n合计,1\n", "row 3: '合计' is not a period"),
    ],
)
def test_cells_that_cannot_be_read_stop_the_whole_file(text: str, reason: str) -> None:
    with pytest.raises(BadCells) as caught:
        read_download(download(text))
    assert caught.value.reasons == [reason]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("城市,2020年\n上海,1\n", "row 1: expected 数据库：.* got '城市'"),
        ("地区,GDP,2020年\n上海,1,2\n", "expected periods as columns, got 'GDP'"),
        ("地区,2020年\n", "the table is empty"),
        ("数据库：x\n", "expected a header that begins with 地区, 指标 or 时间"),
        ('{"returncode": 200}', "expected a CSV or Excel download, got json"),
    ],
)
def test_what_is_no_download_is_told(text: str, told: str) -> None:
    with pytest.raises(Unexpected, match=told):
        read_download(download(text))


def test_a_page_instead_of_a_download() -> None:
    with pytest.raises(Unexpected, match=r"got an HTML page \(the page is titled '出错了'\)"):
        read_download(download("<html><title>出错了</title></html>"))
    with pytest.raises(Refused, match="asks for a login"):
        read_download(download("<html><input type=password></html>"))


def test_a_file_in_no_known_charset_is_told() -> None:
    with pytest.raises(Unexpected, match="line 2 is in no charset"):
        read_download(Document("file:///x.csv", "地区,2020年\n".encode("gbk") + b"\xff\xff,1\n"))


def test_xlsx_downloads_are_read_too() -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("主要城市年度数据")
        sheet.write_row(0, 0, ["指标：常住人口(万人)"])
        sheet.write_row(1, 0, ["地区", "2020年"])
        sheet.write_row(2, 0, ["上海", 2488.5])
    frame = read_download(Document("file:///x.xls", buffer.getvalue()))
    assert frame.select("region", "period", "unit", "value").rows() == [
        ("上海", "2020", "万人", 2488.5)
    ]


def test_the_worked_example_for_downloads() -> None:
    names = run_example("nbs.md", 2)
    text = '指标：地区生产总值（当年价格）(亿元)\n地区,2020年\n上海,"38,963.3"\n深圳,27670\n注：x\n'
    frame = names["normalize"]([download(text)])
    assert frame.rows() == [
        ("shanghai", "2020", 38963.3, "x"),
        ("shenzhen", "2020", 27670.0, "x"),
    ]
