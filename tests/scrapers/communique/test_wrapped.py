"""Text copied out of a PDF: broken lines, page numbers, spaces around numbers."""

from __future__ import annotations

from cityflux.core.model.document import Document
from cityflux.scrapers.communique.wrapped import unwrap
from tests.scrapers.communique.texts import FILLER, TITLE, figures

PDF = """
    初步核算，全年实现地区生产总值 8321.5 亿元，比上
年增长 6.2%。其中，第三产业增加值 5392.3 亿元，增长
7.1%，占地区生产总值的比重为 64.8%。年末常住人口
— 12 —
1268.4 万人，比上年末增加 9.2 万人，其中城镇人口
1010.2 万人。
二、交通运输
    全年货运量 2.1 亿吨，增长 3.0%；客运量 1.6 亿
13
人次，下降 1.1%。铁路、公路客运量分别为 0.7 亿人次和
0.5 亿人次。
"""


def test_a_page_of_a_pdf_is_read_as_if_it_were_whole() -> None:
    broken = [FILLER[i : i + 26] for i in range(0, len(FILLER), 26)]
    text = "\n".join([TITLE, *broken, PDF])
    found = {f.rule_id: f.value for f in figures(Document("file:x.txt", text.encode()))}
    assert found == {
        "overall_economy.gdp": 8321.5,
        "overall_economy.gdp@growth": 6.2,
        "people.population": 1268.4,
        "transport.freight_total": 2.1,
        "transport.freight_total@growth": 3.0,
        "transport.passengers_total": 1.6,
        "transport.passengers_total@growth": -1.1,
        "transport.rail_passengers": 0.7,
        "transport.road_passengers": 0.5,
    }


def test_lines_of_a_pdf_that_became_paragraphs_of_a_page() -> None:
    lines = "".join(f"<p>{line.strip()}</p>" for line in PDF.splitlines() if line.strip())
    page = f"<html><body><h1>{TITLE}</h1>{lines}</body></html>"
    found = {f.rule_id: f.value for f in figures(Document("file:x.html", page.encode()))}
    assert found["people.population"] == 1268.4
    assert found["transport.passengers_total@growth"] == -1.1


def test_headings_and_columns_are_no_part_of_a_paragraph() -> None:
    lines = [
        "全年货运量稳步增长，客运量恢复较快，港口生产平稳，",
        "机场起降架次增加，各种运输方式完成的客货运输量见下",
        "指标          单位       绝对数       增长（%）",
        "货运量        亿吨       2.1          3.0",
        "全年邮电业务平稳增长，电信业务总量保持较快增长，移",
        "三、邮电",
        "动电话普及率提高。",
    ]
    assert unwrap(lines) == [lines[0] + lines[1], *lines[2:]]


def test_paragraphs_that_are_whole_stay_as_they_are() -> None:
    lines = ["全年货运量2.1亿吨，增长3%。", "12", "客运量1.6亿人次，下降1.1%；", "一，", "。"]
    assert unwrap(lines) == lines
