"""The family of the Baidu Index: how often a keyword is searched from a city."""

from __future__ import annotations

from collections.abc import Mapping

from cityflux import Indicator, Source
from cityflux.plugins import keywords
from cityflux.plugins.keywords import AREAS
from cityflux.plugins.live import PRIORITY
from cityflux.plugins.published import Published


class BaiduIndex(Published):
    """The daily mean of the Baidu Index of one keyword over a calendar year.

    Args:
        id: the id of the indicator.
        keyword: the word that is searched, in quotation marks where the paper prints them.
        english: what it means, for the English name.
        series: how the paper calls the series, ``整体日均值`` (desktop and mobile together) or
            ``日均值``; the source gives the same figure for both.
    """

    def __init__(self, id: str, keyword: str, english: str, series: str) -> None:  # noqa: A002
        searched = keyword.strip("“”")
        indicator = Indicator(
            id,
            f"百度指数：{series}({keyword})",
            f"Baidu Index, daily mean: {english}",
            "指数",
            definition="Mean over the days of the year of the Baidu search index (搜索指数, "
            f"desktop and mobile) of the keyword 「{searched}」 in the area of the city.",
            note="needs the reader's own login at index.baidu.com; no open data set is known",
        )
        super().__init__(indicator, live=(keywords.page(_live_source(searched)).at(searched),))


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


def family(
    group: str, keywords: Mapping[str, tuple[str, str]], series: str = "整体日均值"
) -> tuple[BaiduIndex, ...]:
    """Make the indicators of a group.

    Args:
        group: the id of the group.
        keywords: for the last part of each id, the keyword and its English meaning.
        series: how the paper calls the series.
    """
    return tuple(
        BaiduIndex(f"{group}.baidu_{name}", keyword, english, series)
        for name, (keyword, english) in keywords.items()
    )
