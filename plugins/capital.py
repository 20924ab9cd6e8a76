"""资金流: finance and investment."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.live import (
    COMMUNIQUES,
    SSE_MEMBERS,
    SSE_SHARES,
    SSE_TURNOVER,
    SZSE_REGIONS,
    SZSE_SHARES,
    YEARBOOKS,
    nbs_main_cities,
)
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "capital.stock_turnover",
            "股票交易额",
            "Stock turnover",
            "万亿元",
            definition="Value of the shares traded in the year (股票交易额); the exchanges give "
            "it by the place of the broker’s branch.",
        ),
        live=(*COMMUNIQUES, SSE_MEMBERS, SZSE_REGIONS),
    ),
    Published(
        Indicator(
            "capital.real_estate_investment",
            "房地产投资交易额",
            "Real estate investment transactions",
            "亿元",
            aliases=(
                "房地产开发投资",
                "房地产开发投资额",
                "房地产开发投资完成额",
            ),
            definition="Investment in real-estate development completed in the year "
            "(房地产开发投资额).",
            note="the paper says 房地产投资交易额; the office publishes 开发投资额",
        ),
        live=(*COMMUNIQUES, nbs_main_cities("capital.real_estate_investment")),
    ),
    Published(
        Indicator(
            "capital.financial_institutions",
            "金融机构数量",
            "Financial institutions",
            "家",
            definition="Financial institutions in the city (金融机构数量): banks, brokers and "
            "insurers.",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "capital.insurance_turnover",
            "保险市场交易额",
            "Insurance market turnover",
            "亿元",
            definition="Premium income of direct insurance in the year (原保险保费收入).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "capital.sse_turnover",
            "上海证券交易所总成交额",
            "Shanghai Stock Exchange total turnover",
            "万亿元",
            definition="Total turnover of the Shanghai Stock Exchange in the year "
            "(上海证券交易所总成交额).",
            note="one exchange in one city: it says nothing about the others",
            movable=False,
        ),
        live=(COMMUNIQUES[0], SSE_TURNOVER),
    ),
    Published(
        Indicator(
            "capital.foreign_capital_attracted",
            "吸引外资额",
            "Foreign capital attracted",
            "亿美元",
            definition="Foreign capital actually utilised in the year (实际使用外资).",
            note="the publications give one series, 实际使用外资, which fills this indicator and "
            "goods_commerce.inward_fdi",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "capital.outward_investment",
            "对外投资额",
            "Outward investment",
            "亿美元",
            definition="Outward direct investment of the enterprises of the city in the year "
            "(对外直接投资).",
            note="the same statistic as goods_commerce.outward_investment",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "capital.sse_share_turnover",
            "上海证券交易所股票成交额",
            "Shanghai Stock Exchange, shares traded in a day",
            "亿元",
            frequency="daily",
            definition="Value of the shares traded in a day on all boards of the exchange.",
            note="shares alone: the total of the paper counts funds and bonds too",
        ),
        live=(SSE_SHARES,),
    ),
    Published(
        Indicator(
            "capital.szse_share_turnover",
            "深圳证券交易所股票交易额(按地区)",
            "Shenzhen Stock Exchange, shares traded in a month by region of the branch",
            "亿元",
            frequency="monthly",
            definition="Value of the shares traded in a month through the branches in the city "
            "(股票交易额, 按地区).",
            note="one exchange of two: the paper's stock turnover counts both",
        ),
        live=(SZSE_SHARES,),
    ),
    Published(
        Indicator(
            "capital.sse_shares_yearly",
            "上海证券交易所股票成交额(逐日合计)",
            "Shanghai Stock Exchange, shares traded in a year",
            "万亿元",
            definition="Value of the shares traded on the exchange, summed over the trading days "
            "of the year.",
            note="turnover of the exchange, not of the city's investors: a series of its own",
        ),
    ),
    Published(
        Indicator(
            "capital.szse_shares_yearly",
            "深圳证券交易所股票成交额(逐日合计)",
            "Shenzhen Stock Exchange, shares traded in a year",
            "万亿元",
            definition="Value of the shares traded on the exchange, summed over the trading days "
            "of the year.",
            note="turnover of the exchange, not of the city's investors: a series of its own",
        ),
    ),
    Published(
        Indicator(
            "capital.deposits",
            "年末金融机构存款余额",
            "Deposits in financial institutions at year end",
            "亿元",
            definition="Balance of all deposits in financial institutions at the end of the "
            "year, whole city (年末金融机构存款余额, 全市).",
        ),
    ),
    Published(
        Indicator(
            "capital.loans",
            "年末金融机构贷款余额",
            "Loans of financial institutions at year end",
            "亿元",
            definition="Balance of all loans of financial institutions at the end of the "
            "year, whole city (年末金融机构贷款余额, 全市).",
        ),
    ),
)

BAIDU = family(
    "capital",
    {
        "cross_border_payment": ("跨境支付", "cross-border payment"),
    },
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU):
        register(plugin)
