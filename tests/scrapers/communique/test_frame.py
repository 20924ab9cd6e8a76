"""What governs a sentence, in texts in the manner of real ones."""

from __future__ import annotations

import pytest

from cityflux.core.model.document import Document
from tests.scrapers.communique.texts import FILLER, TITLE, document, figures, read

GDP = "overall_economy.gdp"
RETAIL = "goods_commerce.retail_sales"
EXPORTS = "goods_commerce.goods_exports"
IMPORTS = "goods_commerce.goods_imports"
CONTAINERS = "goods_commerce.container_throughput"
RD = "science_innovation.rd_expenditure"
PATENTS = "science_innovation.patents_granted"
POPULATION = "people.population"
ROAD = "transport.road_passengers"
PORT = "transport.port_passengers"
FREIGHT = "transport.freight_total"
TOTAL = "transport.passengers_total"
INSURANCE = "capital.insurance_turnover"


@pytest.mark.parametrize(
    "text",
    [
        "全年公路、水路共完成货运量8911万吨；客运量2044万人次，增长2.1%。",
        "全市道路货物运输量6120万吨，增长3.5%。旅客运输量1820万人，下降1.3%。",
        "一季度，全市外贸开局平稳。其中，出口105.1亿元，增长8.8%；进口77.3亿元，增长2.5%。",
        "11月份，江城港生产繁忙。集装箱吞吐量17.8万标准箱，增长9.1%。",
        "1-8月，全市招商引资势头良好。实际使用外资3.1亿美元，增长12.2%。",
        "江北新区建设提速。全年实现地区生产总值466.2亿元，增长9.3%。",
        "江城高新技术产业开发区新开工项目36个。实现社会消费品零售总额62.5亿元，增长6.9%。",
        "宝河县经济稳步回升。全年实现地区生产总值366.2亿元，增长6.3%。",
        "外商投资企业活力增强。全年进出口总额188.5亿元，其中出口99.6亿元，增长12.1%。",
        "云山实验室加快建设。全年研发经费投入12.4亿元，增长20.1%。",
        "限额以上批发零售企业603家，实现消费品零售额144.9亿元，增长3.3%。",
        "民办学校中，中小学41所，专任教师0.3万人。",
        "全省实现地区生产总值5.1万亿元，增长5.5%。",
        "旅游度假区建设加快。实现社会消费品零售总额72.5亿元。",
        "县域经济活力增强。实现社会消费品零售总额72.5亿元。",
        "跨境电商快速发展。全年进出口总额88.5亿元，其中出口79.6亿元。",
        "元旦春节期间市场繁荣。实现社会消费品零售总额72.5亿元。",
        "公路方面，客运量1955万人。",
        "机场货运量12万吨，客运量120万人次。",
        "明年，社会消费品零售总额1000亿元。",
        "力争全年地区生产总值达到9000亿元，增长6%。",
        "2022年经济社会发展的主要预期目标是：地区生产总值9000亿元，增长6.5%。",
    ],
)
def test_what_a_frame_makes_another_figure(text: str) -> None:
    assert read(text) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "高新区建设提速，产业加快集聚。全市实现社会消费品零售总额712.7亿元，增长6.3%。",
            {RETAIL: 712.7, f"{RETAIL}@growth": 6.3},
        ),
        (
            "前三季度物价平稳。全年社会消费品零售总额712.7亿元。",
            {RETAIL: 712.7},
        ),
        (
            "主动对接粤港澳大湾区，全年专利授权量3.1万件，增长8.2%。",
            {PATENTS: 3.1, f"{PATENTS}@growth": 8.2},
        ),
        ("作为长三角重要节点城市，全年专利授权量3.1万件。", {PATENTS: 3.1}),
        ("在国家级新区带动下，全年专利授权量3.1万件。", {PATENTS: 3.1}),
        ("发挥国家级开发区作用，全年专利授权量3.1万件。", {PATENTS: 3.1}),
        (
            "全面融入长三角一体化，全社会研究与试验发展经费支出92.4亿元。",
            {RD: 92.4},
        ),
        ("较好完成年度预期目标，全年社会消费品零售总额712.7亿元。", {RETAIL: 712.7}),
        (
            "全年社会消费品零售总额712.7亿元，增长6.3%。其中限额以上单位318家，"
            "消费品零售额231.6亿元，增长4.0%。",
            {RETAIL: 712.7, f"{RETAIL}@growth": 6.3},
        ),
        (
            "公路客运量512.6万人次，下降8.1%；货运量6315.4万吨，增长4.7%。",
            {ROAD: 512.6, f"{ROAD}@growth": -8.1},
        ),
        (
            "铁路客运量512.6万人次。全社会货运总量1.2亿吨，增长4.7%。",
            {"transport.rail_passengers": 512.6, FREIGHT: 1.2, f"{FREIGHT}@growth": 4.7},
        ),
        (
            "全年全市累计进出口总值98.4亿元。其中，出口70.2亿元；进口28.2亿元。",
            {EXPORTS: 70.2, IMPORTS: 28.2},
        ),
        (
            "全市保险机构全年保费收入112.6亿元，其中财产险保费收入40.2亿元。",
            {INSURANCE: 112.6},
        ),
        ("全年社会消费品实现零售总额633.1亿元。", {RETAIL: 633.1}),
    ],
)
def test_what_releases_a_frame_or_sets_none(text: str, expected: dict[str, float]) -> None:
    assert {name: value for name, (value, _) in read(text).items()} == expected


@pytest.mark.parametrize(
    "topic",
    [
        "银行业运行稳健。",
        "省级以上重点实验室体系不断完善。",
        "高校毕业生就业稳定。",
        "江城机场扩建工程启用。",
        "重点产业推动经济增长。",
        "保险公司服务能力提升。",
    ],
)
def test_topics_of_the_whole_city_set_no_owner(topic: str) -> None:
    assert read(f"{topic}全年保费收入67.8亿元。") == {INSURANCE: (67.8, "亿元")}


def test_a_heading_governs_its_section_up_to_the_next_one() -> None:
    zone = ["（三）高新技术产业开发区", "全年实现地区生产总值366.2亿元。"]
    assert read(*zone) == {}
    assert read(*zone, "四、综合", "全年实现地区生产总值8321.5亿元。") == {GDP: (8321.5, "亿元")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("五、国内贸易 全年社会消费品零售总额1233.5亿元。", {RETAIL: 1233.5}),
        ("五、国内贸易 社会消费品零售总额1233.5亿元。", {RETAIL: 1233.5}),
        ("五、国内贸易全年社会消费品零售总额1233.5亿元。", {RETAIL: 1233.5}),
        ("科技 全年研究与试验发展（R&D）经费支出78.4亿元。", {RD: 78.4}),
        ("科技 研究与试验发展经费支出78.4亿元。", {RD: 78.4}),
        ("全市生产平稳.全年社会消费品零售总额1233.5亿元.", {RETAIL: 1233.5}),
        (
            "全年进出口总额8502.3亿元, 增长 1.4% 其中,出 口 4852.3 亿元。",
            {EXPORTS: 4852.3},
        ),
        (
            "增长3.2%。 图3 2017-2021年社会消费品零售总额 900 1000 全年专利授权量3.1万件。",
            {PATENTS: 3.1},
        ),
        ("三次产业结构为4.2:27.7:68.1 年末常住人口 2153.5 万人。", {POPULATION: 2153.5}),
    ],
)
def test_breaks_that_a_print_leaves_out(text: str, expected: dict[str, float]) -> None:
    found = {name: value for name, (value, _) in read(text).items()}
    assert found == expected


@pytest.mark.parametrize(
    ("title", "text", "gdp"),
    [
        (
            "2021年江城市云台区国民经济和社会发展统计公报",
            "全年全区实现地区生产总值386.3亿元。",
            386.3,
        ),
        ("灌河县2021年国民经济和社会发展统计公报", "2021年全县地区生产总值1746520万元。", 1746520),
        ("2021年江东省国民经济和社会发展统计公报", "全省生产总值[2]41255亿元。", 41255),
        ("2021年红山彝族自治州国民经济和社会发展统计公报", "全州实现生产总值1255亿元。", 1255),
        ("2021年江城市云台区国民经济和社会发展统计公报", "全年本区生产总值(GDP)412.9亿元。", 412.9),
        ("2021年江城市云台区国民经济和社会发展统计公报", "全市地区生产总值8321.5亿元。", None),
        ("2021年江东省国民经济和社会发展统计公报", "全市地区生产总值8321.5亿元。", None),
    ],
)
def test_the_words_for_the_whole_place_follow_its_rank(
    title: str, text: str, gdp: float | None
) -> None:
    assert read(text, title=title).get(GDP, (None, ""))[0] == gdp


def test_a_title_on_two_lines() -> None:
    text = f"2021年灌河县\n国民经济和社会发展统计公报\n{FILLER}\n全县地区生产总值386.3亿元。"
    (found,) = figures(Document("file:x.txt", text.encode()))
    assert (found.rule_id, found.year, found.value) == (GDP, 2021, 386.3)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("全年社会消费品零售总额突破1100亿元，总量保持全省第三位。", ">"),
        ("年末常住人口超过510万人，人口总量稳步增加。", ">"),
        ("全年货物出口总额逾800亿元。", ">"),
        ("全年货物出口总额800余亿元。", ">"),
        ("年末常住人口近510万人。", "<"),
        ("年末常住人口510万人左右。", "~"),
        ("全年地区生产总值8321.5亿元，增长6%以上。", ">"),
    ],
)
def test_a_bound_is_no_value(text: str, sign: str) -> None:
    bounds = [found for found in figures(document(text)) if found.bound]
    assert [(found.status, found.bound) for found in bounds] == [("bound", sign)]


def test_a_number_stands_before_its_bound() -> None:
    (found,) = figures(document("全年社会消费品零售总额突破1100亿元大关，达到1123.4亿元。"))
    assert (found.value, found.status, found.bound) == (1123.4, "ok", "")


def test_the_governing_clause_comes_along() -> None:
    found = {
        f.rule_id: f for f in figures(document("全年进出口总额98.4亿元。其中，出口70.2亿元。"))
    }
    assert found[EXPORTS].governing == "全年进出口总额"


def test_counts_that_are_printed_without_their_unit() -> None:
    found = read(
        "年末全市常住人口1384613，比上年末减少1530人。", "全年授权专利共计3117，增长6.4%。"
    )
    assert found == {
        POPULATION: (1384613, "人"),
        PATENTS: (3117, "件"),
        f"{PATENTS}@growth": (6.4, "%"),
    }


def test_a_row_without_numbers_heads_those_below_it() -> None:
    rows = [
        ["指标", "单位", "绝对数", "比上年增长（%）"],
        ["公路", "", "", ""],
        ["货物发送量", "万吨", "14321.4", "6.6"],
        ["旅客发送量", "万人次", "2310.5", "-3.2"],
        ["水路", "", "", ""],
        ["旅客发送量", "万人次", "41.6", "4.8"],
    ]
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    page = f"<html><body><h1>{TITLE}</h1><p>{FILLER}</p><table>{body}</table></body></html>"
    found = figures(Document("https://example.org/t.html", page.encode(), "text/html"))
    assert {f.rule_id: f.value for f in found} == {
        ROAD: 2310.5,
        f"{ROAD}@growth": -3.2,
        PORT: 41.6,
        f"{PORT}@growth": 4.8,
    }


REPORT = "2022年江城市政府工作报告"
BULLETIN = "江城市2021年前三季度经济运行情况"


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        (REPORT, "去年，全市地区生产总值8321.5亿元，增长6.2%。", {("2021", 8321.5), ("2021", 6.2)}),
        (REPORT, "2021年实现地区生产总值8321.5亿元。", {("2021", 8321.5)}),
        (REPORT, "今年，地区生产总值达到9000亿元，增长6%。", set()),
        (REPORT, "五年来，全市地区生产总值由5000亿元增加到8321.5亿元。", set()),
        (BULLETIN, "前三季度，全市地区生产总值6021.5亿元。", {("2021-01/2021-09", 6021.5)}),
        (BULLETIN, "1-9月，全市地区生产总值6021.5亿元。", {("2021-01/2021-09", 6021.5)}),
        (BULLETIN, "9月份，全市地区生产总值621.5亿元。", set()),
        (BULLETIN, "2020年，全市地区生产总值7800.5亿元。", set()),
        (
            "1-9月江城市经济运行平稳",
            "2021-10-27 全市生产总值6021.5亿元。",
            {("2021-01/2021-09", 6021.5)},
        ),
        (
            "江城市2021年9月经济运行情况",
            "1-9月，全市生产总值6021.5亿元。",
            {("2021-01/2021-09", 6021.5)},
        ),
        ("江城市2021年9月经济运行情况", "9月份，全市生产总值621.5亿元。", {("2021-09", 621.5)}),
        (REPORT, "过去五年，专利授权量累计10万件，新增经营主体20.1万户。", set()),
        (REPORT, "二、2022年工作安排\n（一）扩大内需。全年房地产开发投资150亿元。", set()),
        ("江城市2021年一季度经济运行情况", "全市生产总值1921.5亿元。", {("2021-Q1", 1921.5)}),
        ("江城2021年开新局", "2021年，全市地区生产总值8321.5亿元。", {("2021", 8321.5)}),
        ("江城2021年开新局", "地区生产总值8321.5亿元。", set()),
        ("江城2021年开新局", "全年地区生产总值8321.5亿元。", set()),
        ("江城见闻", "全年全市地区生产总值8321.5亿元。", set()),
    ],
)
def test_each_genre_has_its_own_period(
    title: str, text: str, expected: set[tuple[str, float]]
) -> None:
    html = f"<html><body><h1>{title}</h1><p>{FILLER}</p><p>{text}</p></body></html>"
    html = html.replace("\n", "</p><p>")
    found = figures(Document("https://example.org/n.html", html.encode(), "text/html"))
    assert {(f.period, f.value) for f in found if f.status != "bound"} == expected


@pytest.mark.parametrize(
    "html",
    [
        "<p>全年社会消费品<span>零售总额</span>1233.5</p><p>亿元，增长5.1%。</p>",
        "<p>全年社会消费品零售总额</p><p>1233.5亿元，增长5.1%。</p>",
        "<table><tr><td>全年社会消费品零售总额1233.5亿元，增长5.1%。</td></tr></table>",
        "<p>【国内贸易】全年社会消费品零售总额1233.5亿元，增长5.1%。</p>",
        "<p>◆消费 全年社会消费品零售总额1233.5亿元，增长5.1%。</p>",
        "<table><tr><td colspan=3>表3 2021年主要指标</td></tr>"
        "<tr><td>指标</td><td>2021年（亿元）</td>"
        "<td>增长（%）</td></tr><tr><td>社会消费品零售总额</td><td>1233.5</td><td>5.1</td></tr>"
        "</table>",
    ],
)
def test_layouts_that_break_a_figure(html: str) -> None:
    page = f"<html><body><h1>{TITLE}</h1><p>{FILLER}</p>{html}</body></html>"
    found = figures(Document("https://example.org/t.html", page.encode(), "text/html"))
    assert {f.rule_id: f.value for f in found} == {RETAIL: 1233.5, f"{RETAIL}@growth": 5.1}


def test_a_rate_over_years_says_nothing_about_the_next_number() -> None:
    found = read("全市生产总值8321.5亿元，增长4.1%；两年平均增长2.5%，人均生产总值74331元。")
    assert found == {
        GDP: (8321.5, "亿元"),
        f"{GDP}@growth": (4.1, "%"),
        "gdp_per_capita": (74331, "元"),
    }


def test_numbers_outside_the_text_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    page = (
        f"<html><body><h1>{TITLE}</h1><div class=text><p>{FILLER}</p><p>全年货运量2.1亿吨。</p>"
        "</div><aside><p>上年进出口总额97.5亿元，增长3.1%。</p></aside></body></html>"
    )
    document = Document("https://example.org/t.html", page.encode(), "text/html")
    assert [f.value for f in figures(document)] == [2.1]
    (said,) = caplog.messages
    assert "2 numbers stand outside the text" in said
    assert "97.5亿元" in said


def test_what_passes_the_port_of_entry_does_not_govern_the_citys_own_trade() -> None:
    port = "全年口岸进出口总额21735.7亿元，其中出口15735.7亿元，增长34.0%。"
    own = "全年外贸自营进出口总额11926.1亿元，其中出口7624.3亿元；进口4301.8亿元。"
    assert read(port) == {}
    assert read(port + own) == {EXPORTS: (7624.3, "亿元"), IMPORTS: (4301.8, "亿元")}
    assert read("口岸贸易方面，全年出口15735.7亿元；进口11.1亿元。") == {}
