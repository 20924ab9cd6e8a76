"""物流及商流(包含服务贸易): goods, trade in goods and services, and consumption."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.derived import Derived, ratio
from cityflux.plugins.live import COMMUNIQUES, FRESHIPPO, YEARBOOKS, nbs_main_cities
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "goods_commerce.goods_imports",
            "外贸进口额",
            "Goods imports",
            "亿元",
            aliases=(
                "货物进口额",
                "进口额",
                "进口总额",
                "货物进口总额",
            ),
            definition="Imports of goods in the year (外贸进口额).",
            note="figures published in US dollars stand in goods_commerce.goods_imports_usd",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "goods_commerce.goods_exports",
            "外贸出口额",
            "Goods exports",
            "亿元",
            aliases=(
                "货物出口额",
                "出口额",
                "出口总额",
                "货物出口总额",
            ),
            definition="Exports of goods in the year (外贸出口额).",
            note="figures published in US dollars stand in goods_commerce.goods_exports_usd",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "goods_commerce.retail_sales",
            "商品零售交易额",
            "Retail sales of goods",
            "亿元",
            aliases=(
                "社会消费品零售总额",
                "社零总额",
                "Total retail sales of consumer goods",
            ),
            definition="Total retail sales of consumer goods (社会消费品零售总额).",
            note="深圳 jumps from 6168.9 in 2018 to 9144.5 in 2019 within the table",
        ),
        live=(*COMMUNIQUES, nbs_main_cities("goods_commerce.retail_sales")),
    ),
    Published(
        Indicator(
            "goods_commerce.container_throughput",
            "集装箱吞吐量",
            "Container throughput",
            "万国际标准箱",
            definition="Containers handled in the ports of the city, in twenty-foot units "
            "(集装箱吞吐量).",
            note="北京 has no sea port",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "goods_commerce.inward_fdi",
            "外国直接投资额",
            "Foreign direct investment",
            "亿美元",
            definition="Foreign direct investment actually utilised in the year "
            "(实际使用外商直接投资).",
            note="the publications give one series, 实际使用外资, which fills this indicator and "
            "capital.foreign_capital_attracted",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "goods_commerce.outward_investment",
            "对外投资额",
            "Outward investment",
            "亿美元",
            definition="Outward direct investment of the enterprises of the city in the year "
            "(对外直接投资).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "goods_commerce.freshippo_stores_added",
            "“盒马鲜生”门店增加数量",
            "Freshippo stores added",
            "家",
            definition="Freshippo (盒马鲜生) stores added in the year (门店增加数量).",
            note="no office publishes it; figures come in by import",
            scale="difference",
        ),
        live=(FRESHIPPO,),
    ),
    Published(
        Indicator(
            "goods_commerce.online_retail_sales",
            "网络零售额",
            "Online retail sales",
            "亿元",
            definition="Retail sales over the internet (网络零售额).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "goods_commerce.offline_consumption",
            "线下累计消费额",
            "Offline consumption",
            "亿元",
            definition="Consumption offline, cumulated over the year (线下累计消费额); the paper "
            "does not define it further.",
        ),
        live=YEARBOOKS,
    ),
    Published(
        Indicator(
            "goods_commerce.goods_imports_usd",
            "外贸进口额(美元)",
            "Goods imports, in US dollars",
            "亿美元",
            definition="Imports of goods in the year, as published in US dollars; not converted, "
            "for the publication names no exchange rate.",
        ),
    ),
    Published(
        Indicator(
            "goods_commerce.goods_exports_usd",
            "外贸出口额(美元)",
            "Goods exports, in US dollars",
            "亿美元",
            definition="Exports of goods in the year, as published in US dollars; not converted, "
            "for the publication names no exchange rate.",
        ),
    ),
    Published(
        Indicator(
            "goods_commerce.retail_sales_first_print",
            "社会消费品零售总额(首次刊载)",
            "Retail sales as first printed",
            "亿元",
            definition="Total retail sales of consumer goods in the whole city "
            "(社会消费品零售总额, 全市), in each year the figure nearest to first print.",
            note="上海 2015 is 10131.5 here and 11605.7 in goods_commerce.retail_sales, which is "
            "revised: do not splice",
        ),
        live=COMMUNIQUES,
    ),
)

BAIDU = family(
    "goods_commerce",
    {
        "entrepot_trade": ("转口贸易", "entrepot trade"),
        "services_trade": ("服务贸易", "services trade"),
        "retail_industry": ("零售业", "retail industry"),
        "catering": ("餐饮业", "catering"),
        "e_commerce": ("电子商务", "e-commerce"),
        "cross_border_e_commerce": ("跨境电商", "cross-border e-commerce"),
        "logistics": ("物流业", "logistics"),
        "business_services": ("商务服务", "business services"),
        "outsourcing": ("外包", "outsourcing"),
        "conventions_exhibitions": ("会展", "conventions and exhibitions"),
        "financial_services": ("金融服务", "financial services"),
        "broker": ("经纪人", "broker"),
        "legal_services": ("法律服务", "legal services"),
        "transport_services": ("运输服务", "transport services"),
        "tourism": ("旅游", "tourism"),
        "architectural_design": ("建筑设计", "architectural design"),
        "education": ("教育", "education"),
        "environmental_protection": ("环保", "environmental protection"),
        "medical_care": ("医疗", "medical care"),
        "social_services": ("社会服务", "social services"),
        "sports": ("体育", "sports"),
        "royalties": ("特许权使用费", "royalties"),
        "distribution_channel": ("分销渠道", "distribution channel"),
    },
)

DEPENDENCE = (
    Derived(
        Indicator(
            "goods_commerce.import_dependence",
            "进口依存度",
            "Import dependence ratio",
            "%",
            definition="Imports of goods divided by GDP, times 100.",
            inputs=("goods_commerce.goods_imports", "overall_economy.gdp"),
        ),
        ratio,
        numerator="goods_commerce.goods_imports",
        denominator="overall_economy.gdp",
    ),
    Derived(
        Indicator(
            "goods_commerce.export_dependence",
            "出口依存度",
            "Export dependence ratio",
            "%",
            definition="Exports of goods divided by GDP, times 100.",
            inputs=("goods_commerce.goods_exports", "overall_economy.gdp"),
        ),
        ratio,
        numerator="goods_commerce.goods_exports",
        denominator="overall_economy.gdp",
    ),
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU, *DEPENDENCE):
        register(plugin)
