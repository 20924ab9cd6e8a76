from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells, Refused, Unexpected
from cityflux.scrapers import yearbook
from cityflux.scrapers.yearbook import SCHEMA, Selection
from tests.scrapers.examples import run_example
from tests.scrapers.loopback import Answer, PlainHttp, serve


def page(html: str, name: str = "t.htm") -> Document:
    return Document(f"http://127.0.0.1/{name}", html.encode("gb18030"))


def table(*rows: str, before: str = "", after: str = "") -> str:
    """A table with cells parted by ``|``; the head says nothing true about its charset."""
    lines = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row.split("|")) + "</tr>" for row in rows
    )
    return f"<html><meta charset=iso-8859-1>{before}<table>{lines}</table>{after}</html>"


def cells(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return frame.select(columns).rows()


# The shapes below are those of real yearbooks: 中国 2009, 广州 2022, 宁夏 2020, 广东 2024,
# 青海 2011 and 山东 2016. Figures are theirs where they matter, the rest is cut.

REGIONS = table(
    "15-12 Passenger Traffic by Region (2008)|||||||",
    "(10 000 persons)|||||||",
    "Region|||||||",
    "|Total|Railways|National|Local|Joint-venture|Highways|Waterways",
    "|||Railways|Railways|Railways||",
    "|||||||",
    "　National Total|2867892|146193|144452|474|1267|2682114|20334",
    "　Beijing|124764|7646|7644|2||117118|",
    "　Shanghai|8507|5343|5343|||2934|230",
    "　Not Classified|19251||||||",
    "　　by Region <sup>a)</sup>|||||||",
    after="<p>a) The total not classified by region is that of civil aviation.",
)
BILINGUAL = table(
    "项　　目|Item|2020|2021",
    "民用车辆拥有量　(辆)|Civilian Vehicle (unit)|3081809|3308683",
    "# 汽　车|　Automobile|2981224|3198405",
    "货运量　　(万吨)|Freight Traffic (10000 tons)|92458|98175",
    "# 铁 路|　Railways|1793|2292",
    "　公 路|　Highways|46966|53204",
    "客运量　(万人次)|Passenger Traffic (10000 person-times)|32702|21733",
    "　铁 路|　Railways|8686|9175",
    "　民 航①|　Civil Aviation|5956|5827",
    before="<p>13-1 运输邮电主要指标</p>",
    after="<p>注：2020年起公路口径调整。</p><p>① 含通用航空。</p><p>资料来源：交通运输局</p>",
)
YEARS_DOWN = table(
    "14-3 主要年份客货运输量",
    "Passenger and Freight Traffic",
    "年份|客运量||货运量|",
    "|(万人)|铁路|(万吨)|铁路",
    "Year|Passenger Traffic|Railways|Freight Traffic|Railways",
    "|(10 000 persons)||(10 000 tons)|",
    "1952|4.6||19.8|",
    "2019|6092.4|666.0|43000.5|7000.1",
)
SPLIT_HEADING = table(
    "指 标||Item||2000|2022|2023|2023年比",
    "|||||||2022年",
    "|||||||增长%",
    "|||||||Growth Rate in 2023 over 2022 (%)",
    "铁路营业里程|(公里)|Length of Railways|(km)|1942|5158|5452|5.7",
    "港口码头泊位|(个)|Berths|(unit)|3191|2582|2307|2.3",
    "#万吨级泊位||Berths at 10000 Ton Class||126|368|401|9.0",
)
TWO_ROW_LABELS = table(
    "项 目|Item|2000|2010",
    "客运量总计 (万人)|Total Passenger Traffic|3612|10997",
    "|(10 000 persons)||",
    "　　铁路|　　Railways|352|473",
    "　　民用航空|　　Civil Aviation||85",
    "　　管道|　　Pipelines|…|1",
)
GROUPED_HEADING = (
    "<table><tr><td rowspan=2>Region<td colspan=3>Passenger Traffic (10 000 persons)"
    "<td colspan=2>Passenger-Kilometers (100 million passenger-km)"
    "<tr><td><td>Railways<td>Highways<td><td>Railways"
    "<tr><td>Beijing<td>62752<td>12821<td>49931<td>279.4<td>149.3"
    "<tr><td>Shanghai<td>13844<td>9692<td>3766<td>215.2<td>89.0</table>"
)


def test_regions_down_and_a_label_of_two_rows() -> None:
    frame = yearbook.read(page(REGIONS))
    assert dict(frame.schema) == SCHEMA
    assert frame.height == 4 * 7
    assert frame["table"].unique().to_list() == ["15-12 Passenger Traffic by Region (2008)"]
    assert frame["unit"].unique().to_list() == ["10 000 persons"]
    assert frame["period"].null_count() == frame.height
    assert frame["header"].unique(maintain_order=True).to_list() == [
        *("Total", "Railways", "National > Railways", "Local > Railways"),
        *("Joint-venture > Railways", "Highways", "Waterways"),
    ]
    last = frame.filter(pl.col("item") == "Not Classified by Region")
    assert last["value"].to_list() == [19251.0, None, None, None, None, None, None]
    assert last["footnotes"][0].to_list() == [
        "The total not classified by region is that of civil aviation."
    ]
    assert frame["footnotes"][0].to_list() == []
    assert frame.filter(item="Beijing", header="Waterways")["value"].to_list() == [None]


def test_two_languages_sub_items_and_footnotes() -> None:
    frame = yearbook.read(page(BILINGUAL)).filter(period="2021")
    assert cells(frame, "item", "item_en", "unit", "value") == [
        ("民用车辆拥有量", "Civilian Vehicle", "辆", 3308683.0),
        ("民用车辆拥有量 > 汽 车", "Automobile", "辆", 3198405.0),
        ("货运量", "Freight Traffic", "万吨", 98175.0),
        ("货运量 > 铁 路", "Railways", "万吨", 2292.0),
        ("货运量 > 公 路", "Highways", "万吨", 53204.0),
        ("客运量", "Passenger Traffic", "万人次", 21733.0),
        ("客运量 > 铁 路", "Railways", "万人次", 9175.0),
        ("客运量 > 民 航", "Civil Aviation", "万人次", 5827.0),
    ]
    assert frame["table"][0] == "13-1 运输邮电主要指标"
    assert frame["footnotes"][0].to_list() == ["2020年起公路口径调整。"]
    assert frame["footnotes"][-1].to_list() == ["2020年起公路口径调整。", "含通用航空。"]


def test_years_down_and_units_below_their_headings() -> None:
    frame = yearbook.read(page(YEARS_DOWN))
    assert cells(frame, "period", "item", "header", "header_en", "unit", "value")[:3] == [
        ("1952", "", "客运量", "Passenger Traffic", "万人", 4.6),
        ("1952", "", "铁路", "Railways", None, None),
        ("1952", "", "货运量", "Freight Traffic", "万吨", 19.8),
    ]
    assert frame["table"][0] == "14-3 主要年份客货运输量"
    taken = yearbook.select(frame, Selection(column="货运量", unit="万吨", city="yinchuan"))
    assert cells(taken, "city", "period", "value") == [
        ("yinchuan", "1952", 19.8),
        ("yinchuan", "2019", 43000.5),
    ]


def test_a_heading_over_three_rows_is_no_period() -> None:
    frame = yearbook.read(page(SPLIT_HEADING))
    growth = frame.filter(unit="%")
    assert growth["header"][0] == "2023年比 > 2022年 > 增长"
    assert growth["period"].null_count() == 3
    assert cells(frame.filter(period="2023"), "item", "unit", "value") == [
        ("铁路营业里程", "公里", 5452.0),
        ("港口码头泊位", "个", 2307.0),
        ("港口码头泊位 > 万吨级泊位", "个", 401.0),
    ]
    chosen = Selection(
        item="铁路营业里程", column="2023年比2022年增长%", unit="%", period="2023", city="x"
    )
    assert yearbook.select(frame, chosen)["value"].to_list() == [5.7]


def test_an_english_second_row_belongs_to_the_label_above() -> None:
    frame = yearbook.read(page(TWO_ROW_LABELS))
    assert frame["item"].unique(maintain_order=True).to_list() == [
        *("客运量总计", "客运量总计 > 铁路", "客运量总计 > 民用航空", "客运量总计 > 管道")
    ]
    assert frame["unit"].unique().to_list() == ["万人"]
    missing = frame.filter(pl.col("value").is_null())
    assert cells(missing, "item", "period") == [
        ("客运量总计 > 民用航空", "2000"),
        ("客运量总计 > 管道", "2000"),
    ]


def test_merged_headings_with_a_unit_for_each_group() -> None:
    frame = yearbook.read(page(GROUPED_HEADING)).filter(item="Shanghai")
    assert cells(frame, "header", "unit", "value") == [
        ("Passenger Traffic", "10 000 persons", 13844.0),
        ("Passenger Traffic > Railways", "10 000 persons", 9692.0),
        ("Passenger Traffic > Highways", "10 000 persons", 3766.0),
        ("Passenger-Kilometers", "100 million passenger-km", 215.2),
        ("Passenger-Kilometers > Railways", "100 million passenger-km", 89.0),
    ]


def test_headings_within_the_body_and_other_ways_to_say_of_which() -> None:
    frame = yearbook.read(
        page(
            "<table><tr><td>单位：万人<td><tr><td>指标<td>2020年"
            "<tr><td colspan=2>一、按方式分<tr><td>铁路<td>1<tr><td>　其中：高铁<td>2"
            "<tr><td>二、按范围分<td><tr><td>市内<td>3</table>"
        )
    )
    assert cells(frame, "item", "unit", "period", "value") == [
        ("一、按方式分 > 铁路", "万人", "2020", 1.0),
        ("一、按方式分 > 铁路 > 高铁", "万人", "2020", 2.0),
        ("二、按范围分 > 市内", "万人", "2020", 3.0),
    ]


def test_group_columns_unit_columns_and_ranks() -> None:
    ports = table(
        "名次|港名|计量单位|3月|1-3月", "1|宁波舟山港|万吨|100|300", "2|上海港|万吨|60|180"
    )
    frame = yearbook.read(page(ports))
    assert cells(frame, "item", "unit", "header", "value")[2:] == [
        ("上海港", "万吨", "3月", 60.0),
        ("上海港", "万吨", "1-3月", 180.0),
    ]
    grouped = (
        "<table><tr><td>省<td>城市<td>2020"
        "<tr><td rowspan=2>广东<td>广州<td>1<tr><td>深圳<td>2</table>"
    )
    assert yearbook.read(page(grouped))["item"].to_list() == ["广东 > 广州", "广东 > 深圳"]


def test_title_and_unit_above_the_table() -> None:
    lines = "<h3>5-1 客运量</h3><div>Passenger Traffic</div><p align=right>单位：万人</p>"
    frame = yearbook.read(page(table("城市|2019", "上海|1", before=lines)))
    assert cells(frame, "table", "unit", "value") == [("5-1 客运量", "万人", 1.0)]


def test_a_continuation_has_the_title_and_headings_of_its_beginning() -> None:
    start = table("5-1 客运量", "单位：万人", "城市|2019|2020", "上海|1|2", "续表", "北京|3|4")
    later = table("5-1 续表 2", "城市|2021", "上海|5", "北京|6")
    frame = yearbook.read([page(start), page(later, "t2.htm")])
    assert frame["table"].unique().to_list() == ["5-1 客运量"]
    assert frame["unit"].unique().to_list() == ["万人"]
    assert cells(frame, "item", "period", "value") == [
        *(
            ("上海", "2019", 1.0),
            ("上海", "2020", 2.0),
            ("北京", "2019", 3.0),
            ("北京", "2020", 4.0),
        ),
        *(("上海", "2021", 5.0), ("北京", "2021", 6.0)),
    ]
    narrow = table("5-1 续表", "上海|5")
    with pytest.raises(BadCells, match="the continuation has 2 columns, the table before it 3"):
        yearbook.read([page(start), page(narrow)])


def test_footnotes_inside_the_table_and_over_several_rows() -> None:
    html = table(
        *("城市|2019 a)|2020", "上海 ①|1|2*", "北京|3|4", "注：全表口径一致，", "含郊区。|"),
        *("a) 普查年。|", "① 含崇明。|", "数据来源：统计局|"),
    )
    frame = yearbook.read(page(html))
    general = "全表口径一致， 含郊区。"
    assert [notes.to_list() for notes in frame["footnotes"]] == [
        [general, "含崇明。", "普查年。"],
        [general, "含崇明。", "*"],
        [general, "普查年。"],
        [general],
    ]
    assert frame["period"].to_list() == ["2019", "2020"] * 2
    assert frame["value"].to_list() == [1.0, 2.0, 3.0, 4.0]


@given(
    st.lists(
        st.lists(st.none() | st.integers(0, 10**7), min_size=2, max_size=2),
        min_size=1,
        max_size=6,
    ).filter(lambda rows: any(value is not None for row in rows for value in row)),
    st.sampled_from(["<td>{}</td>", "<td>{}", "<th>{}</th>"]),
    st.sampled_from(["…", "-", "", "&nbsp;", "..."]),
)
def test_every_figure_of_a_plain_table_is_read_back(
    figures: list[list[int | None]], heading: str, missing: str
) -> None:
    rows = ["<tr>" + "".join(heading.format(text) for text in ("城市", "2019年", "2020年"))]
    for number, pair in enumerate(figures):
        written = "".join(f"<td>{missing if value is None else value}" for value in pair)
        rows.append(f"<tr><td>城{chr(0x4E00 + number)}{written}")
    frame = yearbook.read(page(f"<table>{''.join(rows)}</table>"))
    assert frame["value"].to_list() == [value for pair in figures for value in pair]
    assert frame["period"].to_list() == ["2019", "2020"] * len(figures)
    assert frame["item"].n_unique() == len(figures)


def test_repeated_heading_rows_are_no_items() -> None:
    frame = yearbook.read(page(table("城市|2019|2020", "上海|1|2", "城市|2019|2020", "北京|3|4")))
    assert frame["item"].to_list() == ["上海", "上海", "北京", "北京"]


def test_a_column_without_any_figure_stays_as_missing() -> None:
    frame = yearbook.read(page(table("地区|2025年|2024年", "上海||1", "北京||2")))
    assert frame.filter(period="2025")["value"].to_list() == [None, None]


def test_rows_above_the_figures_can_be_counted_by_hand() -> None:
    html = table("城市|门店", "上海|1987", "北京|1850")
    assert yearbook.read(page(html), head_rows=1)["value"].to_list() == [1987.0, 1850.0]


CITIES = {"Shanghai": "shanghai", "Beijing": "beijing"}


def test_cities_as_rows() -> None:
    frame = yearbook.read(page(REGIONS))
    chosen = Selection(column="Railways", unit="10 000 persons", period="2008")
    taken = yearbook.select(frame, chosen, CITIES)
    assert taken.columns == ["city", "period", "value", "note"]
    assert cells(taken, "city", "period", "value") == [
        ("shanghai", "2008", 5343.0),
        ("beijing", "2008", 7646.0),
    ]
    water = Selection(column="Waterways", unit="10 000 persons", period="2008")
    assert yearbook.select(frame, water, CITIES)["city"].to_list() == ["shanghai"]


def test_cities_as_headings_and_years_as_headings() -> None:
    across = yearbook.read(page(table("指标|上海|北京", "客运量(万人)|1|2", "货运量(万吨)|3|4")))
    chosen = Selection(item="客运量", unit="万人", period="2020")
    taken = yearbook.select(across, chosen, {"北京": "beijing"})
    assert taken.rows() == [("beijing", "2020", 2.0, "")]
    years = yearbook.read(page(table("单位：万人", "城市|2019|2020", "上海|1|2", "北京|3|4")))
    taken = yearbook.select(years, Selection(unit="万人"), {"上海": "shanghai"})
    assert cells(taken, "period", "value") == [("2019", 1.0), ("2020", 2.0)]


def test_a_whole_table_about_one_city() -> None:
    frame = yearbook.read(page(BILINGUAL))
    chosen = Selection(item="客运量 > 民航", unit="万人次", city="guangzhou")
    assert yearbook.select(frame, chosen).rows() == [
        ("guangzhou", "2020", 5956.0, "2020年起公路口径调整。 含通用航空。"),
        ("guangzhou", "2021", 5827.0, "2020年起公路口径调整。 含通用航空。"),
    ]
    english = Selection(item="Passenger Traffic", unit="万人次", city="guangzhou", period="2021")
    assert yearbook.select(frame, english)["value"].to_list() == [21733.0]
    by_unit = Selection(item="铁路", unit="万人次", city="guangzhou", period="2021")
    assert yearbook.select(frame, by_unit)["value"].to_list() == [9175.0]


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (Selection(item="旅客量", unit="万人次", city="x"), "no item '旅客量'; similar: '客运量'"),
        (
            Selection(column="1999", unit="辆", city="x"),
            "no column '1999'; similar: '2020', '2021'",
        ),
        (Selection(item="客运量", unit="亿人次", city="x"), "'客运量' in 亿人次, got 万人次"),
        (Selection(item="客运量", unit="", city="x"), "'客运量' in no unit, got 万人次"),
        (Selection(item="客运量", unit="万人次"), "say which cities, or selection.city"),
        (Selection(item="客运量", unit="万人次", city="x", period="2019"), "no figures of 2019"),
        (
            Selection(unit="万人次", city="x", table="邮电业务"),
            "no table titled '邮电业务'; similar",
        ),
        (
            Selection(column="2020", unit="万吨", city="x"),
            "3 figures for x in 2020; name one by its",
        ),
    ],
)
def test_selections_that_find_something_else(selection: Selection, told: str) -> None:
    with pytest.raises(Unexpected, match=told):
        yearbook.select(yearbook.read(page(BILINGUAL)), selection)


def test_a_city_that_vanished_and_a_table_of_another_year() -> None:
    frame = yearbook.read(page(REGIONS))
    chosen = Selection(column="Total", unit="10 000 persons", period="2008")
    with pytest.raises(Unexpected, match="no city 'Tianjin'; similar"):
        yearbook.select(frame, chosen, {"Tianjin": "tianjin"})
    with pytest.raises(Unexpected, match=r"expected figures of 2009, the table is titled .*2008"):
        yearbook.select(
            frame, Selection(column="Total", unit="10 000 persons", period="2009"), CITIES
        )
    with pytest.raises(Unexpected, match="neither heading nor item is a period"):
        yearbook.select(frame, Selection(column="Total", unit="10 000 persons"), CITIES)
    with pytest.raises(Unexpected, match="not one figure for"):
        yearbook.select(
            frame,
            Selection(column="Waterways", unit="10 000 persons", period="2008"),
            {"Beijing": "beijing"},
        )


def test_cells_that_cannot_be_read_are_all_named() -> None:
    html = table("城市|2019|2020", "上海|1|2", "北京|约3|4", "深圳|1,23|5")
    with pytest.raises(BadCells, match=r"http://127\.0\.0\.1/t\.htm: 2 cells") as caught:
        yearbook.read(page(html))
    assert caught.value.reasons == [
        "http://127.0.0.1/t.htm: table 1, row 3, column '2019': '约3' is not a number",
        "http://127.0.0.1/t.htm: table 1, row 4, column '2019': '1,23' is not a number",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "<tr><td>上海<td colspan=2>7<tr><td>北京<td>1<td>2",
        "<tr><td>上海<td rowspan=2>7<td>1<tr><td>北京<td>2",
    ],
)
def test_a_figure_merged_over_two_places_belongs_to_neither(body: str) -> None:
    html = f"<table><tr><td>城市<td>2019<td>2020{body}</table>"
    with pytest.raises(BadCells, match="one merged cell '7' for two places"):
        yearbook.read(page(html))


def test_a_table_without_figures_a_login_an_image() -> None:
    empty = table("城市|2019年", "上海|", before="<h3>5-1 客运量</h3>")
    with pytest.raises(Unexpected, match="1 tables without any: '5-1 客运量'"):
        yearbook.read(page(empty))
    with pytest.raises(Refused, match="asks for a login"):
        yearbook.read(page("<title>登录</title><input type=password>"))
    image = Document("http://127.0.0.1/ch03-20.jpg", b"\xff\xd8\xff\xe0")
    with pytest.raises(Unexpected, match="expected an HTML page, got an image"):
        yearbook.read(image)


def test_a_wrong_charset_is_told() -> None:
    wrong = table("地区|2019", "　上海|1").encode("gb18030").decode("latin-1")
    with pytest.raises(Unexpected, match="was decoded with a wrong charset"):
        yearbook.read(Document("http://127.0.0.1/t.htm", wrong.encode()))


BOOK = {
    "/2022/indexch.htm": Answer("<frameset><frame src='left.htm'><frame src=right.htm></frameset>"),
    "/2022/left.htm": Answer(
        "<meta charset=gb2312><ul><li><a href='html\\13-01.htm' target=r>13-1 运输邮电主要指标</a>"
        "<li><a href='html/13-02.htm'>13-2 分地区客运量（2021年）</a>"
        "<li><a href='html/13-02b.htm'>13-2 续表</a>"
        "<li><a href='html/13-03.htm'>13-3 分地区货运量（2021年）</a>"
        "<li><a href='javascript:void(0)'>收起</a></ul>".encode("gb18030")
        .decode("latin-1")
        .encode("latin-1")
    ),
    "/2022/right.htm": Answer("<p>中国统计年鉴</p>"),
    "/2022/html/13-01.htm": Answer(BILINGUAL.encode("gb18030")),
    "/2022/html/13-02.htm": Answer(
        table("13-2 分地区客运量（2021年）", "单位：万人", "地区|铁路", "上海|9").encode("gb18030")
    ),
    "/2022/html/13-02b.htm": Answer(table("续表", "地区|铁路", "北京|8").encode("gb18030")),
}


def test_from_the_frameset_to_the_figures_over_loopback() -> None:
    with serve(BOOK) as site:
        index = f"{site.address}/2022/indexch.htm"
        entries = yearbook.contents(PlainHttp(), index)
        documents = yearbook.fetch(PlainHttp(), index, ["运输邮电主要指标", "分地区客运量"])
    assert [entry.title for entry in entries] == [
        *("13-1 运输邮电主要指标", "13-2 分地区客运量（2021年）"),
        *("13-2 续表", "13-3 分地区货运量（2021年）"),
    ]
    assert [document.address.rsplit("/", 1)[1] for document in documents] == [
        *("13-01.htm", "13-02.htm", "13-02b.htm")
    ]
    rows = yearbook.read(documents)
    chosen = Selection(column="铁路", unit="万人", period="2021", table="分地区客运量")
    taken = yearbook.select(rows, chosen, {"上海": "shanghai", "北京": "beijing"})
    assert taken["value"].to_list() == [9.0, 8.0]


def test_tables_that_are_not_in_the_contents() -> None:
    with serve(BOOK) as site:
        entries = yearbook.contents(PlainHttp(), f"{site.address}/2022/indexch.htm")
        with pytest.raises(Unexpected, match="expected a table of contents, found no link"):
            yearbook.contents(PlainHttp(), f"{site.address}/2022/right.htm")
    with pytest.raises(Unexpected, match="0 tables titled '旅客量' in the contents; similar"):
        yearbook.find(entries, "旅客量")
    with pytest.raises(Unexpected, match=r"2 tables titled '分地区' .*'13-3 分地区货运量"):
        yearbook.find(entries, "分地区")
    assert [entry.title for entry in yearbook.find(entries, "分地区客运量")] == [
        *("13-2 分地区客运量（2021年）", "13-2 续表")
    ]


def test_the_worked_example_of_the_documentation() -> None:
    names = run_example("yearbook.md")

    class Here(PlainHttp):
        """Sends what is meant for the office to the site on loopback."""

        def get(self, address: str, **more: Any) -> Document:
            return super().get(address.replace("https://tjj.example.gov.cn", site.address), **more)

    with serve(BOOK) as site:
        documents = names["fetch"](Here(), names["source"](), None)
    assert names["normalize"](documents).rows() == [
        ("guangzhou", "2020", 5956.0, "2020年起公路口径调整。 含通用航空。"),
        ("guangzhou", "2021", 5827.0, "2020年起公路口径调整。 含通用航空。"),
    ]
