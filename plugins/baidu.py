"""The family of the Baidu Index: how often a keyword is searched from a city."""

from __future__ import annotations

from collections.abc import Mapping

from cityflux import Indicator, Source
from cityflux.plugins.keywords import AREAS, page
from cityflux.plugins.live import PRIORITY
from cityflux.plugins.published import Published


def family(
    group: str, keywords: Mapping[str, tuple[str, str]], series: str = "整体日均值"
) -> tuple[Published, ...]:
    """Make the indicators of a group: the daily mean of each keyword over a calendar year.

    Args:
        group: the id of the group.
        keywords: for the last part of each id, the keyword, in quotation marks where the paper
            prints them, and its English meaning.
        series: how the paper calls the series, ``整体日均值`` (desktop and mobile together) or
            ``日均值``; the source gives the same figure for both.
    """
    found = []
    for name, (keyword, english) in keywords.items():
        searched = keyword.strip("“”")
        indicator = Indicator(
            f"{group}.baidu_{name}",
            f"百度指数：{series}({keyword})",
            f"Baidu Index, daily mean: {english}",
            "指数",
            definition="Mean over the days of the year of the Baidu search index (搜索指数, "
            f"desktop and mobile) of the keyword 「{searched}」 in the area of the city.",
            note="needs the reader's own login at index.baidu.com; no open data set is known",
            movable=False,
        )
        found.append(Published(indicator, live=(page(_live_source(searched)).at(searched),)))
    return tuple(found)


def _live_source(keyword: str) -> Source:
    return Source(
        id="baidu.index",
        publisher="百度指数",
        address="https://index.baidu.com",
        scraper="baidu_index",
        licence="terms of use of index.baidu.com",
        schedule="@monthly",
        priority=PRIORITY,
        secrets=("baidu_cookie",),
        reference="搜索指数 整体日均值",
        params={"keyword": keyword, "areas": AREAS},
    )
