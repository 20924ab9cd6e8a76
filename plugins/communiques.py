"""The statistical communiqués of the five cities: where they are found, and what they give.

One page serves every indicator that a rule of the scraper reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux import Page, Source
from cityflux.plugins.bundle import Printed, frame

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http
    from cityflux.scrapers.communique import Rules, Statement

#: Addresses as the office lists them (list of publications of tjj.sh.gov.cn, read 2022).
_SHANGHAI = {
    2011: "20120223/0014-239488.html",
    2012: "20130225/0014-253153.html",
    2013: "20140225/0014-267416.html",
    2014: "20150227/0014-277392.html",
    2015: "20160228/0014-287258.html",
    2016: "20170302/0014-293816.html",
    2017: "20180309/0014-1001690.html",
    2018: "20191115/0014-1003219.html",
    2019: "20200329/05f0f4abb2d448a69e4517f6a6448819.html",
    2020: "20210317/234a1637a3974c3db0cc47a37a3c324f.html",
    2021: "20220314/e0dcefec098c47a8b345c996081b5c94.html",
}

#: For each city what `scrapers.communique.Site` wants to know.
SITES: Mapping[str, Mapping[str, Any]] = {
    "shanghai": {
        "listings": ("http://tjj.sh.gov.cn/tjgb/index.html",),
        "known": {year: f"http://tjj.sh.gov.cn/tjgb/{page}" for year, page in _SHANGHAI.items()},
    },
    "beijing": {
        "listings": ("https://tjj.beijing.gov.cn/tjsj_31433/tjgb_31445/ndgb_31446/",),
        "body": "div.TRS_UEDITOR",
    },
    "shenzhen": {"listings": ("https://tjj.sz.gov.cn/zwgk/zfxxgkml/tjsj/tjgb/",)},
    "guangzhou": {"listings": ("https://www.gz.gov.cn/zwgk/sjfb/tjgb/",)},
    # 杭州 publishes its communiqué through the news sites of the city.
    "hangzhou": {
        "listings": ("https://hznews.hangzhou.com.cn/chengshi/",),
        "known": {
            2025: "https://hznews.hangzhou.com.cn/chengshi/content/2026-04/30/content_9214808.htm"
        },
    },
}

_DAY = re.compile(r"(?<!\d)(20\d\d)[-/]?(0[1-9]|1[0-2])[-/]?(0[1-9]|[12]\d|3[01])(?!\d)")
_PUBLISHED = re.compile(
    r"""<meta[^>]+name=["']?(?:PubDate|publishdate|publish_time)["']?[^>]+content=["']?([^"'>]+)""",
    re.IGNORECASE,
)

_RULES = Path(__file__).with_name("communiques.toml")


def rules() -> Rules:
    """What a communiqué is asked for."""
    from cityflux.scrapers import communique

    return communique.load(_RULES)


def rule_units() -> Mapping[str, str]:
    """The unit of every figure that there is a rule for, by indicator."""
    return {name: rule.unit for rule in rules().rules for name in (rule.id, *rule.same_as)}


def page(source: Source) -> Page:
    """The communiqués of a city, with the indicators as places.

    Args:
        source: with the parameters ``city`` and ``site``.
    """
    return Page(source, partial(read, source), fetch)


def fetch(http: Http, source: Source, since: str | None) -> Iterator[Document]:
    """Bring home last year's communiqué, and after it the earlier ones whose address is known.

    Args:
        http: the client.
        source: as in `page`.
        since: the last year that is known from this source.
    """
    from cityflux.scrapers import communique

    site = communique.Site(**source.params["site"])
    last = date.today().year - 1
    earlier = [year for year in sorted(site.known) if year < last and (since or "") < str(year)]
    for year in (last, *reversed(earlier)):
        yield from communique.fetch(http, site, year)


def read(source: Source, documents: Sequence[Document]) -> pl.DataFrame:
    """All figures, each with the sentence that states it.

    Args:
        source: as in `page`.
        documents: communiqués, several of the same period where they are parts of one.
    """
    by_year: dict[str, list[Document]] = {}
    for document in documents:
        by_year.setdefault(document.period, []).append(document)
    return frame(
        figure for year, parts in by_year.items() for figure in _figures(source, year, parts)
    )


def _figures(source: Source, year: str, parts: Sequence[Document]) -> Iterator[Printed]:
    from cityflux.scrapers import communique

    units = rule_units()
    body = source.params["site"].get("body", "")
    stated = communique.figures(*parts, rules=rules(), body=body)
    for found in {each.rule_id: each for each in stated}.values():
        if found.converted is None or found.rule_id not in units:
            continue  # in a unit that only an exchange rate leads out of, or a rate of growth
        yield Printed(
            found.rule_id,
            source.params["city"],
            year if found.year else found.period or year,
            found.converted,
            units[found.rule_id],
            found.status,
            _note(found, parts[0]),
        )


def published(document: Document) -> str:
    """The day on which a page was published, as it says itself or its address does; or ``""``."""
    said = _PUBLISHED.search(document.text[:20_000])
    day = _DAY.search(said.group(1) if said else "") or _DAY.search(document.address)
    return "-".join(day.groups()) if day else ""


def _note(found: Statement, whole: Document) -> str:
    """The sentence, behind the sign of a bound, with the clauses that govern it."""
    sign = f"{found.bound} {found.value:g} {found.unit}: " if found.bound else ""
    under = f" (under: {found.governing})" if found.governing else ""
    day = published(whole)
    return f"{sign}{found.sentence}{under}" + (f" (published {day})" if day else "")
