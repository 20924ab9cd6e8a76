"""Wordings that blind texts brought to light, one by one."""

from __future__ import annotations

import pytest

from tests.scrapers.communique.texts import figure, read

GDP = "overall_economy.gdp"
PER_CAPITA = "gdp_per_capita"
FDI = "goods_commerce.inward_fdi"
EXPORTS = "goods_commerce.goods_exports"
RETAIL = "goods_commerce.retail_sales"
OUTWARD = "goods_commerce.outward_investment"
VISITORS = "people.domestic_visitors"
OFFICES = "strategic_planning.office_floor_space_completed"


def test_the_currency_of_the_rule_wins_where_a_text_gives_two() -> None:
    found = read("实际使用外资金额（人民币口径）1256.2亿元，折合176.8亿美元，比上年下降26.6%。")
    assert found[FDI] == (176.8, "亿美元")
    assert found[f"{FDI}@growth"] == (-26.6, "%")
    other = read("全年出口总额416.3亿美元，折合人民币2710.5亿元，增长12.0%。")
    assert other == {EXPORTS: (2710.5, "亿元"), f"{EXPORTS}@growth": (12.0, "%")}


def test_a_restatement_in_dollars_does_not_take_the_growth_rate() -> None:
    found = read("人均生产总值152465元，按年平均汇率折算为22102美元，增长3.1%。")
    assert found == {PER_CAPITA: (152465, "元"), f"{PER_CAPITA}@growth": (3.1, "%")}


def test_what_stands_in_parentheses_behind_a_number_defines_it() -> None:
    assert read("人均GDP达86691元（按户籍人口计算），增长11.2%。") == {}
    found = read("全年接待国内旅游者2.5亿人次（其中过夜1.2亿人次），增长8.7%。")
    assert found == {VISITORS: (2.5, "亿人次"), f"{VISITORS}@growth": (8.7, "%")}


def test_visitors_beside_overnight_visitors_from_abroad() -> None:
    found = read("旅游总人数20813.7万人次；其中，入境过夜游客113.3万人次，国内游客20700.4万人次。")
    assert found == {VISITORS: (20700.4, "万人次")}


def test_hectares_are_areas() -> None:
    area = figure("strategic_planning.land_transaction_area", "政府土地成交面积1660.2公顷。")
    assert (area.value, area.unit, area.converted) == (1660.2, "公顷", 1660.2)


def test_office_buildings_below_a_bare_completed_area() -> None:
    found = read(
        "商品房施工面积1.4亿平方米，增长1.0%；竣工面积2669.7万平方米。其中，住宅1453.6万平方米，"
        "写字楼378.0万平方米。"
    )
    assert found == {OFFICES: (378.0, "万平方米")}
    assert read("建筑业企业竣工面积2669.7万平方米，其中办公楼378.0万平方米。") == {}


@pytest.mark.parametrize(
    "sentence",
    [
        "全年经核准的对外直接投资中方投资额28.8亿美元。",
        "备案和核准的对外直接投资项目865项，投资总额39.9亿美元，其中中方投资额28.8亿美元。",
        "经核准备案境外投资企业和机构834家，中方协议投资额28.8亿美元。",
    ],
)
def test_outward_investment(sentence: str) -> None:
    assert read(sentence)[OUTWARD] == (28.8, "亿美元")


def test_a_city_that_is_part_of_a_name() -> None:
    title = "2010年上海市国民经济和社会发展统计公报"
    market = read("全年上海证券市场有价证券总成交金额39.8万亿元。", title=title)
    assert market == {"capital.sse_turnover": (39.8, "万亿元")}
    assert read("全年北京证券市场各类证券成交额39.8万亿元。") == {}


def test_those_who_moved_in() -> None:
    found = read("全年有13.88万人迁入本市户籍，6.2万人迁出。")
    assert found == {"strategic_planning.hukou_settlements": (13.88, "万人")}


@pytest.mark.parametrize(
    ("words", "growth"),
    [
        ("同口径增长5.0%", 5.0),
        ("可比增长5.0%", 5.0),
        ("增速为-0.2%", -0.2),
        ("比上年下降-0.2%", -0.2),
        ("比上年下降0.0%", 0.0),
        ("比上年增长-0.0%", 0.0),
        ("与上年持平", 0.0),
        ("增长1.2倍", 1.2),
        ("增速由负转正，增长0.5%", 0.5),
        ("翻一番", None),
        ("是上年的1.2倍", None),
        ("为上年的98.9%", None),
        ("占固定资产投资的比重为50%，下降0.5个百分点", None),
        ("三年平均增长1.0%", None),
    ],
)
def test_growth_in_many_words(words: str, growth: float | None) -> None:
    found = read(f"全年地区生产总值8321.5亿元，{words}。")
    assert found.pop(GDP) == (8321.5, "亿元")
    assert [str(value) for value, _ in found.values()] == ([] if growth is None else [str(growth)])


@pytest.mark.parametrize(
    "printed",
    [
        "地区生产总值8,321.5 亿元",
        "地区生产总值8，321.5亿元",
        "地区生产总值&nbsp;8321.5&nbsp;亿元",
        "地区生产总值[1]８３２１．５亿元",
        "地区生产总值①为8321.5亿元",
        "地区生产总值（注1）达8321.5亿元",
        "地区生产总值注1 8321.5亿元",
        "地区生产总值由上年的7800.2亿元增加到8321.5亿元",
        "GDP总量8321.5亿元",
        "经济总量达到8321.5亿元",
    ],
)
def test_one_figure_in_many_prints(printed: str) -> None:
    assert read(f"全年{printed}。") == {GDP: (8321.5, "亿元")}


def test_a_share_that_rose_from_another() -> None:
    share = "science_innovation.hightech_share_of_industry"
    found = read("规上高技术制造业增加值占规模以上工业增加值比重由24.8%提高到25.1%。")
    assert found == {share: (25.1, "%")}
    assert read("高技术制造业增加值增长3.2%，占规模以上工业的比重为25.1%。") == {share: (25.1, "%")}


def test_copies_behind_the_number_of_titles() -> None:
    found = read("共出版各类报纸80种，总印数5.9亿份；期刊630种，总印数0.7亿册。")
    assert found == {
        "information.newspapers_printed": (5.9, "亿份"),
        "information.periodicals_printed": (0.7, "亿册"),
    }


def test_spending_by_a_bare_name_counts_below_the_budget_alone() -> None:
    education = "science_innovation.education_spending"
    found = read(
        "一般公共预算支出2721亿元，增长3.3%，其中：教育496.6亿元，社会保障和就业323.0亿元，卫生健康"
        "206.7亿元，分别增长3.7%、6.6%、下降8.9%；节能环保49.6亿元，下降12.0%。"
    )
    assert found == {
        education: (496.6, "亿元"),
        f"{education}@growth": (3.7, "%"),
        "strategic_planning.environmental_spending": (49.6, "亿元"),
        "strategic_planning.environmental_spending@growth": (-12.0, "%"),
    }
    assert read("固定资产投资2721亿元，其中教育496.6亿元。居民消费支出中教育0.5亿元。") == {}


def test_a_list_that_does_not_say_so() -> None:
    found = read("公路、水路客运量4920万人次、520万人次。")
    assert found == {
        "transport.road_passengers": (4920, "万人次"),
        "transport.port_passengers": (520, "万人次"),
    }
    assert read("公路、轨道交通客运量4920万人次、520万人次。") == {}


def test_infrastructure_inside_another_investment_is_a_part() -> None:
    rate = "strategic_planning.infrastructure_investment@growth"
    assert read("在基本建设投资中，基础设施投资下降7.5%。") == {}
    assert read("固定资产投资中，基础设施投资下降7.5%。") == {rate: (-7.5, "%")}


def test_the_year_of_a_list_of_companies() -> None:
    found = read("入选2021年《财富》世界500强企业9家，中国企业500强39家，中国民营企业500强36家。")
    assert found == {"industry.fortune_global_500": (9, "家"), "industry.china_500": (39, "家")}
    assert read("在江《财富》世界500强企业总部5家。") == {"industry.fortune_global_500": (5, "家")}


def test_trade_in_services_is_no_trade_in_goods() -> None:
    assert read("服务贸易总额3000亿元，出口1800亿元，进口1200亿元。") == {}
    assert read("对外贸易总额3000亿元，出口1800亿元。") == {EXPORTS: (1800, "亿元")}
    assert read("全年地区货物进出口总值3000亿元，其中出口1800亿元。") == {EXPORTS: (1800, "亿元")}


def test_a_ratio_between_a_level_and_its_growth() -> None:
    visitors = {VISITORS: (1.1, "亿人次"), f"{VISITORS}@growth": (-8.6, "%")}
    for ratio in ("恢复至2019年的87.5%", "占全省的19.8%", "是2010年的2.1倍", "占19.8%"):
        assert read(f"接待国内游客1.1亿人次，{ratio}，同比下降8.6%。") == visitors
    research = "science_innovation.rd_expenditure"
    found = read("研发经费支出286.6亿元，相当于地区生产总值的3.4%，增长8.6%。")
    assert found == {research: (286.6, "亿元"), f"{research}@growth": (8.6, "%")}


def test_a_list_of_growth_rates_behind_a_noun() -> None:
    found = read("货运量2.1亿吨，客运量1.6亿人次，增速分别为1.2%和7.6%。")
    assert found["transport.freight_total@growth"] == (1.2, "%")
    assert found["transport.passengers_total@growth"] == (7.6, "%")


@pytest.mark.parametrize(
    ("name", "rule_id"),
    [
        ("社零总额12.5亿元", RETAIL),
        ("限上网上零售额12.5亿元", "goods_commerce.online_retail_sales"),
        ("境内游客接待量12.5万人次", VISITORS),
        ("外资实际到账12.5亿美元", FDI),
        ("非金融类对外直接投资12.5亿美元", OUTWARD),
        ("土地出让金收入12.5亿元", "strategic_planning.land_transaction_value"),
        ("迁入人数12.5万人", "strategic_planning.hukou_settlements"),
        ("新改建公路12.5公里", "strategic_planning.highway_length_built"),
        ("财政用于节能环保支出12.5亿元", "strategic_planning.environmental_spending"),
        ("沿海港口集装箱吞吐量12.5万标准箱", "goods_commerce.container_throughput"),
        ("股票累计成交额12.5万亿元", "capital.stock_turnover"),
        ("保险费收入12.5亿元", "capital.insurance_turnover"),
        ("报纸发行量12.5亿份", "information.newspapers_printed"),
        ("移动电话在网用户12.5万户", "information.mobile_subscribers"),
        ("铁路完成客运量12.5万人次", "transport.rail_passengers"),
        ("水路客运12.5万人次", "transport.port_passengers"),
        ("综合运输旅客发送量12.5万人次", "transport.passengers_total"),
        ("专利获得授权12.5万件", "science_innovation.patents_granted"),
        ("新发展市场主体12.5万户", "science_innovation.new_market_entities"),
    ],
)
def test_names_in_other_words(name: str, rule_id: str) -> None:
    found = read(f"全年{name}，比上年增长5.1%。")
    assert found[rule_id][0] == 12.5
    assert found[f"{rule_id}@growth"] == (5.1, "%")


@pytest.mark.parametrize(
    "sentence",
    [
        "民营经济总量突破1万亿元，海洋经济总量3000亿元。",
        "城镇消费品零售额6000亿元，限额以上消费品零售额3000亿元。",
        "5G手机用户1500万户，移动电话通话时长300亿分钟。",
        "国内旅游收入1500亿元，乡村旅游接待国内游客3000万人次。",
        "全年人才落户9.6万人，公路新建里程35公里。",
        "宁波舟山港集装箱吞吐量3335万标箱，铁路集装箱吞吐量3万标箱。",
        "杭州东站旅客发送量5000万人次，高铁旅客发送量4000万人次。",
        "2022年预期目标：地区生产总值增长5.5%左右，社会消费品零售总额增长6%。",
    ],
)
def test_names_that_only_look_alike(sentence: str) -> None:
    assert read(sentence) == {}


def test_a_number_said_once_more_in_full() -> None:
    found = read("全年实现地区生产总值2.49万亿元，即24899.3亿元，比上年增长6.7%。")
    assert found == {GDP: (24899.3, "亿元"), f"{GDP}@growth": (6.7, "%")}


def test_growth_rates_of_a_list_before_its_levels() -> None:
    found = read(
        "一般公共预算支出中，城乡社区、节能环保、教育支出分别增长14.5%、19.8%和3.3%，"
        "分别达到1086.5亿元、363.1亿元和883.9亿元。"
    )
    assert found == {
        "strategic_planning.environmental_spending": (363.1, "亿元"),
        "strategic_planning.environmental_spending@growth": (19.8, "%"),
        "science_innovation.education_spending": (883.9, "亿元"),
        "science_innovation.education_spending@growth": (3.3, "%"),
    }


def test_a_comparison_right_behind_a_comma() -> None:
    found = read("社会消费品零售总额5012.3亿元，与上年相比增长6.9%，与2019年相比增长9.1%。")
    assert found == {RETAIL: (5012.3, "亿元"), f"{RETAIL}@growth": (6.9, "%")}


def test_growth_that_turned_into_a_fall() -> None:
    found = read("基础设施投资由上年的增长2.8%转为下降4.1%；房地产开发投资降幅为11.2%。")
    assert found == {
        "strategic_planning.infrastructure_investment@growth": (-4.1, "%"),
        "capital.real_estate_investment@growth": (-11.2, "%"),
    }


def test_of_output_the_real_growth_counts_and_of_sales_the_nominal_one() -> None:
    for words in (
        "名义增长8.1%，实际增长6.2%",
        "按现价计算增长8.1%，按可比价格计算增长6.2%",
        "比上年实际增长6.2%",
    ):
        assert read(f"地区生产总值8321.5亿元，{words}。")[f"{GDP}@growth"] == (6.2, "%")
        found = read(f"社会消费品零售总额5012.3亿元，{words}。")
        assert found.get(f"{RETAIL}@growth") in ((8.1, "%"), None)


def test_a_comparison_with_the_year_before_by_its_number() -> None:
    rate = f"{GDP}@growth"
    assert read("地区生产总值8321.5亿元，比2020年增长6.2%。")[rate] == (6.2, "%")
    assert read("地区生产总值8321.5亿元，与2020年相比增长6.2%。")[rate] == (6.2, "%")
    assert rate not in read("地区生产总值8321.5亿元，比2019年增长9.2%。")
    assert read("2021年和2020年社会消费品零售总额分别为5012.3亿元和4800.1亿元。") == {}


def test_a_colon_between_name_and_number() -> None:
    assert read("地区生产总值：8321.5亿元，增长6.2%。")[GDP] == (8321.5, "亿元")
    found = read("人口：2021年末常住人口1268.4万人。")
    assert found == {"people.population": (1268.4, "万人")}


def test_a_target_that_was_met_is_no_growth() -> None:
    found = read("实际使用外资78.1亿美元，完成年度目标的110%，下降4.4%。")
    assert found[f"{FDI}@growth"] == (-4.4, "%")


def test_a_share_of_what_was_named_before() -> None:
    share = {"science_innovation.hightech_share_of_industry": (31.6, "%")}
    for words in (
        "规模以上工业增加值4198亿元，其中高技术制造业增加值增长2.9%，占比31.6%。",
        "全年规模以上工业增加值增长4.8%。其中，先进制造业占比67.2%；高技术制造业占比达31.6%。",
        "规上工业中，高技术制造业增加值占31.6%，较上年提高1.1个百分点。",
    ):
        assert read(words) == share
    assert read("高技术制造业增加值增长2.7%，占比31.6%。") == {}
    assert read("固定资产投资增长4%。其中，高技术制造业投资增长20%，占比31.6%。") == {}


def test_containers_without_the_word_throughput() -> None:
    containers = "goods_commerce.container_throughput"
    found = read("港口货物吞吐量5.0亿吨，其中集装箱1663.0万标准箱，分别增长5.9%和7.2%。")
    assert found == {containers: (1663.0, "万标准箱"), f"{containers}@growth": (7.2, "%")}
    assert read("机场货邮吞吐量180万吨；铁路货运增长3%，集装箱12万标准箱。") == {}


def test_rates_whose_names_are_in_doubt_are_left_out() -> None:
    patents = "science_innovation.patents_granted"
    found = read("专利申请量、授权量分别为17.5万件和9.3万件，增长了21.6%和25.2%。")
    assert found == {patents: (9.3, "万件"), f"{patents}@growth": (25.2, "%")}
    doubtful = read("专利授权量9.3万件，较快增长21.6%和25.2%。")
    assert doubtful == {patents: (9.3, "万件")}
