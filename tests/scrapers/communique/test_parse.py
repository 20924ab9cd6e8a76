"""The traps of the genre, one by one, in sentences written for these tests."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from tests.scrapers.communique.texts import FILLER, document, figure, figures, read

GDP = "overall_economy.gdp"
PER_CAPITA = "gdp_per_capita"
POPULATION = "people.population"
IMPORTS = "goods_commerce.goods_imports"
EXPORTS = "goods_commerce.goods_exports"
FDI = "goods_commerce.inward_fdi"
PATENTS = "science_innovation.patents_granted"
RETAIL = "goods_commerce.retail_sales"
RAIL = "transport.rail_passengers"
AIR = "transport.air_passengers"
ROAD = "transport.road_passengers"
TOTAL = "transport.passengers_total"
FREIGHT = "transport.freight_total"
CONTAINERS = "goods_commerce.container_throughput"


@pytest.mark.parametrize(
    ("sentence", "value", "growth"),
    [
        ("全年实现地区生产总值[2]8321.5亿元，比上年增长6.2%。", 8321.5, 6.2),
        ("全市生产总值（GDP）①达8321.5亿元，按可比价格计算，同比增长6.2%。", 8321.5, 6.2),
        ("初步核算，全年本地生产总值8321.5亿元，比上年（下同）增长6.2%。", 8321.5, 6.2),
        ("江城市地区生产总值为８３２１．５亿元，增长６．２％。", 8321.5, 6.2),
        ("全市地区生产总值突破八千亿元大关，达到8321.5亿元，较上年增长6.2%。", 8321.5, 6.2),
        ("2021年实现地区生产总值8 321.5亿元，比上年下降1.3%。", 8321.5, -1.3),
        ("全年地区生产总值8,321.5亿元，与上年持平。", 8321.5, 0.0),
        ("全年地区生产总值8321.5亿元（比上年增长6.2%）。", 8321.5, 6.2),
        ("经省统计局统一核算，全市地区生产总值8321.5亿元，两年平均增长5.0%。", 8321.5, None),
        ("全年地区生产总值8321.5亿元，与上年基本持平。", 8321.5, None),
    ],
)
def test_level_and_growth(sentence: str, value: float, growth: float | None) -> None:
    found = read(sentence)
    assert found[GDP] == (value, "亿元")
    assert found.get(f"{GDP}@growth") == (None if growth is None else (growth, "%"))


@pytest.mark.parametrize(
    "sentence",
    [
        "上年全市地区生产总值为7800亿元。",
        "2020年全市地区生产总值7800亿元，增长2.0%。",
        "“十三五”期间，累计实现地区生产总值3.5万亿元，年均增长6.8%。",
        "前三季度全市地区生产总值6000亿元，增长6.0%。",
        "长三角地区生产总值27.6万亿元，增长8.4%。",
        "江北新区实现地区生产总值1200亿元，增长9%。",
        "京津冀协同发展深入推进，区域实现地区生产总值9.6万亿元。",
        "全国国内生产总值114万亿元，增长8.1%。",
        "第三产业增加值占地区生产总值的比重达到64.8%，比上年提高1.6个百分点。",
        "数字经济增加值对地区生产总值增长的贡献率为40%。",
        "海洋生产总值2100亿元，增长4%。",
        "G20峰会期间，铁路客运量182万人次。",
    ],
)
def test_what_is_not_the_citys_total_of_the_year(sentence: str) -> None:
    assert read(sentence) == {}


def test_resident_and_registered_population() -> None:
    found = read(
        "年末全市常住人口[4]1268.4万人，比上年末增加9.2万人，增长0.7%。其中，城镇常住人口1010.2万人，"
        "外来常住人口420万人；年末户籍人口868万人，增长1.9%。常住人口出生8.1万人，出生率为6.4‰。"
    )
    assert found == {POPULATION: (1268.4, "万人"), f"{POPULATION}@growth": (0.7, "%")}


def test_an_increase_is_neither_a_level_nor_a_rate() -> None:
    assert read("常住人口比上年末增加9.2万人。") == {}


def test_per_capita_of_residents_not_of_the_registered() -> None:
    found = read(
        "按户籍人口计算，人均生产总值98200元，增长5.1%；按常住人口计算，人均生产总值6.6万元，"
        "增长4.4%，按年平均汇率折算为10230美元。"
    )
    assert found == {PER_CAPITA: (6.6, "万元"), f"{PER_CAPITA}@growth": (4.4, "%")}
    assert read("全市人均生产总值（按户籍人口计算）98200元。") == {}


def test_bare_imports_and_exports_belong_to_the_total_before_them() -> None:
    found = read(
        "全年江城市货物进出口总额4821.6亿元，比上年增长8.1%。其中，出口2510.3亿元，增长9.4%，"
        "机电产品和高新技术产品出口分别为1500亿元和800亿元，分别增长7.7%和12.1%；进口2311.3亿元，下降0.8%。"
    )
    assert found == {
        EXPORTS: (2510.3, "亿元"),
        f"{EXPORTS}@growth": (9.4, "%"),
        IMPORTS: (2311.3, "亿元"),
        f"{IMPORTS}@growth": (-0.8, "%"),
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "江城关区货物进出口总额9100亿元，增长6%。其中，进口总额4000亿元，出口总额5100亿元。",
        "民营企业进出口1800亿元，其中出口1100亿元，进口700亿元。",
        "跨境电商进出口320亿元，出口210亿元、进口110亿元。",
        "对东盟出口400亿元，进口300亿元。",
        "服务贸易进出口总额90亿美元，其中出口40亿美元。",
    ],
)
def test_trade_of_a_part_or_of_the_customs_district(sentence: str) -> None:
    assert read(sentence) == {}


def test_yuan_and_dollars_do_not_convert() -> None:
    found = figure(EXPORTS, "全年外贸出口总额416.3亿美元，增长12.0%。")
    assert (found.value, found.unit, found.converted) == (416.3, "亿美元", None)
    other = figure(FDI, "实际使用外资574.1亿元，增长5.7%。")
    assert (other.value, other.unit, other.converted) == (574.1, "亿元", None)


def test_contracted_capital_is_not_capital_used() -> None:
    found = read(
        "全年外商直接投资合同金额99.8亿美元，增长14%；实际到位金额61.2亿美元，增长3.3%。"
        "第三产业实际利用外资48亿美元。"
    )
    assert found[FDI] == found["capital.foreign_capital_attracted"] == (61.2, "亿美元")
    assert found[f"{FDI}@growth"] == (3.3, "%")


def test_a_list_gives_each_name_its_number() -> None:
    found = read(
        "全年专利申请量与授权量分别为5.73万件和3.35万件，分别比上年增长14.3%和46.2%；"
        "其中发明专利申请量与授权量分别为3.3万件和1.1万件，增长14.1%和22.4%。"
        "“十三五”期间，专利申请量与授权量累计分别达到21万件和10万件。"
    )
    assert found == {PATENTS: (3.35, "万件"), f"{PATENTS}@growth": (46.2, "%")}


def test_a_list_shares_head_unit_and_verb() -> None:
    found = read(
        "全年铁路、公路和民航客运量分别为9120.5、30211.8和4180.3万人次，"
        "分别增长5.1%、下降8.8%和增长2.0%。"
    )
    assert found == {
        RAIL: (9120.5, "万人次"),
        ROAD: (30211.8, "万人次"),
        AIR: (4180.3, "万人次"),
        f"{RAIL}@growth": (5.1, "%"),
        f"{ROAD}@growth": (-8.8, "%"),
        f"{AIR}@growth": (2.0, "%"),
    }


def test_a_link_inside_a_name_does_not_split_it() -> None:
    found = read(
        "一般公共预算支出中，用于教育、社会保障和就业的支出分别为310.5亿元和228.4亿元，"
        "分别增长6.1%和9.9%。"
    )
    assert found == {
        "science_innovation.education_spending": (310.5, "亿元"),
        "science_innovation.education_spending@growth": (6.1, "%"),
    }


def test_growth_rates_after_two_levels() -> None:
    found = read("全年货运量2.1亿吨，客运量1.6亿人次，分别增长4.2%和下降1.1%。")
    assert found[f"{FREIGHT}@growth"] == (4.2, "%")
    assert found[f"{TOTAL}@growth"] == (-1.1, "%")


def test_growth_rates_skip_parts_and_other_units() -> None:
    rate = f"{FDI}@growth"
    with_part = read(
        "新设外商投资企业1200家，合同外资120亿美元，实际使用外资61.2亿美元，其中制造业20亿美元，"
        "分别增长5%、8%和3.3%。"
    )
    assert with_part[rate] == (3.3, "%")
    two_of_three = read(
        "新设外资项目1200个，合同外资120亿美元，实到外资61.2亿美元，分别增长8%和3.3%。"
    )
    assert two_of_three[rate] == (3.3, "%")
    in_doubt = read(
        "实际使用外资61.2亿美元，合同外资120亿美元，投资总额200亿美元，分别增长8%和3%。"
    )
    assert rate not in in_doubt


def test_both_grow_alike() -> None:
    found = read("全市货运量和客运量均增长3.0%。", "高新技术产业和电子商务均增长9.0%。")
    assert set(found.values()) <= {(3.0, "%")}


def test_short_names_count_below_their_family_alone() -> None:
    found = read(
        "全年旅客运输量1.9亿人次，增长3%。其中，铁路9000万人次，增长5%；公路8000万人次；民航1500万人次。"
        "旅客周转量1641亿人公里，其中铁路500亿人公里，增长9%。"
    )
    assert found[RAIL] == (9000, "万人次")
    assert found[f"{RAIL}@growth"] == (5, "%")
    assert found[AIR] == (1500, "万人次")
    assert read("铁路投资210亿元，公路投资180亿元。") == {}


def test_city_transport_and_airports_are_other_figures() -> None:
    assert (
        read(
            "年末公共电汽车运营线路1158条；全年客运总量31.3亿人次。轨道交通客运量38.5亿人次。",
            "机场旅客吞吐量6541.5万人次，增长6.1%。春运期间铁路发送旅客1200万人次。",
        )
        == {}
    )


def test_containers_of_the_port_not_of_a_terminal() -> None:
    found = read(
        "港口货物吞吐量2.65亿吨，增长2.8%；集装箱吞吐量2655.1万标箱，增长3.0%，"
        "其中国际中转集装箱吞吐量530万标箱，增长14%。"
    )
    assert found == {CONTAINERS: (2655.1, "万标箱"), f"{CONTAINERS}@growth": (3.0, "%")}


def test_growth_without_a_level() -> None:
    found = read(
        "固定资产投资增长8.2%。其中，房地产开发投资下降7.4%，基础设施投资与上年持平，工业投资增长15%。"
    )
    assert found == {
        "capital.real_estate_investment@growth": (-7.4, "%"),
        "strategic_planning.infrastructure_investment@growth": (0.0, "%"),
    }


def test_times_become_per_cent() -> None:
    found = figure(
        "goods_commerce.outward_investment@growth", "对外直接投资额31亿美元，增长1.6倍。"
    )
    assert (found.value, found.unit, found.converted) == (1.6, "倍", 160)


@pytest.mark.parametrize(
    "sentence",
    [
        "社会消费品零售总额5012.3亿元，比2019年增长9.1%。",
        "社会消费品零售总额5012.3亿元，年均增长9.1%。",
        "社会消费品零售总额5012.3亿元，增速比上年回落2.1个百分点。",
        "社会消费品零售总额5012.3亿元，占全省的12.4%。",
        "社会消费品零售总额5012.3亿元，扣除价格因素实际增长5.5%。",
    ],
)
def test_percentages_that_are_no_growth_rate(sentence: str) -> None:
    assert read(sentence) == {RETAIL: (5012.3, "亿元")}


def test_nominal_growth_comes_before_real_growth() -> None:
    found = read("社会消费品零售总额5012.3亿元，增长9.0%，扣除价格因素实际增长7.2%。")
    assert found[f"{RETAIL}@growth"] == (9.0, "%")


def test_a_share_with_and_without_its_subject() -> None:
    hightech = "science_innovation.hightech_share_of_industry"
    own = "高技术制造业增加值占规模以上工业增加值的比重为33.6%，比上年提高0.4个百分点。"
    chained = "高技术制造业增加值955.4亿元，增长8.8%，占规模以上工业增加值比重达33.6%。"
    listed = (
        "先进制造业和高技术制造业增加值分别增长5%和6%，占规模以上工业增加值比重分别为71.9%和33.6%。"
    )
    for sentence in (own, chained, listed):
        assert read(sentence) == {hightech: (33.6, "%")}
    assert read("高技术产业增加值占地区生产总值的比重为24.4%。") == {}


def test_the_best_definition_wins_and_its_growth_with_it() -> None:
    spending = "strategic_planning.environmental_spending"
    found = read(
        "一般公共预算支出中，节能环保支出228.3亿元，增长2.5%。",
        "全社会用于环境保护的资金投入约989.2亿元，相当于生产总值的3.0%。",
    )
    assert found == {spending: (989.2, "亿元")}


def test_a_rounded_repetition_gives_way_to_the_number() -> None:
    found = read("全市地区生产总值超过8300亿元。", "全年地区生产总值8321.5亿元，增长6.2%。")
    assert found[GDP] == (8321.5, "亿元")
    again = read("全市地区生产总值0.83万亿元。", "全年地区生产总值8321.5亿元。")
    assert again[GDP] == (8321.5, "亿元")


def test_what_a_text_says_in_two_ways_is_left_out() -> None:
    assert read("全年地区生产总值8321.5亿元。", "全年地区生产总值8410.0亿元。") == {}


def test_counts_may_stand_before_their_name() -> None:
    found = read("全市拥有130家A级旅游景区，其中4A级70家；共有7家企业入围《财富》世界500强。")
    assert found == {
        "strategic_planning.tourist_attractions": (130, "家"),
        "industry.fortune_global_500": (7, "家"),
    }


def test_investments_of_fortune_500_companies_are_no_headquarters() -> None:
    assert read("累计引进世界500强企业130家，投资项目210个。") == {}


def test_overnight_visitors_are_a_part() -> None:
    visitors = "people.domestic_visitors"
    assert read("全年接待过夜旅游者2830万人次，其中国内旅游者2266万人次。") == {}
    assert read("全年接待国内旅游者1.2亿人次，其中过夜3100万人次。") == {visitors: (1.2, "亿人次")}


def test_the_sentence_the_name_and_the_year_come_along() -> None:
    found = figure(GDP, "一、综合", "全年实现地区生产总值8321.5亿元，增长6.2%。其中，工业增长3%。")
    assert found.sentence == "全年实现地区生产总值8321.5亿元，增长6.2%。"
    assert (found.label, found.year, found.kind) == ("地区生产总值", 2021, "level")


def test_status_is_provisional_where_the_text_says_so() -> None:
    plain = "全年地区生产总值8321.5亿元。"
    assert figure(GDP, plain).status == "ok"
    assert figure(GDP, f"初步核算，{plain}").status == "provisional"
    assert figure(GDP, plain, "注：本公报数据均为初步统计数。").status == "provisional"


def test_the_declared_period_stands_in_for_a_title_without_year() -> None:
    text = f"统计公报\n{FILLER}\n2021年全市地区生产总值8321.5亿元，2020年全市地区生产总值7800亿元。"
    (found,) = figures(Document("file:x.txt", text.encode(), period="2021"))
    assert (found.value, found.year) == (8321.5, 2021)


def test_parts_of_one_communique_are_read_as_one() -> None:
    first = document(
        "全年地区生产总值8321.5亿元。", title="江城市2021年国民经济和社会发展统计公报(1)"
    )
    second = document("全年货运量2.1亿吨。", title="江城市2021年国民经济和社会发展统计公报(2)")
    assert {f.rule_id for f in figures(first, second)} == {GDP, FREIGHT}


PIECES = st.sampled_from(
    re.findall(
        r"\S+",
        """
        全年 全市 上年 “十三五”期间 其中 分别 为 达到 增长 下降 比上年 占 的比重 和 、 ，
        ； 。 : （ ） 12.5 8321.5亿元 3万人次 6.2% 1.5倍 铁路 客运量 出口 进口
        民营企业 地区生产总值 常住人口
        专利授权量 持平
        """,
    )
)


@given(st.lists(PIECES, max_size=40))
def test_any_jumble_of_the_genre_is_read_without_an_error(pieces: list[str]) -> None:
    for found in figures(document("".join(pieces))):
        assert found.sentence
        assert found.kind == ("growth" if found.rule_id.endswith("@growth") else "level")


@given(st.text(max_size=200))
@example("0\ue000")  # a sign of a font of its own, as office programs leave them
def test_any_text_is_read_without_an_error(text: str) -> None:
    figures(document(text))
