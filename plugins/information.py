"""现代信息流: media, networks, and the interest in them."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.live import COMMUNIQUES, YEARBOOKS
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "information.print_media_circulation",
            "传统媒介发行总量(包含：报纸、图书、期刊)",
            "Print media circulation (newspapers, books, periodicals)",
            "份(册)",
            definition="Copies of newspapers, books and periodicals issued in the year "
            "(报纸、图书、期刊发行总量).",
        ),
        live=YEARBOOKS,
    ),
    Published(
        Indicator(
            "information.internet_users",
            "互联网用户数(固定和移动)",
            "Internet users (fixed and mobile)",
            "万人",
            definition="Subscribers of fixed and of mobile internet access at the end of the year "
            "(固定和移动互联网用户).",
        ),
        live=YEARBOOKS,
    ),
    Published(
        Indicator(
            "information.mobile_subscribers",
            "年末移动电话用户数",
            "Mobile telephone subscribers at year end",
            "万户",
            aliases=(
                "移动电话用户数",
                "移动电话用户",
                "移动电话年末用户数",
            ),
            definition="Mobile telephone subscribers at the end of the year (年末移动电话用户).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "information.broadband_households",
            "互联网宽带接入用户数",
            "Subscribers of fixed broadband",
            "万户",
            definition="Subscribers of fixed broadband access to the internet at the end of the "
            "year, whole city (互联网宽带接入用户数, 全市).",
            note="lines into houses, not persons, and without mobile access: not "
            "information.internet_users; 2011 and 2012 may count 国际互联网用户",
        ),
    ),
)

#: The paper calls the search series of the platforms 日均值, the others 整体日均值.
BAIDU = family(
    "information",
    {
        "internet": ("互联网", "internet"),
        "digitalisation": ("数字化", "digitalisation"),
        "it_news": ("IT资讯", "IT news"),
    },
) + family(
    "information",
    {
        "short_video": ("短视频", "short video"),
        "live_streaming": ("直播", "live streaming"),
        "wechat": ("微信", "WeChat"),
        "weibo": ("微博", "Weibo"),
        "qq": ("QQ", "QQ"),
    },
    series="日均值",
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU):
        register(plugin)
